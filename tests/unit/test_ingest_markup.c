/* HTML tables and XML spreadsheets of Excel 2003, both of which people have as .xls. */
#include "ingest_run.h"

#include <time.h>

#define SHEET(rows)                                                             \
	"<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n" \
	"<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" "     \
	"xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">" rows "</Workbook>"
#define CELL(type, text) "<Cell><Data ss:Type=\"" type "\">" text "</Data></Cell>"
#define HEAD "<tr><th>Номер<th>Дата<th>Сумма</tr>"

static void test_pages(void **state)
{
	static const struct {
		const char *bytes, *want;
	} rows[] = {
		/* tags left open, entities, breaks, a row of totals */
		{ "<html><body><h1>Заказы</h1><table>" HEAD
		  "<tr><td>01<td>05.03.2024<td>1&nbsp;234,50 <tr><td>02</td><td>06.03.2024</td><td>-1,00</td></tr>"
		  "<tr><td colspan=2>Итого<td>1&nbsp;233,50</table><p>стр. 1</body></html>",
		  "[t] Номер VARCHAR, Дата DATE, Сумма DECIMAL(18,1)\n01|2024-03-05|1234.5\n02|2024-03-06|-1.0\n"
		  "! 4 row: Итого | 1 233,50 (a row of totals; it was left out)\n" },
		{ "<table><tr><td>id<td>name<tr><td>1<td>Ann &amp; <b>Bob</b><br>Ltd&#46;<script>x</script><tr><td>2<td> \n Cy "
		  "</table>",
		  "[t] id BIGINT, name VARCHAR\n1|Ann & Bob\nLtd.\n2|Cy\n" },
		/* spans in both directions; a hidden row is a row */
		{ "<TABLE><TR><TH ROWSPAN=2>id</TH><TH COLSPAN=2>sum</TH></TR><TR><TH>a</TH><TH>b</TH></TR>"
		  "<TR><TD>1<TD>2<TD>3<TR style='display: none'><TD>4<TD>5<TD>6</TABLE>",
		  "[t] id BIGINT, sum / a BIGINT, sum / b BIGINT\n1|2|3\n4|5|6\n" },
		/* a table inside a table that only arranges the page; two tables, one with a name */
		{ "<table><tr><td>Menu<td><table><caption>Prices</caption><tr><th>item<th>price<tr><td>tea<td>3<tr><td>cake<td>4"
		  "</table></td></tr></table><table><tr><th>who<th>age<tr><td>Ann<td>30<tr><td>Bob<td>41</table>",
		  "[Prices] item VARCHAR, price BIGINT\ntea|3\ncake|4\n[t_2] who VARCHAR, age BIGINT\nAnn|30\nBob|41\n" },
		{ "<!-- <table><tr><td>no</table> --><style>td{}</style><table><tr><td>phone<tr><td>+79120000001</table>",
		  "[t] phone VARCHAR\n+79120000001\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		run_expect(str_of(rows[i].bytes), rows[i].want);
}

/* windows-1251, said and unsaid; said, but it is UTF-8; UTF-16. */
static void test_letters(void **state)
{
	static const char want[] = "[t] Кто VARCHAR, Лет BIGINT\nЮля|30\n",
			  row[] = "<tr><td>\xde\xeb\xff<td>30</table>";
	CLEANUP(buf_free) struct buf b = BUF_INIT(KIB), wide = BUF_INIT(4 * KIB);
	buf_addf(&b, "<meta charset=\"windows-1251\"><table><tr><td>\xca\xf2\xee<td>\xcb\xe5\xf2%s", row);
	run_expect(buf_str(&b), want);
	buf_clear(&b);
	buf_addf(&b, "<table><tr><td>\xca\xf2\xee<td>\xcb\xe5\xf2%s", row);
	run_expect(buf_str(&b), want);
	run_expect(STR("\xef\xbb\xbf<meta charset=windows-1251><table><tr><td>Кто<td>Лет<tr><td>Юля<td>30</table>"),
		   want);
	static const char text[] = "\xff\xfe<table><tr><td>a<td>b<tr><td>x<td>1</table>";
	buf_add(&wide, text, 2);
	for (const char *p = text + 2; *p; p++) {
		buf_addc(&wide, *p);
		buf_addc(&wide, 0);
	}
	run_expect(buf_str(&wide), "[t] a VARCHAR, b BIGINT\nx|1\n");
}

static void test_spreadsheets(void **state)
{
	run_expect(
		STR(SHEET("<Worksheet ss:Name=\"Клиенты\"><Table><Row>" CELL("String", "Код") CELL("String", "Рожден") CELL(
			"String",
			"Сумма") CELL("String",
				      "Активен") "</Row><Row ss:Index=\"3\">" CELL("String",
										   "001") CELL("DateTime",
											       "1980-05-01T00:00:00.000")
				  CELL("Number", "1E2") CELL("Boolean", "1") "</Row><Row>" CELL(
					  "String",
					  "002") "<Cell ss:Index=\"3\"><Data ss:Type=\"Error\">#DIV/0!</Data></Cell><Cell><Data "
						 "ss:Type=\"Boolean\">0</Data><Comment><ss:Data>aside</ss:Data></Comment></Cell></Row>"
						 "</Table></Worksheet><Worksheet ss:Name=\"Пусто\"><Table/></Worksheet>")),
		"[Клиенты] Код VARCHAR, Рожден DATE, Сумма BIGINT, Активен BOOLEAN\n001|1980-05-01|100|true\n"
		"002|∅|∅|false\n! 4 Сумма: #DIV/0! (an error value or binary data in the file)\n[Пусто]\n");
}

static void test_refused(void **state)
{
	CLEANUP(buf_free) struct buf deep = BUF_INIT(64 * KIB), wide = BUF_INIT(MIB);
	run_refused(STR("<html><body><p>Нет данных</p></body></html>"), ERR_VALUE, "file_page", "without a table");
	run_refused(STR("<!DOCTYPE Workbook [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" SHEET(
			    "<Worksheet>&a;</Worksheet>")),
		    ERR_VALUE, "doctype", "document type");
	run_refused(STR(SHEET("<Worksheet ss:Name=\"a\"><Table>")), ERR_VALUE, "damaged", "of the spreadsheet");
	run_refused(STR("<?xml version=\"1.0\"?><orders><order/></orders>"), ERR_VALUE, "file_xml", "an XML document");
	for (int i = 0; i < 1000; i++)
		buf_adds(&deep, i ? "<table><tr><td>" : "<table>");
	run_refused(buf_str(&deep), ERR_LIMIT, "xml_depth", "nested more than");
	buf_adds(&wide, "<table><tr><td>a<td>b<tr><td colspan=3000>x<td>y</table>");
	run_refused(buf_str(&wide), ERR_LIMIT, "too_many_columns", "Row 2 of a table has more than 2000 columns");
}

/* Attributes are compared with each other: those of one tag are counted before; what stands in quotation marks is not.
 */
static void test_attributes(void **state)
{
	CLEANUP(buf_free) struct buf many = BUF_INIT(4 * MIB), few = BUF_INIT(4 * MIB);
	buf_adds(&many, "<table><tr><td>a<td>b<tr><td");
	buf_adds(&few, "<table><tr><td>a<td>b<tr><td");
	for (int i = 0; i < 100000; i++)
		buf_addf(&many, " a%d=1", i);
	for (int i = 0; i < LIMIT_HTML_ATTRIBUTES - 10; i++)
		buf_addf(&few, " a%d='>'", i);
	buf_adds(&many, ">1<td>2</table>");
	buf_adds(&few, "><img src=\"data:");
	for (int i = 0; i < 100000; i++)
		buf_adds(&few, "abcd ");
	buf_adds(&few, "\">1<td>2</table>");
	run_refused(buf_str(&many), ERR_LIMIT, "html_attributes", "more than 1000 attributes");
	run_expect(buf_str(&few), "[t] a BIGINT, b BIGINT\n1|2\n");
}

#define WIDE_ROWS 200
#define WIDE_CPU_SECONDS 20 /* some tenths of one, with sanitizers; minutes if each gap were tried */

/* A thousand gaps between columns, each of which may part two tables. */
static void test_gaps(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(16 * MIB);
	buf_adds(&b, "<table>");
	for (int row = 0; row < WIDE_ROWS; row++) {
		buf_adds(&b, "<tr>");
		for (int i = 0; i < LIMIT_COLUMNS / 3; i++)
			buf_addf(&b, row ? "<td>%d<td>5<td>" : "<td>n%d<td>m%d<td>", i, i);
	}
	buf_adds(&b, "</table>");
	clock_t before = clock();
	struct run r = run_bytes(buf_str(&b), "t", AS_AUTO, true);
	assert_true(r.good);
	assert_true((clock() - before) / CLOCKS_PER_SEC < WIDE_CPU_SECONDS);
	buf_free(&r.text);
	/* Two empty columns between: neither belongs to a table. */
	run_expect(
		STR("<table><tr><td>id<td>sum<td><td><td>id<td>sum<tr><td>1<td>10<td><td><td>7<td>70<tr><td>2<td>20<td><td>"
		    "<td>8<td>80</table>"),
		"[t] id BIGINT, sum BIGINT\n1|10\n2|20\n[t_2] id BIGINT, sum BIGINT\n7|70\n8|80\n");
}

/* Many blocks: no row is cut where one ends. */
static void test_long(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * MIB), want = BUF_INIT(64 * MIB);
	buf_adds(&b, "<table><tr><th>n</th><th>text</th></tr>");
	buf_adds(&want, "[t] n BIGINT, text VARCHAR\n");
	for (int i = 0; i < 40000; i++) {
		buf_addf(
			&b,
			"<tr><td>%d</td><td>some words of row %d, a bit longer than they need be &amp; so on</td></tr>\n",
			i, i);
		buf_addf(&want, "%d|some words of row %d, a bit longer than they need be & so on\n", i, i);
	}
	buf_adds(&b, "</table>");
	buf_addc(&want, 0);
	run_expect(buf_str(&b), want.p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),   cmocka_unit_test(test_letters),    cmocka_unit_test(test_spreadsheets),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_attributes), cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
