/* Limits that every format keeps, and what is no table's business: tried in each format. */
#include "../zip_make.h"
#include "book_fixture.h"

#include <fcntl.h>
#include <sqlite3.h>

#define TOO_LONG (LIMIT_CELL_BYTES + 1000)

/* A text of one letter, which a cell may not hold. */
static void add_long(struct buf *b, size_t n)
{
	memset(buf_reserve(b, n), 'x', n);
	b->n += n;
}

static void make_csv(struct buf *b, size_t n)
{
	buf_adds(b, "a,b\n1,");
	add_long(b, n);
	buf_adds(b, "\n2,y\n");
}

static void make_quoted_csv(struct buf *b, size_t n)
{
	buf_adds(b, "a,b\n1,\"");
	add_long(b, n);
	buf_adds(b, "\"\n2,y\n");
}

static void make_json(struct buf *b, size_t n)
{
	buf_adds(b, "[{\"a\":1,\"b\":\"");
	add_long(b, n);
	buf_adds(b, "\"},{\"a\":2,\"b\":\"y\"}]");
}

static void make_insert(struct buf *b, size_t n)
{
	buf_adds(b, "CREATE TABLE `t` (`a` int, `b` text);\nINSERT INTO `t` VALUES (1,'");
	add_long(b, n);
	buf_adds(b, "'),(2,'y');\n");
}

static void make_copy(struct buf *b, size_t n)
{
	buf_adds(b, "CREATE TABLE t (a int, b text);\nCOPY t (a, b) FROM stdin;\n1\t");
	add_long(b, n);
	buf_adds(b, "\n2\ty\n\\.\n");
}

static void make_sqlite(struct buf *b, size_t n)
{
	sqlite3 *db;
	sqlite3_int64 size;
	CLEANUP(buf_free) struct buf sql = BUF_INIT(MIB);
	buf_addf(&sql,
		 "CREATE TABLE t(a, b); INSERT INTO t VALUES (1, replace(hex(zeroblob(%zu)), '0', 'x')), (2, 'y')",
		 n / 2);
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql.p, NULL, NULL, NULL), SQLITE_OK);
	unsigned char *bytes = sqlite3_serialize(db, "main", &size, 0);
	buf_add(b, bytes, (size_t)size);
	sqlite3_free(bytes);
	sqlite3_close(db);
}

static void put_book(struct buf *b, const struct buf *sheet, const struct buf *strings)
{
	struct str book = make_book(ONE_SHEET, sheet->p, strings ? strings->p : NULL);
	buf_add_str(b, book);
	zip_free(book);
}

#define HEAD "<row><c t=\"str\"><v>a</v></c><c t=\"str\"><v>b</v></c></row><row><c><v>1</v></c>"
#define TAIL "</row><row><c><v>2</v></c><c t=\"str\"><v>y</v></c></row></sheetData></worksheet>"

/* ahead: what makes the quick scanner give up, so that expat reads. */
static void make_inline(struct buf *b, size_t n, const char *ahead)
{
	CLEANUP(buf_free) struct buf sheet = BUF_INIT(64 * MIB);
	buf_adds(&sheet, "<worksheet><sheetData>");
	buf_adds(&sheet, ahead);
	buf_adds(&sheet, HEAD "<c t=\"inlineStr\"><is><t>");
	add_long(&sheet, n);
	buf_adds(&sheet, "</t></is></c>" TAIL);
	put_book(b, &sheet, NULL);
}

static void make_scanned(struct buf *b, size_t n)
{
	make_inline(b, n, "");
}

static void make_parsed(struct buf *b, size_t n)
{
	make_inline(b, n, "<!-- by hand -->");
}

static void make_shared(struct buf *b, size_t n)
{
	CLEANUP(buf_free) struct buf strings = BUF_INIT(64 * MIB), sheet = BUF_INIT(MIB);
	buf_adds(&strings, "<sst><si><t>");
	add_long(&strings, n);
	buf_adds(&strings, "</t></si></sst>");
	buf_adds(&sheet, "<worksheet><sheetData>" HEAD "<c t=\"s\"><v>0</v></c>" TAIL);
	put_book(b, &sheet, &strings);
}

static void make_ods(struct buf *b, size_t n)
{
	CLEANUP(buf_free) struct buf content = BUF_INIT(64 * MIB);
	buf_adds(&content,
		 "<o:document-content xmlns:o=\"o\" xmlns:table=\"t\" xmlns:text=\"x\"><o:body><o:spreadsheet>"
		 "<table:table table:name=\"S\"><table:table-row><table:table-cell><text:p>a</text:p>"
		 "</table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row>"
		 "<table:table-row><table:table-cell><text:p>1</text:p></table:table-cell><table:table-cell>"
		 "<text:p>");
	add_long(&content, n);
	buf_adds(&content, "</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>2"
			   "</text:p></table:table-cell><table:table-cell><text:p>y</text:p></table:table-cell>"
			   "</table:table-row></table:table></o:spreadsheet></o:body></o:document-content>");
	const struct zip_part part = { "content.xml", buf_str(&content), false };
	struct str file = zip_make(&part, 1);
	buf_add_str(b, file);
	zip_free(file);
}

