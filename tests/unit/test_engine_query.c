/* engine: values in and out of the real vitrina-engine, and what SQL may not do. */
#include "engine_fixture.h"

#include "engine/columns.h"

#include <string.h>

static struct fixture fx;

static const struct {
	const char *sql, *params, *columns, *json;
} values[] = {
	{ "SELECT 1 AS a, 'x' AS b, NULL AS c", NULL, "a INTEGER, b VARCHAR, c INTEGER", "[1,\"x\",null]" },
	{ "SELECT 9007199254740993 AS a, -9223372036854775808 AS b", NULL, "a BIGINT, b BIGINT",
	  "[9007199254740993,-9223372036854775808]" },
	{ "SELECT 170141183460469231731687303715884105727::HUGEINT, (-170141183460469231731687303715884105727 - 1)"
	  "::HUGEINT, 18446744073709551615::UBIGINT, 340282366920938463463374607431768211455::UHUGEINT",
	  NULL, NULL,
	  "[170141183460469231731687303715884105727,-170141183460469231731687303715884105728,18446744073709551615,"
	  "340282366920938463463374607431768211455]" },
	{ "SELECT 0.1::DOUBLE, 1/3, 1e300, 5e-324::DOUBLE, 26796.21::DOUBLE, 0.1::FLOAT, -0.5::DOUBLE, "
	  "123456789.987654321"
	  "::DOUBLE",
	  NULL, NULL, "[0.1,0.3333333333333333,1e+300,4.94065645841247e-324,26796.21,0.1,-0.5,123456789.98765433]" },
	{ "SELECT 'nan'::DOUBLE, 'inf'::DOUBLE, '-inf'::FLOAT", NULL, NULL, "[null,null,null]" },
	{ "SELECT 1.50::DECIMAL(9,2), -0.05::DECIMAL(4,2), 0::DECIMAL(18,6), "
	  "12345678901234567890.123456789::DECIMAL(38,9), "
	  "7::DECIMAL(10,0)",
	  NULL, NULL, "[1.50,-0.05,0.000000,12345678901234567890.123456789,7]" },
	{ "SELECT DATE '2011-12-09', DATE '0044-03-15 (BC)', TIMESTAMP '2011-12-09 12:50:00', TIMESTAMP '1969-12-31 "
	  "23:59:59.5', TIMESTAMPTZ '2011-12-09 12:50:00+02', TIME '01:02:03.000456', '2000-01-01'::TIMESTAMP_S, "
	  "'2000-01-01 00:00:00.123456789'::TIMESTAMP_NS, 'infinity'::DATE, '-infinity'::TIMESTAMP",
	  NULL, NULL,
	  "[\"2011-12-09\",\"-0043-03-15\",\"2011-12-09T12:50:00\",\"1969-12-31T23:59:59.500\",\"2011-12-09T10:50:"
	  "00Z\","
	  "\"01:02:03.000456\",\"2000-01-01T00:00:00\",\"2000-01-01T00:00:00.123456789\",\"infinity\",\"-infinity\"]" },
	{ "SELECT 'ё\"\\' || chr(10), '\\x00\\xFF'::BLOB, true, ['a', NULL], {'k': 1.5, 'l': [DATE '2020-01-01']}, "
	  "MAP {'x': 1}, [1,2]::INT[2], 'b'::ENUM('a','b')",
	  NULL, NULL,
	  "[\"ё\\\"\\\\\\n\",\"00ff\",true,[\"a\",null],{\"k\":1.5,\"l\":[\"2020-01-01\"]},[{\"key\":\"x\",\"value\":1}"
	  "],"
	  "[1,2],\"b\"]" },
	{ "SELECT '123e4567-e89b-12d3-a456-426614174000'::UUID, INTERVAL '1 month 2 days -3 seconds', "
	  "'12:00:00+02'::TIMETZ",
	  NULL,
	  "CAST('123e4567-e89b-12d3-a456-426614174000' AS UUID) UUID, "
	  "CAST('1 month 2 days -3 seconds' AS INTERVAL) INTERVAL, "
	  "CAST('12:00:00+02' AS TIME WITH TIME ZONE) TIME WITH TIME ZONE",
	  "[\"123e4567-e89b-12d3-a456-426614174000\",\"P1M2DT-3.000000S\",\"12:00:00+02:00\"]" },
	{ "SELECT [[1],[2,3]] AS a, {'b': {'c': 1.5::DECIMAL(3,1)}} AS b", NULL,
	  "a INTEGER[][], b STRUCT(\"b\" STRUCT(\"c\" DECIMAL(3,1)))", "[[[1],[2,3]],{\"b\":{\"c\":1.5}}]" },
	{ "SELECT ?, ?, ?, ?, ?", "[1, 2.5, \"ё'; DROP\", null, true]", NULL, "[1,2.5,\"ё'; DROP\",null,true]" },
	{ "SELECT $2, $1", "[\"a\", 9223372036854775807]", NULL, "[9223372036854775807,\"a\"]" },
	{ "SELECT i FROM range(3) t(i) -- a comment", NULL, "i BIGINT", "[0],\n[1],\n[2]" },
	{ "SELECT 1;", NULL, NULL, "[1]" },
	{ "WITH a AS (SELECT 1 x) FROM a", NULL, "x INTEGER", "[1]" },
	{ "SELECT 1 WHERE false", NULL, NULL, "" },
	{ "SELECT 1 AS a, 2 AS a", NULL, "a INTEGER, a INTEGER", "[1,2]" },
	{ "DESCRIBE SELECT 1 AS a", NULL, NULL, "[\"a\",\"INTEGER\",\"YES\",null,null,null]" },
	{ "SELECT sum(x) FROM (SELECT unnest([1,2]) x), range(2), generate_series(1,2)", NULL, NULL, "[12]" },
	{ "SELECT '\"type\":\"TABLE_FUNCTION\" \"function_name\":\"glob\"' AS a", NULL, NULL,
	  "[\"\\\"type\\\":\\\"TABLE_FUNCTION\\\" \\\"function_name\\\":\\\"glob\\\"\"]" },
	{ "SELECT current_setting('TimeZone')", NULL, NULL, "[\"Etc/UTC\"]" },
};

