/* Rows that stand in groups under headings: what is taken for them, and what is not. */
#include "book_fixture.h"

#define HEADING "a heading of a group of rows; it was left out, its text stands in the column of the group"
#define TOTAL "a row of totals; it was left out"

struct expectation {
	const char *text, *want;
};

static void expect_texts(const struct expectation *rows, size_t n, enum groups_wish wish)
{
	bool good = true;
	for (size_t i = 0; i < n; i++) {
		run_groups = wish;
		struct run run = run_bytes(str_of(rows[i].text), "t.csv", AS_AUTO, true);
		run_groups = GROUPS_AUTO;
		if (!run.good || strcmp(run.text.p, rows[i].want) != 0) {
			print_message("row %zu: %s\n-- got:\n%s-- wanted:\n%s", i, run.good ? "" : run.e.message,
				      run.text.p, rows[i].want);
			good = false;
		}
		buf_free(&run.text);
	}
	assert_true(good);
}

#define PRICES "Товар;Артикул;Цена\nНапитки;;\nСок;A1;10,5\nВода;A2;5\nХлеб;;\nБатон;B1;30\nБулка;B2;15\n"
#define PRICES_AS_ROWS                                                                                                                                        \
	"[t] Товар VARCHAR, Артикул VARCHAR, Цена DECIMAL(18,1)\nНапитки|∅|∅\nСок|A1|10.5\nВода|A2|5.0\nХлеб|∅|∅\n" \
	"Батон|B1|30.0\nБулка|B2|15.0\n"

static void test_headings(void **state)
{
	static const struct expectation rows[] = {
		{ PRICES,
		  "[t] Товар VARCHAR, Артикул VARCHAR, Цена DECIMAL(18,1), Группа VARCHAR\nСок|A1|10.5|Напитки\n"
		  "Вода|A2|5.0|Напитки\nБатон|B1|30.0|Хлеб\nБулка|B2|15.0|Хлеб\n"
		  "! 2 row: Напитки (" HEADING ")\n! 5 row: Хлеб (" HEADING ")\n" },
		/* Headings above columns that rows leave empty: filled down, with the sums of each below it. */
		{ "Customer,Date,Num,Amount\nAnn Lee,,,\n,2024-01-05,17,10.00\n,2024-01-06,18,5.50\nTotal for Ann Lee,,,15.50\n"
		  "Bo Ek,,,\n,2024-01-07,19,2.25\nTotal for Bo Ek,,,2.25\nTOTAL,,,17.75\n",
		  "[t] Customer VARCHAR, Date DATE, Num BIGINT, Amount DECIMAL(18,2)\nAnn Lee|2024-01-05|17|10.00\n"
		  "Ann Lee|2024-01-06|18|5.50\nBo Ek|2024-01-07|19|2.25\n! 2 row: Ann Lee (" HEADING ")\n"
		  "! 5 row: Total for Ann Lee | 15.50 (" TOTAL ")\n! 6 row: Bo Ek (" HEADING ")\n"
		  "! 8 row: Total for Bo Ek | 2.25 (" TOTAL ")\n! 9 row: TOTAL | 17.75 (" TOTAL ")\n" },
		/* Two columns of headings, sums on top. */
		{ "Region,City,Goods,Sum\nNorth,,,60\n,Omsk,,30\n,,Tea,10\n,,Milk,20\n,Tula,,30\n,,Tea,30\nSouth,,,5\n,Sochi,,5\n"
		  ",,Tea,5\nGrand Total,,,65\n",
		  "[t] Region VARCHAR, City VARCHAR, Goods VARCHAR, Sum BIGINT\nNorth|Omsk|Tea|10\nNorth|Omsk|Milk|20\n"
		  "North|Tula|Tea|30\nSouth|Sochi|Tea|5\n! 2 row: North (" HEADING ")\n! 3 row: Omsk (" HEADING ")\n"
		  "! 6 row: Tula (" HEADING ")\n! 8 row: South (" HEADING ")\n! 9 row: Sochi (" HEADING ")\n"
		  "! 11 row: Grand Total | 65 (" TOTAL ")\n" },
	};
	expect_texts(rows, countof(rows), GROUPS_AUTO);
}

