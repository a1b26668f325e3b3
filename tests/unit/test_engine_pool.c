/* engine/pool: relations, crashes, cancels, limits and sleep, with real processes. */
#include "engine_fixture.h"

#include "base/clock.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

static struct fixture fx;

static const struct engine_column cols_ab[] = { { "a", "BIGINT" }, { "b", "VARCHAR" } };
static const struct engine_column cols_abc[] = { { "a", "DOUBLE" }, { "b", "VARCHAR" }, { "Ц \"q\"", "DATE" } };

static struct engine_relation relation(const char *schema, const char *table, int64_t version, const int64_t *segments,
				       size_t n)
{
	return (struct engine_relation){ .schema = schema,
					 .table = table,
					 .version = version,
					 .segments = segments,
					 .n_segments = n,
					 .columns = cols_ab,
					 .n_columns = countof(cols_ab) };
}

static void expect(const char *sql, const struct engine_relation *relations, size_t n, const char *json)
{
	struct answer a =
		fixture_run(&fx, (struct engine_request){ .sql = sql, .relations = relations, .n_relations = n });
	if (!a.good)
		fail_msg("%s: %s", sql, a.e.message);
	assert_string_equal(a.bytes.p ? a.bytes.p : "", json);
	answer_free(&a);
}

static void expect_failure(struct engine_request q, enum err_kind kind, const char *code)
{
	struct answer a = fixture_run(&fx, q);
	if (a.good || a.e.kind != kind || strcmp(err_code(&a.e), code) != 0)
		fail_msg("%s: good %d kind %d code %s: %s", q.sql, a.good, a.e.kind, a.good ? "" : err_code(&a.e),
			 a.good ? "" : a.e.message);
	answer_free(&a);
}

#define ROWS(from, to) "SELECT i AS a, 'x' || i AS b, i::BIGINT AS _row FROM range(" #from ", " #to ") t(i)"

static void test_relations(void **state)
{
	int64_t first = fixture_segment(&fx, ROWS(0, 3)), second = fixture_segment(&fx, ROWS(3, 5));
	int64_t both[] = { first, second };
	int opened = fx.opened;
	struct engine_relation r[] = { relation("Покупки", "t", 1, &first, 1), relation("two \"q\" '", "u", 1, both, 2),
				       relation("two \"q\" '", "empty", 1, NULL, 0) };
	expect("SELECT count(*), sum(a), min(b) FROM \"Покупки\".t", r, 3, "[3,3,\"x0\"]");
	assert_int_equal(fx.opened - opened, 3);
	expect("SELECT * FROM \"Покупки\" ORDER BY a DESC LIMIT 1", r, 3, "[2,\"x2\"]");
	expect("SELECT count(*), sum(a) FROM \"two \"\"q\"\" '\".u", r, 3, "[5,10]");
	expect("SELECT count(*), sum(a), max(b) FROM \"two \"\"q\"\" '\".EMPTY", r, 3, "[0,null,null]");
	expect("SELECT _row, a FROM _raw.\"Покупки.t\" ORDER BY _row DESC LIMIT 1", r, 3, "[2,2]");
	expect("SELECT count(_row) FROM _raw.\"two \"\"q\"\" '.empty\"", r, 3, "[0]");
	assert_int_equal(fx.opened - opened, 3); /* nothing was attached twice */
	/* two tables: the data set's name alone is no table */
	expect_failure(
		(struct engine_request){ .sql = "SELECT * FROM \"two \"\"q\"\" '\"", .relations = r, .n_relations = 3 },
		ERR_VALUE, "wrong_sql");
	/* what is no longer listed is no longer there, and the other table stands alone */
	expect("SELECT count(*) FROM \"two \"\"q\"\" '\"", r, 2, "[5]");
	expect_failure(
		(struct engine_request){ .sql = "SELECT * FROM \"Покупки\".t", .relations = r + 1, .n_relations = 1 },
		ERR_VALUE, "wrong_sql");
	expect_failure((struct engine_request){ .sql = "SELECT * FROM \"Покупки\"" }, ERR_VALUE, "wrong_sql");
	expect("SELECT count(*) FROM information_schema.tables", NULL, 0, "[0]");
	expect("SELECT schema_name FROM information_schema.schemata WHERE catalog_name = 'memory' ORDER BY 1", NULL, 0,
	       "[\"_raw\"],\n[\"main\"]");
}