static void test_values(void **state)
{
	for (size_t i = 0; i < countof(values); i++) {
		struct answer a = fixture_run(
			&fx, (struct engine_request){ .sql = values[i].sql, .params_json = values[i].params });
		if (!a.good)
			fail_msg("%s: %s", values[i].sql, a.e.message);
		assert_string_equal(a.bytes.p ? a.bytes.p : "", values[i].json);
		if (values[i].columns)
			assert_string_equal(a.columns.p, values[i].columns);
		answer_free(&a);
	}
}

static const struct {
	const char *sql, *params;
	enum err_kind kind;
	const char *code, *says;
} refused[] = {
	{ "", NULL, ERR_VALUE, "wrong_value", NULL },
	{ ";", NULL, ERR_VALUE, "wrong_value", "empty" },
	{ "-- nothing", NULL, ERR_VALUE, "wrong_value", "empty" },
	{ "SELEC 1", NULL, ERR_VALUE, "wrong_sql", "SELEC" },
	{ "SELECT nosuch FROM range(1)", NULL, ERR_VALUE, "wrong_sql", "nosuch" },
	{ "SELECT * FROM nosuch", NULL, ERR_VALUE, "wrong_sql", "nosuch" },
	{ "SELECT 1,\n2 FROM\n  nosuch", NULL, ERR_VALUE, "wrong_sql", "(line 3)" },
	{ "SELECT 'a'::INT", NULL, ERR_VALUE, "wrong_sql", "'a'" },
	{ "SELECT CAST(i::VARCHAR || 'x' AS INT) FROM range(5000) t(i)", NULL, ERR_VALUE, "wrong_sql", "x" },
	{ "SELECT error('mine')", NULL, ERR_VALUE, "wrong_sql", "mine" },
	{ "SELECT 1; SELECT 2", NULL, ERR_VALUE, "wrong_value", "one statement" },
	{ "SELECT 1; DROP TABLE x", NULL, ERR_VALUE, "wrong_value", "one statement" },
	{ "SELECT ?", NULL, ERR_VALUE, "wrong_value", "1 parameters" },
	{ "SELECT ?", "[]", ERR_VALUE, "wrong_value", "0 were given" },
	{ "SELECT ?", "[1,2]", ERR_VALUE, "wrong_value", "2 were given" },
	{ "SELECT ?", "[[1]]", ERR_VALUE, "wrong_value", "Parameter 1" },
	{ "SELECT ?", "{\"a\":1}", ERR_VALUE, "wrong_value", "JSON list" },
	{ "SELECT ?", "[", ERR_MALFORMED, "malformed_json", NULL },
	{ "SELECT '1010'::BIT", NULL, ERR_VALUE, "wrong_sql", "cast it" },
	/* nothing is changed */
	{ "CREATE TABLE t(i INT)", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "CREATE TEMP TABLE t AS SELECT 1", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "DROP SCHEMA main", NULL, ERR_VALUE, NULL, NULL },
	{ "PRAGMA database_list; SELECT 1", NULL, ERR_VALUE, NULL, NULL },
	{ "PRAGMA enable_profiling", NULL, ERR_VALUE, NULL, NULL },
	{ "SET threads=64", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "SET enable_external_access=true", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "RESET lock_configuration", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "CALL enable_logging()", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "BEGIN", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "COMMIT", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "EXECUTE x", NULL, ERR_VALUE, NULL, NULL },
	{ "CHECKPOINT", NULL, ERR_VALUE, NULL, NULL },
	/* nothing outside is reached */
	{ "SELECT * FROM read_csv('/etc/passwd')", NULL, ERR_VALUE, "not_allowed_in_sql", "read_csv" },
	{ "SELECT * FROM system.main.READ_CSV('/etc/passwd')", NULL, ERR_VALUE, "not_allowed_in_sql", "read_csv" },
	{ "SELECT (SELECT count(*) FROM range(1), read_text('/proc/self/environ'))", NULL, ERR_VALUE,
	  "not_allowed_in_sql", NULL },
	{ "WITH a AS (FROM glob('/proc/self/fd/*')) SELECT 1", NULL, ERR_VALUE, "not_allowed_in_sql", "glob" },
	{ "DESCRIBE FROM read_blob('/proc/self/fd/3')", NULL, ERR_VALUE, "not_allowed_in_sql", "read_blob" },
	{ "SELECT * FROM '/etc/passwd'", NULL, ERR_VALUE, NULL, NULL },
	{ "SELECT * FROM '/etc/x.csv'", NULL, ERR_VALUE, "not_allowed_in_sql", NULL },
	{ "SELECT * FROM '/proc/self/fd/3'", NULL, ERR_VALUE, NULL, NULL },
	{ "SELECT * FROM parquet_metadata('/tmp/x')", NULL, ERR_VALUE, "not_allowed_in_sql", NULL },
	{ "SELECT * FROM read_csv('http://127.0.0.1/x')", NULL, ERR_VALUE, "not_allowed_in_sql", NULL },
	{ "SELECT * FROM 's3://b/x.parquet'", NULL, ERR_VALUE, NULL, NULL },
	{ "SELECT getenv('HOME')", NULL, ERR_VALUE, "not_allowed_in_sql", "getenv" },
	{ "SELECT * FROM duckdb_settings()", NULL, ERR_VALUE, "not_allowed_in_sql", NULL },
	{ "SELECT * FROM arrow_scan(1::UBIGINT, 2::UBIGINT, 3::UBIGINT)", NULL, ERR_VALUE, "not_allowed_in_sql", NULL },
	{ "SELECT * FROM query('SELECT 1')", NULL, ERR_VALUE, "not_allowed_in_sql", NULL },
	{ "SELECT * FROM json_execute_serialized_sql('{}')", NULL, ERR_VALUE, "not_allowed_in_sql", NULL },
	{ "SELECT * FROM enable_logging(storage='file', storage_config={'path': '/tmp/vitrina-engine-test'})", NULL,
	  ERR_VALUE, "not_allowed_in_sql", "enable_logging" },
	{ "SELECT * FROM force_checkpoint()", NULL, ERR_VALUE, "not_allowed_in_sql", NULL },
	{ "SELECT write_log('x')", NULL, ERR_VALUE, "not_allowed_in_sql", NULL },
	{ "COPY (SELECT 1) TO '/tmp/vitrina-engine-test'", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "COPY (SELECT 1) TO '/proc/self/fd/2'", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "EXPORT DATABASE '/tmp/vitrina-engine-test'", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "ATTACH '/tmp/vitrina-engine-test.db'", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "ATTACH ':memory:' AS other", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "INSTALL httpfs", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "LOAD '/tmp/x.duckdb_extension'", NULL, ERR_VALUE, "not_a_select", NULL },
	{ "CREATE SECRET (TYPE s3)", NULL, ERR_VALUE, "not_a_select", NULL },
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < countof(refused); i++) {
		struct answer a = fixture_run(
			&fx, (struct engine_request){ .sql = refused[i].sql, .params_json = refused[i].params });
		if (a.good || a.e.kind != refused[i].kind ||
		    (refused[i].code && strcmp(err_code(&a.e), refused[i].code) != 0))
			fail_msg("%s: kind %d code %s: %s %s", refused[i].sql, a.e.kind, err_code(&a.e), a.e.message,
				 a.bytes.p ? a.bytes.p : "");
		if (refused[i].says && !strstr(a.e.message, refused[i].says))
			fail_msg("%s: %s", refused[i].sql, a.e.message);
		assert_null(strstr(a.e.message, "/proc/"));
		assert_null(strstr(a.e.message, "LINE"));
		assert_int_equal(a.bytes.n, 0);
		answer_free(&a);
	}
	assert_int_not_equal(access("/tmp/vitrina-engine-test", F_OK), 0);
	struct answer a = fixture_run(&fx, (struct engine_request){ .sql = "SELECT 1" });
	assert_true(a.good);
	answer_free(&a);
}

