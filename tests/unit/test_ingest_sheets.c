/* Sheets as offices make them: several tables, letterheads, headers of several rows, months across. */
#include "book_fixture.h"

#include "ingest/period.h"
#include "ingest/unpivot.h"

static bool is_number(struct str s)
{
	double v;
	return s.p[0] != '+' && str_to_f64(s, &v);
}

/* A cell a part of the line between |; an empty line no row; a line that begins with ~ a hidden row; #: an error. */
static void add_rows(struct buf *b, const char *grid)
{
	struct str rest = str_of(grid), line;
	for (int row = 1; str_split(&rest, '\n', &line); row++) {
		struct str cell;
		bool hidden = str_starts(line, STR("~"));
		line = hidden ? str_n(line.p + 1, line.n - 1) : line;
		if (!line.n)
			continue;
		buf_addf(b, "<row r=\"%d\"%s>", row, hidden ? " hidden=\"1\"" : "");
		for (char column = 'A'; str_split(&line, '|', &cell); column++) {
			if (!cell.n)
				continue;
			bool number = is_number(cell), error = cell.p[0] == '#';
			bool formula = str_is(cell, "=");
			buf_addf(b, "<c r=\"%c%d\"%s>%s<v>%.*s</v></c>", column, row,
				 error               ? " t=\"e\""
				 : number || formula ? ""
						     : " t=\"str\"",
				 formula ? "<f>A1</f>" : "", formula ? 0 : (int)cell.n, cell.p);
		}
		buf_adds(b, "</row>");
	}
}

static struct run run_grid(const char *grid, bool unpivot, bool drop)
{
	CLEANUP(buf_free) struct buf sheet = BUF_INIT(GIB);
	buf_adds(&sheet, "<worksheet><dimension ref=\"A1\"/><sheetData>");
	add_rows(&sheet, grid);
	buf_adds(&sheet, "</sheetData></worksheet>");
	struct str book = make_book(ONE_SHEET, sheet.p, NULL);
	run_unpivot = unpivot;
	run_drop = drop;
	struct run run = run_bytes(book, "t", AS_AUTO, true);
	run_unpivot = run_drop = false;
	free((char *)(uintptr_t)book.p);
	return run;
}

struct expectation {
	const char *grid, *want;
};

static void expect_grids(const struct expectation *rows, size_t n, bool unpivot, bool drop)
{
	bool good = true;
	for (size_t i = 0; i < n; i++) {
		struct run run = run_grid(rows[i].grid, unpivot, drop);
		if (!run.good || strcmp(run.text.p, rows[i].want) != 0) {
			print_message("row %zu: %s\n-- got:\n%s-- wanted:\n%s", i, run.good ? "" : run.e.message,
				      run.text.p, rows[i].want);
			good = false;
		}
		buf_free(&run.text);
	}
	assert_true(good);
}

