/*
 * Printed forms have their header again on every page. Its rows are kept as they stand in the file, and a row of the
 * table that says the same in the same cells is one of them: asked of every row, so the first cell decides nearly
 * always.
 */
#include "base/limits.h"
#include "ingest/table.h"

#include <stdlib.h>

struct head_cell {
	size_t column;
	char *text;
};

struct head_row {
	struct head_cell *cells;
	size_t n;
};

static char *copy_text(struct str s)
{
	char *copy = mem_alloc(s.n + 1);
	memcpy(copy, s.p, s.n);
	copy[s.n] = 0;
	return copy;
}

void table_keep_heads(struct table *t, const struct block *b, const struct rows *rows, size_t first, size_t end)
{
	CLEANUP(buf_free) struct buf scratch = BUF_INIT(2 * LIMIT_CELL_BYTES);
	t->heads = mem_array(end - first + 1, sizeof *t->heads);
	for (size_t row = first; row < end; row++) {
		struct head_row *h = &t->heads[t->n_heads++];
		*h = (struct head_row){ .cells = mem_array(rows_width(rows, row) + 1, sizeof *h->cells) };
		for (size_t i = 0; i < rows_width(rows, row); i++) {
			struct cell c = rows_cell(rows, row, i);
			buf_clear(&scratch);
			struct str s = rows_text(b, c, &scratch);
			if (s.n && !(c.n & CELL_FILLED))
				h->cells[h->n++] = (struct head_cell){ i, copy_text(s) };
		}
	}
}

void table_free_heads(struct table *t)
{
	for (size_t row = 0; row < t->n_heads; row++) {
		for (size_t i = 0; i < t->heads[row].n; i++)
			free(t->heads[row].cells[i].text);
		free(t->heads[row].cells);
	}
	free(t->heads);
	t->heads = NULL;
	t->n_heads = 0;
}

static bool same(const struct head_row *h, const struct block *b, const struct rows *rows, size_t row,
		 struct buf *scratch)
{
	size_t met = 0;
	if (h->n < 2)
		return false;
	for (size_t i = 0; i < rows_width(rows, row); i++) {
		struct cell c = rows_cell(rows, row, i);
		if (!cell_length(c) || c.n & CELL_FILLED)
			continue;
		buf_clear(scratch);
		struct str s = rows_text(b, c, scratch);
		if (!s.n)
			continue;
		if (met == h->n || h->cells[met].column != i || !str_is(s, h->cells[met].text))
			return false;
		met++;
	}
	return met == h->n;
}

bool table_head_again(const struct table *t, const struct block *b, const struct rows *rows, size_t row)
{
	CLEANUP(buf_free) struct buf scratch = BUF_INIT(2 * LIMIT_CELL_BYTES);
	for (size_t i = 0; i < t->n_heads; i++) {
		if (same(&t->heads[i], b, rows, row, &scratch))
			return true;
	}
	return false;
}
