/*
 * Rows of totals. They are no rows of the table: a sum over them would count everything twice. One is told by its first
 * word, by holding nothing but numbers after it, and by the empty cells it leaves or its place at the table's end; or
 * by a word and what the rows above it say in that column ("Москва Итог", "Razem Kraków"). What is taken for one is
 * counted as left out and kept as a reject, so that a wrong guess is seen.
 */
#include "base/limits.h"
#include "ingest/groups.h"
#include "ingest/page_number.h"
#include "ingest/signs.h"
#include "ingest/table.h"

#define LOOKED_AT_CELLS 200
#define LOOKED_AT_ROWS 10000

/* As they are written, small, with a capital, and all in capitals. */
static const struct str words[] = {
	STR("Итого"),       STR("итого"),       STR("ИТОГО"),          STR("Всего"),        STR("всего"),
	STR("ВСЕГО"),       STR("Итог"),        STR("ИТОГ"),           STR("Общий итог"),   STR("Общая сумма"),
	STR("Подытог"),     STR("Вкупно"),      STR("вкупно"),         STR("ВКУПНО"),       STR("Се вкупно"),
	STR("Total"),       STR("total"),       STR("TOTAL"),          STR("Totals"),       STR("Subtotal"),
	STR("SUBTOTAL"),    STR("Sub-total"),   STR("Sub total"),      STR("Grand total"),  STR("Razem"),
	STR("razem"),       STR("RAZEM"),       STR("Suma"),           STR("SUMA"),         STR("suma"),
	STR("Ogółem"),      STR("OGÓŁEM"),      STR("Łącznie"),        STR("ŁĄCZNIE"),      STR("Grand Total"),
	STR("GRAND TOTAL"), STR("Сумма"),       STR("СУММА"),          STR("Suma końcowa"), STR("Suma częściowa"),
	STR("Sum"),         STR("Suma ogółem"), STR("Suma całkowita"), STR("Севкупно"),     STR("СЕВКУПНО"),
	STR("СЕ ВКУПНО"),
};

/* What may follow: "Итого по Туле", "Total for March". */
static const struct str continuations[] = {
	STR("по "), STR("за "),  STR("на "), STR("для "), STR("с "), STR("без "), STR("for "), STR("of "),
	STR("za "), STR("dla "), STR("w "),  STR("за:"),  STR("("),  STR(":"),    STR("к "),   STR("в "),
};

/* Of what a statement of a bank ends with. */
static const struct str balances[] = {
	STR("Количество операций"), STR("Входящий остаток"), STR("Исходящий остаток"), STR("Остаток на "),
	STR("Сальдо на "),          STR("Обороты за "),      STR("Saldo początkowe"),  STR("Saldo końcowe"),
	STR("Opening balance"),     STR("Closing balance"),  STR("Opening Balance"),   STR("Closing Balance"),
	STR("Почетно салдо"),       STR("Крајно салдо"),
};

/* Nothing else begins so: "Итого оборотов". */
static const struct str sure[] = { STR("Итого "), STR("итого "), STR("ИТОГО "), STR("Всего "), STR("ВСЕГО ") };

static bool begins_with(struct str s, const struct str *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_starts(s, list[i]))
			return true;
	}
	return false;
}

enum total {
	TOTAL_NO,
	TOTAL_YES,
	TOTAL_NARROW, /* where it leaves half of the row empty */
	TOTAL_OF      /* "Razem Kraków", "Москва Итог": of what is left of the text, if that stands above */
};

static enum total total_text(struct str s, struct str *ret_of)
{
	enum total found = TOTAL_NO;
	if (s.n < 3 || s.n > 200 || (s.p[0] >= '0' && s.p[0] <= '9'))
		return TOTAL_NO;
	if (begins_with(s, balances, countof(balances)))
		return TOTAL_NARROW;
	for (size_t i = 0; i < countof(words); i++) {
		struct str w = words[i];
		if (s.n > w.n + 1 && s.p[s.n - w.n - 1] == ' ' && str_ends(s, w)) {
			found = TOTAL_OF;
			*ret_of = str_trim(str_n(s.p, s.n - w.n));
		}
		if (s.p[0] != w.p[0] || !str_starts(s, w))
			continue;
		struct str rest = str_n(s.p + w.n, s.n - w.n), after = str_trim(rest);
		if (!after.n || after.p[0] == ':' || after.p[0] == '(')
			return TOTAL_YES;
		for (size_t k = 0; after.n < rest.n && k < countof(continuations); k++) {
			if (str_starts(after, continuations[k]))
				return TOTAL_YES;
		}
		if (after.n < rest.n) {
			found = TOTAL_OF;
			*ret_of = after;
		}
	}
	return found != TOTAL_YES && begins_with(s, sure, countof(sure)) ? TOTAL_NARROW : found;
}