/* A cell that is too long is a reject that says so; its row and the other rows stay. One that just fits is a value. */
static void test_long_cells(void **state)
{
	static const struct {
		const char *what;
		void (*make)(struct buf *b, size_t n);
	} formats[] = {
		{ "csv", make_csv },         { "quoted csv", make_quoted_csv },
		{ "json", make_json },       { "insert", make_insert },
		{ "copy", make_copy },       { "sqlite", make_sqlite },
		{ "scanned", make_scanned }, { "parsed", make_parsed },
		{ "shared", make_shared },   { "ods", make_ods },
	};
	for (size_t i = 0; i < countof(formats); i++) {
		CLEANUP(buf_free) struct buf fits = BUF_INIT(64 * MIB), over = BUF_INIT(64 * MIB);
		formats[i].make(&fits, LIMIT_CELL_BYTES);
		formats[i].make(&over, TOO_LONG);
		struct run good = run_bytes(buf_str(&fits), "t", AS_AUTO, true);
		struct run bad = run_bytes(buf_str(&over), "t", AS_AUTO, true);
		if (!good.good || !bad.good)
			fail_msg("%s: %s", formats[i].what, good.good ? bad.e.message : good.e.message);
		if (good.text.n < LIMIT_CELL_BYTES || strstr(good.text.p, "\n! "))
			fail_msg("%s, just fitting: %.200s", formats[i].what, good.text.p);
		const char *row = strstr(bad.text.p, "\n1|∅\n2|y\n! ");
		if (!row || (!strstr(row, " b: xxx") && !strstr(row, " b: \"xxx")) ||
		    !strstr(row, "(longer than a cell may be)"))
			fail_msg("%s: %.300s", formats[i].what, bad.text.p);
		buf_free(&good.text);
		buf_free(&bad.text);
	}
}

/* One stretch of bytes under two names, as a trap is made that grows without end. */
static void test_overlapping_files(void **state)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(MIB), file = BUF_INIT(MIB);
	while (text.n < 10000)
		buf_adds(&text, "a,b\n1,2\n");
	const struct zip_part part = { "a.csv", buf_str(&text), true };
	struct str one = zip_make(&part, 1);
	const size_t end_bytes = 22;
	const unsigned char *end = (const unsigned char *)one.p + one.n - end_bytes;
	size_t size = (size_t)end[12] | (size_t)end[13] << 8, at = one.n - end_bytes - size;
	buf_add(&file, one.p, one.n - end_bytes);
	buf_add(&file, one.p + at, size);
	char *name = memmem(file.p + one.n - end_bytes, size, "a.csv", 5);
	assert_non_null(name);
	name[0] = 'b';
	buf_add(&file, end, end_bytes);
	char *counts = file.p + file.n - end_bytes;
	counts[8] = counts[10] = 2;
	counts[12] = (char)(2 * size);
	counts[13] = (char)(2 * size >> 8);
	run_refused(buf_str(&file), ERR_LIMIT, "inflate_ratio", "over one another");
	struct run run = run_bytes(one, "t.zip", AS_AUTO, true);
	assert_true(run.good);
	buf_free(&run.text);
	zip_free(one);
}

/* What would be read or run if a dump were a program: none of it is, and its rows are those that stand in it. */
static void test_dumps_are_not_run(void **state)
{
	char path[] = "/tmp/vitrina-dump-XXXXXX";
	int fd = mkstemp(path);
	assert_int_equal(write(fd, "9\tstolen\n", 9), 9);
	close(fd);
	CLEANUP(buf_free) struct buf b = BUF_INIT(MIB);
	buf_addf(&b,
		 "-- PostgreSQL database dump\nSET x = 1;\nCREATE TABLE t (a int, b text);\n"
		 "\\! echo run >> %s\n\\i %s\n\\copy t from '%s'\n\\o |cat %s\n\\g %s\n"
		 "COPY t FROM PROGRAM 'cat %s';\nCOPY t FROM '%s';\n"
		 "INSERT INTO t VALUES (1, pg_read_file('%s'));\nINSERT INTO t SELECT 2, pg_read_file('%s');\n"
		 "LOAD DATA INFILE '%s' INTO TABLE t;\nATTACH DATABASE '%s' AS x;\nSOURCE %s\n;\n"
		 "DO $$ BEGIN EXECUTE 'INSERT INTO t VALUES (3, NULL)'; END $$;\nINSERT INTO t VALUES (4, 'here');\n",
		 path, path, path, path, path, path, path, path, path, path, path, path);
	struct run run = run_bytes(buf_str(&b), "t.sql", AS_AUTO, true);
	if (!run.good)
		fail_msg("%s", run.e.message);
	assert_non_null(strstr(run.text.p, "\n1|∅\n4|here\n"));
	assert_null(strstr(run.text.p, "stolen"));
	assert_null(strstr(run.text.p, "\n2|"));
	assert_null(strstr(run.text.p, "\n3|"));
	buf_free(&run.text);
	char left[100] = { 0 };
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, left, sizeof left), 9);
	close(fd);
	unlink(path);
}

