/* JSON and NDJSON as tables. */
#include "ingest_run.h"

static void expect(const char *json, const char *want)
{
	run_expect(str_of(json), want);
}

static void test_shapes(void **state)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		/* a list of objects; members in any order, some missing, one only in the last record */
		{ "[{\"id\":1,\"n\":\"x\"},{\"n\":\"y\",\"id\":2},{\"id\":3,\"late\":true}]",
		  "[t] id BIGINT, n VARCHAR, late BOOLEAN\n1|x|∅\n2|y|∅\n3|∅|true\n" },
		/* lines of objects, with a mark before and a blank line between */
		{ "\xef\xbb\xbf{\"id\":1}\n\n{\"id\":2}\n{\"id\":null}\n{\"id\":4}", "[t] id BIGINT\n1\n2\n4\n" },
		{ "{\"a\":1}{\"a\":2}", "[t] a BIGINT\n1\n2\n" },
		/* one object */
		{ "{\"a\":1,\"b\":{\"c\":\"x\"}}", "[t] a BIGINT, b.c VARCHAR\n1|x\n" },
		/* several tables, and what is beside them */
		{ "{\"clients\":[{\"id\":1},{\"id\":2}],\"made\":\"2026-12-31\",\"out\":{\"sales\":[{\"s\":1.5}],\"v\":"
		  "2}}",
		  "[clients] id BIGINT\n1\n2\n[out.sales] s DECIMAL(18,1)\n1.5\n"
		  "[t] made DATE, out.v BIGINT\n2026-12-31|2\n" },
		{ "{\"data\":[{\"id\":1},{\"id\":2}]}", "[data] id BIGINT\n1\n2\n" },
		/* lists of objects in lines of objects are cells */
		{ "{\"id\":1,\"l\":[{\"a\":1}]}\n{\"id\":2,\"l\":[]}",
		  "[t] id BIGINT, l VARCHAR\n1|[{\"a\":1}]\n2|∅\n" },
		/* nested objects, lists of scalars, and other lists */
		{ "[{\"a\":{\"b\":{\"c\":1}},\"l\":[\"x\",2,null,true],\"m\":[[1,2],{\"k\":\"v\"}]}]",
		  "[t] a.b.c BIGINT, l VARCHAR, m VARCHAR\n1|x, 2, true|[[1,2],{\"k\":\"v\"}]\n" },
		/* an object that is null in one record leaves no column of its own; a value does */
		{ "[{\"a\":null},{\"a\":{\"b\":1}}]", "[t] a.b BIGINT\n1\n" },
		{ "[{\"a\":5},{\"a\":{\"b\":1}}]", "[t] a BIGINT, a.b BIGINT\n5|∅\n∅|1\n" },
		{ "[{\"a\":null,\"i\":1}]", "[t] a VARCHAR, i BIGINT\n∅|1\n" },
		{ "[{\"a\":{\"b\":1},\"a.b\":2}]", "[t] a.b BIGINT, a.b_2 BIGINT\n1|2\n" },
		/* lists as rows; a header may stand in the first */
		{ "[[\"id\",\"name\"],[1,\"x\"],[2,\"y\"]]", "[t] id BIGINT, name VARCHAR\n1|x\n2|y\n" },
		{ "{\"data\":[[1,2],[3,4]],\"rows\":2}",
		  "[data] column_1 BIGINT, column_2 BIGINT\n1|2\n3|4\n[t] rows BIGINT\n2\n" },
		{ "[[1,{\"a\":2}],{\"b\":3}]", "[t] column_1 VARCHAR, column_2 VARCHAR\n1|{\"a\":2}\n{\"b\":3}|∅\n" },
		{ "[{\"a\":1},7,[1,2]]", "[t] a BIGINT, value VARCHAR\n1|∅\n∅|7\n∅|1, 2\n" },
		{ "[{\"\":1}]", "[t] column_1 BIGINT\n1\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		expect(rows[i].json, rows[i].want);
}