bool table_says_total(struct str s, struct str *ret_of)
{
	struct str of = STR("");
	enum total total = total_text(s, &of);
	*ret_of = total == TOTAL_OF ? of : STR("");
	return total != TOTAL_NO;
}

/* Columns of the file: those of headings of groups are none. */
static size_t own_columns(const struct table *t)
{
	return t->groups ? t->groups->width : t->n_columns;
}

/* Whether the nearest text above in the column is that one; with `any`, some text above. */
static bool stands_above(const struct block *b, const struct rows *rows, size_t from, size_t row, size_t column,
			 struct str text, bool any)
{
	CLEANUP(buf_free) struct buf scratch = BUF_INIT(2 * LIMIT_CELL_BYTES);
	for (size_t i = row; i-- > from && row - i <= LOOKED_AT_ROWS;) {
		buf_clear(&scratch);
		struct str s = rows_text(b, rows_cell(rows, i, column), &scratch);
		if (s.n && str_ieq(s, text))
			return true;
		if (s.n && !any)
			return false;
	}
	return false;
}

static bool is_number(struct str s)
{
	struct number n;
	return value_number(s, '.', &n) || value_number(s, ',', &n);
}

/* A formula whose result is not in the file would be one. */
static bool is_sum(struct cell c, struct str s)
{
	return c.n & CELL_ERROR ? str_is(s, CELL_UNCOMPUTED) : is_number(s);
}

/* at_end: the row ends the table, but for others like it. */
static bool is_total(const struct table *t, const struct block *b, const struct rows *rows, size_t from, size_t row,
		     bool at_end)
{
	CLEANUP(buf_free) struct buf label = BUF_INIT(2 * LIMIT_CELL_BYTES), scratch = BUF_INIT(2 * LIMIT_CELL_BYTES);
	size_t width = rows_width(rows, row), filled = 0, numbers = 0, column = 0;
	enum total total = TOTAL_NO;
	struct str text = STR(""), of = STR("");
	for (size_t i = 0; i < MIN(width, (size_t)LOOKED_AT_CELLS); i++) {
		struct cell c = rows_cell(rows, row, i);
		if (!cell_length(c) || c.n & CELL_FILLED)
			continue;
		buf_clear(&scratch);
		struct str s = rows_text(b, c, filled ? &scratch : &label);
		if (!s.n)
			continue;
		if (!filled) {
			text = s;
			column = i;
			total = total_text(s, &of);
		}
		if (total == TOTAL_NO || (filled && !is_sum(c, s)))
			return false;
		numbers += filled > 0;
		filled++;
	}
	if (!numbers)
		return false;
	if (total == TOTAL_NARROW)
		return filled * 2 <= own_columns(t);
	if (total == TOTAL_OF)
		return stands_above(b, rows, from, row, column, of, false);
	/* Of a full row only its place speaks; a name that is in the column before is a name. */
	return filled < own_columns(t) || (at_end && !stands_above(b, rows, from, row, column, text, true));
}

/* Without the row at `at`; its cells go, too, because a row ends where the next one begins. */
static void take_out(struct rows *rows, size_t at)
{
	uint32_t begin = rows->first[at], end = rows->first[at + 1], n = end - begin;
	memmove(rows->cells + begin, rows->cells + end, (rows->n_cells - end) * sizeof *rows->cells);
	for (size_t i = at; i + 1 < rows->n_rows; i++) {
		rows->first[i + 1] = rows->first[i + 2] - n;
		rows->place[i] = rows->place[i + 1];
		rows->level[i] = rows->level[i + 1];
	}
	rows->n_rows--;
	rows->n_cells -= n;
}

void work_reject_row(struct work *w, size_t row, const char *reason)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(4 * REJECT_TEXT), scratch = BUF_INIT(2 * LIMIT_CELL_BYTES);
	for (size_t i = 0; i < rows_width(&w->rows, row) && text.n < REJECT_TEXT; i++) {
		buf_clear(&scratch);
		struct str s = rows_text(&w->block, rows_cell(&w->rows, row, i), &scratch);
		if (s.n && text.n)
			buf_adds(&text, " | ");
		buf_add(&text, s.p, MIN(s.n, (size_t)REJECT_TEXT));
	}
	struct reject_place place = { work_line(w, row), REJECT_NO_ROW, REJECT_ROW };
	table_reject(w->t, place, buf_str(&text), reason, STR(""));
}

#define NOTE_ROWS 20
#define NOTE_COLUMNS 3 /* of narrower tables a row of one cell may be anything */

