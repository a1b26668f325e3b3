/* Text files as banks and offices make them: letterheads, balances below, headers printed again. */
#include "ingest_run.h"

static void test_statements(void **state)
{
	static const struct {
		const char *bytes, *want;
	} rows[] = {
		/* more lines above the table than in it, and balances below */
		{ "Выписка по счету 40702810938000012345;;;;\nООО Ромашка;;;;\nза март;;;;\nДата предыдущей операции: "
		  "29.02.2024;;;;\n"
		  "Дата проводки;Счет;Сумма;№ документа;Назначение платежа\n01.03.2024;40702810100000054321;1 "
		  "500,50;12;Аренда\n"
		  "04.03.2024;40702810200000099999;20,00;7;Товар\nКоличество операций;;2;;\nИтого оборотов;;1 "
		  "520,50;;\n"
		  "Исходящий остаток;;9,00;;\n",
		  "[t] Дата проводки DATE, Счет VARCHAR, Сумма DECIMAL(18,1), № документа BIGINT, Назначение платежа "
		  "VARCHAR\n"
		  "2024-03-01|40702810100000054321|1500.5|12|Аренда\n2024-03-04|40702810200000099999|20.0|7|Товар\n"
		  "! 8 row: Количество операций | 2 (a row of totals; it was left out)\n"
		  "! 9 row: Итого оборотов | 1 520,50 (a row of totals; it was left out)\n"
		  "! 10 row: Исходящий остаток | 9,00 (a row of totals; it was left out)\n" },
		/* names marked with #, a value in a column that the header leaves without a name */
		{ "mBank S.A.;\n#Klient;\nJAN KOWALSKI;\n#Za okres:;\n2024-01-01;2024-03-31;\n\n"
		  "#Data operacji;#Opis;#Kategoria;#Kwota;#Saldo;\n2024-03-31;BIEDRONKA;Jedzenie;-1 234,56 PLN;;10 "
		  "000,00 PLN;\n"
		  "2024-03-30;ORLEN;Paliwo;-250,00 PLN;;11 234,56 PLN;\n",
		  "[t] Data operacji DATE, Opis VARCHAR, Kategoria VARCHAR, Kwota DECIMAL(18,2), Saldo VARCHAR, "
		  "column_6 "
		  "DECIMAL(18,2)\n2024-03-31|BIEDRONKA|Jedzenie|-1234.56|∅|10000.00\n"
		  "2024-03-30|ORLEN|Paliwo|-250.00|∅|11234.56\n" },
		/* a page's number and the header, printed again */
		{ "Лист 1;;;\nНомер;Клиент;Дата;Сумма\n1;А;01.03.2024;10\nИтого по листу;;;10\nЛист "
		  "2;;;\nНомер;Клиент;Дата;Сумма\n"
		  "2;Б;02.03.2024;20\n\nПодпись: ________;;;\n",
		  "[t] Номер BIGINT, Клиент VARCHAR, Дата DATE, Сумма BIGINT\n1|А|2024-03-01|10\n2|Б|2024-03-02|20\n"
		  "! 4 row: Итого по листу | 10 (a row of totals; it was left out)\n"
		  "! 5 row: Лист 2 (a header that is printed again; it was left out)\n"
		  "! 6 row: Номер | Клиент | Дата | Сумма (a header that is printed again; it was left out)\n"
		  "! 9 row: Подпись: ________ (text below the table, which is no row of it; it was left out)\n" },
		/* a product called so is none of the totals */
		{ "Товар;Цена;Штук\nИтого по-русски (книга);10;1\nМука;20;2\n",
		  "[t] Товар VARCHAR, Цена BIGINT, Штук BIGINT\nИтого по-русски (книга)|10|1\nМука|20|2\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		run_expect(str_of(rows[i].bytes), rows[i].want);
}

static void test_what_programs_left(void **state)
{
	static const struct {
		const char *bytes, *want;
	} rows[] = {
		/* errors of formulas, written out */
		{ "id,ratio,sum\n1,#DIV/0!,\"$1,000.00\"\n2,0.5,($500.00)\n3,0.25,#ССЫЛКА!\n",
		  "[t] id BIGINT, ratio DECIMAL(18,2), sum BIGINT\n1|∅|1000\n2|0.50|-500\n3|0.25|∅\n"
		  "! 2 ratio: #DIV/0! (an error value or binary data in the file)\n"
		  "! 4 sum: #ССЫЛКА! (an error value or binary data in the file)\n" },
		/* long numbers that a spreadsheet program rounded */
		{ "ФИО;Телефон;Сумма\nИван;7,9123E+10;1\nПётр;79123456789;2\n",
		  "[t] ФИО VARCHAR, Телефон VARCHAR, Сумма BIGINT\nИван|∅|1\nПётр|79123456789|2\n"
		  "! 2 Телефон: 7,9123E+10 (digits were lost when the file was made: keep the column as text there, and export "
		  "it again)\n" },
		{ "x;y\n1,5E+10;a\n2,5E+11;b\n", "[t] x BIGINT, y VARCHAR\n15000000000|a\n250000000000|b\n" },
		/* ' before text; but no value is cut where others have none */
		{ "id;Артикул;Имя\n1;'0012;'Анна\n2;'+7;О'Нил\n", "[t] id BIGINT, Артикул VARCHAR, Имя VARCHAR\n"
								  "1|0012|'Анна\n2|+7|О'Нил\n" },
		/* sums that cannot be added; the same money in other words */
		{ "a;Сумма\nx;100 руб.\ny;$50\n", "[t] a VARCHAR, Сумма VARCHAR\nx|100 руб.\ny|$50\n" },
		{ "a;Сумма\nx;100 руб.\ny;50 ₽\n", "[t] a VARCHAR, Сумма BIGINT\nx|100\ny|50\n" },
		/* days counted, among dates or under the word; dates of the Far East */
		{ "a;Дата;b\nx;45352;45352\ny;01.03.2024;1\n",
		  "[t] a VARCHAR, Дата DATE, b BIGINT\nx|2024-03-01|45352\ny|2024-03-01|1\n" },
		{ "a,b\nx,2024年3月1日\ny,2024年12月31日\n", "[t] a VARCHAR, b DATE\nx|2024-03-01\ny|2024-12-31\n" },
		/* where the header says it, one in ten may be something else */
		{ "Дата;b\n1.3.24;a\n2.3.24;a\n3.3.24;a\n4.3.24;a\n5.3.24;a\n6.3.24;a\n7.3.24;a\n8.3.24;a\n9.3.24;a\nHOLD;a\n",
		  "[t] Дата DATE, b VARCHAR\n2024-03-01|a\n2024-03-02|a\n2024-03-03|a\n2024-03-04|a\n2024-03-05|a\n"
		  "2024-03-06|a\n2024-03-07|a\n2024-03-08|a\n2024-03-09|a\n∅|a\n! 11 Дата: HOLD (not a date)\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		run_expect(str_of(rows[i].bytes), rows[i].want);
}

#define OTHER_ENCODING \
	"so many lines, from this one on, are in another encoding than the file; each was read in its own"

static void test_mended(void **state)
{
	/* a mark that is closed by one of another row */
	run_expect(
		STR("id,name,city,sum\n1,\"Ann \"\"A\"\" Lee\",London,10\n2,\"Cyd Doe,York,30\n3,Dan Fox,Hull,40\n"
		    "4,\"Eve, Gun\",Bath,50\n5,\"Two\nlines\",Ely,60\n"),
		"[t] id BIGINT, name VARCHAR, city VARCHAR, sum BIGINT\n1|Ann \"A\" Lee|London|10\n2|\"Cyd Doe|York|30\n"
		"3|Dan Fox|Hull|40\n4|Eve, Gun|Bath|50\n5|Two\nlines|Ely|60\n"
		"! 3 row: 2 (a quotation mark is opened and never closed; it was taken as it stands)\n");
	/* a line of windows-1251 in a file of UTF-8 */
	run_expect(
		STR("id;ФИО;Город\r\n1;Иванов Иван;Москва\n2;Ким Ким;Уфа\r\n"
		    "3;\xd1\xe8\xe4\xee\xf0\xee\xe2 \xd1\xe8\xe4\xee\xf0;\xce\xec\xf1\xea\r\n4;Орлов Олег;Пермь\n"),
		"[t] id BIGINT, ФИО VARCHAR, Город VARCHAR\n1|Иванов Иван|Москва\n2|Ким Ким|Уфа\n3|Сидоров Сидор|Омск\n"
		"4|Орлов Олег|Пермь\n! 4 row: 1: 3;Сидоров Сидор;Омск (" OTHER_ENCODING ")\n");
	/* lines of UTF-8 that another program added to a file of windows-1251; a name of two letters is no accident,
	 * one is */
	run_expect(
		STR("id;\324\310\316;\303\356\360\356\344\n1;\310\342\340\355\356\342 \310\342\340\355;\314\356\361\352\342\340\n"
		    "2;\312\350\354 \312\350\354;\323\364\340\n3;Сидоров Сидор;Омск\n4;\316\360\353\356\342 \316\353\345\343;\317\345\360\354\374\n"
		    "5;Ёжин Пётр;Уфа\n"),
		"[t] id BIGINT, ФИО VARCHAR, Город VARCHAR\n1|Иванов Иван|Москва\n2|Ким Ким|Уфа\n3|Сидоров Сидор|Омск\n"
		"4|Орлов Олег|Пермь\n5|Ёжин Пётр|Уфа\n! 4 row: 2: 3;Сидоров Сидор;Омск (" OTHER_ENCODING ")\n");
	/* the header in UTF-8, the rows of a till in CP866, and Polish in CP1250 */
	run_expect(
		STR("код;товар\n1;\341\353\340\n2;\254\256\253\256\252\256\n3;\345\253\245\241 \340\246\240\255\256\251\n"),
		"[t] код BIGINT, товар VARCHAR\n1|сыр\n2|молоко\n3|хлеб ржаной\n! 1 row: 1: код;товар (" OTHER_ENCODING
		")\n");
	run_expect(
		STR("id;imi\352\n1;\243ukasz \257uk\n2;R\323\257A\n3;Gra\277yna \214wi\271tek\n4;Łukasz Żuk\n"),
		"[t] id BIGINT, imię VARCHAR\n1|Łukasz Żuk\n2|RÓŻA\n3|Grażyna Świątek\n4|Łukasz Żuk\n! 5 row: 1: 4;Łukasz Żuk (" OTHER_ENCODING
		")\n");
}

/* The tenth of 24 rows has what is no date: in which line of the file it stands. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void test_lines(void **state)
{
	static const struct {
		const char *head, *row, *between, *tail;
		int line;
	} files[] = {
		{ "id;at\n", "%d;%s", "\n", "\n", 11 },
		{ "id;at\r\n", "%d;%s", "\r\n", "\r\n", 11 },
		{ "id;at\r", "%d;%s", "\r", "\r", 11 },
		{ "id;at\n\n", "%d;%s", "\n\n", "", 21 },
		{ "Report\n\nid;at\n", "%d;%s", "\n", "", 13 },
		{ "id;at;text\n", "%d;%s;\"a\nb\"", "\n", "\n", 20 },
		{ "id    at          \n", "%-5d %-12s", "\n", "\n", 11 },
		{ "", "{\"id\":%d,\"at\":\"%s\"}", "\n", "\n", 10 },
		{ "\n\n", "{\"id\":%d,\"at\":\"%s\"}", "\r\n", "", 12 },
		{ "", "{\n \"id\": %d,\n \"at\": \"%s\"\n}", "\n", "\n", 37 },
		{ "CREATE TABLE `t` (`id` int, `at` varchar(20));\nINSERT INTO `t` VALUES\n", "(%d,'%s')", ",\n", ";\n",
		  12 },
		{ "CREATE TABLE `t` (`id` int, `at` varchar(20));\r\nINSERT INTO `t` VALUES\r\n", "(%d,'%s')", ",\r\n",
		  ";\r\n", 12 },
		{ "-- a\n/* b\n c */\nCREATE TABLE `t` (`id` int, `at` varchar(20));\nINSERT INTO `t` VALUES\n-- x\n",
		  "(%d,'%s')", ",\n", ";\n", 16 },
		{ "CREATE TABLE `t` (`id` int, `at` text);\n", "INSERT INTO `t` VALUES (%d,'%s');", "\n", "\n", 11 },
		{ "CREATE TABLE `t` (`id` int, `at` text);\n", "INSERT INTO `t` VALUES\n  (%d,'%s')\n;", "\n\n", "\n",
		  39 },
		{ "CREATE TABLE `t` (`id` int, `at` text, `x` text);\n", "INSERT INTO `t` VALUES (%d,'%s','a\nb');",
		  "\n", "\n", 20 },
		{ "CREATE TABLE `t` (`id` int, `at` text);\n\nINSERT INTO `t` VALUES ", "(%d,'%s')", ",", ";\n", 3 },
		{ "SET standard_conforming_strings = on;\nCREATE TABLE t (id text, at text);\n\nCOPY t (id, at) FROM stdin;\n",
		  "%d\t%s", "\n", "\n\\.\n", 14 },
		{ "<html><body><table>\n<tr><td>id<td>at</tr>\n", "<tr><td>%d<td>%s</tr>", "\n",
		  "</table></body></html>", 11 },
	};
	for (size_t i = 0; i < countof(files); i++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(MIB), want = BUF_INIT(KIB);
		buf_adds(&b, files[i].head);
		for (int row = 1; row <= 24; row++) {
			char cells[100], day[20];
			snprintf(day, sizeof day, "2024-01-%02d", row);
			snprintf(cells, sizeof cells, files[i].row, row, row == 10 ? "oops" : day);
			buf_addf(&b, "%s%s", cells, row < 24 ? files[i].between : files[i].tail);
		}
		buf_addf(&want, "! %d at: oops (not a date)\n", files[i].line);
		struct run run = run_bytes(buf_str(&b), "t.txt", AS_AUTO, true);
		if (!run.good || !strstr(run.text.p, want.p))
			fail_msg("%zu: %s; wanted %s", i, run.good ? run.text.p : run.e.message, want.p);
		buf_free(&run.text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_what_programs_left),
		cmocka_unit_test(test_mended),
		cmocka_unit_test(test_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
