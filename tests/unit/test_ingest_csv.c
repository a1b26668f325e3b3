/* Delimited text: dialects, encodings, headers, misfits; each row is a file and the table it means. */
#include "ingest_run.h"

#include "ingest/csv.h"
#include "ingest/encoding.h"

static void test_dialects(void **state)
{
	static const struct {
		const char *file, *want;
	} rows[] = {
		{ "a,b\n1,x\n2,y\n", "[t] a BIGINT, b VARCHAR\n1|x\n2|y\n" },
		{ "a;b\n1,5;x\n2,5;y\n", "[t] a DECIMAL(18,1), b VARCHAR\n1.5|x\n2.5|y\n" },
		{ "a\tb\n1\tx y\n2\tz\n", "[t] a BIGINT, b VARCHAR\n1|x y\n2|z\n" },
		{ "a|b\n1|x\n2|y\n", "[t] a BIGINT, b VARCHAR\n1|x\n2|y\n" },
		{ "sep=|\na|b,c\n1|2\n", "[t] a BIGINT, b,c BIGINT\n1|2\n" },
		{ "sep=;\r\na;b\r\n1;2\r\n", "[t] a BIGINT, b BIGINT\n1|2\n" },
		{ "a,b\r\n1,x\r\n2,y", "[t] a BIGINT, b VARCHAR\n1|x\n2|y\n" },
		{ "a,b\r1,x\r2,y\r", "[t] a BIGINT, b VARCHAR\n1|x\n2|y\n" },
		/* of Excel for Macintosh: a line feed within a cell ends no line, and counts as none */
		{ "a,b\r1,\"two\nlines\"\r2,y,extra\r",
		  "[t] a BIGINT, b VARCHAR\n1|two\nlines\n2|y\n! 3 row: extra (more cells than the table has columns)\n" },
		/* as many commas as tabs */
		{ "a,b\tn\nx\t1,5\ny\t2,5\n", "[t] a,b VARCHAR, n DECIMAL(18,1)\nx|1.5\ny|2.5\n" },
		{ "a,b\n1,x\n\n\r\n2,y\n,\n", "[t] a BIGINT, b VARCHAR\n1|x\n2|y\n" },
		{ "a\n1\n2\n", "[t] a BIGINT\n1\n2\n" },
		{ "\"a\",\"b\"\n\"1\",\"x, y\"\n\"2\",\"say \"\"hi\"\"\"\n",
		  "[t] a BIGINT, b VARCHAR\n1|x, y\n2|say \"hi\"\n" },
		{ "a,b\n1,\"two\nlines\"\n2,y\n", "[t] a BIGINT, b VARCHAR\n1|two\nlines\n2|y\n" },
		{ "a,b\n1, \"x, y\" \n2,z\n", "[t] a BIGINT, b VARCHAR\n1|x, y\n2|z\n" },
		{ "a,b\n1,5\" pipe\n2,z\n", "[t] a BIGINT, b VARCHAR\n1|5\" pipe\n2|z\n" },
		{ "a,b\n1,\"x\"y\n2,z\n", "[t] a BIGINT, b VARCHAR\n1|\"x\"y\n2|z\n" },
		{ "a,b,c\n1,,\"\"\n", "[t] a BIGINT, b VARCHAR, c VARCHAR\n1|∅|∅\n" },
		{ "a,b\n1\n2,y\n", "[t] a BIGINT, b VARCHAR\n1|∅\n2|y\n" },
		{ "a,b\n1,x,,\n2,y,,\n", "[t] a BIGINT, b VARCHAR\n1|x\n2|y\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		run_expect(str_of(rows[i].file), rows[i].want);
}

static void test_aligned(void **state)
{
	static const struct {
		const char *file, *want;
	} rows[] = {
		{ "Код   Наименование          Сумма\n001   Молоко 3,2%         1 234,56\n002   Хлеб \"Бородинский\"   "
		  "  45,00\n"
		  "010   Сыр                    -7,10\n",
		  "[t] Код VARCHAR, Наименование VARCHAR, Сумма DECIMAL(18,2)\n001|Молоко 3,2%|1234.56\n002|Хлеб "
		  "\"Бородинский\"|45.00\n010|Сыр|-7.10\n" },
		/* a title above, a line under the header, a cell left empty, CRLF */
		{ "Report for March\r\n\r\nid    name            day\r\n----- --------------- ----------\r\n    1 Anna "
		  "Smith      "
		  "2026-12-31\r\n   12                 2026-01-02\r\n  113 John            2026-02-03\r\n",
		  "[t] id BIGINT, name VARCHAR, day DATE\n1|Anna "
		  "Smith|2026-12-31\n12|∅|2026-01-02\n113|John|2026-02-03\n" },
		{ "name      n   code\nAnna      1   x1\nJohn      2   y2\nPeter     4   w4\n",
		  "[t] name VARCHAR, n BIGINT, code VARCHAR\nAnna|1|x1\nJohn|2|y2\nPeter|4|w4\n" },
		/* names longer than the numbers that end below them, and one number longer than the others */
		{ "Товар      Остаток на складе  Цена\nСыр                       12     5\nХлеб                     140    "
		  "17\nМасло                     75   123\nСоль       1 234 567 890 123     9\n",
		  "[t] Товар VARCHAR, Остаток на складе BIGINT, Цена BIGINT\n"
		  "Сыр|12|5\nХлеб|140|17\nМасло|75|123\nСоль|1234567890123|9\n" },
		/* what is none: one column of words, delimited text that somebody aligned */
		{ "name\nAnna Smith\nJohn Brown\nPeter Black\n",
		  "[t] name VARCHAR\nAnna Smith\nJohn Brown\nPeter Black\n" },
		{ "id ,  name  ,  n\n1  ,  Anna  ,  5\n22 ,  John  ,  6\n3  ,  Petr  ,  7\n",
		  "[t] id BIGINT, name VARCHAR, n BIGINT\n1|Anna|5\n22|John|6\n3|Petr|7\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		run_expect(str_of(rows[i].file), rows[i].want);
	/* Over several blocks, in CP1251. */
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * MIB);
	size_t n = 0;
	buf_adds(&b, "\xc8\xec\xff       n\n"); /* Имя */
	for (; b.n < MIB + 200 * KIB; n++)
		buf_addf(&b, "%-8s  %zu\n", n % 2 ? "\xc0\xed\xed\xe0" : "\xcf\xb8\xf2\xf0", n + 10);
	struct run run = run_bytes(buf_str(&b), "t", AS_AUTO, false);
	assert_true(run.good);
	assert_string_equal(run.encoding, "CP1251");
	static const char begin[] = "[t] Имя VARCHAR, n BIGINT\nПётр|10\nАнна|11\n";
	assert_memory_equal(run.text.p, begin, sizeof begin - 1);
	buf_clear(&b);
	buf_addf(&b, "|%zu\n", n + 9);
	assert_non_null(strstr(run.text.p, b.p));
	buf_free(&run.text);
}

static void test_headers(void **state)
{
	static const struct {
		const char *file, *want;
	} rows[] = {
		{ "id,name\n", "[t] id VARCHAR, name VARCHAR\n" },
		{ "name,Name, name ,\nx,y,z,w\n",
		  "[t] name VARCHAR, Name_2 VARCHAR, name_3 VARCHAR, column_4 VARCHAR\nx|y|z|w\n" },
		{ "  a \n b,_row\n1,2\n", "[t] b BIGINT, _row_2 BIGINT\n1|2\n" },
		{ "1,x\n2,y\n", "[t] column_1 BIGINT, column_2 VARCHAR\n1|x\n2|y\n" },
		{ "red,apple\nred,cherry\nblue,plum\n",
		  "[t] column_1 VARCHAR, column_2 VARCHAR\nred|apple\nred|cherry\nblue|plum\n" },
		{ "Report for March\n\nid;sum;who\n1;2;x\n3;4;y\n",
		  "[t] id BIGINT, sum BIGINT, who VARCHAR\n1|2|x\n3|4|y\n" },
		{ "city,2023,2024\nTula,5,6\nOmsk,7,8\n",
		  "[t] city VARCHAR, 2023 BIGINT, 2024 BIGINT\nTula|5|6\nOmsk|7|8\n" },
		{ "\"long\nname\",b\n1,2\n", "[t] long name BIGINT, b BIGINT\n1|2\n" },
		/* a value missing in words, above values under no name, does not make a header of its row */
		{ "who||two||sku|r\nAnn Lee|н/д|a b|x y|C72|\nBob Ray|18607|c d|y z|C54|\nKim Lo|-5|e f|z a|K16|\n",
		  "[t] who VARCHAR, column_2 BIGINT, two VARCHAR, column_4 VARCHAR, sku VARCHAR, r VARCHAR\n"
		  "Ann Lee|∅|a b|x y|C72|∅\nBob Ray|18607|c d|y z|C54|∅\nKim Lo|-5|e f|z a|K16|∅\n" },
		{ "a,b\n1,x,extra\n2,y\n",
		  "[t] a BIGINT, b VARCHAR\n1|x\n2|y\n! 2 row: extra (more cells than the table has columns)\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		run_expect(str_of(rows[i].file), rows[i].want);
}

static void test_totals(void **state)
{
	static const struct {
		const char *file, *want;
	} rows[] = {
		/* the last row, though no cell of it is empty */
		{ "Город;Сумма\nТула;5\nОмск;7\nИтого;12\n", "[t] Город VARCHAR, Сумма BIGINT\nТула|5\nОмск|7\n! 4 "
							     "row: Итого | 12 (a row of totals; it was left out)\n" },
		{ "day,n,sum\n01.02.2026,1,2.5\n02.02.2026,2,3.5\n,Total:,6\n",
		  "[t] day DATE, n BIGINT, sum DECIMAL(18,1)\n2026-02-01|1|2.5\n2026-02-02|2|3.5\n! 4 row: Total: | 6 "
		  "(a row of "
		  "totals; it was left out)\n" },
		/* within, too, where it leaves cells empty */
		{ "miasto;klient;kwota\nŁódź;A;1,5\nRazem za Łódź;;1,5\nKraków;B;2\nSuma;;2\nRAZEM;;3,5\n",
		  "[t] miasto VARCHAR, klient VARCHAR, kwota DECIMAL(18,1)\nŁódź|A|1.5\nKraków|B|2.0\n"
		  "! 3 row: Razem za Łódź | 1,5 (a row of totals; it was left out)\n"
		  "! 5 row: Suma | 2 (a row of totals; it was left out)\n"
		  "! 6 row: RAZEM | 3,5 (a row of totals; it was left out)\n" },
		{ "град,износ\nСкопје,5\nВкупно,5\n", "[t] град VARCHAR, износ BIGINT\nСкопје|5\n! 3 row: Вкупно | 5 "
						      "(a row of totals; it was left out)\n" },
		/* of what stands above */
		{ "город;товар;сумма\nМосква;Сыр;1\nМосква;Чай;2\nМосква Итог;;3\nКраков;Сыр;4\nКраков Итог;;4\nОбщий "
		  "итог;;7\n",
		  "[t] город VARCHAR, товар VARCHAR, сумма BIGINT\nМосква|Сыр|1\nМосква|Чай|2\nКраков|Сыр|4\n"
		  "! 4 row: Москва Итог | 3 (a row of totals; it was left out)\n"
		  "! 6 row: Краков Итог | 4 (a row of totals; it was left out)\n"
		  "! 7 row: Общий итог | 7 (a row of totals; it was left out)\n" },
		{ "miasto;szt;kwota\nKraków;1;5\n;2;6\nRazem Kraków;3;11\nВкупно Скопје;1;5\n",
		  "[t] miasto VARCHAR, szt BIGINT, kwota BIGINT\nKraków|1|5\n∅|2|6\nВкупно Скопје|1|5\n"
		  "! 4 row: Razem Kraków | 3 | 11 (a row of totals; it was left out)\n" },
		{ "град,износ\nСкопје,5\nСкопје,6\nВкупно Скопје,11\nGrand Total,11\n",
		  "[t] град VARCHAR, износ BIGINT\nСкопје|5\nСкопје|6\n"
		  "! 4 row: Вкупно Скопје | 11 (a row of totals; it was left out)\n"
		  "! 5 row: Grand Total | 11 (a row of totals; it was left out)\n" },
		/* signatures and remarks */
		{ "код;имя;сумма\n1;А;5\n2;Б;6\nИтого;;11\n;;\nБухгалтер: Петрова А.И.;;\n;Директор;\n",
		  "[t] код BIGINT, имя VARCHAR, сумма BIGINT\n1|А|5\n2|Б|6\n! 4 row: Итого | 11 (a row of totals; it "
		  "was "
		  "left out)\n! 6 row: Бухгалтер: Петрова А.И. (text below the table, which is no row of it; it was "
		  "left "
		  "out)\n! 7 row: Директор (text below the table, which is no row of it; it was left out)\n" },
		{ "код;имя;сумма\n1;А;5\n2;Б;6\n;В;\n",
		  "[t] код BIGINT, имя VARCHAR, сумма BIGINT\n1|А|5\n2|Б|6\n∅|В|∅\n" },
		/* what is none */
		{ "магазин,сумма\nИтого,5\nМаяк,6\nИтого,7\n",
		  "[t] магазин VARCHAR, сумма BIGINT\nИтого|5\nМаяк|6\nИтого|7\n" },
		{ "firma,kwota\nEnergies,5\nTotal Gaz,6\nGaz Suma,7\n",
		  "[t] firma VARCHAR, kwota BIGINT\nEnergies|5\nTotal Gaz|6\nGaz Suma|7\n" },
		{ "name,sum\nTotal,5\nOther,6\n", "[t] name VARCHAR, sum BIGINT\nTotal|5\nOther|6\n" },
		{ "name,city,sum\nTotal Energies,,5\nOther,Tula,6\n",
		  "[t] name VARCHAR, city VARCHAR, sum BIGINT\nTotal Energies|∅|5\nOther|Tula|6\n" },
		{ "name,city,sum\nTotal,Tula,\nTotal,Omsk,6\n",
		  "[t] name VARCHAR, city VARCHAR, sum BIGINT\nTotal|Tula|∅\nTotal|Omsk|6\n" },
		{ "name\nTotal\n", "[t] name VARCHAR\nTotal\n" },
		{ "Итого,2023,2024\na,5,6\n", "[t] Итого VARCHAR, 2023 BIGINT, 2024 BIGINT\na|5|6\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		run_expect(str_of(rows[i].file), rows[i].want);
	/* The last block of several, and none before it. */
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * MIB);
	buf_adds(&b, "name,n\n");
	for (int i = 0; b.n < MIB + 200 * KIB; i++)
		buf_addf(&b, "%s,%d\n", i % 1000 ? "plain words here" : "Total", i);
	buf_adds(&b, "Total,5\nGrand Total,7\n");
	struct run run = run_bytes(buf_str(&b), "t", AS_AUTO, false);
	assert_true(run.good);
	assert_non_null(strstr(run.text.p, "\nTotal|1000\n"));
	assert_non_null(strstr(run.text.p, "\nTotal|5\n")); /* a name that others have, too */
	assert_non_null(strstr(run.text.p, " row: Grand Total | 7 (a row of totals; it was left out)\n"));
	buf_free(&run.text);
}

static void test_values(void **state)
{
	static const struct {
		const char *file, *want;
	} rows[] = {
		{ "id,zip\n 7 ,01040\n7,77095\n", "[t] id BIGINT, zip VARCHAR\n7|01040\n7|77095\n" },
		{ "id,n\n ab ,1\nab,2\n\xc2\xa0"
		  "ab\xc2\xa0,3\n",
		  "[t] id VARCHAR, n BIGINT\nab|1\nab|2\nab|3\n" },
		{ "Телефон,n\n89121234567,1\n", "[t] Телефон VARCHAR, n BIGINT\n89121234567|1\n" },
		{ "INN,n\n7707083893,1\n", "[t] INN VARCHAR, n BIGINT\n7707083893|1\n" },
		{ "account,n\n112312323321,1\n", "[t] account VARCHAR, n BIGINT\n112312323321|1\n" },
		{ "d,n\n31.12.2026,NULL\n01.02.2026,5\n", "[t] d DATE, n BIGINT\n2026-12-31|∅\n2026-02-01|5\n" },
		/* the other column knows what a comma is */
		{ "a\tb\n1,000\t1,5\n2,000\t2,5\n", "[t] a BIGINT, b DECIMAL(18,1)\n1|1.5\n2|2.5\n" },
		{ "a;b\n1,000;1.5\n2,000;2.5\n", "[t] a BIGINT, b DECIMAL(18,1)\n1000|1.5\n2000|2.5\n" },
		{ "a;b\n1,000;x\n2,000;y\n", "[t] a BIGINT, b VARCHAR\n1|x\n2|y\n" },
		{ "s\nNULL\nx\nNone\n", "[t] s VARCHAR\n∅\nx\nNone\n" },
		{ "t\n12/13/2010 8:26\n1/2/2011 17:00\n",
		  "[t] t TIMESTAMP\n2010-12-13T08:26:00Z\n2011-01-02T17:00:00Z\n" },
		{ "x;p\n1;12,5%\n1;7%\n", "[t] x BIGINT, p DECIMAL(18,3)\n1|0.125\n1|0.070\n" },
		{ "f;g\n1;9.83E-05\n2;0.2\n", "[t] f BIGINT, g DECIMAL(18,7)\n1|0.0000983\n2|0.2000000\n" },
		{ "f;g\n1;-0.30000000000000004\n2;1234567890.5\n",
		  "[t] f BIGINT, g DECIMAL(38,17)\n1|-0.30000000000000004\n2|1234567890.50000000000000000\n" },
		{ "клиент;согласие\nа;да\nб;нет\nв;\n",
		  "[t] клиент VARCHAR, согласие BOOLEAN\nа|true\nб|false\nв|∅\n" },
		{ "a;b\nx;5 марта 2026 г.\ny;н/д\n", "[t] a VARCHAR, b DATE\nx|2026-03-05\ny|∅\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		run_expect(str_of(rows[i].file), rows[i].want);
}

/* 24 good values and a bad one. */
static void test_rejects(void **state)
{
	static const struct {
		const char *good, *bad, *type, *value, *reason;
	} rows[] = {
		{ "12", "oops", "BIGINT", "12", "not a whole number" },
		{ "1.5", "1.5.1", "DECIMAL(18,1)", "1.5", "not a number" },
		{ "31.12.2026", "31.13.2026", "DATE", "2026-12-31", "not a date" },
		{ "31.12.2026 10:00", "later", "TIMESTAMP", "2026-12-31T10:00:00Z", "not a date and time" },
		{ "true", "maybe", "BOOLEAN", "true", "neither true nor false" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		CLEANUP(buf_free) struct buf file = BUF_INIT(MIB), want = BUF_INIT(MIB);
		buf_adds(&file, "n;v\n");
		buf_addf(&want, "[t] n BIGINT, v %s\n", rows[i].type);
		for (int k = 1; k <= 24; k++) {
			buf_addf(&file, "%d;%s\n", k, rows[i].good);
			buf_addf(&want, "%d|%s\n", k, rows[i].value);
		}
		buf_addf(&file, "25;%s\n", rows[i].bad);
		buf_addf(&want, "25|∅\n! 26 v: %s (%s)\n", rows[i].bad, rows[i].reason);
		run_expect(buf_str(&file), want.p);
	}
	/* A line number counts lines, also those inside of quotes. */
	CLEANUP(buf_free) struct buf file = BUF_INIT(MIB);
	buf_adds(&file, "n,v\n");
	for (int k = 0; k < 30; k++)
		buf_addf(&file, "%d,\"two\nlines\"\n", k);
	buf_adds(&file, "x,y\n");
	struct run run = run_bytes(buf_str(&file), "t", AS_AUTO, false);
	assert_true(run.good);
	assert_non_null(strstr(run.text.p, "! 62 n: x (not a whole number)\n"));
	buf_free(&run.text);
	run_expect(STR("a,b\n1,\"never closed\n2,y\n"), "[t] a BIGINT, b VARCHAR\n1|\"never closed\n2|y\n! 2 row: 1 (a "
							"quotation mark is opened and never closed; "
							"it was taken as it stands)\n");
}

static void test_encodings(void **state)
{
	static const char utf8[] = "Имя;Город\nПётр;Тула\nАнна;Омск\n";
	static const char want[] = "[t] Имя VARCHAR, Город VARCHAR\nПётр|Тула\nАнна|Омск\n";
	static const struct {
		enum encoding page;
		const char *text, *encoding;
	} rows[] = {
		{ ENC_CP1251, "Фамилия;Город\nИванов;Казань\nПетрова;Нижний Новгород\n", "CP1251" },
		{ ENC_KOI8R, "Фамилия;Город\nИванов;Казань\nПетрова;Нижний Новгород\n", "KOI8-R" },
		{ ENC_CP866, "Фамилия;Город\nИванов;Казань\nПетрова;Нижний Новгород\n", "CP866" },
		{ ENC_CP1250, "Imię;Miasto\nŁukasz;Łódź\nStanisław;Kraków\nMałgorzata;Gdańsk\n", "CP1250" },
		{ ENC_CP1252, "Name;Ort\nJürgen;Köln\nAndré;Besançon\n", "CP1252" },
		/* no-break spaces between thousands, which are Cyrillic letters in CP866; both Latin pages read it
		   alike */
		{ ENC_CP1252, "Name;Sum\nAndré;1\u00a0234,50\nRené;12\u00a0345\u00a0678,25\nJohn;7\u00a0890,00\n",
		  "CP1250" },
		{ ENC_CP1252, "Description;Price\nRED BAG £10;5\nBLUE BAG;6\n", "CP1252" },
	};
	run_expect(str_of(utf8), want);
	CLEANUP(buf_free) struct buf marked = BUF_INIT(MIB);
	buf_adds(&marked, "\xef\xbb\xbf");
	buf_adds(&marked, utf8);
	run_expect(buf_str(&marked), want);
	for (size_t i = 0; i < countof(rows); i++) {
		/* Back from Unicode by the same table. */
		CLEANUP(buf_free) struct buf bytes = BUF_INIT(MIB), back = BUF_INIT(MIB);
		for (const unsigned char *p = (const unsigned char *)rows[i].text; *p;) {
			size_t n = *p < 0x80 ? 1 : 2;
			uint32_t code = n == 1 ? *p : ((uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f));
			unsigned byte = n == 1 ? code : 0;
			for (unsigned k = 0; n == 2 && k < 128; k++)
				byte = encoding_pages[rows[i].page][k] == code ? k + 128 : byte;
			assert_int_not_equal(byte, 0);
			buf_addc(&bytes, (char)byte);
			p += n;
		}
		encoding_decode(rows[i].page, buf_str(&bytes), &back);
		assert_string_equal(back.p, rows[i].text);
		struct run run = run_bytes(buf_str(&bytes), "t", AS_AUTO, true);
		assert_true(run.good);
		assert_string_equal(run.encoding, rows[i].encoding);
		buf_free(&run.text);
	}
}

static void test_utf16(void **state)
{
	for (int little = 0; little < 2; little++) {
		for (int mark = 0; mark < 2; mark++) {
			CLEANUP(buf_free) struct buf b = BUF_INIT(MIB);
			static const uint16_t units[] = { 0xfeff, 0x418,  0x43c, 0x44f, ';', 'n', '\n',
							  0x41f,  0x451,  0x442, 0x440, ';', '1', '\n',
							  0xd83d, 0xde00, ';',   '2',   '\n' };
			for (size_t i = mark ? 0 : 1; i < countof(units); i++) {
				char two[2] = { (char)(units[i] >> 8), (char)units[i] };
				buf_addc(&b, two[little]);
				buf_addc(&b, two[1 - little]);
			}
			struct run run = run_bytes(buf_str(&b), "t", AS_AUTO, false);
			if (!run.good)
				fail_msg("%s", run.e.message);
			assert_string_equal(run.text.p, "[t] Имя VARCHAR, n BIGINT\nПётр|1\n😀|2\n");
			assert_string_equal(run.encoding, little ? "UTF-16LE" : "UTF-16BE");
			buf_free(&run.text);
		}
	}
}

/* The first byte beyond ASCII comes megabytes late; and damage in UTF-8 is damage, not another encoding. */
static void test_late_encoding(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * MIB);
	buf_adds(&b, "n,name\n");
	for (int i = 0; b.n < 3 * MIB; i++)
		buf_addf(&b, "%d,plain words here\n", i);
	buf_adds(&b, "1,caf\xe9\n");
	struct run run = run_bytes(buf_str(&b), "t", AS_AUTO, false);
	assert_true(run.good);
	assert_string_equal(run.encoding, "CP1252");
	assert_int_equal(run.passes, 1);
	assert_non_null(strstr(run.text.p, "1|café\n"));
	buf_free(&run.text);

	buf_clear(&b);
	buf_adds(&b, "n,имя\n");
	for (int i = 0; i < 100; i++)
		buf_addf(&b, "%d,слово\n", i);
	buf_adds(&b, "1,\xff\n");
	run = run_bytes(buf_str(&b), "t", AS_AUTO, true);
	assert_true(run.good);
	assert_string_equal(run.encoding, "UTF-8");
	assert_non_null(strstr(run.text.p, "1|\xef\xbf\xbd\n"));
	assert_non_null(strstr(run.text.p, "not valid UTF-8"));
	buf_free(&run.text);
}

static void test_limits(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(GIB);
	for (int i = 0; i < 100000; i++)
		buf_addf(&b, "c%d,", i);
	buf_adds(&b, "\n");
	run_refused(buf_str(&b), ERR_LIMIT, "too_many_columns", "2000 columns");
	buf_clear(&b);
	buf_adds(&b, "a,b\n");
	while (b.n < LIMIT_ROW_BYTES + 2 * MIB)
		buf_adds(&b, "0123456789012345678901234567890123456789");
	run_refused(buf_str(&b), ERR_LIMIT, "row_too_long", "Line 2");
	/* A long cell is a reject; the rest of its row stays. */
	buf_clear(&b);
	buf_adds(&b, "a,b\n1,");
	while (b.n < LIMIT_CELL_BYTES + 100)
		buf_adds(&b, "long");
	buf_adds(&b, "\n2,x\n");
	struct run run = run_bytes(buf_str(&b), "t", AS_AUTO, true);
	assert_true(run.good);
	static const char want[] = "[t] a BIGINT, b VARCHAR\n1|∅\n2|x\n! 2 b: long";
	assert_memory_equal(run.text.p, want, sizeof want - 1);
	buf_free(&run.text);
}

/* Wherever the blocks are cut, the rows are the same: quotes, line breaks in them, and numbering by two threads. */
static void test_blocks(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * MIB), want = BUF_INIT(64 * MIB);
	buf_adds(&b, "n,s\n");
	buf_adds(&want, "[t] n BIGINT, s VARCHAR\n");
	for (int i = 0; b.n < 5 * MIB; i++) {
		int n = i * 7919 % 97;
		buf_addf(&b, "%d,\"%.*s\n\"\"%d\"\"\"\n", i, n,
			 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmno"
			 "pqrstuvwxyz",
			 i);
		buf_addf(&want, "%d|%.*s%s\"%d\"\n", i, n,
			 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmno"
			 "pqrstuvwxyz",
			 n ? "\n" : "", i);
	}
	struct run run = run_bytes(buf_str(&b), "t", AS_AUTO, false);
	assert_true(run.good);
	assert_true(buf_str(&run.text).n == want.n && memcmp(run.text.p, want.p, want.n) == 0);
	buf_free(&run.text);
}

static void test_cut_agrees_with_index(void **state)
{
	static const char *const files[] = { "a,\"b\nc\"\nd,e\n", "\"\"\"\n\"\n", "x \"y\nz\" w\n",
					     "a, \"b\n\",c\n\n\"\"\n", "\"a\"\"\n\"\"b\"\n1\n" };
	struct csv_dialect d = { .delimiter = ',', .line_end = '\n' };
	for (size_t i = 0; i < countof(files); i++) {
		char padded[256] = { 0 };
		size_t n = strlen(files[i]), whole = 0, parts = 0;
		struct rows rows = { 0 };
		struct err e;
		memcpy(padded, files[i], n);
		assert_true(csv_index(&d, str_n(padded, n), false, &rows, &e));
		whole = rows.n_rows;
		for (size_t at = 0; at < n;) {
			size_t cut = 0, have = 1;
			while (csv_cut(&d, str_n(files[i] + at, have), at + have == n, false, &cut) != CSV_CUT)
				have++;
			memset(padded, 0, sizeof padded);
			memcpy(padded, files[i] + at, cut);
			rows.n_rows = rows.n_cells = 0;
			assert_true(csv_index(&d, str_n(padded, cut), false, &rows, &e));
			parts += rows.n_rows;
			at += cut;
		}
		assert_int_equal(parts, whole);
		rows_free(&rows);
	}
}

static void test_baskets(void **state)
{
	struct run run = run_bytes(STR("milk,bread , milk\n\nsoap\n"), "g.csv", AS_BASKETS, true);
	assert_true(run.good);
	assert_string_equal(run.text.p, "[g] basket BIGINT, item VARCHAR\n1|milk\n1|bread\n1|milk\n3|soap\n");
	buf_free(&run.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialects),      cmocka_unit_test(test_headers),
		cmocka_unit_test(test_values),        cmocka_unit_test(test_totals),
		cmocka_unit_test(test_aligned),       cmocka_unit_test(test_rejects),
		cmocka_unit_test(test_encodings),     cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_late_encoding), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_blocks),        cmocka_unit_test(test_cut_agrees_with_index),
		cmocka_unit_test(test_baskets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
