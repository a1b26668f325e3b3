/* Rows of months out of rows with months: the part that needs the rows themselves. */
#include "ingest/unpivot.h"

#include "base/limits.h"
#include "ingest/pack.h"
#include "ingest/simd.h"

static void put_cell(struct packer *p, const struct block *b, struct cell c, struct buf *scratch)
{
	buf_clear(scratch);
	struct str text = rows_text(b, c, scratch);
	pack_cell(p, text, text.n ? c.n & (CELL_ERROR | CELL_FILLED) : 0);
}

static bool any_value(const struct unpivot *u, const struct block *b, const struct rows *rows, size_t row,
		      size_t period, struct buf *scratch)
{
	for (size_t v = 0; v < u->n_values; v++) {
		size_t column = u->place[period * u->n_values + v];
		buf_clear(scratch);
		if (column != SIZE_MAX && rows_text(b, rows_cell(rows, row, column), scratch).n)
			return true;
	}
	return false;
}

/* The rows of one row. One without any value stays as one, so that its keys are not lost. */
static bool spread_row(const struct unpivot *u, const struct block *b, const struct rows *rows, size_t row,
		       uint32_t line, struct packer *p, struct buf *scratch, struct err *e)
{
	bool first = true;
	for (size_t period = 0; period <= u->n_periods; period++) {
		bool bare = period == u->n_periods;
		if (bare ? !first : !any_value(u, b, rows, row, period, scratch))
			continue;
		pack_row(p, line);
		for (size_t k = 0; k < u->n_keys; k++)
			put_cell(p, b, rows_cell(rows, row, u->keys[k]), scratch);
		pack_cell(p, bare ? STR("") : str_of(u->periods[period]), 0);
		for (size_t v = 0; v < u->n_values; v++) {
			size_t column = bare ? SIZE_MAX : u->place[period * u->n_values + v];
			put_cell(p, b, column == SIZE_MAX ? (struct cell){ 0, 0 } : rows_cell(rows, row, column),
				 scratch);
		}
		/* What goes beyond the columns is reported, once. */
		for (size_t k = u->n_columns; first && k < rows_width(rows, row); k++)
			put_cell(p, b, rows_cell(rows, row, k), scratch);
		first = false;
		if (!pack_row_end(p, e))
			return false;
	}
	return true;
}

bool unpivot_block(const struct unpivot *u, struct block *b, struct rows *rows, size_t skip, struct err *e)
{
	struct packer p = { .bytes = BUF_INIT(GIB) };
	CLEANUP(buf_free) struct buf scratch = BUF_INIT(2 * LIMIT_CELL_BYTES);
	size_t place = 0;
	uint64_t line = b->first_line;
	bool ok = true;
	for (size_t row = 0; ok && row < rows->n_rows; row++) {
		if (b->packed) {
			line = rows->place[row];
		} else if (rows->place[row] > place) {
			line += simd_count(b->data + place, rows->place[row] - place, b->line_end);
			place = rows->place[row];
		}
		if (row >= skip)
			ok = spread_row(u, b, rows, row, (uint32_t)MIN(line, (uint64_t)UINT32_MAX), &p, &scratch, e);
	}
	for (size_t i = 0; i < rows->n_notes; i++) {
		pack_row(&p, rows->notes[i].line);
		p.flags = ROW_NOTE;
		put_cell(&p, b, rows->notes[i].cell, &scratch);
		ok = pack_row_end(&p, e) && ok;
	}
	rows->notes_left_out -= rows->n_notes;
	struct block spread;
	pack_take(&p, &spread);
	spread.seq = b->seq;
	spread.first_line = b->first_line;
	spread.repaired = b->repaired;
	spread.spread = true;
	spread.spread_wide = rows->rows_too_wide + rows->notes_left_out;
	spread.spread_hidden = rows->hidden;
	rows->rows_too_wide = spread.spread_wide;
	rows->notes_left_out = 0;
	block_free(b);
	*b = spread;
	rows->n_rows = rows->n_cells = rows->n_notes = 0;
	return pack_index(b, rows, e) && ok;
}