static void test_versions(void **state)
{
	int64_t first = fixture_segment(&fx, ROWS(0, 3)), second = fixture_segment(&fx, ROWS(3, 5));
	int64_t wider = fixture_segment(
		&fx, "SELECT 0.5 AS a, 'y' AS b, DATE '2024-02-29' AS \"Ц \"\"q\"\"\", 0::BIGINT AS _row");
	struct engine_relation r = relation("d", "t", 1, &first, 1);
	expect("SELECT sum(a) FROM d", &r, 1, "[3]");
	r.version = 2;
	r.segments = &second;
	expect("SELECT sum(a) FROM d", &r, 1, "[7]");
	int64_t all[] = { first, second, wider };
	r = (struct engine_relation){ "d", "t", 3, all, 3, cols_abc, countof(cols_abc) };
	expect("SELECT sum(a), count(\"Ц \"\"q\"\"\"), count(*) FROM d", &r, 1, "[10.5,1,6]");
	expect("DESCRIBE d", &r, 1,
	       "[\"a\",\"DOUBLE\",\"YES\",null,null,null],\n[\"b\",\"VARCHAR\",\"YES\",null,null,null],\n"
	       "[\"Ц \\\"q\\\"\",\"DATE\",\"YES\",null,null,null]");
	/* keep_others leaves what another request brought */
	struct answer a =
		fixture_run(&fx, (struct engine_request){ .sql = "SELECT count(*) FROM d", .keep_others = true });
	assert_true(a.good);
	answer_free(&a);
}

/* The files of a relation are opened when a statement names its schema, and not before. */
static void test_mentioned(void **state)
{
	int64_t one = fixture_segment(&fx, ROWS(0, 3));
	struct engine_relation r[] = { relation("Sales", "t", 1, &one, 1), relation("people", "t", 1, &one, 1),
				       relation("main", "own", 1, &one, 1) };
	int opened = fx.opened;
	expect("SELECT 1", r, 3, "[1]");
	expect("SELECT table_schema FROM information_schema.tables WHERE table_name = 't' ORDER BY 1", r, 3,
	       "[\"Sales\"],\n[\"people\"]");
	assert_int_equal(fx.opened - opened, 0);
	expect("SELECT count(*) FROM sAlEs", r, 3, "[3]");
	assert_int_equal(fx.opened - opened, 1);
	expect("SELECT count(*) FROM \"_raw\".\"PEOPLE.t\", Own", r, 3, "[9]");
	assert_int_equal(fx.opened - opened, 3);
	expect("SELECT (SELECT count(*) FROM sales) + (SELECT count(*) FROM people)", r, 3, "[6]");
	assert_int_equal(fx.opened - opened, 3);
	/* what is not mentioned keeps what it has, but not an old version */
	r[0].version = 2;
	expect("SELECT count(*) FROM people", r, 3, "[3]");
	assert_int_equal(fx.opened - opened, 3);
	expect("SELECT count(*) FROM sales", r, 3, "[3]");
	assert_int_equal(fx.opened - opened, 4);
}

/* More segments than a frame carries descriptors. */
static void test_many_segments(void **state)
{
	int64_t one = fixture_segment(&fx, ROWS(0, 1)), many[100];
	for (size_t i = 0; i < countof(many); i++)
		many[i] = one;
	struct engine_relation r = relation("many", "t", 1, many, countof(many));
	expect("SELECT count(*) FROM many", &r, 1, "[100]");
	/* one in the middle cannot be opened: said by name, and the engine goes on */
	many[50] = 15;
	fx.refuse = 15;
	r.version = 2;
	expect_failure((struct engine_request){ .sql = "SELECT count(*) FROM many", .relations = &r, .n_relations = 1 },
		       ERR_CORRUPT, "damaged");
	fx.refuse = -1;
	many[50] = one;
	pid_t pid = fixture_pid(&fx);
	expect("SELECT count(*) FROM many", &r, 1, "[100]");
	assert_int_equal(fixture_pid(&fx), pid);
}

static const struct {
	const char *name, *type;
	enum err_kind kind;
} bad_columns[] = {
	{ "nosuch", "BIGINT", ERR_INTERNAL },
	{ "a", "NOSUCHTYPE", ERR_INTERNAL },
	{ "a", "BIGINT) AS x FROM read_text('/etc/passwd') --", ERR_INTERNAL },
	{ "a", "BIGINT'; DROP", ERR_INTERNAL },
	{ "a", "", ERR_INTERNAL },
};

