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
		/* nested objects, lists of scalars, and lists of lists */
		{ "[{\"a\":{\"b\":{\"c\":1}},\"l\":[\"x\",2,null,true],\"m\":[[1,2],[3]]}]",
		  "[t] a.b.c BIGINT, l VARCHAR, m VARCHAR\n1|x, 2, true|[[1,2],[3]]\n" },
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

/* Lists of objects in records are tables, whose rows say which record they belong to. */
static void test_lists(void **state)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		{ "{\"id\":1,\"l\":[{\"a\":1},{\"a\":2}]}\n{\"id\":2,\"l\":[]}\n{\"id\":3,\"l\":[{\"a\":3}]}",
		  "[t] id BIGINT\n1\n2\n3\n[l] record_id BIGINT, a BIGINT\n1|1\n1|2\n3|3\n" },
		/* three levels; a key may stand behind the list, and is named after its table */
		{ "{\"customers\":[{\"orders\":[{\"items\":[{\"sku\":\"A\",\"qty\":2},{\"sku\":\"B\",\"qty\":1}],"
		  "\"id\":7},"
		  "{\"id\":8,\"items\":[{\"sku\":\"C\",\"qty\":3}]}],\"id\":100},{\"id\":200,\"orders\":[{\"id\":9}]}],"
		  "\"made\":1}",
		  "[customers] id BIGINT\n100\n200\n[orders] customer_id BIGINT, id BIGINT\n100|7\n100|8\n200|9\n"
		  "[items] customer_id BIGINT, order_id BIGINT, sku VARCHAR, qty "
		  "BIGINT\n100|7|A|2\n100|7|B|1\n100|8|C|3\n"
		  "[t] made BIGINT\n1\n" },
		/* no column names one record only: they are numbered on both sides */
		{ "[{\"n\":\"x\",\"l\":[{\"a\":1}]},{\"n\":\"x\",\"l\":[{\"a\":2},{\"a\":3}]}]",
		  "[t] record_row BIGINT, n VARCHAR\n1|x\n2|x\n[l] record_row BIGINT, a BIGINT\n1|1\n2|2\n2|3\n" },
		{ "[{\"id\":5,\"l\":[{\"a\":1}]},{\"id\":5,\"l\":[{\"a\":2}]},{\"id\":6}]",
		  "[t] record_row BIGINT, id BIGINT\n1|5\n2|5\n3|6\n[l] record_row BIGINT, a BIGINT\n1|1\n2|2\n" },
		{ "[{\"id\":5,\"l\":[{\"a\":1}]},{\"l\":[{\"a\":2}]}]",
		  "[t] record_row BIGINT, id BIGINT\n1|5\n2|∅\n[l] record_row BIGINT, a BIGINT\n1|1\n2|2\n" },
		/* numbered records within numbered ones; one of nothing but a list has a row */
		{ "[{\"l\":[{\"m\":[{\"a\":1}]},{\"m\":[{\"a\":2},{\"a\":3}]}]},{\"l\":[{\"m\":[{\"a\":4}]}]}]",
		  "[t] record_row BIGINT\n1\n2\n[l] record_row BIGINT, l_row BIGINT\n1|1\n1|2\n2|3\n"
		  "[m] record_row BIGINT, l_row BIGINT, a BIGINT\n1|1|1\n1|2|2\n1|2|3\n2|3|4\n" },
		/* a better key than another that is good, too; a number of another thing is none */
		{ "[{\"user_id\":1,\"number\":\"A1\",\"customer\":{\"id\":4},\"l\":[{\"a\":1}]},{\"user_id\":2,"
		  "\"number\":"
		  "\"A2\",\"customer\":{\"id\":5},\"l\":[{\"a\":2}]}]",
		  "[t] user_id BIGINT, number VARCHAR, customer.id BIGINT\n1|A1|4\n2|A2|5\n"
		  "[l] record_number VARCHAR, a BIGINT\nA1|1\nA2|2\n" },
		{ "[{\"_id\":{\"$oid\":\"5f1\"},\"l\":[{\"a\":1}]},{\"_id\":{\"$oid\":\"5f2\"},\"l\":[{\"a\":2}]}]",
		  "[t] _id.$oid VARCHAR\n5f1\n5f2\n[l] record_id VARCHAR, a BIGINT\n5f1|1\n5f2|2\n" },
		/* the type of a key is that of its table, also where its rows alone would say another */
		{ "[{\"id\":\"001\"},{\"id\":\"7\",\"l\":[{\"a\":1}]}]",
		  "[t] id VARCHAR\n001\n7\n[l] record_id VARCHAR, a BIGINT\n7|1\n" },
		/* an object where others have a list is its only element, whichever comes first */
		{ "[{\"id\":1,\"l\":{\"a\":1,\"b\":{\"c\":2}}},{\"id\":2,\"l\":[{\"a\":2},{\"a\":3}]},{\"id\":3,\"l\":{"
		  "\"a\":4}}]",
		  "[t] id BIGINT\n1\n2\n3\n[l] record_id BIGINT, a BIGINT, b.c BIGINT\n1|1|2\n2|2|∅\n2|3|∅\n3|4|∅\n" },
		/* null, an empty list, no list, and a value instead of it, which stays in the record */
		{ "[{\"id\":1,\"l\":[{\"a\":1}]},{\"id\":2,\"l\":null},{\"id\":3,\"l\":[]},{\"id\":4},{\"id\":5,\"l\":"
		  "\"none\"}]",
		  "[t] id BIGINT, l VARCHAR\n1|∅\n2|∅\n3|∅\n4|∅\n5|none\n[l] record_id BIGINT, a BIGINT\n1|1\n" },
		/* elements that are no objects */
		{ "[{\"id\":1,\"l\":[{\"a\":1},\"x\",null,{},[1,2]]},{\"id\":2,\"l\":[5]}]",
		  "[t] id BIGINT\n1\n2\n[l] record_id BIGINT, a BIGINT, value VARCHAR\n1|1|∅\n1|∅|x\n1|∅|1, "
		  "2\n2|∅|5\n" },
		/* fields that only some have, lists of scalars in the elements, a list within an object */
		{ "[{\"id\":1,\"o\":{\"n\":\"x\",\"l\":[{\"a\":1},{\"b\":[\"r\",\"g\"]}]}}]",
		  "[t] id BIGINT, o.n VARCHAR\n1|x\n[l] record_id BIGINT, a BIGINT, b VARCHAR\n1|1|∅\n1|∅|r, g\n" },
		/* the same name at two places, and as the file's: with what is around it */
		{ "[{\"id\":1,\"tax\":[{\"r\":1}],\"lines\":[{\"id\":3,\"tax\":[{\"r\":2}]}],\"t\":[{\"z\":1}]}]",
		  "[t] id BIGINT\n1\n[tax] record_id BIGINT, r BIGINT\n1|1\n[lines] record_id BIGINT, id BIGINT\n1|3\n"
		  "[t_t] record_id BIGINT, z BIGINT\n1|1\n[lines_tax] record_id BIGINT, line_id BIGINT, r "
		  "BIGINT\n1|3|2\n" },
		/* an answer of a service */
		{ "{\"data\":[{\"id\":1,\"tags\":[{\"k\":\"x\"}]}],\"meta\":{\"total\":1}}",
		  "[data] id BIGINT\n1\n[tags] data_id BIGINT, k VARCHAR\n1|x\n[t] meta.total BIGINT\n1\n" },
		/* a column of its own with the name of the key; Cyrillic names */
		{ "[{\"Номер\":\"Р-1\",\"Товары\":[{\"record_Номер\":5,\"Номенклатура\":\"Стол\"}]},{\"Номер\":\"Р-2\"}"
		  "]",
		  "[t] Номер VARCHAR\nР-1\nР-2\n[Товары] record_Номер VARCHAR, record_Номер_2 BIGINT, Номенклатура "
		  "VARCHAR\nР-1|5|Стол\n" },
		/* lists of lists below LIMIT_JSON_LISTS are texts */
		{ "[{\"id\":1,\"a\":[{\"id\":1,\"b\":[{\"id\":1,\"c\":[{\"id\":1,\"d\":[{\"id\":1,\"e\":[{\"id\":1,"
		  "\"f\":[{\"g\":1}]}]}]}]}]}]}]",
		  "[t] id BIGINT\n1\n[a] record_id BIGINT, id BIGINT\n1|1\n[b] record_id BIGINT, a_id BIGINT, id "
		  "BIGINT\n1|1|1\n"
		  "[c] record_id BIGINT, a_id BIGINT, b_id BIGINT, id BIGINT\n1|1|1|1\n"
		  "[d] record_id BIGINT, a_id BIGINT, b_id BIGINT, c_id BIGINT, id BIGINT\n1|1|1|1|1\n"
		  "[e] record_id BIGINT, a_id BIGINT, b_id BIGINT, c_id BIGINT, d_id BIGINT, id BIGINT, f VARCHAR\n"
		  "1|1|1|1|1|1|[{\"g\":1}]\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		expect(rows[i].json, rows[i].want);
}