/* The cell of a row that has no other, and it is a text; or somebody signs. */
static bool lone_text(const struct block *b, const struct rows *rows, size_t row, struct buf *scratch)
{
	size_t filled = 0;
	bool number = false, signs = false;
	for (size_t i = 0; i < rows_width(rows, row); i++) {
		struct cell c = rows_cell(rows, row, i);
		buf_clear(scratch);
		struct str s = rows_text(b, c, scratch);
		if (!s.n)
			continue;
		signs = signs || text_signs(filled ? STR("") : s, s);
		number = number || is_number(s);
		filled++;
	}
	return (filled == 1 && !number) || (filled && filled <= SIGNED_CELLS && signs);
}

/* The header of the next page, and the number of the page above it. */
static size_t drop_heads(const struct table *t, const struct block *b, struct rows *rows, size_t from, struct work *w)
{
	CLEANUP(buf_free) struct buf scratch = BUF_INIT(2 * LIMIT_CELL_BYTES);
	size_t dropped = 0;
	for (size_t i = rows->n_rows; i-- > from;) {
		if (!table_head_again(t, b, rows, i))
			continue;
		bool page = i > from && lone_text(b, rows, i - 1, &scratch);
		for (int k = 0; k < 1 + page; k++, dropped++) {
			if (w)
				work_reject_row(w, i - (size_t)k, "a header that is printed again; it was left out");
			take_out(rows, i - (size_t)k);
		}
		i -= page;
	}
	return dropped;
}

/*
 * Signatures and remarks below a table of a text file, apart from it by an empty line or by a row of totals. Sheets
 * have theirs taken away before (regions.h).
 */
static size_t drop_notes(const struct table *t, const struct block *b, struct rows *rows, size_t from, struct work *w)
{
	CLEANUP(buf_free) struct buf scratch = BUF_INIT(2 * LIMIT_CELL_BYTES);
	size_t first = rows->n_rows;
	while (first > from && rows->n_rows - first <= NOTE_ROWS && lone_text(b, rows, first - 1, &scratch))
		first--;
	size_t n = rows->n_rows - first;
	if (!n || n > NOTE_ROWS || first == from)
		return 0;
	bool apart = reader_line(b, rows, first) > reader_line(b, rows, first - 1) + 1;
	if (!apart && !is_total(t, b, rows, from, first - 1, true))
		return 0;
	for (size_t i = first; w && i < rows->n_rows; i++)
		work_reject_row(w, i, "text below the table, which is no row of it; it was left out");
	while (rows->n_rows > first)
		take_out(rows, rows->n_rows - 1);
	return n;
}

/* A row that says nothing but the number of a page. Asked of every row: one that has two cells is none. */
static bool is_page_row(const struct block *b, const struct rows *rows, size_t row, struct buf *scratch)
{
	struct cell only = { 0 };
	for (size_t i = 0; i < rows_width(rows, row); i++) {
		struct cell c = rows_cell(rows, row, i);
		if (!cell_length(c) || c.n & CELL_FILLED)
			continue;
		if (cell_length(only))
			return false;
		only = c;
	}
	buf_clear(scratch);
	return cell_length(only) && text_page_number(rows_text(b, only, scratch));
}

static size_t drop_pages(const struct block *b, struct rows *rows, size_t from, struct work *w)
{
	CLEANUP(buf_free) struct buf scratch = BUF_INIT(2 * LIMIT_CELL_BYTES);
	size_t dropped = 0;
	for (size_t i = rows->n_rows; i-- > from;) {
		if (!is_page_row(b, rows, i, &scratch))
			continue;
		if (w)
			work_reject_row(w, i, "the number of a page, which is no row; it was left out");
		take_out(rows, i);
		dropped++;
	}
	return dropped;
}

size_t table_drop_totals(const struct table *t, const struct block *b, struct rows *rows, size_t from, struct work *w)
{
	size_t dropped = 0;
	bool at_end = b->last;
	if (t->reader->tables[t->index].columns || t->unpivot || b->grouped || t->n_columns < 2)
		return 0;
	dropped = drop_heads(t, b, rows, from, w);
	dropped += drop_pages(b, rows, from, w);
	if (b->last && !b->packed && t->n_columns >= NOTE_COLUMNS)
		dropped += drop_notes(t, b, rows, from, w);
	for (size_t i = rows->n_rows; i-- > from;) {
		bool total = is_total(t, b, rows, from, i, at_end);
		at_end = at_end && total;
		if (!total)
			continue;
		if (w)
			work_reject_row(w, i, "a row of totals; it was left out");
		take_out(rows, i);
		dropped++;
	}
	return dropped;
}
