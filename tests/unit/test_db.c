/* db/: the store under load, with a wrong key, damaged pages, a full disk and migrations that do not fit. */
#include "db/backup.h"
#include "db/db.h"
#include "db/migrate.h"
#include "db/pool.h"

#include "base/buf.h"
#include "base/rand.h"
#include "crypt/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGE 4096

struct fixture {
	char folder[64];
	char path[96], url[128];
	struct key key;
	struct db *db;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct err e;
	strcpy(f->folder, "/tmp/vitrina-db-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof f->path, "%s/store.db", f->folder);
	snprintf(f->url, sizeof f->url, "sqlite:%s", f->path);
	key_random(&f->key);
	if (!db_open(f->url, &f->key, DB_CREATE, &f->db, &e))
		fail_msg("%s", e.message);
	*state = f;
	return 0;
}

static void remove_store(const char *path)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	for (size_t i = 0; i < countof(ends); i++) {
		char name[200];
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
}

static int end(void **state)
{
	struct fixture *f = *state;
	char copy[128];
	db_close(&f->db);
	remove_store(f->path);
	snprintf(copy, sizeof copy, "%s/copy.db", f->folder);
	remove_store(copy);
	assert_int_equal(rmdir(f->folder), 0); /* also: nothing else was left behind */
	free(f);
	return 0;
}

/* Every test has its `struct err e`. */
#define OK(call)                                           \
	do {                                               \
		if (!(call))                               \
			fail_msg(#call ": %s", e.message); \
	} while (0)

static void test_values(void **state)
{
	struct fixture *f = *state;
	struct err e;
	bool row;
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	OK(db_exec(f->db, &e, "CREATE TABLE t (a BIGINT, b DOUBLE PRECISION, c TEXT, d BLOB, f TEXT, g BIGINT)", ""));
	OK(db_exec(f->db, &e, "INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5, ?6)", "idSbso", INT64_MIN, 0.1, STR("a\0b"),
		   str_n("\0\xff", 2), NULL, INT64_C(0)));
	assert_int_equal(db_changes(f->db), 1);
	OK(db_query(f->db, &s, &e, "SELECT a, b, c, d, f, g, '' FROM t WHERE a = ?1", "i", INT64_MIN));
	OK(db_step(s, &row, &e));
	assert_true(row);
	assert_int_equal(db_col_count(s), 7);
	assert_true(db_col_i64(s, 0) == INT64_MIN);
	assert_true(db_col_f64(s, 1) == 0.1);
	assert_true(str_eq(db_col_str(s, 2), STR("a\0b")));
	assert_true(str_eq(db_col_blob(s, 3), str_n("\0\xff", 2)));
	assert_true(db_col_null(s, 4) && db_col_null(s, 5));
	assert_null(db_col_str(s, 4).p);
	assert_non_null(db_col_str(s, 6).p);
	OK(db_step(s, &row, &e));
	assert_false(row);
	assert_int_equal(db_col_i64(s, 0), 0); /* past the end reads nothing */
	/* A statement that is in use yields a fresh one; both go back. */
	struct db_stmt *again = NULL;
	OK(db_query(f->db, &again, &e, "SELECT a, b, c, d, f, g, '' FROM t WHERE a = ?1", "i", INT64_C(5)));
	assert_ptr_not_equal(again, s);
	db_stmt_done(&again);
	db_stmt_done(&again);
	int64_t v = 7;
	bool found;
	OK(db_query_i64(f->db, &v, &found, &e, "SELECT a FROM t WHERE a = ?1", "i", INT64_C(5)));
	assert_false(found);
	assert_int_equal(v, 7);
}

static void test_refused(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *sql;
		const char *types;
		enum err_kind kind;
		const char *code, *field;
	} rows[] = {
		{ "INSERT INTO p VALUES (1, 'x')", "", ERR_CONFLICT, "duplicate", "id" },
		{ "INSERT INTO p VALUES (2, 'one')", "", ERR_CONFLICT, "duplicate", "name" },
		{ "INSERT INTO p VALUES (3, NULL)", "", ERR_VALUE, "wrong_value", "name" },
		{ "INSERT INTO c VALUES (1, 99)", "", ERR_CONFLICT, "reference", "" },
		{ "DELETE FROM p WHERE id = 1", "", ERR_CONFLICT, "reference", "" },
		{ "INSERT INTO c VALUES (-1, 1)", "", ERR_VALUE, "wrong_value", "" },
		{ "SELECT * FROM nowhere", "", ERR_INTERNAL, "internal", "" },
		{ "SELECT 1; SELECT 2", "", ERR_INTERNAL, "internal", "" },
		{ "", "", ERR_INTERNAL, "internal", "" },
		{ "SELECT ?1", "nn", ERR_INTERNAL, "internal", "" },
		{ "SELECT ?1", "?", ERR_INTERNAL, "internal", "" },
	};
	struct err e;
	OK(db_exec(f->db, &e, "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)", ""));
	OK(db_exec(f->db, &e, "CREATE TABLE c (n BIGINT CHECK (n > 0), p BIGINT REFERENCES p (id))", ""));
	OK(db_exec(f->db, &e, "INSERT INTO p VALUES (1, 'one')", ""));
	OK(db_exec(f->db, &e, "INSERT INTO c VALUES (1, 1)", ""));
	for (size_t i = 0; i < countof(rows); i++) {
		e = (struct err){ 0 };
		assert_false(db_exec(f->db, &e, rows[i].sql, rows[i].types));
		if (e.kind != rows[i].kind)
			fail_msg("%s: %s", rows[i].sql, e.message);
		assert_string_equal(err_code(&e), rows[i].code);
		assert_string_equal(e.field, rows[i].field);
	}
	int64_t n;
	OK(db_query_i64(f->db, &n, NULL, &e, "SELECT count(*) FROM p", ""));
	assert_int_equal(n, 1);
}

static void test_statement_cache(void **state)
{
	struct fixture *f = *state;
	struct err e;
	/* More texts than are kept, made in one place of memory: the text decides, not where it lies. */
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 400; i++) {
			char sql[40];
			int64_t v;
			snprintf(sql, sizeof sql, "SELECT %d", i);
			OK(db_query_i64(f->db, &v, NULL, &e, sql, ""));
			assert_int_equal(v, i);
		}
	}
	struct db_stmt *many[300] = { NULL };
	for (size_t i = 0; i < countof(many); i++)
		OK(db_prepare(f->db, "SELECT 1", &many[i], &e));
	for (size_t i = 0; i < countof(many); i++)
		db_stmt_done(&many[i]);
}

