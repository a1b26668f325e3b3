/* db/: values, refusals, transactions, pools and migrations. */
#include "db_fixture.h"

#include "db/backup.h"
#include "db/migrate.h"
#include "db/pool.h"

#include <pthread.h>
#include <sys/stat.h>

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

/* Who keeps what it read may do so until somebody has written. */
static void test_writes_are_counted(void **state)
{
	struct fixture *f = *state;
	struct err e;
	uint64_t before = db_writes();
	OK(db_exec(f->db, &e, "CREATE TABLE t (a BIGINT)", ""));
	assert_true(db_writes() > before);
	before = db_writes();
	assert_int_equal(count(f->db), 0);
	OK(db_begin_read(f->db, &e));
	assert_int_equal(count(f->db), 0);
	OK(db_commit(f->db, &e));
	assert_true(db_writes() == before);
	OK(db_begin(f->db, &e));
	OK(db_begin(f->db, &e));
	OK(db_exec(f->db, &e, "INSERT INTO t VALUES (1)", ""));
	OK(db_commit(f->db, &e));
	assert_true(db_writes() == before); /* nobody else sees it yet */
	OK(db_commit(f->db, &e));
	assert_true(db_writes() > before);
	before = db_writes();
	OK(db_begin(f->db, &e));
	OK(db_exec(f->db, &e, "INSERT INTO t VALUES (1)", ""));
	db_rollback(f->db);
	assert_true(db_writes() == before);
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

int main(void)
{
	assert_true(crypt_init(NULL));
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_values),
		WITH_STORE(test_refused),
		WITH_STORE(test_statement_cache),
		WITH_STORE(test_transactions),
		WITH_STORE(test_writes_are_counted),
		WITH_STORE(test_open_refused),
		WITH_STORE(test_migrations),
		WITH_STORE(test_migration_late),
		WITH_STORE(test_program_migrations),
		WITH_STORE(test_pool),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
