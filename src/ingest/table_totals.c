/*
 * Rows of totals. They are no rows of the table: a sum over them would count everything twice. One is told by its first
 * word, by holding nothing but numbers after it, and by the empty cells it leaves or its place at the table's end. What
 * is taken for one is counted as left out and kept as a reject, so that a wrong guess is seen.
 */
#include "base/limits.h"
#include "ingest/table.h"

#define LOOKED_AT_CELLS 200

/* As they are written, small, with a capital, and all in capitals. */
static const struct str words[] = {
	STR("Итого"),       STR("итого"),     STR("ИТОГО"),     STR("Всего"),        STR("всего"),
	STR("ВСЕГО"),       STR("Итог"),      STR("ИТОГ"),      STR("Общий итог"),   STR("Общая сумма"),
	STR("Подытог"),     STR("Вкупно"),    STR("вкупно"),    STR("ВКУПНО"),       STR("Се вкупно"),
	STR("Total"),       STR("total"),     STR("TOTAL"),     STR("Totals"),       STR("Subtotal"),
	STR("SUBTOTAL"),    STR("Sub-total"), STR("Sub total"), STR("Grand total"),  STR("Razem"),
	STR("razem"),       STR("RAZEM"),     STR("Suma"),      STR("SUMA"),         STR("suma"),
	STR("Ogółem"),      STR("OGÓŁEM"),    STR("Łącznie"),   STR("ŁĄCZNIE"),      STR("Grand Total"),
	STR("GRAND TOTAL"), STR("Сумма"),     STR("СУММА"),     STR("Suma końcowa"), STR("Suma częściowa"),
	STR("Sum"),
};

/* What may follow: "Итого по Туле", "Total for March". */
static const struct str continuations[] = {
	STR("по "), STR("за "),  STR("на "), STR("для "), STR("с "), STR("без "), STR("for "), STR("of "),
	STR("za "), STR("dla "), STR("w "),  STR("за:"),  STR("("),  STR(":"),    STR("к "),   STR("в "),
};

static bool is_total_text(struct str s)
{
	if (s.n < 3 || s.n > 200 || (s.p[0] >= '0' && s.p[0] <= '9'))
		return false;
	for (size_t i = 0; i < countof(words); i++) {
		if (s.p[0] != words[i].p[0] || !str_starts(s, words[i]))
			continue;
		struct str rest = str_n(s.p + words[i].n, s.n - words[i].n), after = str_trim(rest);
		if (!after.n || after.p[0] == ':' || after.p[0] == '(')
			return true;
		for (size_t k = 0; after.n < rest.n && k < countof(continuations); k++) {
			if (str_starts(after, continuations[k]))
				return true;
		}
	}
	return false;
}

static bool is_number(struct str s)
{
	struct number n;
	return value_number(s, '.', &n) || value_number(s, ',', &n);
}

/* at_end: the row ends the table, but for others like it. */
static bool is_total(const struct table *t, const struct block *b, const struct rows *rows, size_t row, bool at_end,
		     struct buf *scratch)
{
	size_t width = rows_width(rows, row), filled = 0, numbers = 0;
	for (size_t i = 0; i < MIN(width, (size_t)LOOKED_AT_CELLS); i++) {
		struct cell c = rows_cell(rows, row, i);
		if (!cell_length(c) || c.n & CELL_FILLED)
			continue;
		buf_clear(scratch);
		struct str s = rows_text(b, c, scratch);
		if (!s.n)
			continue;
		if (!filled && !is_total_text(s))
			return false;
		filled++;
		if (filled == 1)
			continue;
		if (!is_number(s))
			return false;
		numbers++;
	}
	return numbers && (at_end || filled < t->n_columns);
}

/* Without the row at `at`; its cells go, too, because a row ends where the next one begins. */
static void take_out(struct rows *rows, size_t at)
{
	uint32_t begin = rows->first[at], end = rows->first[at + 1], n = end - begin;
	memmove(rows->cells + begin, rows->cells + end, (rows->n_cells - end) * sizeof *rows->cells);
	for (size_t i = at; i + 1 < rows->n_rows; i++) {
		rows->first[i + 1] = rows->first[i + 2] - n;
		rows->place[i] = rows->place[i + 1];
	}
	rows->n_rows--;
	rows->n_cells -= n;
}

static void reject(struct work *w, size_t row)
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
	table_reject(w->t, place, buf_str(&text), "a row of totals; it was left out", STR(""));
}

size_t table_drop_totals(const struct table *t, const struct block *b, struct rows *rows, size_t from, struct work *w)
{
	CLEANUP(buf_free) struct buf scratch = BUF_INIT(2 * LIMIT_CELL_BYTES);
	size_t dropped = 0;
	bool at_end = b->last;
	if (t->reader->tables[t->index].columns || t->unpivot || t->n_columns < 2)
		return 0;
	for (size_t i = rows->n_rows; i-- > from;) {
		bool total = is_total(t, b, rows, i, at_end, &scratch);
		at_end = at_end && total;
		if (!total)
			continue;
		if (w)
			reject(w, i);
		take_out(rows, i);
		dropped++;
	}
	return dropped;
}