static void test_sums(void **state)
{
	static const struct expectation rows[] = {
		/* A heading leaves the date empty, and has the sums of its rows. */
		{ "Контрагент / Документ;Дата;Сумма;Кол\nООО Ромашка;;300,10;3\nРеализация 1;01.03.2024;100,10;1\n"
		  "Реализация 2;02.03.2024;200;2\nООО Лютик;;50;5\nРеализация 3;03.03.2024;20;2\nРеализация 4;04.03.2024;30;3\n"
		  "Итого;;350,10;8\n",
		  "[t] Документ VARCHAR, Дата DATE, Сумма DECIMAL(18,1), Кол BIGINT, Контрагент VARCHAR\n"
		  "Реализация 1|2024-03-01|100.1|1|ООО Ромашка\nРеализация 2|2024-03-02|200.0|2|ООО Ромашка\n"
		  "Реализация 3|2024-03-03|20.0|2|ООО Лютик\nРеализация 4|2024-03-04|30.0|3|ООО Лютик\n"
		  "! 2 row: ООО Ромашка (" HEADING ")\n! 5 row: ООО Лютик (" HEADING ")\n"
		  "! 8 row: Итого | 350,10 | 8 (" TOTAL ")\n" },
		/* Nothing but the sums tells them, two levels deep. */
		{ "Nazwa;Kwota;Sztuk\nHotele;90;9\nAlfa;60;6\nPokój;10;1\nSala;50;5\nBeta;30;3\nPokój;12;1\nSala;18;2\nFirmy;7;2\n"
		  "Gamma;7;2\nPokój;3;1\nSala;4;1\n",
		  "[t] Nazwa VARCHAR, Kwota BIGINT, Sztuk BIGINT, Grupa VARCHAR, Grupa 2 VARCHAR\nPokój|10|1|Hotele|Alfa\n"
		  "Sala|50|5|Hotele|Alfa\nPokój|12|1|Hotele|Beta\nSala|18|2|Hotele|Beta\nPokój|3|1|Firmy|Gamma\nSala|4|1|Firmy|Gamma\n"
		  "! 2 row: Hotele (" HEADING ")\n! 3 row: Alfa (" HEADING ")\n! 6 row: Beta (" HEADING ")\n"
		  "! 9 row: Firmy (" HEADING ")\n! 10 row: Gamma (" HEADING ")\n" },
	};
	expect_texts(rows, countof(rows), GROUPS_AUTO);
}

static void test_no_headings(void **state)
{
	static const struct expectation rows[] = {
		/* Customers of whom only the name is known, also where they stand as headings would. */
		{ "Клиент;Телефон;Сумма\nИванов;;\nПетров;+79120000001;100\nКим;+79120000002;50\nОрлов;;\nБелов;+79120000003;70\n"
		  "Чехов;+79120000004;80\n",
		  "[t] Клиент VARCHAR, Телефон VARCHAR, Сумма BIGINT\nИванов|∅|∅\nПетров|+79120000001|100\nКим|+79120000002|50\n"
		  "Орлов|∅|∅\nБелов|+79120000003|70\nЧехов|+79120000004|80\n" },
		{ "name,phone,city\nAnn,,\nBo,1,Omsk\nCy,2,Tula\nDi,,\nEd,3,Omsk\nFay,4,Tula\n",
		  "[t] name VARCHAR, phone VARCHAR, city VARCHAR\nAnn|∅|∅\nBo|1|Omsk\nCy|2|Tula\nDi|∅|∅\nEd|3|Omsk\nFay|4|Tula\n" },
		/* Two columns alone say too little. */
		{ "Товар;Цена\nСок;\nВода;5\nЧай;6\nКофе;\nХлеб;7\nСыр;8\n",
		  "[t] Товар VARCHAR, Цена BIGINT\nСок|∅\nВода|5\nЧай|6\nКофе|∅\nХлеб|7\nСыр|8\n" },
		/* Sums that are those of the rows below, but for one. */
		{ "Имя;Дата;Сумма\nА;;3\nБ;01.01.2024;1\nВ;01.01.2024;2\nГ;;5\nД;01.01.2024;1\nЕ;01.01.2024;3\n",
		  "[t] Имя VARCHAR, Дата DATE, Сумма BIGINT\nА|∅|3\nБ|2024-01-01|1\nВ|2024-01-01|2\nГ|∅|5\nД|2024-01-01|1\n"
		  "Е|2024-01-01|3\n" },
		/* Numbers that are no sums of each other. */
		{ "city,a,b\nOmsk,5,1\nTula,5,1\nSochi,3,2\nPskov,3,2\nOrel,9,9\n",
		  "[t] city VARCHAR, a BIGINT, b BIGINT\nOmsk|5|1\nTula|5|1\nSochi|3|2\nPskov|3|2\nOrel|9|9\n" },
		/* A heading at the end, and one behind another. */
		{ "Товар;Артикул;Цена\nНапитки;;\nСок;A1;10\nВода;A2;5\nЧай;A3;5\nМёд;A4;5\nХлеб;;\n",
		  "[t] Товар VARCHAR, Артикул VARCHAR, Цена BIGINT\nНапитки|∅|∅\nСок|A1|10\nВода|A2|5\nЧай|A3|5\nМёд|A4|5\nХлеб|∅|∅\n" },
		{ "Товар;Артикул;Цена\nСок;A1;10\nНапитки;;\nВода;A2;5\nЧай;A3;5\nХлеб;;\nМёд;A4;5\nКекс;A5;5\n",
		  "[t] Товар VARCHAR, Артикул VARCHAR, Цена BIGINT\nСок|A1|10\nНапитки|∅|∅\nВода|A2|5\nЧай|A3|5\nХлеб|∅|∅\nМёд|A4|5\n"
		  "Кекс|A5|5\n" },
	};
	expect_texts(rows, countof(rows), GROUPS_AUTO);
}

