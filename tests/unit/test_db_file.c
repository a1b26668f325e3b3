/* db/ on the disk: damaged pages, backups, a full disk, a killed process, and nothing readable without the key. */
#include "db_fixture.h"

#include "base/rand.h"
#include "db/backup.h"
#include "db/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PAGE 4096

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
	assert_string_equal(err_code(&e), "damaged"); /* and not the key */
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

/* Leaves a log of 20 changes behind, as a killed server does. */
static void leave_log(const struct fixture *f)
{
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct db *db = NULL;
		bool ok = db_open(f->url, &f->key, 0, &db, NULL);
		for (int64_t i = 1; ok && i <= 20; i++)
			ok = db_exec(db, NULL, "INSERT INTO t VALUES (?1)", "i", i);
		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_damaged_log(void **state)
{
	struct fixture *f = *state;
	struct err e;
	struct stat st;
	char log[120], name[160];
	OK(db_exec(f->db, &e, "CREATE TABLE t (a BIGINT)", ""));
	db_close(&f->db);
	leave_log(f);
	snprintf(log, sizeof log, "%s-wal", f->path);
	assert_int_equal(stat(log, &st), 0);
	int64_t frame = 24 + PAGE, frames = (st.st_size - 32) / frame;
	assert_true(frames >= 20);
	static const int64_t offsets[] = { 0, 5, 9, 17, 23, 24, 2000, 24 + PAGE - 1 };
	for (size_t i = 0; i < countof(offsets); i++) {
		flip(log, 32 + frame * 3 + offsets[i]);
		assert_false(db_open(f->url, &f->key, 0, &f->db, &e));
		assert_int_equal(e.kind, ERR_CORRUPT);
		assert_non_null(strstr(e.message, log));
		assert_non_null(strstr(e.message, "page 4 "));
		flip(log, 32 + frame * 3 + offsets[i]);
	}
	flip(log, 26); /* the header */
	assert_false(db_open(f->url, &f->key, 0, &f->db, &e));
	flip(log, 26);
	/* A write that was torn by a power cut is no damage: the change was never acknowledged. */
	assert_int_equal(truncate(log, 32 + frame * (frames - 1) + 100), 0);
	OK(db_open(f->url, &f->key, 0, &f->db, &e));
	int64_t n = count(f->db);
	assert_true(n >= 19 && n <= 20);
	db_close(&f->db);
	leave_log(f);
	assert_int_equal(stat(log, &st), 0);
	flip(log, st.st_size - 100);
	OK(db_open(f->url, &f->key, 0, &f->db, &e));
	assert_int_equal(count(f->db), n + 19);
	db_close(&f->db);
	/* What is no log at all is what SQLite makes of it: nothing. */
	snprintf(name, sizeof name, "%s-wal", f->path);
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, "garbage", 7), 7);
	close(fd);
	OK(db_open(f->url, &f->key, 0, &f->db, &e));
	assert_int_equal(count(f->db), n + 19);
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

int main(void)
{
	assert_true(crypt_init(NULL));
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_damage_is_named),
		WITH_STORE(test_cut_short),
		WITH_STORE(test_damaged_log),
		WITH_STORE(test_backup),
		WITH_STORE(test_backup_while_writing),
		WITH_STORE(test_no_plain_text),
		WITH_STORE(test_disk_full),
		WITH_STORE(test_killed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