static void test_values(void **state)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		/* digits are kept: none of these goes through a double */
		{ "[{\"a\":0.1},{\"a\":123456789012.345678}]", "[t] a DECIMAL(18,6)\n0.100000\n123456789012.345678\n" },
		{ "[{\"a\":12345678901234567},{\"a\":98765432109876543}]",
		  "[t] a VARCHAR\n12345678901234567\n98765432109876543\n" },
		{ "[{\"a\":123456789012345678901234567890}]", "[t] a VARCHAR\n123456789012345678901234567890\n" },
		{ "[{\"a\":1.50,\"b\":-0.00,\"c\":1.5e3}]", "[t] a DECIMAL(18,1), b BIGINT, c BIGINT\n1.5|0|1500\n" },
		/* identifiers in quotes keep their zeros; dates and amounts are read as in a CSV */
		{ "[{\"inn\":\"0123\",\"d\":\"31.12.2026\",\"s\":\"1 234,50\"}]",
		  "[t] inn VARCHAR, d DATE, s DECIMAL(18,1)\n0123|2026-12-31|1234.5\n" },
		{ "[{\"a\":true},{\"a\":false},{\"a\":null}, {\"a\":true}]", "[t] a BOOLEAN\ntrue\nfalse\ntrue\n" },
		{ "[{\"a\":1.5},{\"a\":NaN},{\"a\":2}]", "[t] a DECIMAL(18,1)\n1.5\n∅\n2.0\n" },
		/* escapes, pairs, half a pair, NUL, raw control characters */
		{ "[{\"a\":\"\\u0418\\u0432\\u0430\\u043d \\ud83d\\ude00 \\ud83d \\\"\\\\\\/ \\u0000\"}]",
		  "[t] a VARCHAR\nИван 😀 � \"\\/ �\n" },
		{ "[{\"a\\u002eb\":\"x\ty\"}]", "[t] a.b VARCHAR\nx\ty\n" },
		{ "[{\"a\":\"one\\ntwo\"}]", "[t] a VARCHAR\none\ntwo\n" },
		{ " [ { \"a\" : 1 , \"b\" : [ ] , \"c\" : { } } ] ", "[t] a BIGINT, b VARCHAR, c VARCHAR\n1|∅|∅\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		expect(rows[i].json, rows[i].want);
}