/* Rejects name the table's row, or the line of the file; a row that is left out leaves the other table's rows. */
static void test_list_rejects(void **state)
{
	CLEANUP(buf_free) struct buf lines = BUF_INIT(MIB), list = BUF_INIT(MIB);
	buf_adds(&list, "[");
	for (int i = 1; i <= 60; i++) {
		buf_addf(&lines, "{\"id\":%d,\"l\":[{\"q\":%d},{\"q\":%s}]}\n", i, i, i == 41 ? "\"five\"" : "5");
		buf_addf(&list, "%s{\"l\":[{\"q\":%d},{\"q\":%s}],\"id\":%d}", i > 1 ? "," : "", i,
			 i == 41 ? "\"five\"" : "5", i);
	}
	buf_adds(&list, "]");
	struct run run = run_bytes(buf_str(&lines), "t.json", AS_AUTO, true);
	assert_true(run.good);
	assert_non_null(strstr(run.text.p, "\n41|41\n41|∅\n42|42\n"));
	assert_non_null(strstr(run.text.p, "! 41 q: five (not a whole number)\n"));
	buf_free(&run.text);
	run = run_bytes(buf_str(&list), "t.json", AS_AUTO, true);
	assert_true(run.good);
	assert_non_null(strstr(run.text.p, "\n41|41\n41|∅\n42|42\n"));
	assert_non_null(strstr(run.text.p, "! 82 q: five (not a whole number)\n"));
	buf_free(&run.text);
}