static void test_bad_relations(void **state)
{
	int64_t one = fixture_segment(&fx, ROWS(0, 1));
	for (size_t i = 0; i < countof(bad_columns); i++) {
		struct engine_column c = { bad_columns[i].name, bad_columns[i].type };
		struct engine_relation r = { "bad", "t", 1, &one, 1, &c, 1 };
		struct answer a = fixture_run(
			&fx, (struct engine_request){ .sql = "SELECT * FROM bad", .relations = &r, .n_relations = 1 });
		assert_false(a.good);
		assert_int_equal(a.e.kind, bad_columns[i].kind);
		answer_free(&a);
	}
	/* not a Parquet file at all */
	int64_t junk = (int64_t)fx.n_segments++;
	fx.segments[junk] = BUF_INIT(KIB);
	buf_adds(&fx.segments[junk], "this is no Parquet file, whatever its name says");
	struct engine_relation r = relation("bad", "t", 1, &junk, 1);
	expect_failure((struct engine_request){ .sql = "SELECT * FROM bad", .relations = &r, .n_relations = 1 },
		       ERR_INTERNAL, "wrong_sql");
	expect("SELECT 1", NULL, 0, "[1]");
}

static const char slow_sql[] = "SELECT count(*) FROM range(1000000000) a(i), range(1000000) b(j) WHERE (i * j) % 7 = 3";

struct background {
	struct engine_request q;
	struct answer a;
	int64_t took;
	pthread_t thread;
};

static void *run_background(void *arg)
{
	struct background *b = arg;
	int64_t from = clock_monotonic();
	b->a = fixture_run(&fx, b->q);
	b->took = clock_monotonic() - from;
	return NULL;
}

static void background_start(struct background *b)
{
	assert_int_equal(pthread_create(&b->thread, NULL, run_background, b), 0);
}

/* Until n requests are in engines, and a moment more so that they run. */
static void await_active(size_t n)
{
	for (int i = 0; i < 1000; i++) {
		struct engine_stat s[4];
		size_t have = engine_pool_stats(fx.pool, s, 4), active = 0;
		for (size_t k = 0; k < have; k++)
			active += s[k].active;
		if (active == n && s[0].pid > 0)
			break;
		nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
	}
	nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
}