static void test_refused(void **state)
{
	static const struct {
		const char *json;
		enum err_kind kind;
		const char *code, *says;
	} rows[] = {
		{ "[{\"a\":1}", ERR_VALUE, "truncated", "cut short" },
		{ "[{\"a\":1},\n{\"a\":", ERR_VALUE, "truncated", "line 2" },
		{ "[{\"a\":\"x", ERR_VALUE, "truncated", "cut short" },
		{ "[{\"a\":tr", ERR_VALUE, "truncated", "cut short" },
		{ "{\"a\":1}\n{\"a\":2", ERR_VALUE, "truncated", "line 2" },
		{ "[{\"a\":1,}]", ERR_VALUE, "json_wrong", "name in quotation marks" },
		{ "[{\"a\":1},\n\n]", ERR_VALUE, "json_wrong", "line 3: a value" },
		{ "[{\"a\":1}\n{\"a\":2}]", ERR_VALUE, "json_wrong", "line 2: a comma" },
		{ "{\"a\":1}\n{\"a\" 2}\n", ERR_VALUE, "json_wrong", "line 2: a colon" },
		{ "{\"a\":1}\nnonsense\n", ERR_VALUE, "json_wrong", "line 2" },
		{ "[{\"a\":01}]", ERR_VALUE, "json_wrong", "number" },
		{ "[{\"a\":.5}]", ERR_VALUE, "json_wrong", "number" },
		{ "[{\"a\":1.}]", ERR_VALUE, "json_wrong", "number" },
		{ "[{\"a\":+1}]", ERR_VALUE, "json_wrong", "number" },
		{ "[{\"a\":'x'}]", ERR_VALUE, "json_wrong", "value is expected" },
		{ "[{\"a\":\"\\x\"}]", ERR_VALUE, "json_wrong", "\\" },
		{ "[{\"a\":\"\\u12g4\"}]", ERR_VALUE, "json_wrong", "\\" },
		{ "[{\"a\":1}] extra", ERR_VALUE, "json_wrong", "" },
		{ "[{\"a\":1}][{\"a\":1}]", ERR_VALUE, "json_wrong", "goes on" },
		{ "[{\"a\":\"\xcf\xf0\"}]", ERR_VALUE, "json_wrong", "UTF-8" },
		{ "{\"a\":[{\"b\":1}],\"a\":[{\"b\":2}]}", ERR_VALUE, "json_wrong", "same name" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		run_refused(str_of(rows[i].json), rows[i].kind, rows[i].code, rows[i].says);
	CLEANUP(buf_free) struct buf deep = BUF_INIT(MIB), wide = BUF_INIT(MIB), many = BUF_INIT(MIB);
	for (int i = 0; i < 100000; i++)
		buf_addc(&deep, '[');
	run_refused(buf_str(&deep), ERR_LIMIT, "json_depth", "nested");
	buf_adds(&wide, "[{\"a\":1");
	for (int i = 0; i < LIMIT_COLUMNS; i++)
		buf_addf(&wide, ",\"m%d\":1", i);
	buf_adds(&wide, "}]");
	run_refused(buf_str(&wide), ERR_LIMIT, "too_many_columns", "members");
	buf_adds(&many, "{\"a\":[[1]]");
	for (int i = 0; i < LIMIT_TABLES; i++)
		buf_addf(&many, ",\"t%d\":[{\"a\":1}]", i);
	buf_adds(&many, "}");
	run_refused(buf_str(&many), ERR_LIMIT, "too_many_tables", "tables");
}

/* A text longer than a cell is a reject of its row; one longer than a row ends the import. */
static void test_long(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(GIB);
	buf_adds(&b, "[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":\"");
	for (size_t i = 0; i < LIMIT_CELL_BYTES / 8 + 1; i++)
		buf_adds(&b, "abcdefgh");
	size_t n = b.n;
	buf_adds(&b, "\"},{\"a\":3,\"b\":\"z\"}]");
	struct run run = run_bytes(buf_str(&b), "t.json", AS_AUTO, true);
	assert_true(run.good);
	assert_memory_equal(run.text.p, "[t] a BIGINT, b VARCHAR\n1|x\n2|∅\n3|z\n! 2 b: ab", 47);
	assert_non_null(strstr(run.text.p, "longer than a cell"));
	buf_free(&run.text);
	b.n = n;
	while (b.n <= LIMIT_ROW_BYTES + MIB)
		buf_adds(&b, "abcdefgh");
	buf_adds(&b, "\"}]");
	run_refused(buf_str(&b), ERR_LIMIT, "text_too_long", "line 1");
}

/* Over several buffers and blocks, and through a pipe: tokens are cut anywhere. */
static void test_many(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(GIB), want = BUF_INIT(GIB);
	buf_adds(&want, "[t] n BIGINT, s VARCHAR, x.d DECIMAL(18,2)\n");
	for (int i = 0; i < 50000; i++) {
		buf_addf(&b, "{\"n\":%d,\"s\":\"текст №%d \\\"q\\\"\",\"x\":{\"d\":%d.25}}\n", i, i * 7, i);
		buf_addf(&want, "%d|текст №%d \"q\"|%d.25\n", i, i * 7, i);
	}
	for (int seekable = 0; seekable < 2; seekable++) {
		struct run run = run_bytes(buf_str(&b), "dir/t.jsonl.gz", AS_AUTO, seekable);
		if (!run.good)
			fail_msg("%s", run.e.message);
		assert_string_equal(run.format, "ndjson");
		assert_true(str_eq(buf_str(&run.text), buf_str(&want)));
		buf_free(&run.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes), cmocka_unit_test(test_values), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long),   cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