/* The name of a group in its first row, "Total" of it in its last: filled down only where all of them end so. */
static void test_pivots(void **state)
{
	static const struct expectation rows[] = {
		{ "Город;Товар;Сумма\nТула;Сок;1\n;Чай;2\nТула Итог;;3\nОмск;Сок;4\n;Чай;5\nОмск Итог;;9\nОбщий итог;;12\n",
		  "[t] Город VARCHAR, Товар VARCHAR, Сумма BIGINT\nТула|Сок|1\nТула|Чай|2\nОмск|Сок|4\nОмск|Чай|5\n"
		  "! 4 row: Тула Итог | 3 (" TOTAL ")\n! 7 row: Омск Итог | 9 (" TOTAL
		  ")\n! 8 row: Общий итог | 12 (" TOTAL ")\n" },
		{ "Region,City,Goods,Sum\nNorth,Omsk,Tea,1\n,,Milk,2\n,Omsk Total,,3\n,Tula,Tea,4\n,,Milk,5\n,Tula Total,,9\n"
		  "North Total,,,12\nSouth,Sochi,Tea,6\n,Sochi Total,,6\nSouth Total,,,6\nGrand Total,,,18\n",
		  "[t] Region VARCHAR, City VARCHAR, Goods VARCHAR, Sum BIGINT\nNorth|Omsk|Tea|1\nNorth|Omsk|Milk|2\n"
		  "North|Tula|Tea|4\nNorth|Tula|Milk|5\nSouth|Sochi|Tea|6\n! 4 row: Omsk Total | 3 (" TOTAL ")\n"
		  "! 7 row: Tula Total | 9 (" TOTAL ")\n! 8 row: North Total | 12 (" TOTAL
		  ")\n! 10 row: Sochi Total | 6 (" TOTAL ")\n"
		  "! 11 row: South Total | 6 (" TOTAL ")\n! 12 row: Grand Total | 18 (" TOTAL ")\n" },
		{ "team,name,points\nred,Ann,5\n,Bo,6\nblue,Cy,7\n,Di,8\nTotal,,26\n",
		  "[t] team VARCHAR, name VARCHAR, points BIGINT\nred|Ann|5\n∅|Bo|6\nblue|Cy|7\n∅|Di|8\n"
		  "! 6 row: Total | 26 (" TOTAL ")\n" },
	};
	expect_texts(rows, countof(rows), GROUPS_AUTO);
}

static void test_wishes(void **state)
{
	static const struct expectation kept[] = { { PRICES, PRICES_AS_ROWS } };
	static const struct expectation made[] = {
		{ "Товар;Цена\nНапитки;\nВода;5\nЧай;6\n",
		  "[t] Товар VARCHAR, Цена BIGINT, Группа VARCHAR\nВода|5|Напитки\nЧай|6|Напитки\n! 2 row: Напитки (" HEADING
		  ")\n" },
	};
	expect_texts(kept, countof(kept), GROUPS_KEEP);
	expect_texts(made, countof(made), GROUPS_COLUMNS);
}

/* A line that begins with > lies so much deeper in the outline. */
static struct str outlined(const char *grid)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(GIB);
	struct str rest = str_of(grid), line;
	buf_adds(&b, "<worksheet><sheetData>");
	for (int row = 1; str_split(&rest, '\n', &line); row++) {
		struct str cell;
		int level = 0;
		double v;
		for (; str_starts(line, STR(">")); level++)
			line = str_n(line.p + 1, line.n - 1);
		buf_addf(&b, "<row r=\"%d\" outlineLevel=\"%d\"%s>", row, level, level ? " hidden=\"1\"" : "");
		for (char column = 'A'; str_split(&line, '|', &cell); column++)
			if (cell.n)
				buf_addf(&b, "<c r=\"%c%d\"%s><v>%.*s</v></c>", column, row,
					 str_to_f64(cell, &v) ? "" : " t=\"str\"", STR_ARG(cell));
		buf_adds(&b, "</row>");
	}
	buf_adds(&b, "</sheetData></worksheet>");
	return make_book(ONE_SHEET, b.p, NULL);
}

