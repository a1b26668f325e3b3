/* OpenDocument spreadsheets, made here part by part so that each can be wrong in its own way. */
#include "../zip_make.h"
#include "ingest_run.h"

#include "ingest/ods.h"

#define HEAD                                                                                                  \
	"<office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\" xmlns:style=\"s\" "   \
	"xmlns:calcext=\"c\"><office:automatic-styles><style:style style:name=\"h\"><style:table-properties " \
	"table:display=\"false\"/></style:style></office:automatic-styles><office:body><office:spreadsheet>"
#define TAIL "</office:spreadsheet></office:body></office:document-content>"
#define T(text) "<table:table-cell office:value-type=\"string\"><text:p>" text "</text:p></table:table-cell>"
#define N(value)                                                                                        \
	"<table:table-cell office:value-type=\"float\" office:value=\"" value "\"><text:p>x</text:p></" \
	"table:table-cell>"
#define V(type, attribute, value)                                                        \
	"<table:table-cell office:value-type=\"" type "\" office:" attribute "=\"" value \
	"\"><text:p>shown</text:p></table:table-cell>"
#define R(cells) "<table:table-row>" cells "</table:table-row>"
#define SHEET(rows) "<table:table table:name=\"S\"><table:table-column/>" rows "</table:table>"
#define AB R(T("a") T("b"))

static struct str make(const char *content)
{
	const struct zip_part parts[] = {
		{ "mimetype", STR("application/vnd.oasis.opendocument.spreadsheet"), true },
		{ "content.xml", str_of(content), false },
		{ "META-INF/manifest.xml", STR("<manifest:manifest/>"), false },
	};
	return zip_make(parts, countof(parts));
}

static void expect(const char *body, const char *want)
{
	CLEANUP(buf_free) struct buf content = BUF_INIT(GIB);
	buf_addf(&content, HEAD "%s" TAIL, body);
	struct str book = make(content.p);
	run_expect(book, want);
	zip_free(book);
}

