/*
 * Leaving out rows that have a cell which does not fit. They are found before anything is converted, so that what is
 * counted of a column (bounds, distinct values) is that of the rows which stay.
 */
#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/table.h"
#include "json/write.h"

#include <stdlib.h>

/* The row as a JSON list of texts, cut to LIMIT_REJECT_ROW_BYTES: long cells first lose their ends. */
static void keep_whole(struct work *w, size_t row)
{
	struct json_writer jw = json_writer(&w->whole);
	size_t each = LIMIT_REJECT_ROW_BYTES / MAX(w->t->n_columns, (size_t)1), spare = 0;
	buf_clear(&w->whole);
	w->whole.max = 8 * LIMIT_REJECT_ROW_BYTES; /* escaped */
	jw_open(&jw, '[');
	for (size_t i = 0; i < w->t->n_columns; i++) {
		struct str s = rows_text(&w->block, rows_cell(&w->rows, row, w->t->columns[i].cell), &w->scratch);
		spare += each;
		s.n = utf8_valid_prefix(str_n(s.p, MIN(s.n, spare)));
		spare -= s.n;
		jw_str(&jw, s);
	}
	jw_close(&jw, ']');
	if (w->whole.failed)
		buf_clear(&w->whole);
}

static bool fits(struct work *w, size_t column, size_t row, struct cell *ret_cell, struct str *ret_text)
{
	const struct table_column *c = &w->t->columns[column];
	union value v = { 0 };
	*ret_cell = rows_cell(&w->rows, row, c->cell);
	*ret_text = rows_text(&w->block, *ret_cell, &w->scratch);
	if (work_is_error(&c->type, *ret_text))
		ret_cell->n |= CELL_ERROR;
	if (ret_cell->n & CELL_ERROR || (c->type.rounded && value_is_rounded(*ret_text)))
		return false;
	return c->type.type == TYPE_VARCHAR || value_read(&c->type, *ret_text, &v) != VALUE_MISFIT;
}

static bool row_fits(struct work *w, size_t row)
{
	bool good = true;
	for (size_t i = 0; i < w->t->n_columns; i++) {
		struct cell c;
		struct str text;
		if (fits(w, i, row, &c, &text))
			continue;
		if (good)
			keep_whole(w, row);
		good = false;
		work_misfit(w, i, row, c, text);
	}
	if (rows_width(&w->rows, row) > w->t->width) {
		if (good)
			keep_whole(w, row);
		good = !work_reject_extra(w, row) && good;
		buf_clear(&w->whole);
	}
	return good;
}

size_t work_pick(struct work *w, size_t n)
{
	size_t kept = 0;
	if (n > w->cap_picked) {
		w->cap_picked = n;
		w->picked = mem_realloc(w->picked, n * sizeof *w->picked);
	}
	for (size_t i = 0; i < n; i++) {
		if (row_fits(w, w->at + i))
			w->picked[kept++] = (uint32_t)i;
	}
	return kept;
}