/* Records of any size, over many blocks; keys before their lists and behind them; through a pipe. */
static void test_long_lists(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(GIB), want = BUF_INIT(GIB);
	buf_adds(&b, "{\"groups\":[");
	buf_adds(&want, "[groups] id VARCHAR\nfirst\nsecond\n[orders] group_id VARCHAR, id BIGINT\n");
	for (int i = 0; i < 40000; i++)
		buf_addf(&want, "%s|%d\n", i < 20000 ? "first" : "second", i);
	buf_adds(&want, "[lines] group_id VARCHAR, order_id BIGINT, n VARCHAR\n");
	for (int g = 0; g < 2; g++) {
		buf_addf(&b, g ? ",{\"orders\":[" : "{\"id\":\"first\",\"orders\":[");
		for (int i = 0; i < 20000; i++) {
			int order = g * 20000 + i;
			if (i % 2)
				buf_addf(&b, "%s{\"id\":%d,\"lines\":[{\"n\":\"строка %d\"},{\"n\":\"x\"}]}",
					 i ? "," : "", order, order);
			else
				buf_addf(&b, "%s{\"lines\":[{\"n\":\"строка %d\"},{\"n\":\"x\"}],\"id\":%d}",
					 i ? "," : "", order, order);
			buf_addf(&want, "%s|%d|строка %d\n%s|%d|x\n", g ? "second" : "first", order, order,
				 g ? "second" : "first", order);
		}
		buf_adds(&b, g ? "],\"id\":\"second\"}]}" : "]}");
	}
	for (int seekable = 0; seekable < 2; seekable++) {
		struct run run = run_bytes(buf_str(&b), "t.json", AS_AUTO, seekable);
		if (!run.good)
			fail_msg("%s", run.e.message);
		assert_true(str_eq(buf_str(&run.text), buf_str(&want)));
		buf_free(&run.text);
	}
}