static void test_csv(void **state)
{
	static const char sql[] =
		"SELECT * FROM (VALUES (1, 'a,b', -1.5, NULL), (2, '=1+1', 2, ''), (3, '-x', 0, 'q\"'), "
		"(4, ' @', 1e300, 'ё')) t(\"n\", \"=f\", d, s) ORDER BY 1";
	struct answer a = fixture_run(&fx, (struct engine_request){ .sql = sql, .format = ENGINE_CSV });
	assert_true(a.good);
	assert_string_equal(
		a.bytes.p, "n,=f,d,s\r\n1,\"a,b\",-1.5,\r\n2,=1+1,2,\"\"\r\n3,-x,0,\"q\"\"\"\r\n4,\" @\",1e+300,ё\r\n");
	answer_free(&a);
	a = fixture_run(&fx, (struct engine_request){ .sql = sql, .format = ENGINE_CSV_SAFE });
	assert_string_equal(a.bytes.p,
			    "n,\"'=f\",d,s\r\n1,\"a,b\",-1.5,\r\n2,\"'=1+1\",2,\"\"\r\n3,\"'-x\",0,\"q\"\"\"\r\n"
			    "4,\" @\",1e+300,ё\r\n");
	assert_int_equal(a.result.rows, 4);
	answer_free(&a);
}