static int64_t count(struct db *db)
{
	int64_t n = -1;
	struct err e;
	OK(db_query_i64(db, &n, NULL, &e, "SELECT count(*) FROM t", ""));
	return n;
}

static void test_transactions(void **state)
{
	struct fixture *f = *state;
	struct err e;
	static const char insert[] = "INSERT INTO t VALUES (1)";
	OK(db_exec(f->db, &e, "CREATE TABLE t (a BIGINT)", ""));
	OK(db_begin(f->db, &e));
	OK(db_exec(f->db, &e, insert, ""));
	OK(db_begin(f->db, &e));
	OK(db_exec(f->db, &e, insert, ""));
	db_rollback(f->db); /* the inner one only */
	OK(db_begin(f->db, &e));
	OK(db_exec(f->db, &e, insert, ""));
	OK(db_commit(f->db, &e));
	assert_true(db_in_transaction(f->db));
	OK(db_commit(f->db, &e));
	assert_false(db_in_transaction(f->db));
	assert_int_equal(count(f->db), 2);
	OK(db_begin(f->db, &e));
	OK(db_exec(f->db, &e, insert, ""));
	db_rollback(f->db);
	db_rollback(f->db); /* without one: nothing */
	assert_int_equal(count(f->db), 2);
	assert_false(db_commit(f->db, &e));
	OK(db_begin(f->db, &e));
	OK(db_begin(f->db, &e));
	OK(db_exec(f->db, &e, insert, ""));
	db_rollback_all(f->db);
	assert_int_equal(count(f->db), 2);
	{
		CLEANUP(db_tx_end) struct db *tx = NULL;
		OK(db_begin_tx(f->db, &tx, &e));
		OK(db_exec(tx, &e, insert, ""));
	}
	assert_false(db_in_transaction(f->db));
	assert_int_equal(count(f->db), 2);
}