static void test_several_tables(void **state)
{
	static const struct expectation rows[] = {
		/* one below the other */
		{ "Клиент|Сумма\nИванов|100\nПетров|200\n\nТовар|Цена|Остаток\nСтол|10|1\nСтул|5|2\n",
		  "[S] Клиент VARCHAR, Сумма BIGINT\nИванов|100\nПетров|200\n"
		  "[S_2] Товар VARCHAR, Цена BIGINT, Остаток BIGINT\nСтол|10|1\nСтул|5|2\n" },
		/* the same columns again, each with a title: three tables */
		{ "Север\nКлиент|Сумма\nА|1\nБ|2\n\nЮг\nКлиент|Сумма\nВ|3\nГ|4\n\n\nЗапад\n\nКлиент|Сумма\nД|5\nЕ|6\n",
		  "[S] Клиент VARCHAR, Сумма BIGINT\nА|1\nБ|2\n[S_2] Клиент VARCHAR, Сумма BIGINT\nВ|3\nГ|4\n"
		  "[S_3] Клиент VARCHAR, Сумма BIGINT\nД|5\nЕ|6\n" },
		/* an empty row inside of a table, a value missing in words behind it */
		{ "name|sum\nann|1\nbob|2\n\ncid|нет данных\ndan|4\neve|5\n",
		  "[S] name VARCHAR, sum BIGINT\nann|1\nbob|2\ncid|∅\ndan|4\neve|5\n" },
		{ "a|b\nx|y\nz|w\n\nMoscow|Ann\nKyiv|Bob\n",
		  "[S] a VARCHAR, b VARCHAR\nx|y\nz|w\nMoscow|Ann\nKyiv|Bob\n" },
		/* a header apart from its rows */
		{ "Клиент|Сумма\n\nИванов|100\nПетров|200\n",
		  "[S] Клиент VARCHAR, Сумма BIGINT\nИванов|100\nПетров|200\n" },
		/* side by side */
		{ "Клиент|Сумма||Клиент|Сумма\nА|1||В|3\nБ|2||Г|4\n|||Д|5\n",
		  "[S] Клиент VARCHAR, Сумма BIGINT\nА|1\nБ|2\n[S_2] Клиент VARCHAR, Сумма BIGINT\nВ|3\nГ|4\nД|5\n" },
		{ "Продажи|||Склад\nКлиент|Сумма||Товар|Цена\nА|1||В|3\nБ|2||Г|4\n",
		  "[S] Клиент VARCHAR, Сумма BIGINT\nА|1\nБ|2\n[S_2] Товар VARCHAR, Цена BIGINT\nВ|3\nГ|4\n" },
		/* an empty column in one table */
		{ "Клиент|Сумма||Телефон|Город\nА|1||+79120000001|Омск\nБ|2||+79120000002|Уфа\n",
		  "[S] Клиент VARCHAR, Сумма BIGINT, Телефон VARCHAR, Город VARCHAR\n"
		  "А|1|+79120000001|Омск\nБ|2|+79120000002|Уфа\n" },
	};
	expect_grids(rows, countof(rows), false, false);
}

static void test_letterheads(void **state)
{
	static const struct expectation rows[] = {
		{ "ООО Ромашка\nОтчёт о продажах\n\nid|Клиент|Сумма\n1|А|10\n2|Б|20\n",
		  "[S] id BIGINT, Клиент VARCHAR, Сумма BIGINT\n1|А|10\n2|Б|20\n" },
		{ "Период:|Март 2024\nМагазин:|Центр\n\nid|Клиент|Сумма|Дата\n1|А|10|2024-03-01\n2|Б|20|2024-03-02\n",
		  "[S] id BIGINT, Клиент VARCHAR, Сумма BIGINT, Дата DATE\n1|А|10|2024-03-01\n2|Б|20|2024-03-02\n" },
		/* signatures and remarks below */
		{ "id|Клиент|Сумма\n1|А|10\n2|Б|20\n\nДиректор|Иванов И. И.\n\nПечать\n",
		  "[S] id BIGINT, Клиент VARCHAR, Сумма BIGINT\n1|А|10\n2|Б|20\n"
		  "! 5 row: Директор (text below the table, which is no row of it; it was left out)\n"
		  "! 7 row: Печать (text below the table, which is no row of it; it was left out)\n" },
		{ "id|Клиент|Сумма\n1|А|10\n2|Б|20\n\nОтветственный:|Главный бухгалтер|________|Петрова А. С.\n",
		  "[S] id BIGINT, Клиент VARCHAR, Сумма BIGINT\n1|А|10\n2|Б|20\n"
		  "! 5 row: Ответственный: (text below the table, which is no row of it; it was left out)\n" },
		/* a list of one column under its header is a table, and the wide one below it another */
		{ "Телефон\n+79120000001\n+79120000002\n+79120000003\n\nid|Клиент|Сумма\n1|А|10\n2|Б|20\n",
		  "[S] Телефон VARCHAR\n+79120000001\n+79120000002\n+79120000003\n"
		  "[S_2] id BIGINT, Клиент VARCHAR, Сумма BIGINT\n1|А|10\n2|Б|20\n" },
	};
	expect_grids(rows, countof(rows), false, false);
}

