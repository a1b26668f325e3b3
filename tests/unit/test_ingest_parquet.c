/* Parquet files through the real import process; the files are written by the query engine. */
#include "ingest_worker.h"

static struct fixture maker;

static struct str make(const char *sql)
{
	struct answer a = fixture_run(
		&maker, (struct engine_request){ .sql = sql, .format = ENGINE_PARQUET, .max_rows = 1000000 });
	if (!a.good)
		fail_msg("%s: %s", sql, a.e.message);
	char *copy = mem_alloc(a.bytes.n);
	memcpy(copy, a.bytes.p, a.bytes.n);
	struct str file = str_n(copy, a.bytes.n);
	answer_free(&a);
	return file;
}

static void run_parquet(struct imported *im, struct str bytes, bool as_pipe)
{
	*im = (struct imported){ .bytes = bytes, .as_pipe = as_pipe };
	imported_run(im, "dir/sales.parquet", NULL);
}

static void test_types(void **state)
{
	static const struct {
		const char *sql, *columns, *rows;
		size_t rejects;
	} rows[] = {
		{ "SELECT 1::TINYINT a, 2::UBIGINT b, 1.50::DECIMAL(9,2) c, true d, DATE '2026-12-31' e, 'x' f",
		  "a BIGINT, b BIGINT, c DECIMAL(18,2), d BOOLEAN, e DATE, f VARCHAR",
		  "[0,1,2,1.50,true,\"2026-12-31\",\"x\"]", 0 },
		/* whole decimals stay decimals, midnights moments; texts are read as those of a CSV */
		{ "SELECT 5::DECIMAL(9,2) a, TIMESTAMP '2026-01-02 00:00:00' b, '007' c, '31.12.2026' d, 2.5::DOUBLE e",
		  "a DECIMAL(18,2), b TIMESTAMP, c VARCHAR, d DATE, e DECIMAL(18,1)",
		  "[0,5.00,\"2026-01-02T00:00:00\",\"007\",\"2026-12-31\",2.5]", 0 },
		{ "SELECT '2026-01-02 03:04:05.123456789'::TIMESTAMP_NS a, '2026-01-02 03:04:05+03'::TIMESTAMPTZ b, "
		  "'2026-01-02 03:04:05'::TIMESTAMP_S c",
		  "a TIMESTAMP, b TIMESTAMP, c TIMESTAMP",
		  "[0,\"2026-01-02T03:04:05.123456\",\"2026-01-02T00:04:05\",\"2026-01-02T03:04:05\"]", 0 },
		{ "SELECT 12345678901234567890.12::DECIMAL(38,2) a, NULL::DECIMAL(4,1) b",
		  "a DECIMAL(38,2), b DECIMAL(18,1)", "[0,12345678901234567890.12,null]", 0 },
		/* nested values are JSON, bytes are a text or a reject */
		{ "SELECT [1,2] a, {'k': 'v', 'n': [1.5]} b, MAP {'x': 1} c, 'abc'::BLOB d, '\\xFF\\x00'::BLOB e, 7 f",
		  "a VARCHAR, b VARCHAR, c VARCHAR, d VARCHAR, e VARCHAR, f BIGINT",
		  "[0,\"[1,2]\",\"{\\\"k\\\":\\\"v\\\",\\\"n\\\":[1.5]}\",\"{\\\"x\\\":1}\",\"abc\",null,7]", 1 },
		{ "SELECT 'UUID'::VARCHAR a, TIME '10:00:00' b, 1 AS \"q\"\"uote\"",
		  "a VARCHAR, b TIME, q\"uote BIGINT", "[0,\"UUID\",\"10:00:00\",1]", 0 },
		{ "SELECT 1 a WHERE false", "a VARCHAR", "", 0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct imported im;
		CLEANUP(buf_free) struct buf columns = BUF_INIT(MIB);
		struct str file = make(rows[i].sql);
		run_parquet(&im, file, i % 2);
		if (!im.good)
			fail_msg("row %zu: %s", i, im.e.message);
		for (size_t k = 0; k < json_array_size(json_object_get(imported_table(&im, 0), "columns")); k++)
			json_object_set_new(json_array_get(json_object_get(imported_table(&im, 0), "columns"), k),
					    "role", json_string(""));
		imported_columns(&im, 0, &columns);
		assert_string_equal(columns.p, rows[i].columns);
		imported_expect(&im, 0, "SELECT * FROM _raw.\"t.t\" ORDER BY _row", rows[i].rows);
		assert_int_equal(json_array_size(im.rejects), rows[i].rejects);
		assert_string_equal(json_string_value(json_object_get(imported_table(&im, 0), "name")), "sales");
		assert_string_equal(json_string_value(json_object_get(im.done, "format")), "parquet");
		imported_free(&im);
		free((char *)(uintptr_t)file.p);
	}
}

/* Several row groups, in the order of the file. */
static void test_many(void **state)
{
	struct imported im;
	struct str file = make("SELECT i AS n, 'text ' || (i * 7) AS s, i * 0.25 AS d FROM range(300000) t(i)");
	run_parquet(&im, file, false);
	if (!im.good)
		fail_msg("%s", im.e.message);
	imported_expect(&im, 0,
			"SELECT count(*), sum(n), sum(d), count(*) FILTER (_row <> n), count(*) FILTER (s <> 'text ' "
			"|| (n * 7)) "
			"FROM _raw.\"t.t\"",
			"[300000,44999850000,11249962500.00,0,0]");
	imported_free(&im);
	free((char *)(uintptr_t)file.p);
}

/* Texts of which a chunk of rows is more than a block may hold. */
static void test_long_texts(void **state)
{
	struct imported im;
	struct str file =
		make("SELECT i AS n, array_to_string(list_transform(range(640), x -> md5((i * 640 + x)::VARCHAR)), '') "
		     "AS s FROM range(2000) t(i)");
	run_parquet(&im, file, false);
	if (!im.good)
		fail_msg("%s", im.e.message);
	imported_expect(&im, 0, "SELECT count(*), sum(length(s)), count(*) FILTER (_row <> n) FROM _raw.\"t.t\"",
			"[2000,40960000,0]");
	imported_free(&im);
	free((char *)(uintptr_t)file.p);
}

/* What an import of a CSV wrote, loaded again, is the same table. */
static void test_again(void **state)
{
	struct imported first, again;
	CLEANUP(buf_free) struct buf a = BUF_INIT(MIB), b = BUF_INIT(MIB);
	first = (struct imported){ .bytes = STR("id;d;s;f\n01;31.12.2026;1 234,50;да\n02;01.01.2027;2;нет\n") };
	imported_run(&first, "t.csv", NULL);
	assert_true(first.good);
	run_parquet(&again, buf_str(&first.tables[0].parquet), false);
	if (!again.good)
		fail_msg("%s", again.e.message);
	imported_columns(&first, 0, &a);
	imported_columns(&again, 0, &b);
	assert_true(str_starts(buf_str(&b), STR("_row_2 BIGINT, ")));
	assert_string_equal(b.p + strlen("_row_2 BIGINT, "), a.p);
	imported_expect(&again, 0, "SELECT id, d, s, f FROM t ORDER BY id",
			"[\"01\",\"2026-12-31\",1234.5,true],\n[\"02\",\"2027-01-01\",2.0,false]");
	imported_free(&again);
	imported_free(&first);
}

static void expect_refused(struct str bytes, size_t cut)
{
	struct imported im;
	run_parquet(&im, bytes, false);
	if (im.good)
		fail_msg("taken, cut or changed at %zu", cut);
	if (im.e.kind != ERR_VALUE && im.e.kind != ERR_LIMIT)
		fail_msg("%zu: %d %s: %s", cut, im.e.kind, err_code(&im.e), im.e.message);
	assert_null(strstr(im.e.message, "/proc"));
	imported_free(&im);
}

static void test_damage(void **state)
{
	struct str file = make("SELECT i AS n, 'text ' || i AS s FROM range(1000) t(i)");
	for (size_t n = 4; n < file.n; n += file.n / 5)
		expect_refused(str_n(file.p, n), n);
	char *bytes = mem_alloc(file.n);
	/* the footer: its length, and what it says */
	static const size_t from_end[] = { 8, 7, 20, 60 };
	for (size_t i = 0; i < countof(from_end); i++) {
		memcpy(bytes, file.p, file.n);
		memset(bytes + file.n - from_end[i], 0xff, i < 2 ? 1 : 8);
		struct imported im;
		run_parquet(&im, str_n(bytes, file.n), false);
		if (!im.good) /* a statement about a page may be wrong and never asked for */
			assert_true(im.e.kind == ERR_VALUE || im.e.kind == ERR_LIMIT);
		imported_free(&im);
	}
	expect_refused(STR("PAR1PAR1PAR1"), 0);
	expect_refused(STR("PARE12345678PARE"), 0);
	free(bytes);
	free((char *)(uintptr_t)file.p);
}

/* One text that a few bytes say to stand in many rows. */
static void test_trap(void **state)
{
	struct imported im;
	struct str file = make("SELECT repeat('x', 100000) AS s, i AS n FROM range(50000) t(i)");
	run_parquet(&im, file, false);
	assert_false(im.good);
	assert_int_equal(im.e.kind, ERR_LIMIT);
	assert_string_equal(err_code(&im.e), "inflate_ratio");
	imported_free(&im);
	free((char *)(uintptr_t)file.p);
}

static void check_mutation(const char *bytes, size_t n, unsigned seed)
{
	struct imported im;
	run_parquet(&im, str_n(bytes, n), seed % 2);
	if (im.good) { /* what was changed says nothing, or is a value */
		assert_true(imported_i64(&im, 0, "rows") >= 0);
	} else if (im.e.kind != ERR_VALUE && im.e.kind != ERR_LIMIT) {
		fail_msg("%u: %d %s: %s", seed, im.e.kind, err_code(&im.e), im.e.message);
	} else {
		assert_true(strlen(im.e.message) > 20);
		assert_null(strstr(im.e.message, "/proc"));
		assert_null(strstr(im.e.message, "duckdb"));
	}
	imported_free(&im);
}

/* Files with some bytes changed, where they say what they are or where the values are: read by the real process, they
 * give a table or a sentence, and the next file is read as ever. */
static void test_mutations(void **state)
{
	struct str file = make("SELECT i AS n, 'text ' || (i % 50) AS s, [i, NULL] AS l, {'k': i::VARCHAR} AS o, "
			       "CASE WHEN i % 3 = 0 THEN DATE '2026-01-01' + i::INT END AS d FROM range(2000) t(i)");
	uint32_t footer;
	memcpy(&footer, file.p + file.n - 8, sizeof footer);
	char *bytes = mem_alloc(file.n);
	for (unsigned seed = 0; seed < 32; seed++) {
		uint32_t random = seed * 2654435761u + 12345;
		size_t from = seed % 3 ? file.n - 8 - footer : 4, n = seed % 3 ? footer : file.n - 12 - footer;
		memcpy(bytes, file.p, file.n);
		for (unsigned k = 0; k <= seed % 5; k++) {
			random = random * 1664525u + 1013904223u;
			bytes[from + (random >> 8) % n] = (char)(random >> 3);
		}
		check_mutation(bytes, file.n, seed);
	}
	struct imported im;
	run_parquet(&im, file, false);
	assert_true(im.good);
	assert_int_equal(imported_i64(&im, 0, "rows"), 2000);
	imported_free(&im);
	free(bytes);
	free((char *)(uintptr_t)file.p);
}

static int setup(void **state)
{
	fixture_start(&maker, (struct engine_pool_options){ 0 });
	return 0;
}

static int teardown(void **state)
{
	fixture_stop(&maker);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),     cmocka_unit_test(test_many),   cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_again),     cmocka_unit_test(test_damage), cmocka_unit_test(test_trap),
		cmocka_unit_test(test_mutations),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