/* A key so far behind its lists that rows would wait too long is none. */
static void test_late_key(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(GIB);
	buf_adds(&b, "[{\"l\":[");
	for (size_t i = 0; b.n < LIMIT_JSON_WAIT_BYTES + KIB; i++)
		buf_addf(&b, "%s{\"a\":%zu,\"b\":\"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ\"}",
			 i ? "," : "", i);
	buf_adds(&b, "],\"id\":7}]");
	struct run run = run_bytes(buf_str(&b), "orders 2026.json", AS_AUTO, true);
	assert_true(run.good);
	assert_memory_equal(
		run.text.p,
		"[orders 2026] order_row BIGINT, id BIGINT\n1|7\n[l] order_row BIGINT, a BIGINT, b VARCHAR\n1|0|ABC",
		95);
	buf_free(&run.text);
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
		{ "[{\"a\":1}\n{\"a\":2}]", ERR_VALUE, "json_wrong", "line 1: a comma" },
		{ "{\"a\":1}\n{\"a\":2}\n{\"a\":3\n{\"a\":4}\n", ERR_VALUE, "json_wrong", "line 3: a comma" },
		{ "{\"a\":1}\n{\"a\":2,\n{\"a\":4}\n", ERR_VALUE, "json_wrong", "line 2: a name" },
		{ "{\"a\":1}\n{\"a\":2\n\n", ERR_VALUE, "truncated", "line 2" },
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

/* One record alone; what a service puts around its records; records under their numbers. */
static void test_one_object(void **state)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		/* an order, and what a shop tells of one */
		{ "{\"id\":7,\"customer\":{\"id\":5,\"name\":\"Ann\"},\"total\":30,\"items\":[{\"sku\":\"A\",\"qty\":1},"
		  "{\"sku\":\"B\",\"qty\":2}]}",
		  "[t] id BIGINT, customer.id BIGINT, customer.name VARCHAR, total BIGINT\n7|5|Ann|30\n"
		  "[items] record_id BIGINT, sku VARCHAR, qty BIGINT\n7|A|1\n7|B|2\n" },
		{ "{\"event\":\"paid\",\"order\":{\"number\":\"A-7\",\"items\":[{\"sku\":\"A\"}],\"payments\":[{\"sum\":3}]}}",
		  "[t] record_row BIGINT, event VARCHAR, order.number VARCHAR\n1|paid|A-7\n"
		  "[items] record_row BIGINT, sku VARCHAR\n1|A\n[payments] record_row BIGINT, sum BIGINT\n1|3\n" },
		{ "{\"client\":{\"email\":\"a@b.c\"},\"lines\":[{\"sku\":\"A\"}]}",
		  "[t] record_row BIGINT, client.email VARCHAR\n1|a@b.c\n[lines] record_row BIGINT, sku VARCHAR\n1|A\n" },
		/* answers of services: the records stand in the list */
		{ "{\"data\":[{\"a\":1},{\"a\":2}],\"total\":2}", "[data] a BIGINT\n1\n2\n[t] total BIGINT\n2\n" },
		{ "{\"id\":\"r1\",\"data\":[{\"a\":1}]}", "[data] a BIGINT\n1\n[t] id VARCHAR\nr1\n" },
		/* a shop's orders, each of somebody */
		{ "{\"id\":5,\"orders\":[{\"n\":1,\"customer\":{\"id\":9}}]}",
		  "[orders] n BIGINT, customer.id BIGINT\n1|9\n[t] id BIGINT\n5\n" },
		/* maps */
		{ "{\"1\":{\"n\":\"a\",\"x\":1},\"2\":{\"n\":\"b\"},\"15\":{\"n\":\"c\",\"late\":true}}",
		  "[t] key BIGINT, n VARCHAR, x BIGINT, late BOOLEAN\n1|a|1|∅\n2|b|∅|∅\n15|c|∅|true\n" },
		{ " {\"u1\":{\"n\":\"}\\\"{\"},\n\"u2\":{\"n\":null,\"in\":{\"a\":[1]}}} ",
		  "[t] key VARCHAR, n VARCHAR, in.a BIGINT\nu1|}\"{|∅\nu2|∅|1\n" },
		{ "{\"7\":{\"key\":\"k\",\"l\":[{\"s\":1},{\"s\":2}]},\"8\":{\"key\":\"m\"}}",
		  "[t] map_key BIGINT, key VARCHAR\n7|k\n8|m\n[l] record_key VARCHAR, s BIGINT\nk|1\nk|2\n" },
		{ "{\"Ann\":{\"age\":1,\"city\":\"x\"},\"Bob\":{\"age\":2,\"city\":\"y\"},\"Cy\":{\"age\":3}}",
		  "[t] key VARCHAR, age BIGINT, city VARCHAR\nAnn|1|x\nBob|2|y\nCy|3|∅\n" },
		/* objects of one record, however alike */
		{ "{\"bill\":{\"a\":1,\"b\":2},\"ship\":{\"a\":3,\"b\":4}}",
		  "[t] bill.a BIGINT, bill.b BIGINT, ship.a BIGINT, ship.b BIGINT\n1|2|3|4\n" },
		{ "{\"1\":{\"a\":1}}\n{\"1\":{\"a\":2}}", "[t] 1.a BIGINT\n1\n2\n" },
		/* put together by hand */
		{ "{\n\"a\": 1\n},\n{\n\"a\": 2\n},\n", "[t] a BIGINT\n1\n2\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		expect(rows[i].json, rows[i].want);
	CLEANUP(buf_free) struct buf late = BUF_INIT(MIB);
	for (int i = 0; i < 20; i++)
		buf_addf(&late, "%s\"%d\":{\"a\":1}", i ? ",\n" : "{", i);
	buf_adds(&late, ",\n\"20\":5}");
	run_refused(buf_str(&late), ERR_VALUE, "json_wrong", "line 21: of the records under names");
	run_refused(STR("{\"a\":1},,{\"a\":2}"), ERR_VALUE, "json_wrong", "a value is expected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),     cmocka_unit_test(test_lists),    cmocka_unit_test(test_list_rejects),
		cmocka_unit_test(test_long_lists), cmocka_unit_test(test_late_key), cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),    cmocka_unit_test(test_long),     cmocka_unit_test(test_many),
		cmocka_unit_test(test_one_object),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