static void test_headers(void **state)
{
	static const struct expectation rows[] = {
		/* the last month has no value yet */
		{ "Кто|Янв.24||Фев.24|\n|План|Факт|План|Факт\nА|1|2|3\nБ|5|6|7\nВ|8|9|10\n",
		  "[S] Кто VARCHAR, Янв.24 / План BIGINT, Янв.24 / Факт BIGINT, Фев.24 / План BIGINT, Фев.24 / Факт "
		  "VARCHAR\nА|1|2|3|∅\nБ|5|6|7|∅\nВ|8|9|10|∅\n" },
		/* the columns' numbers are no row */
		{ "№|Клиент|Город|Сумма\n1|2|3|4\n1|А|Омск|10\n2|Б|Уфа|20\n",
		  "[S] № BIGINT, Клиент VARCHAR, Город VARCHAR, Сумма BIGINT\n1|А|Омск|10\n2|Б|Уфа|20\n"
		  "! 2 row: 1 | 2 | 3 | 4 (the numbers of the columns, which are no row; they were left out)\n" },
		{ "a|b|c|d\n1|2|3|4\n5|6|7|8\n", "[S] a BIGINT, b BIGINT, c BIGINT, d BIGINT\n1|2|3|4\n5|6|7|8\n" },
		/* merged across and down */
		{ "Клиент|2024|||2025\n|Январь|Февраль|Март|Январь\nА|1|2|3|4\nБ|5|6|7|8\n",
		  "[S] Клиент VARCHAR, 2024 / Январь BIGINT, 2024 / Февраль BIGINT, 2024 / Март BIGINT, 2025 / Январь "
		  "BIGINT\nА|1|2|3|4\nБ|5|6|7|8\n" },
		{ "Отчёт\n|2024||2025|\nКлиент|Янв|Фев|Янв|Фев\nА|1|2|3|4\n",
		  "[S] Клиент VARCHAR, 2024 / Янв BIGINT, 2024 / Фев BIGINT, 2025 / Янв BIGINT, 2025 / Фев BIGINT\n"
		  "А|1|2|3|4\n" },
		{ "№|Клиент|Продажи||Остаток\n||шт|руб|\n1|А|2|20|7\n2|Б|3|30|8\n",
		  "[S] № BIGINT, Клиент VARCHAR, Продажи / шт BIGINT, Продажи / руб BIGINT, Остаток BIGINT\n"
		  "1|А|2|20|7\n2|Б|3|30|8\n" },
		/* three rows */
		{ "Клиент|2024||||Итого\n|Январь||Февраль||\n|шт|руб|шт|руб|\nА|1|10|2|20|33\nБ|1|10|2|20|33\n",
		  "[S] Клиент VARCHAR, 2024 / Январь / шт BIGINT, 2024 / Январь / руб BIGINT, 2024 / Февраль / шт "
		  "BIGINT, "
		  "2024 / Февраль / руб BIGINT, Итого BIGINT\nА|1|10|2|20|33\nБ|1|10|2|20|33\n" },
		/* a title is no parent, and a row of texts no child */
		{ "Список клиентов|на 1 марта\nФИО|Город|Телефон\nИванов|Омск|1\nПетров|Уфа|2\n",
		  "[S] ФИО VARCHAR, Город VARCHAR, Телефон VARCHAR\nИванов|Омск|1\nПетров|Уфа|2\n" },
		{ "|имя|город\nа|Иван|Омск\nб|Анна|Уфа\n",
		  "[S] column_1 VARCHAR, имя VARCHAR, город VARCHAR\nа|Иван|Омск\nб|Анна|Уфа\n" },
		/* months as dates */
		{ "Магазин|2024-01-01|2024-02-01|2024-03-01\nА|1|2|3\nБ|4|5|6\n",
		  "[S] Магазин VARCHAR, 2024-01-01 BIGINT, 2024-02-01 BIGINT, 2024-03-01 BIGINT\nА|1|2|3\nБ|4|5|6\n" },
		{ "Клиент|2023|2024\nА|1|2\nБ|3|4\n", "[S] Клиент VARCHAR, 2023 BIGINT, 2024 BIGINT\nА|1|2\nБ|3|4\n" },
	};
	expect_grids(rows, countof(rows), false, false);
}

