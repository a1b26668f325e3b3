/*
 * Blocks of rows in the program's own form, for the formats that are not text: a row is its number in the file, how
 * many cells it has, and each cell's length and bytes. One thread fills a block; pack_index reads it. Rows of nothing
 * but empty cells are not packed: a step in the numbers tells that there were some.
 */
#pragma once

#include "ingest/reader.h"

#define ROW_HIDDEN (UINT32_C(1) << 31) /* not shown in the workbook */
#define ROW_NOTE (UINT32_C(1) << 30)   /* stands below the table and is no row of it */
#define ROW_LEVEL_SHIFT 27             /* how deep it lies in the outline of the sheet: three bits */
#define ROW_LEVEL_MAX 7
#define ROW_LEVEL(n) ((uint32_t)MIN((uint64_t)(n), (uint64_t)ROW_LEVEL_MAX) << ROW_LEVEL_SHIFT)

struct packer {
	struct buf bytes;
	size_t row_at;  /* where the open row begins */
	uint32_t cells; /* of the open row */
	bool any;       /* one of them is not empty */
	uint32_t flags; /* ROW_ of the open row, to be set after pack_row */
};

#define PACKER_INIT ((struct packer){ .bytes = BUF_INIT(BLOCK_BYTES + 2 * LIMIT_ROW_BYTES) })

void pack_row(struct packer *p, uint32_t line);
/* flags: 0, CELL_ERROR or CELL_FILLED; a row of nothing but the last is empty. A text that is longer than a cell may be
 * is an error of the cell, not of the row. */
void pack_cell(struct packer *p, struct str text, uint32_t flags);
/* Drops the row when all its cells are empty. False: the row is over LIMIT_ROW_BYTES. */
bool pack_row_end(struct packer *p, struct err *e);
static inline bool pack_full(const struct packer *p)
{
	return p->bytes.n >= BLOCK_BYTES;
}
/* Another row of the same cells: `row` is the bytes of a row that was packed. */
void pack_again(struct packer *p, struct str row, uint32_t line);
/* Hands the bytes over as a block; the packer is empty after. */
void pack_take(struct packer *p, struct block *ret);

/* A row of a packed block, as it stands in its bytes. */
struct packed_row {
	uint32_t line, cells, flags;
	size_t at, end; /* of its head, and one past its last byte */
};
/* The row at *at, which is moved behind it. */
struct packed_row pack_next(const char *bytes, size_t *at);
/* Adds a copy of cells [from, to) of a row; false when all of them are empty, and nothing is added. */
bool pack_copy(struct packer *p, const char *bytes, const struct packed_row *row, uint32_t from, uint32_t to);
void pack_set_flags(char *bytes, const struct packed_row *row, uint32_t flags);
bool pack_index(const struct block *b, struct rows *ret, struct err *e);

/* For every format's index: room for more cells, and the end of a row. */
void rows_reserve(struct rows *rows, size_t cells, size_t n_rows);
