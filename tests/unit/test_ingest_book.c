/* Workbooks, made here part by part so that each can be wrong in its own way. */
#include "book_fixture.h"

#include <zlib.h>

#define HEAD "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>a</t></is></c><c r=\"B1\" t=\"str\"><v>b</v></c></row>"

static void test_cells(void **state)
{
	static const struct {
		const char *rows, *strings, *want;
	} rows[] = {
		{ HEAD "<row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"B2\" t=\"b\"><v>1</v></c></row>"
		       "<row r=\"3\"><c r=\"A3\"><v>2</v></c><c r=\"B3\" t=\"b\"><v>0</v></c></row>",
		  NULL, "[S] a BIGINT, b BOOLEAN\n1|true\n2|false\n" },
		/* shared, rich and phonetic texts; escapes */
		{ HEAD "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>0</v></c><c r=\"B2\" t=\"s\"><v>1</v></c></row>"
		       "<row r=\"3\"><c r=\"A3\" t=\"s\"><v>9</v></c><c r=\"B3\" t=\"s\"><v>2</v></c></row>",
		  "<sst><si><t>one &amp; two</t></si><si><r><t>ri</t></r><r><t>ch</t></r><rPh><t>no</t></rPh></si>"
		  "<si><t>x_x000A_y</t></si></sst>",
		  "[S] a VARCHAR, b VARCHAR\none & two|rich\n∅|x\ny\n" },
		/* cells and rows that do not say where they are, and an empty cell between */
		{ "<row><c t=\"str\"><v>a</v></c><c t=\"str\"><v>b</v></c><c t=\"str\"><v>c</v></c></row>"
		  "<row><c><v>1</v></c><c r=\"C2\"><v>3</v></c></row>",
		  NULL, "[S] a BIGINT, b VARCHAR, c BIGINT\n1|∅|3\n" },
		/* dates by style; a number behind a word in quotes is none, hours of more than a day are as they are
		   shown */
		{ HEAD "<row r=\"2\"><c r=\"A2\" s=\"1\"><v>40513</v></c><c r=\"B2\" "
		       "s=\"2\"><v>40513.35138888889</v></c></row>",
		  NULL, "[S] a DATE, b TIMESTAMP\n2010-12-01|2010-12-01T08:26:00Z\n" },
		{ HEAD "<row r=\"2\"><c r=\"A2\" s=\"3\"><v>61</v></c><c r=\"B2\" s=\"4\"><v>2.5</v></c></row>"
		       "<row r=\"3\"><c r=\"A3\" s=\"3\"><v>59</v></c><c r=\"B3\" s=\"5\"><v>1.25</v></c></row>",
		  NULL, "[S] a DATE, b VARCHAR\n1900-03-01|2.5\n1900-02-28|30:00:00\n" },
		{ HEAD "<row r=\"2\"><c r=\"A2\" s=\"6\"><v>0.5</v></c><c r=\"B2\" s=\"1\"><v>-1</v></c></row>", NULL,
		  "[S] a TIME, b BIGINT\n12:00:00|-1\n" },
		/* numbers as Excel keeps them */
		{ HEAD
		  "<row r=\"2\"><c r=\"A2\"><v>2.5499999999999998</v></c><c r=\"B2\"><v>1.12312323321E11</v></c></row>"
		  "<row r=\"3\"><c r=\"A3\"><v>1E-3</v></c><c r=\"B3\"><v>112312323322</v></c></row>",
		  NULL, "[S] a DECIMAL(18,3), b VARCHAR\n2.550|112312323321\n0.001|112312323322\n" },
		/* an error is a reject with the number of its row */
		{ HEAD "<row r=\"7\"><c r=\"A7\"><v>1</v></c><c r=\"B7\" t=\"e\"><v>#DIV/0!</v></c></row>", NULL,
		  "[S] a BIGINT, b VARCHAR\n1|∅\n! 7 b: #DIV/0! (an error value or binary data in the file)\n" },
		/* the value that a formula had */
		{ HEAD
		  "<row r=\"2\"><c r=\"A2\"><f>1+1</f><v>2</v></c><c r=\"B2\" t=\"str\"><f>x()</f><v>t</v></c></row>",
		  NULL, "[S] a BIGINT, b VARCHAR\n2|t\n" },
		/* letterhead; rows of nothing but styles */
		{ "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>Report</v></c></row><row r=\"2\"/>"
		  "<row r=\"3\"><c r=\"A3\" t=\"str\"><v>id</v></c><c r=\"B3\" t=\"str\"><v>x</v></c><c r=\"C3\" "
		  "t=\"str\">"
		  "<v>y</v></c></row><row r=\"4\"><c r=\"A4\"><v>1</v></c><c r=\"B4\"><v>2</v></c><c "
		  "r=\"C4\"><v>3</v></c></row>"
		  "<row r=\"5\"><c r=\"A5\" s=\"1\"/><c r=\"XFD5\" s=\"1\"/></row>",
		  NULL, "[S] id BIGINT, x BIGINT, y BIGINT\n1|2|3\n" },
		{ "<x:row r=\"1\" xmlns:x=\"y\"><c r=\"A1\" t=\"str\"><v>h</v></c></x:row><row><c><v>5</v></c></row>",
		  NULL, "[S] h BIGINT\n5\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		expect_sheet(rows[i].rows, rows[i].strings, rows[i].want);
}

static void test_sheets(void **state)
{
	const struct zip_part parts[] = {
		{ "xl/workbook.xml",
		  STR(WORKBOOK("<sheet name=\"First\" r:id=\"rId1\"/><sheet name=\"Chart\" r:id=\"rId5\"/>"
			       "<sheet name=\"Second\" r:id=\"rId2\"/>")),
		  false },
		{ "xl/_rels/workbook.xml.rels", STR(RELATIONS), false },
		{ "xl/worksheets/sheet1.xml", STR(SHEET(HEAD "<row><c><v>1</v></c></row>")), false },
		{ "xl/worksheets/sheet2.xml", STR(SHEET(HEAD "<row><c><v>2</v></c></row>")), false },
		{ "xl/styles.xml", STR("<styleSheet/>"), false },
	};
	struct str book = zip_make(parts, countof(parts));
	run_expect(book, "[First] a BIGINT, b VARCHAR\n1|∅\n[Second] a BIGINT, b VARCHAR\n2|∅\n");
	/* The same, gzipped, through a pipe. */
	uLongf n = compressBound(book.n) + 64;
	char *packed = mem_alloc(n);
	z_stream z = { .next_in = (Bytef *)(uintptr_t)book.p, .avail_in = (uInt)book.n, .next_out = (Bytef *)packed };
	z.avail_out = (uInt)n;
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	struct run run = run_bytes(str_n(packed, z.total_out), "x.xlsx.gz", AS_AUTO, false);
	assert_true(run.good);
	assert_string_equal(run.format, "xlsx");
	deflateEnd(&z);
	buf_free(&run.text);
	free(packed);
	free((char *)(uintptr_t)book.p);
	book = make_book("<workbook xmlns:r=\"r\"><workbookPr date1904=\"1\"/><sheets><sheet name=\"S\" r:id=\"rId1\"/>"
			 "</sheets></workbook>",
			 SHEET("<row><c t=\"str\"><v>d</v></c></row><row><c s=\"1\"><v>39051</v></c></row>"), NULL);
	run_expect(book, "[S] d DATE\n2010-12-01\n");
	free((char *)(uintptr_t)book.p);
}

static void refuse_book(struct str book, enum err_kind kind, const char *code, const char *says)
{
	run_refused(book, kind, code, says);
	free((char *)(uintptr_t)book.p);
}

static void test_bad_books(void **state)
{
	static const struct {
		const char *workbook, *sheet, *strings;
		enum err_kind kind;
		const char *code, *says;
	} rows[] = {
		{ ONE_SHEET, "<worksheet><sheetData><row>", NULL, ERR_VALUE, "damaged", "sheet1.xml" },
		{ ONE_SHEET, "<worksheet></sheetData>", NULL, ERR_VALUE, "damaged", "sheet1.xml" },
		{ ONE_SHEET, "", NULL, ERR_VALUE, "damaged", "sheet1.xml" },
		{ ONE_SHEET, "not xml", NULL, ERR_VALUE, "damaged", "sheet1.xml" },
		{ ONE_SHEET, SHEET(""), "<sst><si>", ERR_VALUE, "damaged", "sharedStrings" },
		{ "<workbook/>", SHEET(""), NULL, ERR_VALUE, "no_sheets", "no worksheet" },
		{ "<!DOCTYPE x [<!ENTITY a \"b\">]><workbook/>", SHEET(""), NULL, ERR_VALUE, "doctype",
		  "document type" },
		{ ONE_SHEET, "<!DOCTYPE w [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" SHEET("&a;"), NULL, ERR_VALUE,
		  "doctype", "document type" },
		{ ONE_SHEET, SHEET("<row><c r=\"ZZZ1\"><v>1</v></c></row>"), NULL, ERR_LIMIT, "too_many_columns",
		  "2000 columns" },
		{ WORKBOOK("<sheet name=\"S\" r:id=\"rId2\"/>"), SHEET(""), NULL, ERR_VALUE, "damaged", "sheet2.xml" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		refuse_book(make_book(rows[i].workbook, rows[i].sheet, rows[i].strings), rows[i].kind, rows[i].code,
			    rows[i].says);
	CLEANUP(buf_free) struct buf deep = BUF_INIT(MIB);
	for (int i = 0; i < 1000; i++)
		buf_adds(&deep, "<a>");
	refuse_book(make_book(ONE_SHEET, deep.p, NULL), ERR_LIMIT, "xml_depth", "nested");
}

static void test_other_archives(void **state)
{
	static const struct {
		const char *part, *code, *says;
	} rows[] = {
		{ "word/document.xml", "file_document", "Word" },
		{ "xl/workbook.bin", "file_xlsb", "save it as .xlsx" },
		{ "Index/Document.iwa", "file_numbers", "Export To" },
		{ "notes.txt", "unknown_format", "zip archive" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		const struct zip_part part = { rows[i].part, STR("<x/>"), false };
		refuse_book(zip_make(&part, 1), ERR_VALUE, rows[i].code, rows[i].says);
	}
	struct str book = make_book(ONE_SHEET, SHEET(HEAD), NULL);
	for (size_t n = 5; n + 1 < book.n; n += 101) /* cut anywhere */
		run_refused(str_n(book.p, n), ERR_VALUE, "truncated", "cut short");
	free((char *)(uintptr_t)book.p);
}

/* 200 MB of nothing in 200 KB. */
static void test_bomb(void **state)
{
	CLEANUP(buf_free) struct buf sheet = BUF_INIT(GIB);
	buf_adds(&sheet, "<worksheet><sheetData>");
	char *room = buf_reserve(&sheet, 200 * MIB);
	memset(room, ' ', 200 * MIB);
	sheet.n += 200 * MIB;
	buf_adds(&sheet, "</sheetData></worksheet>");
	refuse_book(make_book(ONE_SHEET, sheet.p, NULL), ERR_LIMIT, "inflate_ratio", "trap");
}

/* Several blocks; and the scanner's doubt at the start, in the middle and at the end, after blocks were handed out. */
static void test_many_rows(void **state)
{
	const int rows = 60000;
	for (int doubt = -1; doubt < rows; doubt += rows / 3) {
		CLEANUP(buf_free) struct buf sheet = BUF_INIT(GIB), want = BUF_INIT(GIB);
		buf_adds(&sheet, "<worksheet><sheetData>" HEAD);
		buf_adds(&want, "[S] a BIGINT, b VARCHAR\n");
		for (int i = 0; i < rows; i++) {
			buf_addf(&sheet,
				 "%s<row><c><v>%d</v></c><c t=\"str\"><v>text number %d &amp; more</v></c></row>",
				 i == doubt ? "<!-- -->" : "", i, i * 7919);
			buf_addf(&want, "%d|text number %d & more\n", i, i * 7919);
		}
		buf_adds(&sheet, "</sheetData></worksheet>");
		struct str book = make_book(ONE_SHEET, sheet.p, NULL);
		struct run run = run_bytes(book, "t", AS_AUTO, true);
		assert_true(run.good);
		if (!str_eq(buf_str(&run.text), buf_str(&want)))
			fail_msg("doubt at %d: %.300s", doubt, run.text.p);
		buf_free(&run.text);
		free((char *)(uintptr_t)book.p);
	}
}

static void test_formats(void **state)
{
	static const struct {
		const char *code;
		enum xlsx_kind kind;
	} rows[] = {
		{ "General", XLSX_NUMBER },
		{ "0.00", XLSX_NUMBER },
		{ "#,##0", XLSX_NUMBER },
		{ "m/d/yyyy h:mm", XLSX_DATE },
		{ "yyyy\\-mm\\-dd;@", XLSX_DATE },
		{ "mmm-yy", XLSX_DATE },
		{ "[$-F400]h:mm:ss AM/PM", XLSX_TIME },
		{ "[h]:mm:ss", XLSX_ELAPSED },
		{ "[mm]:ss", XLSX_ELAPSED },
		{ "[Red]h:mm", XLSX_TIME },
		{ "0 \"days\"", XLSX_NUMBER },
		{ "[Red]0.00", XLSX_NUMBER },
		{ "0.00E+00", XLSX_NUMBER },
		{ "@", XLSX_NUMBER },
		{ "_(\"$\"* #,##0.00_)", XLSX_NUMBER },
		{ "\"day\" 0", XLSX_NUMBER },
		{ "mm:ss.0", XLSX_TIME },
		{ "", XLSX_NUMBER },
		{ "\"", XLSX_NUMBER },
		{ "[", XLSX_NUMBER },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		if (xlsx_format_kind(str_of(rows[i].code)) != rows[i].kind)
			fail_msg("%s", rows[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),          cmocka_unit_test(test_sheets), cmocka_unit_test(test_bad_books),
		cmocka_unit_test(test_other_archives), cmocka_unit_test(test_bomb),   cmocka_unit_test(test_formats),
		cmocka_unit_test(test_many_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
