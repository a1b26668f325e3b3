/* vitrina-engine import, the real process: files in, Parquet out, through the conversation of engine/protocol.h. */
#include "ingest_worker.h"

#include <zlib.h>

static void run_bytes(struct imported *im, struct str bytes, bool as_pipe, const char *options)
{
	*im = (struct imported){ .bytes = bytes, .as_pipe = as_pipe };
	imported_run(im, "test.csv", options);
}

static void test_small_tables(void **state)
{
	static const struct {
		const char *text, *options;
		bool as_pipe;
		const char *columns, *rows; /* as JSON, in file order */
		size_t rejects;
	} rows[] = {
		{ "a,b\n1,x\n2,y\n", NULL, false, "a BIGINT, b VARCHAR", "[0,1,\"x\"],\n[1,2,\"y\"]", 0 },
		{ "a,b\n1,x\n2,y\n", "{\"row_base\":10}", true, "a BIGINT, b VARCHAR", "[10,1,\"x\"],\n[11,2,\"y\"]",
		  0 },
		{ "Дата;Сумма\n31.12.2026;1 234,50\n01.01.2027;\n", NULL, true,
		  "Дата DATE purchase.at, Сумма DECIMAL(18,1) purchase.amount",
		  "[0,\"2026-12-31\",1234.5],\n[1,\"2027-01-01\",null]", 0 },
		{ "a,b\nx,-0.30000000000000004\ny,1234567890.5\n", NULL, false, "a VARCHAR, b DECIMAL(38,17)",
		  "[0,\"x\",-0.30000000000000004],\n[1,\"y\",1234567890.50000000000000000]", 0 },
		{ "a,b\n", NULL, false, "a VARCHAR, b VARCHAR", "", 0 },
		{ "a,b\n1,x,extra\n2\n", NULL, false, "a BIGINT, b VARCHAR", "[0,1,\"x\"],\n[1,2,null]", 1 },
		{ "_row,A,a,\n1,2,3,4\n", NULL, false, "_row_2 BIGINT, A BIGINT, a_2 BIGINT, column_4 BIGINT",
		  "[0,1,2,3,4]", 0 },
		{ "milk,bread\nmilk\n", "{\"as\":\"baskets\"}", true,
		  "basket BIGINT purchase.invoice, item VARCHAR purchase.product",
		  "[0,1,\"milk\"],\n[1,1,\"bread\"],\n[2,2,\"milk\"]", 0 },
		{ "a,t\n1,true\n2,false\n", "{\"roles\":{\"t\":\"activity.newsletter_opened\"}}", false,
		  "a BIGINT, t BOOLEAN activity.newsletter_opened", "[0,1,true],\n[1,2,false]", 0 },
		{ "b,a\nx,1\n",
		  "{\"expect\":[{\"name\":\"a\",\"type\":\"DECIMAL(18,2)\"},{\"name\":\"b\",\"type\":\"VARCHAR\"}],"
		  "\"row_base\":5}",
		  true, "a DECIMAL(18,2), b VARCHAR", "[5,1.00,\"x\"]", 0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct imported im;
		CLEANUP(buf_free) struct buf columns = BUF_INIT(MIB);
		run_bytes(&im, str_of(rows[i].text), rows[i].as_pipe, rows[i].options);
		if (!im.good)
			fail_msg("row %zu: %s", i, im.e.message);
		imported_columns(&im, 0, &columns);
		assert_string_equal(columns.p, rows[i].columns);
		imported_expect(&im, 0, "SELECT * FROM _raw.\"t.t\" ORDER BY _row", rows[i].rows);
		assert_int_equal(json_array_size(im.rejects), rows[i].rejects);
		assert_int_equal(imported_i64(&im, 0, "rows_read"),
				 imported_i64(&im, 0, "rows") + imported_i64(&im, 0, "rows_left_out"));
		imported_free(&im);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *options;
		enum err_kind kind;
		const char *code, *says;
	} rows[] = {
		{ "", 0, NULL, ERR_VALUE, "empty_file", "empty" },
		{ "  \n\n ", 5, NULL, ERR_VALUE, "empty_file", "blanks" },
		{ "<html><p>1</p></html>", 21, NULL, ERR_VALUE, "file_page", "web page" },
		{ "%PDF-1.4\n", 9, NULL, ERR_VALUE, "file_document", "PDF" },
		{ "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16, NULL, ERR_VALUE, "file_picture", "PNG" },
		{ "a,b\n1,\0\0\0\0\x01\x02\n", 13, NULL, ERR_VALUE, "unknown_format", "binary" },
		{ "PK\x03\x04garbage", 11, NULL, ERR_VALUE, "truncated", "cut short" },
		{ "SQLite format 3\0short", 21, NULL, ERR_VALUE, "truncated", "cut short" },
		{ "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10, NULL, ERR_VALUE, "truncated", "cut short" },
		{ "\x1f\x8b\x08\0\0\0\0\0\0\x03\xff\xff\xff\xff", 14, NULL, ERR_VALUE, "damaged", "damaged" },
		{ "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 W\0o\0r\0k\0b\0o\0o\0k\0", 25, NULL, ERR_VALUE, "truncated",
		  "cut short" },
		{ "{\"a\":1,}", 8, NULL, ERR_VALUE, "json_wrong", "line 1" },
		{ "a,c\n1,2\n", 8,
		  "{\"expect\":[{\"name\":\"a\",\"type\":\"BIGINT\"},{\"name\":\"b\",\"type\":\"BIGINT\"}]}", ERR_VALUE,
		  "column_missing", "no column \"b\", which the data set has; it has \"c\" instead" },
		{ "a\n1\n", 4,
		  "{\"expect\":[{\"name\":\"a\",\"type\":\"BIGINT\"},{\"name\":\"b\",\"type\":\"BIGINT\","
		  "\"needed\":true}]}",
		  ERR_VALUE, "column_missing", "no column \"b\"" },
		{ "c\n1\n", 4, "{\"expect\":[{\"name\":\"a\",\"type\":\"BIGINT\"}]}", ERR_VALUE, "column_missing",
		  "no column \"a\"" },
		{ "x,a\n1,2\n", 8, "{\"expect\":[{\"name\":\"a\",\"header\":\"x\",\"type\":\"BIGINT\"}]}", ERR_VALUE,
		  "wrong_value", "two columns for \"a\"" },
		{ "a\n1\n", 4, "{\"expect\":[{\"name\":\"a\",\"type\":\"HUGE\"}]}", ERR_INTERNAL, "engine_protocol",
		  "malformed" },
		{ "a\nx\n", 4, "{\"expect\":[{\"name\":\"a\",\"type\":\"BIGINT\"}]}", ERR_VALUE, "column_misfit",
		  "Line 2 of \"test\": \"x\" does not fit, not a whole number: Column \"a\" is BIGINT in the data "
		  "set" },
		{ "SQLite format 3\0", 16, "{\"as\":\"baskets\"}", ERR_VALUE, "wrong_value", "baskets" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct imported im;
		run_bytes(&im, str_n(rows[i].bytes, rows[i].n), i % 2, rows[i].options);
		if (im.good)
			fail_msg("row %zu was taken", i);
		if (im.e.kind != rows[i].kind || strcmp(err_code(&im.e), rows[i].code) != 0 ||
		    !strstr(im.e.message, rows[i].says))
			fail_msg("row %zu: %d %s %s", i, im.e.kind, err_code(&im.e), im.e.message);
		imported_free(&im);
	}
}

/* More rows than the head holds, whose type the last one shows to be wrong: two passes over a pipe, one result. */
static void test_second_pass(void **state)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(GIB);
	struct imported im;
	buf_adds(&text, "n,filler\n");
	size_t rows = 0;
	for (; text.n < LIMIT_IMPORT_HEAD_BYTES + 4 * MIB; rows++)
		buf_addf(&text, "%zu,%0190d\n", rows, 7);
	buf_adds(&text, "0.25,x\n");
	run_bytes(&im, buf_str(&text), true, NULL);
	if (!im.good)
		fail_msg("%s", im.e.message);
	assert_int_equal(im.sources, 3);
	assert_int_equal(im.drops, 1);
	assert_int_equal(imported_i64(&im, 0, "rows"), rows + 1);
	CLEANUP(buf_free) struct buf want = BUF_INIT(KIB);
	buf_addf(&want, "[%zu,%zu.25,%zu,%zu,\"DECIMAL(18,2)\"]", rows + 1, rows * (rows - 1) / 2, rows + 1, rows);
	imported_expect(
		&im, 0,
		"SELECT count(*), sum(n), count(DISTINCT _row), max(_row), any_value(typeof(n)) FROM _raw.\"t.t\"",
		want.p);
	imported_expect(&im, 0, "SELECT count(*) FROM _raw.\"t.t\" WHERE _row <> n AND n <> 0.25", "[0]");
	imported_free(&im);
}

/*
 * An append whose wider values come after the head: the second pass writes them wider, and a single cell that is none
 * of the column's kind is a reject in it.
 */
static void test_wider_after_the_head(void **state)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(GIB);
	struct imported im;
	buf_adds(&text, "filler,n,new\n");
	size_t rows = 0;
	for (; text.n < LIMIT_IMPORT_HEAD_BYTES + 4 * MIB; rows++)
		buf_addf(&text, "%0190d,%zu,1\n", 7, rows);
	buf_adds(&text, "x,0.25,2.5\ny,many,3\n");
	run_bytes(&im, buf_str(&text), true,
		  "{\"row_base\":1000,\"expect\":[{\"name\":\"n\",\"type\":\"BIGINT\"},{\"name\":\"filler\",\"type\":"
		  "\"VARCHAR\"}]}");
	if (!im.good)
		fail_msg("%s", im.e.message);
	assert_int_equal(im.drops, 1);
	assert_int_equal(imported_i64(&im, 0, "rows"), rows + 2);
	assert_int_equal(imported_i64(&im, 0, "rejects"), 1);
	CLEANUP(buf_free) struct buf want = BUF_INIT(KIB);
	buf_addf(&want, "[%zu,%zu.25,1000,%zu,\"DECIMAL(18,2)\",\"DECIMAL(18,1)\"]", rows + 1, rows * (rows - 1) / 2,
		 rows + 1001);
	imported_expect(&im, 0,
			"SELECT count(n), sum(n), min(_row), max(_row), any_value(typeof(n)), any_value(typeof(new)) "
			"FROM _raw.\"t.t\"",
			want.p);
	imported_free(&im);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_tables),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_second_pass),
		cmocka_unit_test(test_wider_after_the_head),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