static void test_killed(void **state)
{
	expect("SELECT 1", NULL, 0, "[1]");
	pid_t pid = fixture_pid(&fx);
	struct background b = { .q = { .sql = slow_sql } };
	background_start(&b);
	await_active(1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	pthread_join(b.thread, NULL);
	assert_false(b.a.good);
	assert_int_equal(b.a.e.kind, ERR_UNAVAILABLE);
	assert_string_equal(b.a.e.code, "engine_restarted");
	assert_true(b.a.e.retry_after > 0);
	answer_free(&b.a);
	expect("SELECT 2", NULL, 0, "[2]");
	assert_int_not_equal(fixture_pid(&fx), pid);
	/* killed while nothing runs: nobody notices */
	int64_t one = fixture_segment(&fx, ROWS(0, 3));
	struct engine_relation r = relation("d", "t", 1, &one, 1);
	expect("SELECT count(*) FROM d", &r, 1, "[3]");
	siginfo_t ended;
	pid = fixture_pid(&fx);
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
	expect("SELECT count(*) FROM d", &r, 1, "[3]");
}

static void test_cancelled(void **state)
{
	_Atomic bool cancel = false;
	struct background b = { .q = { .sql = slow_sql, .cancel = &cancel } };
	expect("SELECT 1", NULL, 0, "[1]");
	pid_t pid = fixture_pid(&fx);
	background_start(&b);
	await_active(1);
	atomic_store(&cancel, true);
	pthread_join(b.thread, NULL);
	assert_int_equal(b.a.e.kind, ERR_CANCELLED);
	answer_free(&b.a);
	/* the process lives on, and the query in it stops: with one request left, its own */
	expect("SELECT 3", NULL, 0, "[3]");
	assert_int_equal(fixture_pid(&fx), pid);
	struct answer a = fixture_run(&fx, (struct engine_request){ .sql = "SELECT 1", .cancel = &cancel });
	assert_int_equal(a.e.kind, ERR_CANCELLED);
	answer_free(&a);
}

static bool refuse_rows(void *ctx, const void *bytes, size_t n, struct err *e)
{
	return err_set(e, ERR_IO, "gone", "The reader went away.");
}

static void test_reader_gone(void **state)
{
	struct engine_request q = { .org = FIXTURE_ORG,
				    .sql = "SELECT i FROM range(100000000) t(i)",
				    .max_rows = UINT64_MAX,
				    .max_bytes = UINT64_MAX,
				    .rows = refuse_rows };
	struct engine_result result;
	struct err e;
	assert_false(engine_run(fx.pool, &q, &result, &e));
	assert_string_equal(e.code, "gone");
	expect("SELECT 1", NULL, 0, "[1]");
}

static void test_limits(void **state)
{
	expect("SELECT 1", NULL, 0, "[1]");
	pid_t pid = fixture_pid(&fx);
	expect_failure((struct engine_request){ .sql = slow_sql, .seconds = 1 }, ERR_LIMIT, "time_limit");
	expect_failure((struct engine_request){ .sql = "SELECT list(i) FROM range(200000000) t(i)" }, ERR_LIMIT,
		       "memory_limit");
	expect_failure(
		(struct engine_request){ .sql = "SELECT count(*) FROM (SELECT DISTINCT i, i::VARCHAR || 'a' FROM range("
						"200000000) t(i))" },
		ERR_LIMIT, "memory_limit");
	expect("SELECT 1", NULL, 0, "[1]");
	assert_int_equal(fixture_pid(&fx), pid);
	char *sql = mem_alloc(LIMIT_ENGINE_SQL_BYTES + 100);
	memset(sql, ' ', LIMIT_ENGINE_SQL_BYTES + 99);
	memcpy(sql, "SELECT 1", 8);
	sql[LIMIT_ENGINE_SQL_BYTES + 99] = '\0';
	expect_failure((struct engine_request){ .sql = sql }, ERR_VALUE, "wrong_value");
	/* as deep as it can be within what a person may ask */
	memset(sql, '(', LIMIT_QUERY_SQL_BYTES);
	memcpy(sql, "SELECT ", 7);
	sql[LIMIT_QUERY_SQL_BYTES] = '\0';
	expect_failure((struct engine_request){ .sql = sql }, ERR_VALUE, "wrong_sql");
	free(sql);
	expect("SELECT 1", NULL, 0, "[1]");
}

/* A query sees what was attached when it began, whatever happens meanwhile. */
static void test_snapshot(void **state)
{
	int64_t first = fixture_segment(&fx, "SELECT 1 AS a, 'x' AS b, i::BIGINT AS _row FROM range(300000) t(i)");
	struct engine_relation r = relation("d", "t", 1, &first, 1);
	expect("SELECT count(*) FROM d", &r, 1, "[300000]");
	struct background b[4];
	for (size_t i = 0; i < countof(b); i++) {
		b[i] = (struct background){ .q = { .sql = "SELECT sum(x.a) FROM d x, (FROM range(40)) y",
						   .relations = &r,
						   .n_relations = 1,
						   .keep_others = true } };
		background_start(&b[i]);
	}
	for (int version = 2; version < 30; version++) {
		struct engine_relation other = relation("e", "t", version, &first, 1);
		expect("SELECT count(*) FROM e", &other, 1, "[300000]"); /* detaches d */
	}
	for (size_t i = 0; i < countof(b); i++) {
		pthread_join(b[i].thread, NULL);
		if (!b[i].a.good)
			fail_msg("%s", b[i].a.e.message);
		assert_string_equal(b[i].a.bytes.p, "[12000000]");
		answer_free(&b[i].a);
	}
}

static void test_concurrent(void **state)
{
	struct background b[12];
	for (size_t i = 0; i < countof(b); i++) {
		b[i] = (struct background){ .q = { .org = (int64_t)(i % 3) + 1,
						   .params_json = i % 2 ? "[5]" : "[6]",
						   .sql = "SELECT sum(i * ?) FROM range(1000) t(i)" } };
		background_start(&b[i]);
	}
	for (size_t i = 0; i < countof(b); i++) {
		pthread_join(b[i].thread, NULL);
		if (!b[i].a.good)
			fail_msg("%s", b[i].a.e.message);
		assert_string_equal(b[i].a.bytes.p, i % 2 ? "[2497500]" : "[2997000]");
		answer_free(&b[i].a);
	}
	struct engine_stat s[2];
	assert_in_range(engine_pool_stats(fx.pool, s, 2), 3, 4);
	assert_true(s[0].rss > MIB && s[0].pid > 0);
	for (int64_t org = 1; org <= 3; org++)
		engine_forget(fx.pool, org);
	assert_in_range(engine_pool_stats(fx.pool, s, 2), 0, 1);
}

static void test_forget(void **state)
{
	struct background b = { .q = { .sql = slow_sql } };
	background_start(&b);
	await_active(1);
	engine_forget(fx.pool, FIXTURE_ORG);
	pthread_join(b.thread, NULL);
	assert_int_equal(b.a.e.kind, ERR_UNAVAILABLE);
	answer_free(&b.a);
	assert_int_equal(engine_pool_stats(fx.pool, NULL, 0), 0);
	engine_forget(fx.pool, FIXTURE_ORG);
	expect("SELECT 1", NULL, 0, "[1]");
}

static int start_default(void **state)
{
	fixture_start(&fx, (struct engine_pool_options){ .spawn = { .memory = 256 * MIB, .threads = 2 } });
	return 0;
}

static int stop(void **state)
{
	fixture_stop(&fx);
	/* every child was reaped */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return 0;
}

static void test_sleep(void **state)
{
	fixture_start(&fx, (struct engine_pool_options){ .idle_seconds = 1 });
	expect("SELECT 1", NULL, 0, "[1]");
	pid_t pid = fixture_pid(&fx);
	assert_true(pid > 0);
	for (int i = 0; i < 500 && engine_pool_stats(fx.pool, NULL, 0); i++)
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	assert_int_equal(engine_pool_stats(fx.pool, NULL, 0), 0);
	expect("SELECT 2", NULL, 0, "[2]");
	assert_int_not_equal(fixture_pid(&fx), pid);
	stop(state);
}

static void test_places(void **state)
{
	fixture_start(&fx, (struct engine_pool_options){ .max_engines = 1 });
	expect("SELECT 1", NULL, 0, "[1]");
	/* an unused engine gives its place to another organisation's */
	struct answer a = fixture_run(&fx, (struct engine_request){ .org = 8, .sql = "SELECT 8" });
	assert_true(a.good);
	answer_free(&a);
	assert_int_equal(engine_pool_stats(fx.pool, NULL, 0), 1);
	/* a used one does not */
	_Atomic bool cancel = false;
	struct background b = { .q = { .org = 8, .sql = slow_sql, .cancel = &cancel } };
	background_start(&b);
	await_active(1);
	expect_failure((struct engine_request){ .sql = "SELECT 1" }, ERR_UNAVAILABLE, "engines_busy");
	atomic_store(&cancel, true);
	pthread_join(b.thread, NULL);
	answer_free(&b.a);
	stop(state);
}

/* Segments of what was not mentioned for longest are closed when there are too many bytes of them. */
static void test_segment_bytes(void **state)
{
	fixture_start(&fx, (struct engine_pool_options){ .segment_bytes = 1 });
	int64_t one = fixture_segment(&fx, ROWS(0, 3));
	struct engine_relation r[] = { relation("ddd", "t", 1, &one, 1), relation("fff", "t", 1, &one, 1) };
	int opened = fx.opened;
	expect("SELECT count(*) FROM ddd", r, 2, "[3]");
	assert_int_equal(fx.opened - opened, 1);
	opened = fx.opened;
	expect("SELECT count(*) FROM ddd", r, 2, "[3]");
	assert_int_equal(fx.opened - opened, 0);
	expect("SELECT count(*) FROM fff", r, 2, "[3]");
	assert_int_equal(fx.opened - opened, 1);
	expect("SELECT count(*) FROM ddd", r, 2, "[3]");
	assert_int_equal(fx.opened - opened, 2);
	expect("SELECT count(*) FROM ddd, fff", r, 2, "[9]");
	assert_int_equal(fx.opened - opened, 3);
	stop(state);
}

static void test_no_program(void **state)
{
	fixture_start(&fx, (struct engine_pool_options){ .spawn = { .program = "/nonexistent/vitrina-engine" } });
	expect_failure((struct engine_request){ .sql = "SELECT 1" }, ERR_IO, "io_error");
	fixture_stop(&fx);
	fixture_start(&fx, (struct engine_pool_options){ .spawn = { .program = "/bin/true" } });
	expect_failure((struct engine_request){ .sql = "SELECT 1" }, ERR_UNAVAILABLE, "engine_closed");
	stop(state);
}

#define WITH_POOL(f) cmocka_unit_test_setup_teardown(f, start_default, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_POOL(test_relations),         WITH_POOL(test_versions),      WITH_POOL(test_many_segments),
		WITH_POOL(test_mentioned),         WITH_POOL(test_bad_relations), WITH_POOL(test_killed),
		WITH_POOL(test_cancelled),         WITH_POOL(test_reader_gone),   WITH_POOL(test_limits),
		WITH_POOL(test_snapshot),          WITH_POOL(test_concurrent),    WITH_POOL(test_forget),
		cmocka_unit_test(test_sleep),      cmocka_unit_test(test_places), cmocka_unit_test(test_segment_bytes),
		cmocka_unit_test(test_no_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