struct sums {
	size_t rows, nulls, batches;
	int64_t i;
	double f;
	size_t bytes;
	struct str last;
	char text[32];
};

static bool sum_columns(void *ctx, const void *bytes, size_t n, struct err *e)
{
	struct sums *s = ctx;
	struct columns_batch b;
	if (!columns_read(bytes, n, &b, e))
		return false;
	s->batches++;
	for (size_t row = 0; row < b.rows; row++) {
		s->i += b.columns[0].i64[row];
		s->f += b.columns[1].f64[row];
		s->nulls += !column_valid(&b.columns[2], row);
		struct str text = column_str(&b.columns[2], row);
		s->bytes += text.n;
		if (text.n)
			snprintf(s->text, sizeof s->text, "%.*s", STR_ARG(text));
	}
	s->rows += b.rows;
	columns_free(&b);
	return true;
}

static void test_columns(void **state)
{
	struct sums s = { 0 };
	struct engine_result result;
	struct err e;
	struct engine_request q = {
		.org = FIXTURE_ORG,
		.sql = "SELECT i, (i / 2)::DECIMAL(12,1), CASE WHEN i % 2 = 1 THEN 'n' || i END FROM range(10000) t(i)",
		.format = ENGINE_COLUMNS,
		.ctx = &s,
		.rows = sum_columns
	};
	if (!engine_run(fx.pool, &q, &result, &e))
		fail_msg("%s", e.message);
	assert_int_equal(result.rows, 10000);
	assert_int_equal(s.rows, 10000);
	assert_int_equal(s.i, 49995000);
	assert_true(s.f == 24997500.0);
	assert_int_equal(s.nulls, 5000);
	assert_string_equal(s.text, "n9999");
	assert_true(s.batches >= 4);
	/* a row limit in the middle of a batch */
	s = (struct sums){ 0 };
	q.max_rows = 3000;
	q.truncate = true;
	assert_true(engine_run(fx.pool, &q, &result, &e));
	assert_int_equal(s.rows, 3000);
	assert_true(result.truncated);
}