/* What begins again and again and never ends must not be searched for its end each time: that would take hours. */
static void test_unclosed(void **state)
{
	static const char *const parts[] = { "\\\"", "\"\\", "/*", "$a$ $b", "`", "(", "E'\\'", "x'", "#", "[", "-- " };
	static const char *const begins[] = { "INSERT INTO `a` VALUES (1,", "INSERT INTO `a` VALUES (1,\"",
					      "CREATE TABLE `a` (x int, y ", "SET x = ", "INSERT INTO a (`" };
	for (size_t i = 0; i < countof(parts) * countof(begins); i++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(16 * MIB);
		buf_adds(&b, i % 2 ? "-- PostgreSQL database dump\n" : "-- MySQL dump\n");
		buf_adds(&b, "SET y = 1;\nINSERT INTO `b` VALUES (1);\n");
		buf_adds(&b, begins[i % countof(begins)]);
		while (b.n < MIB)
			buf_adds(&b, parts[i / countof(begins)]);
		if (i % 3 == 0)
			buf_adds(&b, ");\n");
		struct run run = run_bytes(buf_str(&b), "t.sql", AS_AUTO, true);
		if (!run.good && run.e.kind != ERR_VALUE && run.e.kind != ERR_LIMIT)
			fail_msg("%zu: %s", i, run.e.message);
		buf_free(&run.text);
	}
}

static void sheets_of_excel(struct buf *b, int n)
{
	CLEANUP(buf_free) struct buf workbook = BUF_INIT(MIB);
	buf_adds(&workbook, "<workbook xmlns:r=\"r\"><sheets>");
	for (int i = 0; i < n; i++)
		buf_addf(&workbook, "<sheet name=\"S%d\" r:id=\"rId1\"/>", i);
	buf_adds(&workbook, "</sheets></workbook>");
	struct str book = make_book(workbook.p, SHEET(""), NULL);
	buf_add_str(b, book);
	zip_free(book);
}

static void sheets_of_ods(struct buf *b, int n)
{
	CLEANUP(buf_free) struct buf content = BUF_INIT(MIB);
	buf_adds(&content, "<o:document-content xmlns:o=\"o\" xmlns:table=\"t\"><o:body><o:spreadsheet>");
	for (int i = 0; i < n; i++)
		buf_addf(&content, "<table:table table:name=\"S%d\"/>", i);
	buf_adds(&content, "</o:spreadsheet></o:body></o:document-content>");
	const struct zip_part part = { "content.xml", buf_str(&content), false };
	struct str file = zip_make(&part, 1);
	buf_add_str(b, file);
	zip_free(file);
}

static void entries(struct buf *b, int n)
{
	struct zip_part *parts = mem_array((size_t)n, sizeof *parts);
	char(*names)[24] = mem_array((size_t)n, sizeof *names);
	for (int i = 0; i < n; i++) {
		snprintf(names[i], sizeof names[i], "xl/%d.xml", i);
		parts[i] = (struct zip_part){ i ? names[i] : "xl/workbook.xml", STR("<workbook/>"), true };
	}
	struct str file = zip_make(parts, (size_t)n);
	buf_add_str(b, file);
	zip_free(file);
	free(parts);
	free(names);
}

static void lists_of_json(struct buf *b, int n)
{
	for (int i = 0; i < n; i++)
		buf_addf(b, "%s\"l%d\":[{\"a\":1}]", i ? "," : "{", i);
	buf_adds(b, "}");
}

/* Pairs of columns, each another beginning of INSERT. */
static void shapes_of_dump(struct buf *b, int n)
{
	for (int i = 0; i < n; i++)
		buf_addf(b, "INSERT INTO t (c%d, d%d) VALUES (1, 2);\n", i % 80, i / 80);
}

