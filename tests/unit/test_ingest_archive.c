/* A zip of several files as one data set. */
#include "../zip_make.h"
#include "ingest_run.h"

#include "base/limits.h"

static void expect(const struct zip_part *parts, size_t n, const char *want)
{
	struct str zip = zip_make(parts, n);
	run_expect(zip, want);
	zip_free(zip);
}

static void refuse(const struct zip_part *parts, size_t n, enum err_kind kind, const char *code, const char *says)
{
	struct str zip = zip_make(parts, n);
	run_refused(zip, kind, code, says);
	zip_free(zip);
}

static struct str ods(void)
{
	const struct zip_part parts[] = {
		{ "content.xml",
		  STR("<o:d xmlns:t=\"t\" xmlns:x=\"x\" xmlns:o=\"o\"><o:spreadsheet><t:table "
		      "t:name=\"sales\"><t:table-row>"
		      "<t:table-cell><x:p>h</x:p></t:table-cell></t:table-row><t:table-row><t:table-cell "
		      "o:value-type=\"float\" o:value=\"5\"/></t:table-row></t:table></o:spreadsheet></o:d>"),
		  false },
	};
	return zip_make(parts, countof(parts));
}

static void test_files(void **state)
{
	struct str book = ods();
	const struct zip_part parts[] = {
		{ "data/", STR(""), true },
		{ "data/sales.csv", STR("id;s\n1;2,50\n2;3,75\n"), false },
		{ "__MACOSX/data/._sales.csv", STR("\0\5\x16\7"), false },
		{ "data/clients.json", STR("{\"clients\":[{\"id\":\"01\"}],\"extra\":[{\"n\":1}]}"), true },
		{ "readme.pdf", STR("%PDF-1.4"), false },
		{ "book.ods", book, true },
		{ "../../etc/lines.ndjson", STR("{\"a\":1}\n{\"a\":2}"), false },
		{ "C:\\files\\old.tsv", STR("x\ty\n1\t2\n"), false },
	};
	expect(parts, countof(parts),
	       "[sales] id BIGINT, s DECIMAL(18,2)\n1|2.50\n2|3.75\n[clients] id VARCHAR\n01\n[extra] n BIGINT\n1\n"
	       "[sales_2] h BIGINT\n5\n[lines] a BIGINT\n1\n2\n[old] x BIGINT, y BIGINT\n1|2\n");
	zip_free(book);
}

static void test_one_file(void **state)
{
	const struct zip_part one = { "Продажи.csv", STR("\xd4\xe8\xee;n\n\xc8\xe2\xe0\xed\xee\xe2;1\n"), false };
	struct str zip = zip_make(&one, 1);
	struct run run = run_bytes(zip, "x.zip", AS_AUTO, false);
	if (!run.good)
		fail_msg("%s", run.e.message);
	assert_string_equal(run.text.p, "[Продажи] Фио VARCHAR, n BIGINT\nИванов|1\n");
	assert_string_equal(run.format, "zip");
	assert_string_equal(run.encoding, "CP1251");
	buf_free(&run.text);
	run = run_bytes(zip, "x.zip", AS_BASKETS, true);
	assert_true(run.good);
	buf_free(&run.text);
	zip_free(zip);
}

/* Several blocks of text, and a second pass: the last row shows the type to be wrong. */
static void test_streamed(void **state)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(GIB);
	buf_adds(&text, "n,filler\n");
	size_t rows = 0;
	for (; text.n < LIMIT_IMPORT_HEAD_BYTES + 4 * MIB; rows++)
		buf_addf(&text, "%zu,%04000zu%04000zu\n", rows, rows * 7919 % 1000003, rows);
	buf_adds(&text, "0.25,x\n");
	const struct zip_part parts[] = { { "a.csv", STR("q\n1\n"), false }, { "b.csv", buf_str(&text), true } };
	struct str zip = zip_make(parts, countof(parts));
	struct run run = run_bytes(zip, "x.zip", AS_AUTO, true);
	if (!run.good)
		fail_msg("%s", run.e.message);
	assert_int_equal(run.passes, 3);
	assert_non_null(strstr(run.text.p, "[b] n DECIMAL(18,2), filler VARCHAR\n0.00|"));
	buf_free(&run.text);
	zip_free(zip);
}

static void test_refused(void **state)
{
	struct str csv = STR("a,b\n1,2\n");
	struct zip_part inner = { "a.csv", csv, false };
	struct str nested = zip_make(&inner, 1);
	const struct {
		struct zip_part parts[2];
		size_t n;
		const char *code, *says;
	} rows[] = {
		{ { { "a.csv", csv, false }, { "more.zip", nested, true } }, 2, "nested_archive", "more.zip" },
		{ { { "photo.jpg", STR("\xff\xd8\xff\xe0"), true }, { "empty.csv", STR(""), true } },
		  2,
		  "unknown_format",
		  "photo.jpg: This is a JPEG" },
		{ { { "a.csv", csv, false }, { "cut.json", STR("[{\"a\":1}"), true } }, 2, "truncated", "cut.json: " },
		{ { { "a.csv", csv, false }, { "cut.csv.gz", STR("\x1f\x8b\x08\0\0\0\0\0\0\x03"), true } },
		  2,
		  "truncated",
		  "cut.csv.gz: " },
		{ { { "a.xls", STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), true } }, 1, "truncated", "a.xls: " },
	};
	for (size_t i = 0; i < countof(rows); i++)
		refuse(rows[i].parts, rows[i].n, ERR_VALUE, rows[i].code, rows[i].says);
	inner = (struct zip_part){ "a.csv", csv, false };
	struct str zip = zip_make(&inner, 1);
	for (size_t n = 5; n + 1 < zip.n; n += 7) /* cut anywhere */
		run_refused(str_n(zip.p, n), ERR_VALUE, "truncated", "cut short");
	zip_free(zip);
	zip_free(nested);
}

static void test_bombs(void **state)
{
	CLEANUP(buf_free) struct buf zeros = BUF_INIT(GIB);
	memset(buf_reserve(&zeros, 200 * MIB), 'a', 200 * MIB);
	zeros.n = 200 * MIB;
	const struct zip_part big = { "big.csv", buf_str(&zeros), false };
	refuse(&big, 1, ERR_LIMIT, "inflate_ratio", "trap");
	struct zip_part *many = mem_array(LIMIT_ARCHIVE_FILES + 1, sizeof *many);
	char(*names)[16] = mem_array(LIMIT_ARCHIVE_FILES + 1, sizeof *names);
	for (int i = 0; i <= LIMIT_ARCHIVE_FILES; i++) {
		snprintf(names[i], sizeof names[i], "t%d.csv", i);
		many[i] = (struct zip_part){ names[i], STR("a\n1\n"), true };
	}
	refuse(many, LIMIT_ARCHIVE_FILES + 1, ERR_LIMIT, "too_many_entries", "files");
	free(many);
	free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),   cmocka_unit_test(test_one_file), cmocka_unit_test(test_streamed),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_bombs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