static void test_open_refused(void **state)
{
	struct fixture *f = *state;
	struct err e = { 0 };
	struct db *db = NULL;
	struct key other;
	char absent[160];
	OK(db_exec(f->db, &e, "CREATE TABLE t (a BIGINT)", ""));
	db_close(&f->db);
	struct stat st;
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	key_random(&other);
	assert_false(db_open(f->url, &other, 0, &db, &e));
	assert_string_equal(err_code(&e), "wrong_key");
	assert_non_null(strstr(e.message, f->path));
	assert_false(db_open(f->url, NULL, 0, &db, &e));
	assert_int_equal(e.kind, ERR_CORRUPT);
	snprintf(absent, sizeof absent, "%s-absent", f->url);
	assert_false(db_open(absent, &f->key, 0, &db, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	static const char *const bad[] = { "", "store.db", "mysql:x", "postgres://user:secret@host/db", "sqlite:/tmp" };
	for (size_t i = 0; i < countof(bad); i++) {
		assert_false(db_open(bad[i], &f->key, DB_CREATE, &db, &e));
		assert_null(strstr(e.message, "secret"));
	}
	assert_null(db);
	OK(db_open(f->url, &f->key, DB_READ, &db, &e));
	assert_int_equal(count(db), 0);
	assert_false(db_exec(db, &e, "INSERT INTO t VALUES (1)", ""));
	assert_int_equal(e.kind, ERR_FORBIDDEN);
	db_close(&db);
}

static void fill(struct db *db, const char *table, int rows)
{
	struct err e;
	char sql[200];
	snprintf(sql, sizeof sql, "CREATE TABLE %s (a BIGINT, b TEXT)", table);
	OK(db_exec(db, &e, sql, ""));
	snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?1, ?2)", table);
	OK(db_begin(db, &e));
	for (int i = 0; i < rows; i++) {
		char text[400];
		memset(text, 'a' + i % 26, sizeof text);
		OK(db_exec(db, &e, sql, "iS", (int64_t)i, str_n(text, sizeof text)));
	}
	OK(db_commit(db, &e));
}

static void flip(const char *path, int64_t at)
{
	char c;
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 1;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

struct seen {
	int64_t pages[16];
	char objects[256];
	size_t n;
};

static void note(void *ctx, const struct db_damage *d)
{
	struct seen *seen = ctx;
	if (d->page && seen->n < countof(seen->pages))
		seen->pages[seen->n++] = d->page;
	size_t used = strlen(seen->objects);
	snprintf(seen->objects + used, sizeof seen->objects - used, "%s ", d->object);
	assert_true(d->what[0]);
}

static int64_t root_page(struct db *db, const char *table)
{
	int64_t page = 0;
	struct err e;
	OK(db_query_i64(db, &page, NULL, &e, "SELECT rootpage FROM sqlite_master WHERE name = ?1", "s", table));
	return page;
}

static void test_damage_is_named(void **state)
{
	struct fixture *f = *state;
	struct err e;
	uint64_t damaged = 99;
	struct seen seen = { 0 };
	fill(f->db, "first", 400);
	fill(f->db, "second", 400);
	OK(db_check(f->db, note, &seen, NULL, &damaged, &e));
	assert_int_equal(damaged, 0);
	assert_int_equal(seen.n, 0);
	int64_t first = root_page(f->db, "first"), second = root_page(f->db, "second");
	db_close(&f->db); /* the log goes into the file */
	struct stat st;
	assert_int_equal(stat(f->path, &st), 0);
	int64_t last = st.st_size / PAGE;
	assert_true(last > 60 && first < last - 2 && second < last - 2);
	/* A byte of every region of a page: content, and the authentication itself at its end. */
	static const int64_t offsets[] = { 0, 100, 2000, PAGE - 40, PAGE - 1 };
	for (size_t i = 0; i < countof(offsets); i++) {
		seen = (struct seen){ 0 };
		flip(f->path, (last - 1) * PAGE + offsets[i]);
		OK(db_open(f->url, &f->key, 0, &f->db, &e));
		OK(db_check(f->db, note, &seen, NULL, &damaged, &e));
		assert_int_equal(damaged, 1);
		assert_int_equal(seen.pages[0], last);
		assert_string_equal(seen.objects, "second ");
		/* What is not on that page still reads; what is, is refused by name and not guessed. */
		int64_t n;
		OK(db_query_i64(f->db, &n, NULL, &e, "SELECT count(b) FROM first", ""));
		assert_int_equal(n, 400);
		assert_false(db_query_i64(f->db, &n, NULL, &e, "SELECT count(b) FROM second", ""));
		assert_int_equal(e.kind, ERR_CORRUPT);
		assert_non_null(strstr(e.message, f->path));
		db_close(&f->db);
		flip(f->path, (last - 1) * PAGE + offsets[i]);
	}
	seen = (struct seen){ 0 };
	flip(f->path, (first - 1) * PAGE + 7);
	flip(f->path, (last - 1) * PAGE + 7);
	OK(db_open(f->url, &f->key, 0, &f->db, &e));
	OK(db_check(f->db, note, &seen, NULL, &damaged, &e));
	assert_int_equal(damaged, 2);
	assert_true(seen.pages[0] == first && seen.pages[1] == last);
	assert_string_equal(seen.objects, "first second   ");
	db_close(&f->db);
	flip(f->path, 2000); /* the first page: it cannot even be opened, and says which file */
	assert_false(db_open(f->url, &f->key, 0, &f->db, &e));
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_non_null(strstr(e.message, f->path));
}

static void test_cut_short(void **state)
{
	struct fixture *f = *state;
	struct err e;
	uint64_t damaged = 0;
	struct seen seen = { 0 };
	fill(f->db, "first", 400);
	db_close(&f->db);
	struct stat st;
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(truncate(f->path, st.st_size - 5 * PAGE), 0);
	bool opened = db_open(f->url, &f->key, 0, &f->db, &e);
	if (opened) {
		bool checked = db_check(f->db, note, &seen, NULL, &damaged, &e);
		assert_true(!checked || damaged > 0);
	} else {
		assert_int_equal(e.kind, ERR_CORRUPT);
	}
}

static bool stop_early(void *ctx, uint64_t done, uint64_t total)
{
	assert_true(done <= total);
	return false;
}

static void test_backup(void **state)
{
	struct fixture *f = *state;
	struct err e;
	struct db *copy = NULL;
	char path[128], url[160];
	int64_t n;
	snprintf(path, sizeof path, "%s/copy.db", f->folder);
	snprintf(url, sizeof url, "sqlite:%s", path);
	fill(f->db, "first", 5000);
	assert_false(db_backup(f->db, path, &f->key, stop_early, NULL, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	assert_int_equal(access(path, F_OK), -1);
	assert_false(db_in_transaction(f->db));
	OK(db_backup(f->db, path, &f->key, NULL, NULL, &e));
	assert_false(db_backup(f->db, path, &f->key, NULL, NULL, &e));
	assert_int_equal(e.kind, ERR_CONFLICT);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	OK(db_exec(f->db, &e, "DELETE FROM first", ""));
	OK(db_open(url, &f->key, 0, &copy, &e));
	OK(db_query_i64(copy, &n, NULL, &e, "SELECT count(*) FROM first WHERE length(b) = 400", ""));
	assert_int_equal(n, 5000);
	uint64_t damaged = 9;
	OK(db_check(copy, NULL, NULL, NULL, &damaged, &e));
	assert_int_equal(damaged, 0);
	db_close(&copy);
	struct key other;
	key_random(&other);
	assert_false(db_open(url, &other, 0, &copy, &e));
	static const char *const bad[] = { "/nonexistent/folder/x.db", "/proc/x.db" };
	for (size_t i = 0; i < countof(bad); i++) {
		assert_false(db_backup(f->db, bad[i], &f->key, NULL, NULL, &e));
		assert_int_equal(e.kind, ERR_IO);
	}
}

static void test_no_plain_text(void **state)
{
	struct fixture *f = *state;
	struct err e;
	OK(db_exec(f->db, &e, "CREATE TABLE people_of_note (name TEXT)", ""));
	OK(db_exec(f->db, &e, "INSERT INTO people_of_note VALUES ('Ivanov Ivan Ivanovich')", ""));
	static const char *const ends[] = { "", "-wal" };
	for (size_t i = 0; i < countof(ends); i++) {
		char path[120];
		static char bytes[1 << 20];
		snprintf(path, sizeof path, "%s%s", f->path, ends[i]);
		int fd = open(path, O_RDONLY);
		assert_true(fd >= 0);
		ssize_t n = read(fd, bytes, sizeof bytes);
		close(fd);
		assert_true(n > 0 && n < (ssize_t)sizeof bytes);
		assert_null(memmem(bytes, (size_t)n, "Ivanov", 6));
		assert_null(memmem(bytes, (size_t)n, "people_of_note", 14));
		assert_null(memmem(bytes, (size_t)n, "SQLite format", 13));
	}
}

static void test_disk_full(void **state)
{
	struct fixture *f = *state;
	char folder[100], url[140], path[120];
	struct db *db = NULL;
	struct err e = { 0 };
	snprintf(folder, sizeof folder, "%s/small", f->folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	if (mount("tmpfs", folder, "tmpfs", 0, "size=1m") < 0) {
		print_message("skipped: a file system of 1 MiB cannot be mounted here: %s\n", strerror(errno));
		rmdir(folder);
		skip();
	}
	snprintf(path, sizeof path, "%s/s.db", folder);
	snprintf(url, sizeof url, "sqlite:%s", path);
	OK(db_open(url, &f->key, DB_CREATE, &db, &e));
	OK(db_exec(db, &e, "CREATE TABLE t (a BLOB)", ""));
	OK(db_exec(db, &e, "INSERT INTO t VALUES ('kept')", ""));
	char *big = calloc(1, 300 * KIB);
	bool ok = true;
	OK(db_begin(db, &e));
	for (int i = 0; i < 40 && ok; i++)
		ok = db_exec(db, &e, "INSERT INTO t VALUES (?1)", "b", str_n(big, 300 * KIB));
	ok = ok && db_commit(db, &e);
	db_rollback(db);
	assert_false(ok);
	assert_int_equal(e.kind, ERR_IO);
	assert_string_equal(err_code(&e), "disk_full");
	assert_int_equal(count(db), 1); /* and the store goes on with what was acknowledged */
	free(big);
	db_close(&db);
	OK(db_open(url, &f->key, 0, &db, &e));
	assert_int_equal(count(db), 1);
	db_close(&db);
	assert_int_equal(umount(folder), 0);
	rmdir(folder);
}

static const struct migration steps[] = {
	{ 1, "one",
	  "CREATE TABLE t (id {id}, b {blob}, j TEXT NOT NULL DEFAULT '{}');\nINSERT INTO t (id) VALUES (1);\n" },
	{ 2, "two", "-- more\nINSERT INTO t (id) VALUES (2);\n" },
	{ 3, "three", "INSERT INTO t (id) VALUES (3);\n" },
};

static void test_migrations(void **state)
{
	struct fixture *f = *state;
	struct err e;
	size_t applied = 9;
	OK(db_migrate(f->db, steps, 2, &applied, &e));
	assert_int_equal(applied, 2);
	OK(db_migrate(f->db, steps, 2, &applied, &e));
	assert_int_equal(applied, 0);
	assert_int_equal(count(f->db), 2);
	static const struct migration changed[] = {
		{ 1, "one", "CREATE TABLE t (id {id});\n" },
		{ 2, "two", "-- more\nINSERT INTO t (id) VALUES (2);\n" },
	};
	static const struct migration half[] = {
		{ 3, "half", "INSERT INTO t (id) VALUES (3);\nINSERT INTO nowhere VALUES (1);\n" },
	};
	static const struct migration unknown[] = { { 3, "word", "CREATE TABLE u (id {serial});\n" } };
	static const struct migration order[] = { { 2, "b", "" }, { 1, "a", "" } };
	struct migration list[3] = { steps[0], steps[1], half[0] };
	const struct {
		const struct migration *list;
		size_t n;
		const char *code, *says;
	} rows[] = {
		{ changed, 2, "migration_changed", "0001_one" },
		{ steps, 1, "newer_store", "version 2 (two)" },
		{ steps, 1, "newer_store", "up to 1 (one)" },
		{ steps, 0, "newer_store", "none" },
		{ order, 2, "internal", "0001_a" },
		{ list, 3, "internal", "0003_half" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		e = (struct err){ 0 };
		assert_false(db_migrate(f->db, rows[i].list, rows[i].n, &applied, &e));
		assert_string_equal(err_code(&e), rows[i].code);
		assert_non_null(strstr(e.message, rows[i].says));
		assert_int_equal(count(f->db), 2); /* a step is whole or not at all */
	}
	list[2] = unknown[0];
	assert_false(db_migrate(f->db, list, 3, &applied, &e));
	OK(db_migrate(f->db, steps, 3, &applied, &e));
	assert_int_equal(applied, 1);
	assert_int_equal(count(f->db), 3);
}

static void test_migration_late(void **state)
{
	struct fixture *f = *state;
	struct err e;
	struct migration gap[] = { steps[0], steps[2] };
	OK(db_migrate(f->db, gap, 2, NULL, &e));
	assert_false(db_migrate(f->db, steps, 3, NULL, &e));
	assert_string_equal(err_code(&e), "migration_order");
	assert_int_equal(count(f->db), 2);
}

static void test_program_migrations(void **state)
{
	struct fixture *f = *state;
	struct err e;
	size_t applied;
	OK(db_migrate(f->db, program_migrations, program_migrations_count, &applied, &e));
	assert_int_equal(applied, program_migrations_count);
	assert_int_equal(program_migrations[0].number, 1);
	assert_string_equal(program_migrations[0].name, "people");
	uint64_t damaged = 9;
	OK(db_check(f->db, NULL, NULL, NULL, &damaged, &e));
	assert_int_equal(damaged, 0);
}

#define THREADS 6
#define WRITES 60

static void *write_many(void *arg)
{
	struct db_pool *pool = arg;
	struct err e;
	for (int i = 0; i < WRITES; i++) {
		struct db *db = NULL;
		if (!db_pool_take(pool, 20000, &db, &e))
			return "take";
		bool ok;
		if (i % 3 == 0) { /* read, then write what depends on it: lost updates would show */
			int64_t v;
			ok = db_begin(db, &e) && db_query_i64(db, &v, NULL, &e, "SELECT v FROM counter", "") &&
			     db_exec(db, &e, "UPDATE counter SET v = ?1", "i", v + 1) && db_commit(db, &e);
		} else {
			ok = db_exec(db, &e, "UPDATE counter SET v = v + 1", "");
		}
		db_pool_give(pool, &db);
		if (!ok)
			return "write";
	}
	return NULL;
}

static void test_pool(void **state)
{
	struct fixture *f = *state;
	struct err e;
	struct db_pool *pool = NULL;
	struct db *db = NULL, *more[3] = { NULL }, *none = NULL;
	pthread_t threads[THREADS];
	int64_t v;
	OK(db_exec(f->db, &e, "CREATE TABLE counter (v BIGINT)", ""));
	OK(db_exec(f->db, &e, "INSERT INTO counter VALUES (0)", ""));
	OK(db_pool_open(f->url, &f->key, 0, 3, &pool, &e));
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, pool), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	OK(db_query_i64(f->db, &v, NULL, &e, "SELECT v FROM counter", ""));
	assert_int_equal(v, THREADS * WRITES);
	/* Bounded, and what is given back in a transaction comes out without one. */
	for (size_t i = 0; i < 3; i++)
		OK(db_pool_take(pool, 0, &more[i], &e));
	assert_false(db_pool_take(pool, 10, &none, &e));
	assert_int_equal(e.kind, ERR_UNAVAILABLE);
	assert_true(e.retry_after > 0);
	OK(db_begin(more[0], &e));
	OK(db_exec(more[0], &e, "UPDATE counter SET v = 0", ""));
	for (size_t i = 0; i < 3; i++)
		db_pool_give(pool, &more[i]);
	OK(db_pool_take(pool, 0, &db, &e));
	OK(db_query_i64(db, &v, NULL, &e, "SELECT v FROM counter", ""));
	assert_int_equal(v, THREADS * WRITES);
	db_pool_give(pool, &db);
	db_pool_close(&pool);
	struct key other;
	key_random(&other);
	assert_false(db_pool_open(f->url, &other, 0, 3, &pool, &e));
	assert_null(pool);
}

struct backup_race {
	struct db_pool *pool;
	char path[128];
	struct key key;
	bool ok;
};

static void *back_up(void *arg)
{
	struct backup_race *r = arg;
	struct db *db = NULL;
	r->ok = db_pool_take(r->pool, 5000, &db, NULL) && db_backup(db, r->path, &r->key, NULL, NULL, NULL);
	db_pool_give(r->pool, &db);
	return NULL;
}

/* Two tables that every transaction changes together: in the copy they agree. */
static void test_backup_while_writing(void **state)
{
	struct fixture *f = *state;
	struct err e;
	struct backup_race r = { .key = f->key };
	pthread_t thread;
	fill(f->db, "bulk", 8000);
	OK(db_exec(f->db, &e, "CREATE TABLE a (v BIGINT)", ""));
	OK(db_exec(f->db, &e, "CREATE TABLE b (v BIGINT)", ""));
	OK(db_exec(f->db, &e, "INSERT INTO a VALUES (0)", ""));
	OK(db_exec(f->db, &e, "INSERT INTO b VALUES (0)", ""));
	OK(db_pool_open(f->url, &f->key, 0, 2, &r.pool, &e));
	snprintf(r.path, sizeof r.path, "%s/copy.db", f->folder);
	assert_int_equal(pthread_create(&thread, NULL, back_up, &r), 0);
	for (int i = 0; i < 50; i++) {
		OK(db_begin(f->db, &e));
		OK(db_exec(f->db, &e, "UPDATE a SET v = v + 1", ""));
		OK(db_exec(f->db, &e, "UPDATE b SET v = v + 1", ""));
		OK(db_commit(f->db, &e));
	}
	pthread_join(thread, NULL);
	assert_true(r.ok);
	db_pool_close(&r.pool);
	struct db *copy = NULL;
	char url[160];
	int64_t same, n;
	snprintf(url, sizeof url, "sqlite:%s", r.path);
	OK(db_open(url, &f->key, 0, &copy, &e));
	OK(db_query_i64(copy, &same, NULL, &e, "SELECT (SELECT v FROM a) = (SELECT v FROM b)", ""));
	assert_int_equal(same, 1);
	OK(db_query_i64(copy, &n, NULL, &e, "SELECT count(*) FROM bulk", ""));
	assert_int_equal(n, 8000);
	db_close(&copy);
}

/* Writes 1, 2, 3 … and acknowledges each one through the pipe, until it is killed. */
static void write_until_killed(const struct fixture *f, int ack)
{
	struct db *db = NULL;
	int64_t n = 0;
	if (!db_open(f->url, &f->key, 0, &db, NULL) || !db_query_i64(db, &n, NULL, NULL, "SELECT count(*) FROM t", ""))
		_exit(1);
	for (n++;; n++) {
		if (!db_begin(db, NULL) || !db_exec(db, NULL, "INSERT INTO t VALUES (?1)", "i", n) ||
		    !db_exec(db, NULL, "INSERT INTO u VALUES (?1)", "i", n) || !db_commit(db, NULL) ||
		    write(ack, &n, sizeof n) != sizeof n)
			_exit(1);
	}
}

static int64_t last_acknowledged(int fd)
{
	int64_t n, last = 0;
	while (read(fd, &n, sizeof n) == sizeof n)
		last = n;
	return last;
}

static void test_killed(void **state)
{
	struct fixture *f = *state;
	struct err e;
	struct rand_seeded r;
	rand_seed(&r, 7);
	OK(db_exec(f->db, &e, "CREATE TABLE t (a BIGINT)", ""));
	OK(db_exec(f->db, &e, "CREATE TABLE u (a BIGINT)", ""));
	db_close(&f->db);
	for (int round = 0; round < 8; round++) {
		int ends[2], status;
		int64_t first, n, m;
		uint64_t damaged = 9;
		assert_int_equal(pipe(ends), 0);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(ends[0]);
			write_until_killed(f, ends[1]);
		}
		close(ends[1]);
		assert_int_equal(read(ends[0], &first, sizeof first), sizeof first);
		usleep((useconds_t)rand_below(&r, 20000));
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		int64_t last = MAX(first, last_acknowledged(ends[0]));
		close(ends[0]);
		OK(db_open(f->url, &f->key, 0, &f->db, &e));
		n = count(f->db);
		assert_true(n == last || n == last + 1); /* written, and killed before it could say so */
		OK(db_query_i64(f->db, &m, NULL, &e, "SELECT count(*) FROM u", ""));
		assert_int_equal(m, n);
		OK(db_check(f->db, NULL, NULL, NULL, &damaged, &e));
		assert_int_equal(damaged, 0);
		db_close(&f->db);
	}
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	assert_true(crypt_init(NULL));
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_values),
		WITH_STORE(test_refused),
		WITH_STORE(test_statement_cache),
		WITH_STORE(test_transactions),
		WITH_STORE(test_open_refused),
		WITH_STORE(test_damage_is_named),
		WITH_STORE(test_cut_short),
		WITH_STORE(test_backup),
		WITH_STORE(test_no_plain_text),
		WITH_STORE(test_disk_full),
		WITH_STORE(test_migrations),
		WITH_STORE(test_migration_late),
		WITH_STORE(test_program_migrations),
		WITH_STORE(test_pool),
		WITH_STORE(test_backup_while_writing),
		WITH_STORE(test_killed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