static void test_outline(void **state)
{
	static const struct expectation rows[] = {
		{ "Контрагент / Документ / Товар|Сумма\nРомашка|70\n>Счёт 1|30\n>>Сок|10\n>>Хлеб|20\n>Счёт 2|40\n>>Сок|40\n"
		  "Лютик|5\n>Счёт 3|5\n>>Сыр|5\nПрочее|1\nИтого|76",
		  "[S] Товар VARCHAR, Сумма BIGINT, Контрагент VARCHAR, Документ VARCHAR\nСок|10|Ромашка|Счёт 1\n"
		  "Хлеб|20|Ромашка|Счёт 1\nСок|40|Ромашка|Счёт 2\nСыр|5|Лютик|Счёт 3\nПрочее|1|∅|∅\n"
		  "! 2 row: Ромашка (" HEADING ")\n! 3 row: Счёт 1 (" HEADING ")\n! 6 row: Счёт 2 (" HEADING ")\n"
		  "! 8 row: Лютик (" HEADING ")\n! 9 row: Счёт 3 (" HEADING ")\n! 12 row: Итого | 76 (" TOTAL ")\n" },
		{ "Товар|Цена\nНапитки\n>Сок|10\n>Вода|5\nХлеб\n>Батон|30",
		  "[S] Товар VARCHAR, Цена BIGINT, Группа VARCHAR\nСок|10|Напитки\nВода|5|Напитки\nБатон|30|Хлеб\n"
		  "! 2 row: Напитки (" HEADING ")\n! 5 row: Хлеб (" HEADING ")\n" },
		/* Sums below their rows are no headings of the next ones. */
		{ "Город|Товар|Сумма\n>Тула|Сок|1\n>Тула|Чай|2\nТула, всё||3\n>Омск|Сок|3\n>Омск|Чай|4\nОмск, всё||7",
		  "[S] Город VARCHAR, Товар VARCHAR, Сумма BIGINT\nТула|Сок|1\nТула|Чай|2\nТула, всё|∅|3\nОмск|Сок|3\nОмск|Чай|4\n"
		  "Омск, всё|∅|7\n" },
	};
	bool good = true;
	for (size_t i = 0; i < countof(rows); i++) {
		struct str book = outlined(rows[i].text);
		struct run run = run_bytes(book, "t", AS_AUTO, true);
		if (!run.good || strcmp(run.text.p, rows[i].want) != 0) {
			print_message("row %zu: %s\n-- got:\n%s-- wanted:\n%s", i, run.good ? "" : run.e.message,
				      run.text.p, rows[i].want);
			good = false;
		}
		buf_free(&run.text);
		free((char *)(uintptr_t)book.p);
	}
	assert_true(good);
}

/* Groups of a file of several blocks, the last of which does or does not hold. */
static void test_long(void **state)
{
	for (int wrong = 0; wrong < 2; wrong++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(GIB);
		uint64_t rows = 0;
		buf_adds(&b, "name,pieces\n");
		for (int g = 0; b.n < 3 * MIB; g++) {
			buf_addf(&b, "group %d,%d\n", g, 3 * g + 15);
			for (int i = 4; i < 7; i++)
				buf_addf(&b, "item of a group,%d\n", g + i);
			rows += 4;
		}
		if (wrong)
			buf_adds(&b, "the last,10\nitem,5\nitem,4\n");
		struct run run = run_bytes(buf_str(&b), "t.csv", AS_AUTO, true);
		assert_true(run.good);
		assert_int_equal(run.passes, 1 + wrong);
		assert_true(str_starts(buf_str(&run.text),
				       wrong ? STR("[t] name VARCHAR, pieces BIGINT\ngroup 0|15\n")
					     : STR("[t] name VARCHAR, pieces BIGINT, Group VARCHAR\nitem "
						   "of a group|4|group 0\n")));
		buf_free(&run.text);
		(void)rows;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headings), cmocka_unit_test(test_sums),   cmocka_unit_test(test_no_headings),
		cmocka_unit_test(test_wishes),   cmocka_unit_test(test_pivots), cmocka_unit_test(test_outline),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