static void test_cells(void **state)
{
	static const struct expectation rows[] = {
		{ "a|b\n1|#N/A\n2|#REF!\n3|=\n",
		  "[S] a BIGINT, b VARCHAR\n1|∅\n2|∅\n3|∅\n"
		  "! 3 b: #REF! (an error value or binary data in the file)\n"
		  "! 4 b: = (a formula whose result is not in the file: open it in a spreadsheet program and save it "
		  "again)\n" },
		/* days that lost their style: beside dates, under a header, and neither */
		{ "когда|n\n2024-03-01|1\n45353|2\n02.03.2024|3\n",
		  "[S] когда DATE, n BIGINT\n2024-03-01|1\n2024-03-02|2\n2024-03-02|3\n" },
		{ "Дата|n\n45352|45352\n45353|45353\n",
		  "[S] Дата DATE, n BIGINT\n2024-03-01|45352\n2024-03-02|45353\n" },
		{ "Дата продажи|n\n45352.5|1\n45353|2\n",
		  "[S] Дата продажи TIMESTAMP, n BIGINT\n2024-03-01T12:00:00Z|1\n2024-03-02T00:00:00Z|2\n" },
		/* hidden rows are rows */
		{ "a|b\n1|2\n~3|4\n5|6\n", "[S] a BIGINT, b BIGINT\n1|2\n3|4\n5|6\n" },
	};
	expect_grids(rows, countof(rows), false, false);
}

static void test_unpivot(void **state)
{
	static const struct expectation rows[] = {
		{ "Клиент|2024||||Город\n|Январь|Февраль|Март|Апрель|\nА|1|2||x|Омск\nБ||||5|Уфа\nВ|||||Чита\n",
		  "[S] Клиент VARCHAR, Город VARCHAR, Месяц DATE, Значение VARCHAR\n"
		  "А|Омск|2024-01-01|1\nА|Омск|2024-02-01|2\nА|Омск|2024-04-01|x\nБ|Уфа|2024-04-01|5\nВ|Чита|∅|∅\n" },
		{ "Shop|Jan|Feb|Mar\nA|1|2|3\n",
		  "[S] Shop VARCHAR, month VARCHAR, value BIGINT\nA|Jan|1\nA|Feb|2\nA|Mar|3\n" },
		{ "Клиент|Янв 2024||Фев 2024||Мар 2024|\n|шт|руб|шт|руб|шт|руб\nА|1|10|2|20|3|30\nБ|||4|40||\n",
		  "[S] Клиент VARCHAR, Месяц DATE, шт BIGINT, руб BIGINT\n"
		  "А|2024-01-01|1|10\nА|2024-02-01|2|20\nА|2024-03-01|3|30\nБ|2024-02-01|4|40\n" },
		{ "Sklep|2021|2022|2023\nA|1|2|3\n",
		  "[S] Sklep VARCHAR, year BIGINT, value BIGINT\nA|2021|1\nA|2022|2\nA|2023|3\n" },
		/* nothing to spread */
		{ "Клиент|2023|2024\nА|1|2\n", "[S] Клиент VARCHAR, 2023 BIGINT, 2024 BIGINT\nА|1|2\n" },
		{ "Shop|Jan|Feb|Mar\nA|1|2|3|beyond\nB|4\nC|5\n\nnote\n",
		  "[S] Shop VARCHAR, month VARCHAR, value BIGINT\nA|Jan|1\nA|Feb|2\nA|Mar|3\nB|Jan|4\nC|Jan|5\n"
		  "! 2 row: beyond (more cells than the table has columns)\n"
		  "! 6 row: note (text below the table, which is no row of it; it was left out)\n" },
	};
	expect_grids(rows, countof(rows), true, false);
}