static void test_counts(void **state)
{
	static const struct {
		const char *what;
		void (*make)(struct buf *b, int n);
		int most;
		const char *code;
	} rows[] = {
		{ "sheets of a workbook", sheets_of_excel, LIMIT_TABLES, "too_many_parts" },
		{ "sheets of a spreadsheet", sheets_of_ods, LIMIT_TABLES, "too_many_parts" },
		{ "files of an archive", entries, LIMIT_ZIP_ENTRIES, "too_many_entries" },
		{ "lists of a JSON file", lists_of_json, LIMIT_TABLES, "too_many_tables" },
		{ "shapes of a dump", shapes_of_dump, LIMIT_DUMP_SHAPES, "too_many_shapes" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		CLEANUP(buf_free) struct buf most = BUF_INIT(64 * MIB), over = BUF_INIT(64 * MIB);
		rows[i].make(&most, rows[i].most);
		rows[i].make(&over, rows[i].most + 2);
		struct run good = run_bytes(buf_str(&most), "t", AS_AUTO, true);
		struct run bad = run_bytes(buf_str(&over), "t", AS_AUTO, true);
		if (bad.good || bad.e.kind != ERR_LIMIT || strcmp(err_code(&bad.e), rows[i].code) != 0)
			fail_msg("%s, too many: %s %s", rows[i].what, err_code(&bad.e), bad.e.message);
		if (!good.good && strcmp(err_code(&good.e), rows[i].code) == 0)
			fail_msg("%s, just so many: %s", rows[i].what, good.e.message);
		buf_free(&good.text);
		buf_free(&bad.text);
	}
}

/* Tables that take turns row by row, more often than their places are kept: every row is read, where it belongs. */
static void test_many_turns(void **state)
{
	enum { TURNS = LIMIT_DUMP_SEGMENTS + 1000 };
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * MIB), want = BUF_INIT(64 * MIB);
	for (int i = 0; i < TURNS; i++)
		buf_addf(&b, "INSERT INTO `%s` (n) VALUES (%d);\n", i % 2 ? "odd" : "even", i);
	for (int from = 0; from < 2; from++) {
		buf_addf(&want, "[%s] n BIGINT\n", from ? "odd" : "even");
		for (int i = from; i < TURNS; i += 2)
			buf_addf(&want, "%d\n", i);
	}
	struct run run = run_bytes(buf_str(&b), "t.sql", AS_AUTO, true);
	assert_true(run.good);
	assert_true(str_eq(buf_str(&run.text), buf_str(&want)));
	buf_free(&run.text);
}

/* Every part of a workbook with a declaration of entities before it, in one byte a letter and in two. */
static void test_entities(void **state)
{
	static const char *const doctypes[] = {
		"<!DOCTYPE x [<!ENTITY a \"b\">]>",
		"<!DOCTYPE x SYSTEM \"file:///etc/passwd\">",
		"<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://127.0.0.1/x\"> %p;]>",
		"<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;\">]>",
	};
	static const struct zip_part parts[] = {
		{ "xl/workbook.xml", STR(ONE_SHEET), false },
		{ "xl/_rels/workbook.xml.rels", STR(RELATIONS), false },
		{ "xl/worksheets/sheet1.xml", STR(SHEET("<row><c><v>1</v></c></row>")), false },
		{ "xl/styles.xml", STR(STYLES), false },
		{ "xl/sharedStrings.xml", STR("<sst/>"), false },
		{ "content.xml", STR("<o:d xmlns:o=\"o\"><o:body><o:spreadsheet/></o:body></o:d>"), false },
	};
	for (size_t i = 0; i < countof(doctypes) * countof(parts) * 2; i++) {
		CLEANUP(buf_free) struct buf text = BUF_INIT(MIB), wide = BUF_INIT(MIB);
		struct zip_part made[countof(parts)];
		size_t at = i / 2 / countof(doctypes);
		bool ods = at == countof(parts) - 1;
		memcpy(made, parts, sizeof made);
		const char *plain = strstr(parts[at].bytes.p, "?>");
		buf_adds(&text, doctypes[i / 2 % countof(doctypes)]);
		buf_adds(&text, plain ? plain + 2 : parts[at].bytes.p);
		buf_add(&wide, "\xff\xfe", 2);
		for (size_t k = 0; k < text.n; k++)
			buf_add(&wide, (char[]){ text.p[k], 0 }, 2);
		made[at].bytes = buf_str(i % 2 ? &wide : &text);
		struct str file = ods ? zip_make(&made[at], 1) : zip_make(made, countof(parts) - 1);
		run_refused(file, ERR_VALUE, "doctype", "document type declaration");
		zip_free(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_cells),
		cmocka_unit_test(test_overlapping_files),
		cmocka_unit_test(test_dumps_are_not_run),
		cmocka_unit_test(test_unclosed),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_many_turns),
		cmocka_unit_test(test_entities),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