static const struct {
	const char *sql;
	uint64_t max_rows, max_bytes;
	bool truncate;
	const char *code; /* NULL = answered */
	uint64_t rows;
	bool truncated;
} bounds[] = {
	{ "SELECT i FROM range(10) t(i)", 10, 0, false, NULL, 10, false },
	{ "SELECT i FROM range(10) t(i)", 10, 0, true, NULL, 10, false },
	{ "SELECT i FROM range(11) t(i)", 10, 0, false, "too_many_rows", 0, false },
	{ "SELECT i FROM range(11) t(i)", 10, 0, true, NULL, 10, true },
	{ "SELECT i FROM range(200000) t(i)", 0, 0, false, "too_many_rows", 0, false },
	{ "SELECT i FROM range(200000) t(i)", UINT64_MAX, 0, false, NULL, 200000, false },
	{ "SELECT repeat('x', 1000) FROM range(1000) t(i)", 0, 100000, false, "result_too_large", 0, false },
	{ "SELECT repeat('x', 997) FROM range(1000) t(i)", 0, 100000, true, NULL, 99, true },
	{ "SELECT repeat('x', 1000000) FROM range(100) t(i)", 0, 0, false, "result_too_large", 0, false },
	{ "SELECT repeat('x', 5000000)", 0, 0, false, "row_too_large", 0, false },
	{ "SELECT repeat('x', 3000000) FROM range(3)", 0, 0, false, NULL, 3, false },
};

static void test_bounds(void **state)
{
	for (size_t i = 0; i < countof(bounds); i++) {
		struct answer a = fixture_run(&fx, (struct engine_request){ .sql = bounds[i].sql,
									    .max_rows = bounds[i].max_rows,
									    .max_bytes = bounds[i].max_bytes,
									    .truncate = bounds[i].truncate });
		const char *code = a.good ? NULL : err_code(&a.e);
		if (a.good != !bounds[i].code || (code && strcmp(code, bounds[i].code) != 0))
			fail_msg("%s: %s %s", bounds[i].sql, code ? code : "answered", a.good ? "" : a.e.message);
		if (a.good) {
			assert_int_equal(a.result.rows, bounds[i].rows);
			assert_int_equal(a.result.truncated, bounds[i].truncated);
		} else {
			assert_int_equal(a.e.kind, ERR_LIMIT);
		}
		answer_free(&a);
	}
}

static void test_parquet(void **state)
{
	struct answer a = fixture_run(
		&fx,
		(struct engine_request){ .sql = "SELECT ? AS a -- c", .params_json = "[5]", .format = ENGINE_PARQUET });
	assert_true(a.good);
	assert_int_equal(a.result.rows, 1);
	assert_memory_equal(a.bytes.p, "PAR1", 4);
	assert_memory_equal(a.bytes.p + a.bytes.n - 4, "PAR1", 4);
	answer_free(&a);
	static const char *const wrong[] = { "SELECT 1) TO '/tmp/x' --", "SELECT 1; SELECT 2", "CREATE TABLE x(i INT)",
					     "", "SELECT nosuch" };
	for (size_t i = 0; i < countof(wrong); i++) {
		a = fixture_run(&fx, (struct engine_request){ .sql = wrong[i], .format = ENGINE_PARQUET });
		assert_false(a.good);
		assert_int_equal(a.e.kind, ERR_VALUE);
		answer_free(&a);
	}
	a = fixture_run(&fx,
			(struct engine_request){ .sql = "FROM range(11)", .format = ENGINE_PARQUET, .max_rows = 10 });
	assert_false(a.good);
	assert_string_equal(err_code(&a.e), "too_many_rows");
	answer_free(&a);
}

static int setup(void **state)
{
	fixture_start(&fx, (struct engine_pool_options){ 0 });
	return 0;
}

static int teardown(void **state)
{
	fixture_stop(&fx);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),  cmocka_unit_test(test_refused), cmocka_unit_test(test_csv),
		cmocka_unit_test(test_columns), cmocka_unit_test(test_bounds),  cmocka_unit_test(test_parquet),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