/* 30 rows, so that one that does not fit is not the column's fault. */
static void test_dropped_rows(void **state)
{
	CLEANUP(buf_free) struct buf grid = BUF_INIT(MIB), kept = BUF_INIT(MIB), left = BUF_INIT(MIB);
	buf_adds(&grid, "id|sum\n");
	buf_adds(&kept, "[S] id BIGINT, sum BIGINT\n");
	buf_adds(&left, "[S] id BIGINT, sum BIGINT\n");
	for (int i = 1; i <= 30; i++) {
		buf_addf(&grid, i == 7 ? "%d|abc\n" : i == 9 ? "%d|#REF!\n" : "%d|1\n", i);
		buf_addf(&kept, i == 7 || i == 9 ? "%d|∅\n" : "%d|1\n", i);
		if (i != 7 && i != 9)
			buf_addf(&left, "%d|1\n", i);
	}
	const char *rejects = "! 8 sum: abc (not a whole number)\n"
			      "! 10 sum: #REF! (an error value or binary data in the file)\n";
	buf_adds(&kept, rejects);
	buf_adds(&left, rejects);
	struct expectation row = { grid.p, kept.p };
	expect_grids(&row, 1, false, false);
	row.want = left.p;
	run_left_out = 2;
	expect_grids(&row, 1, false, true);
	run_left_out = 0;
}

static void test_periods(void **state)
{
	static const struct {
		const char *text;
		int year, quarter, month;
	} rows[] = {
		{ "2024", 2024, 0, 0 },       { "2024 г.", 2024, 0, 0 },      { "Январь", 0, 0, 1 },
		{ "янв.24", 2024, 0, 1 },     { "Март 2024", 2024, 0, 3 },    { "2024-05", 2024, 0, 5 },
		{ "05.2024", 2024, 0, 5 },    { "2024-05-01", 2024, 0, 5 },   { "01.05.2024", 2024, 0, 5 },
		{ "I кв. 2024", 2024, 1, 0 }, { "Q3 2024", 2024, 3, 0 },      { "2 квартал", 0, 2, 0 },
		{ "Sept 2023", 2023, 0, 9 },  { "styczeń 2024", 2024, 0, 1 }, { "Октомври", 0, 0, 10 },
		{ "Май", 0, 0, 5 },           { "2024-05-02", 0, 0, 0 },      { "1", 0, 0, 0 },
		{ "1999.5", 0, 0, 0 },        { "Итого 2024", 0, 0, 0 },      { "", 0, 0, 0 },
		{ "13.2024", 0, 0, 0 },       { "Марта Иванова", 0, 0, 0 },   { "12 2024 2025", 0, 0, 0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct period p = { 0 };
		bool is = period_parse(str_of(rows[i].text), &p);
		if (is != (rows[i].year || rows[i].quarter || rows[i].month) || p.year != rows[i].year ||
		    p.quarter != rows[i].quarter || p.month != rows[i].month)
			fail_msg("%s: %d %d %d", rows[i].text, p.year, p.quarter, p.month);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_several_tables), cmocka_unit_test(test_letterheads),
		cmocka_unit_test(test_headers),        cmocka_unit_test(test_cells),
		cmocka_unit_test(test_unpivot),        cmocka_unit_test(test_dropped_rows),
		cmocka_unit_test(test_periods),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
