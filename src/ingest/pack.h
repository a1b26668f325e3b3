/*
 * Blocks of rows in the program's own form, for the formats that are not text: a row is its number in the file, how
 * many cells it has, and each cell's length and bytes. One thread fills a block; pack_index reads it.
 */
#pragma once

#include "ingest/reader.h"

struct packer {
	struct buf bytes;
	size_t row_at;  /* where the open row begins */
	uint32_t cells; /* of the open row */
	bool any;       /* one of them is not empty */
};

#define PACKER_INIT ((struct packer){ .bytes = BUF_INIT(BLOCK_BYTES + 2 * LIMIT_ROW_BYTES) })

void pack_row(struct packer *p, uint32_t line);
/* flags: 0 or CELL_ERROR. */
void pack_cell(struct packer *p, struct str text, uint32_t flags);
/* A value that may be longer than a cell: that is an error of the cell, not of the row. */
void pack_value(struct packer *p, struct str text);
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
bool pack_index(const struct block *b, struct rows *ret, struct err *e);

/* For every format's index: room for more cells, and the end of a row. */
void rows_reserve(struct rows *rows, size_t cells, size_t n_rows);
