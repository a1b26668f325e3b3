#include "ingest/split.h"

#include "base/limits.h"

#include <ctype.h>

#define LOOKED_AT 500
#define MIN_ROWS 3 /* the header among them */

/* The texts of a row with the commas between them that parted it; what follows the last one is empty. */
static void join_row(const struct block *b, const struct rows *rows, size_t row, struct buf *ret)
{
	size_t commas = 0;
	for (size_t i = 0; i < rows_width(rows, row); i++, commas++) {
		struct cell c = rows_cell(rows, row, i);
		if (!cell_length(c))
			continue;
		for (; commas; commas--)
			buf_addc(ret, ',');
		buf_add(ret, b->data + c.at, cell_length(c));
	}
}

/* What the end of a row became in the cell beside it: a number lost its zeros in front, unless it has two digits. */
static bool lost_zeros(struct str s, char delimiter)
{
	return s.n == 1 && s.p[0] != '0' && isdigit((unsigned char)s.p[0]) && str_find(s, delimiter) == s.n;
}

static void pad(struct buf *text)
{
	buf_reserve(text, BLOCK_PAD);
	memset(text->p + text->n, 0, BLOCK_PAD);
}

static bool any_lost(const struct block *b, const struct rows *rows, char delimiter)
{
	for (size_t row = 0; row < rows->n_rows; row++) {
		for (size_t i = 1; i < rows_width(rows, row); i++) {
			struct cell c = rows_cell(rows, row, i);
			if (lost_zeros(str_n(b->data + c.at, cell_length(c)), delimiter))
				return true;
		}
	}
	return false;
}

/* The first column is filled in every row, and a comma is the only thing that moved anything beyond it. */
static bool one_column(const struct block *b, const struct rows *rows, struct buf *ret_text, size_t *ret_spilled)
{
	*ret_spilled = 0;
	for (size_t row = 0; row < MIN(rows->n_rows, (size_t)LOOKED_AT); row++) {
		struct cell c = rows_cell(rows, row, 0);
		size_t filled = 0;
		for (size_t i = 1; i < rows_width(rows, row); i++)
			filled += cell_length(rows_cell(rows, row, i)) > 0;
		if (!cell_length(c) || (c.n & (CELL_ERROR | CELL_FILLED)) ||
		    memchr(b->data + c.at, '\n', cell_length(c)))
			return false;
		*ret_spilled += filled > 0;
		join_row(b, rows, row, ret_text);
		buf_addc(ret_text, '\n');
	}
	return true;
}

/* Of the header only what follows a comma in its names can have moved: "Сумма, руб." */
static bool header_holds(const struct block *b, const struct rows *rows, char delimiter)
{
	for (size_t i = 1; i < rows_width(rows, 0); i++) {
		struct cell c = rows_cell(rows, 0, i);
		struct str s = str_n(b->data + c.at, cell_length(c));
		if (s.n && s.p[0] != ' ' && str_find(s, delimiter) == s.n)
			return false;
	}
	return true;
}

enum split_found split_find(const char *bytes, size_t n, struct csv_dialect *ret)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(2 * n + BLOCK_PAD);
	struct block b = { .data = (char *)(uintptr_t)bytes, .n = n, .packed = true };
	struct rows rows = { 0 };
	enum split_found found = SPLIT_NO;
	size_t spilled;
	if (pack_index(&b, &rows, NULL) && rows.n_rows >= MIN_ROWS && one_column(&b, &rows, &text, &spilled)) {
		pad(&text);
		struct csv_dialect d = csv_dialect_find(buf_str(&text));
		bool apart = !d.prefix && csv_is_table(buf_str(&text), &d) && !(spilled && d.delimiter == ',');
		if (apart && header_holds(&b, &rows, d.delimiter))
			found = any_lost(&b, &rows, d.delimiter) ? SPLIT_LOST : SPLIT_YES;
		*ret = d;
	}
	rows_free(&rows);
	return found;
}

static bool split_row(const struct csv_dialect *d, struct buf *line, const struct packed_row *from, struct rows *cells,
		      struct packer *p, struct err *e)
{
	CLEANUP(buf_free) struct buf scratch = BUF_INIT(2 * LIMIT_CELL_BYTES);
	pad(line);
	struct block b = { .data = line->p, .n = line->n };
	cells->n_rows = cells->n_cells = 0;
	if (!csv_index(d, buf_str(line), false, cells, e))
		return false;
	for (size_t row = 0; row < cells->n_rows; row++) {
		pack_row(p, from->line);
		p->flags = from->flags;
		for (size_t i = 0; i < rows_width(cells, row); i++) {
			buf_clear(&scratch);
			pack_cell(p, rows_text(&b, rows_cell(cells, row, i), &scratch), 0);
		}
		if (!pack_row_end(p, e))
			return false;
	}
	return true;
}

bool split_rows(const struct csv_dialect *d, const char *bytes, size_t n, struct packer *p, struct err *e)
{
	CLEANUP(buf_free) struct buf line = BUF_INIT(LIMIT_ROW_BYTES + BLOCK_PAD);
	struct rows cells = { 0 }, one = { 0 };
	bool ok = true;
	for (size_t at = 0; ok && at < n;) {
		struct packed_row row = pack_next(bytes, &at);
		struct block b = { .data = (char *)(uintptr_t)bytes + row.at, .n = row.end - row.at, .packed = true };
		one.n_rows = one.n_cells = one.n_notes = 0;
		ok = pack_index(&b, &one, e);
		buf_clear(&line);
		if (one.n_rows)
			join_row(&b, &one, 0, &line);
		if (line.n)
			ok = ok && split_row(d, &line, &row, &cells, p, e);
		else
			buf_add(&p->bytes, b.data, b.n); /* a remark below the table */
	}
	rows_free(&cells);
	rows_free(&one);
	return ok;
}
