#include "ingest/pack.h"

#include "base/limits.h"

#include <stddef.h>
#include <stdlib.h>

struct row_head {
	uint32_t line;
	uint32_t cells; /* how many, and ROW_ flags */
};
#define ROW_CELLS ((UINT32_C(1) << ROW_LEVEL_SHIFT) - 1)

void pack_row(struct packer *p, uint32_t line)
{
	struct row_head h = { line, 0 };
	p->row_at = p->bytes.n;
	p->cells = p->flags = 0;
	p->any = false;
	buf_add(&p->bytes, &h, sizeof h);
}

void pack_cell(struct packer *p, struct str text, uint32_t flags)
{
	uint32_t n = (uint32_t)MIN(text.n, LIMIT_CELL_BYTES + 1) | flags;
	if (text.n > LIMIT_CELL_BYTES)
		n |= CELL_ERROR;
	if (p->bytes.n - p->row_at > LIMIT_ROW_BYTES)
		return;
	char *at = buf_reserve(&p->bytes, sizeof n + (n & CELL_LENGTH));
	if (!at)
		return;
	memcpy(at, &n, sizeof n);
	memcpy(at + sizeof n, text.p, n & CELL_LENGTH);
	p->bytes.n += sizeof n + (n & CELL_LENGTH);
	p->any = p->any || (n && !(n & CELL_FILLED));
	p->cells++;
}

bool pack_row_end(struct packer *p, struct err *e)
{
	struct row_head h;
	memcpy(&h, p->bytes.p + p->row_at, sizeof h);
	if (p->bytes.failed || p->bytes.n - p->row_at > LIMIT_ROW_BYTES)
		return err_set(e, ERR_LIMIT, "row_too_long", "Row %u is longer than %zu MiB.", h.line,
			       LIMIT_ROW_BYTES / MIB);
	if (!p->any) {
		p->bytes.n = p->row_at;
		return true;
	}
	h.cells = p->cells | p->flags;
	memcpy(p->bytes.p + p->row_at, &h, sizeof h);
	return true;
}

void pack_again(struct packer *p, struct str row, uint32_t line)
{
	size_t at = p->bytes.n;
	buf_add_str(&p->bytes, row);
	memcpy(p->bytes.p + at + offsetof(struct row_head, line), &line, sizeof line);
}

void pack_take(struct packer *p, struct block *ret)
{
	*ret = (struct block){ .packed = true };
	size_t n = p->bytes.n;
	p->bytes.max += BLOCK_PAD;
	buf_reserve(&p->bytes, BLOCK_PAD);
	p->bytes.max -= BLOCK_PAD;
	ret->data = buf_take(&p->bytes, &ret->n);
	memset(ret->data + n, 0, BLOCK_PAD);
}

void rows_reserve(struct rows *rows, size_t cells, size_t n_rows)
{
	if (rows->n_cells + cells > rows->cap_cells) {
		rows->cap_cells = MAX(rows->n_cells + cells, rows->cap_cells * 2);
		rows->cells = mem_realloc(rows->cells, rows->cap_cells * sizeof *rows->cells);
	}
	if (rows->n_rows + n_rows + 1 > rows->cap_rows) {
		rows->cap_rows = MAX(rows->n_rows + n_rows + 1, rows->cap_rows * 2);
		rows->first = mem_realloc(rows->first, rows->cap_rows * sizeof *rows->first);
		rows->place = mem_realloc(rows->place, rows->cap_rows * sizeof *rows->place);
		rows->level = mem_realloc(rows->level, rows->cap_rows * sizeof *rows->level);
	}
}

struct packed_row pack_next(const char *bytes, size_t *at)
{
	struct row_head h;
	memcpy(&h, bytes + *at, sizeof h);
	struct packed_row row = { .line = h.line, .cells = h.cells & ROW_CELLS, .at = *at };
	row.flags = h.cells - row.cells;
	*at += sizeof h;
	for (uint32_t i = 0; i < row.cells; i++) {
		uint32_t n;
		memcpy(&n, bytes + *at, sizeof n);
		*at += sizeof n + (n & CELL_LENGTH);
	}
	row.end = *at;
	return row;
}

bool pack_copy(struct packer *p, const char *bytes, const struct packed_row *row, uint32_t from, uint32_t to)
{
	size_t at = row->at + sizeof(struct row_head);
	pack_row(p, row->line);
	p->flags = row->flags;
	for (uint32_t i = 0; i < MIN(to, row->cells); i++) {
		uint32_t n;
		memcpy(&n, bytes + at, sizeof n);
		at += sizeof n;
		if (i >= from)
			pack_cell(p, str_n(bytes + at, n & CELL_LENGTH), n & ~CELL_LENGTH);
		at += n & CELL_LENGTH;
	}
	/* A part of a row that fitted fits. */
	return pack_row_end(p, NULL) && p->any;
}

void pack_set_flags(char *bytes, const struct packed_row *row, uint32_t flags)
{
	struct row_head h = { row->line, row->cells | flags };
	memcpy(bytes + row->at, &h, sizeof h);
}

/* A row that is no row of the table: what it says is kept for the report. */
static void index_note(struct rows *ret, uint32_t line, size_t first_cell)
{
	ret->notes_left_out++;
	for (size_t i = first_cell; i < ret->n_cells && ret->n_notes < ROWS_NOTES; i++) {
		if (cell_length(ret->cells[i])) {
			ret->notes[ret->n_notes++] = (struct note){ line, ret->cells[i] };
			break;
		}
	}
	ret->n_cells = first_cell;
}

bool pack_index(const struct block *b, struct rows *ret, struct err *e)
{
	size_t at = 0;
	rows_reserve(ret, 0, 0);
	ret->first[0] = 0;
	while (at < b->n) {
		struct row_head h;
		size_t first_cell = ret->n_cells;
		memcpy(&h, b->data + at, sizeof h);
		at += sizeof h;
		rows_reserve(ret, h.cells & ROW_CELLS, 1);
		for (uint32_t i = 0; i < (h.cells & ROW_CELLS); i++) {
			uint32_t n;
			memcpy(&n, b->data + at, sizeof n);
			at += sizeof n;
			ret->cells[ret->n_cells++] = (struct cell){ (uint32_t)at, n };
			at += n & CELL_LENGTH;
		}
		if (h.cells & ROW_NOTE) {
			index_note(ret, h.line, first_cell);
			continue;
		}
		ret->hidden += h.cells >> 31;
		ret->level[ret->n_rows] = (uint8_t)(h.cells >> ROW_LEVEL_SHIFT & ROW_LEVEL_MAX);
		ret->place[ret->n_rows++] = h.line;
		ret->first[ret->n_rows] = (uint32_t)ret->n_cells;
	}
	return true;
}