static void test_cells(void **state)
{
	static const struct {
		const char *rows, *want;
	} rows[] = {
		{ SHEET(AB R(N("1") V("boolean", "boolean-value", "true"))
				R(N("2") V("boolean", "boolean-value", "false"))),
		  "[S] a BIGINT, b BOOLEAN\n1|true\n2|false\n" },
		/* dates, times, percentages, money */
		{ SHEET(AB R(V("date", "date-value", "2010-12-01") V("date", "date-value", "2010-12-01T08:26:00"))),
		  "[S] a DATE, b TIMESTAMP\n2010-12-01|2010-12-01T08:26:00Z\n" },
		{ SHEET(AB R(V("time", "time-value", "PT12H00M00S") V("percentage", "value", "0.125"))),
		  "[S] a TIME, b DECIMAL(18,3)\n12:00:00|0.125\n" },
		{ SHEET(AB R(V("currency", "value", "1234.5") N("2.5499999999999998"))),
		  "[S] a DECIMAL(18,1), b DECIMAL(18,2)\n1234.5|2.55\n" },
		/* paragraphs, spans, spaces, breaks; a remark and a picture are no text of the cell */
		{ SHEET(AB R("<table:table-cell office:value-type=\"string\"><office:annotation><text:p>no</text:p>"
			     "</office:annotation><text:p>on<text:span>e</text:span><text:s "
			     "text:c=\"2\"/>&amp;</text:p><text:p>"
			     "two<text:line-break/>3</text:p><draw:frame><text:p>no</text:p></draw:frame></"
			     "table:table-cell>" T("x"))),
		  "[S] a VARCHAR, b VARCHAR\none  &\ntwo\n3|x\n" },
		/* cells and rows that stand there by number */
		{ SHEET(AB "<table:table-row table:number-rows-repeated=\"3\"><table:table-cell "
			   "office:value-type=\"float\" "
			   "office:value=\"7\" table:number-columns-repeated=\"2\"/><table:table-cell "
			   "table:number-columns-repeated=\"16382\"/></table:table-row>"
			   "<table:table-row table:number-rows-repeated=\"1048571\"><table:table-cell "
			   "table:number-columns-repeated=\"16384\"/></table:table-row>"),
		  "[S] a BIGINT, b BIGINT\n7|7\n7|7\n7|7\n" },
		/* covered cells are empty; a formula has its value; an error is a reject with the number of its row */
		{ SHEET(AB "<table:table-row table:number-rows-repeated=\"4\"/>" R(
			  "<table:table-cell table:number-columns-spanned=\"2\" office:value-type=\"float\" "
			  "office:value=\"1\"/>"
			  "<table:covered-table-cell office:value-type=\"float\" office:value=\"9\"/>")
				R("<table:table-cell table:formula=\"of:=1+1\" office:value-type=\"float\" "
				  "office:value=\"2\"/>"
				  "<table:table-cell office:value-type=\"string\" "
				  "calcext:value-type=\"error\"><text:p>#DIV/0!</text:p>"
				  "</table:table-cell>")),
		  "[S] a BIGINT, b VARCHAR\n1|∅\n2|∅\n! 7 b: #DIV/0! (an error value or binary data in the file)\n" },
		/* rows in groups and header rows; a table inside a cell */
		{ SHEET("<table:table-header-rows>" AB "</table:table-header-rows><table:table-row-group>" R(
			  N("1") "<table:table-cell><table:table><table:table-row>" N(
				  "5") "</table:table-row></table:table>"
				       "</table:table-cell>") "</table:table-row-group>" R(N("2"))),
		  "[S] a BIGINT, b VARCHAR\n1|∅\n2|∅\n" },
		/* several sheets, one empty; tracked changes hold cells, too */
		{ "<table:tracked-changes><table:cell-content-change><table:table-cell/></table:cell-content-change>"
		  "</table:tracked-changes>" SHEET(AB R(N("1"))) "<table:table table:name=\"E\"/><table:table "
								 "table:name=\"H\" table:style-name=\"h\">" R(T("c"))
									 R(N("3")) "</table:table>",
		  "[S] a BIGINT, b VARCHAR\n1|∅\n[E]\n[H] c BIGINT\n3\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		expect(rows[i].rows, rows[i].want);
}

static void refuse(const char *content, enum err_kind kind, const char *code, const char *says)
{
	struct str book = make(content);
	run_refused(book, kind, code, says);
	zip_free(book);
}

static void test_bad_books(void **state)
{
	static const struct {
		const char *content;
		enum err_kind kind;
		const char *code, *says;
	} rows[] = {
		{ "", ERR_VALUE, "damaged", "content.xml" },
		{ "no xml", ERR_VALUE, "damaged", "content.xml" },
		{ HEAD SHEET(AB), ERR_VALUE, "damaged", "content.xml" },
		{ HEAD TAIL, ERR_VALUE, "no_sheets", "no worksheet" },
		{ "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" HEAD SHEET(R(T("&a;"))) TAIL, ERR_VALUE,
		  "doctype", "document type" },
		{ HEAD SHEET(R("<table:table-cell office:value-type=\"float\" office:value=\"1\" "
			       "table:number-columns-repeated=\"16384\"/>")) TAIL,
		  ERR_LIMIT, "too_many_columns", "2000" },
		{ HEAD SHEET("<table:table-row table:number-rows-repeated=\"4000000000\">" N("1") "</table:table-row>")
			  TAIL,
		  ERR_LIMIT, "too_many_sheet_rows", "rows" },
		{ HEAD SHEET("<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell "
			     "office:value-type=\"string\" office:string-value=\"a text of more than a few bytes, in "
			     "every cell\" "
			     "table:number-columns-repeated=\"2000\"/></table:table-row>") TAIL,
		  ERR_LIMIT, "inflate_ratio", "trap" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		refuse(rows[i].content, rows[i].kind, rows[i].code, rows[i].says);
	CLEANUP(buf_free) struct buf deep = BUF_INIT(MIB);
	for (int i = 0; i < 1000; i++)
		buf_adds(&deep, "<a>");
	refuse(deep.p, ERR_LIMIT, "xml_depth", "nested");
}

static void test_packages(void **state)
{
	static const struct {
		struct zip_part parts[3];
		size_t n;
		const char *code, *says;
	} rows[] = {
		{ { { "mimetype", STR("application/vnd.oasis.opendocument.text"), true },
		    { "content.xml", STR("<a/>"), false } },
		  2,
		  "file_document",
		  "no spreadsheet" },
		{ { { "content.xml", STR("\x12\x34"), true },
		    { "META-INF/manifest.xml", STR("<m:m><m:encryption-data m:checksum=\"x\"/></m:m>"), false } },
		  2,
		  "encrypted",
		  "password" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct str book = zip_make(rows[i].parts, rows[i].n);
		run_refused(book, ERR_VALUE, rows[i].code, rows[i].says);
		zip_free(book);
	}
	CLEANUP(buf_free) struct buf content = BUF_INIT(GIB);
	buf_adds(&content, HEAD SHEET(AB R(N("1"))) TAIL);
	struct str book = make(content.p);
	for (size_t n = 5; n + 1 < book.n; n += 37) /* cut anywhere */
		run_refused(str_n(book.p, n), ERR_VALUE, "truncated", "cut short");
	zip_free(book);
}

/* Several blocks, and copies of a row that are more than one. */
static void test_many_rows(void **state)
{
	CLEANUP(buf_free) struct buf content = BUF_INIT(GIB), want = BUF_INIT(GIB);
	buf_adds(&content, HEAD "<table:table table:name=\"S\">" AB);
	buf_adds(&want, "[S] a BIGINT, b VARCHAR\n");
	for (int i = 0; i < 15000; i++) {
		buf_addf(&content, "<table:table-row>" N("%d") T("text number %0200d &amp; more") "</table:table-row>",
			 i, i * 7919);
		buf_addf(&want, "%d|text number %0200d & more\n", i, i * 7919);
	}
	buf_adds(&content, "<table:table-row table:number-rows-repeated=\"20000\">" N("5")
				   T("same") "</table:table-row></table:table>" TAIL);
	for (int i = 0; i < 20000; i++)
		buf_adds(&want, "5|same\n");
	struct str book = make(content.p);
	struct run run = run_bytes(book, "t", AS_AUTO, true);
	if (!run.good)
		fail_msg("%s", run.e.message);
	assert_string_equal(run.format, "ods");
	assert_true(str_eq(buf_str(&run.text), buf_str(&want)));
	buf_free(&run.text);
	zip_free(book);
}

static void test_moments(void **state)
{
	static const struct {
		const char *value, *want;
		bool time;
	} rows[] = {
		{ "2026-12-31", "2026-12-31", false },
		{ "2026-12-31T00:00:00", "2026-12-31", false },
		{ "2026-12-31T10:05:09.250000000", "2026-12-31 10:05:09.25", false },
		{ "2026-12-31T10:05:09.000000001", "2026-12-31 10:05:09", false },
		{ "2026-12-31T10:05:09.", "2026-12-31 10:05:09", false },
		{ "", "", false },
		{ "PT10H05M09S", "10:05:09", true },
		{ "PT30H05M09.5S", "30:05:09.500", true },
		{ "PT0S", "00:00:00", true },
		{ "P1D", "P1D", true },
		{ "PTx", "PTx", true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(KIB);
		(rows[i].time ? ods_time_text : ods_date_text)(str_of(rows[i].value), &b);
		assert_true(str_is(buf_str(&b), rows[i].want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),     cmocka_unit_test(test_bad_books), cmocka_unit_test(test_packages),
		cmocka_unit_test(test_many_rows), cmocka_unit_test(test_moments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
