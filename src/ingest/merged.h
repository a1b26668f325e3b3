/*
 * Cells that are merged downwards. Their value stands in the first of them, and belongs to each row that they span: it
 * is put into the others, marked CELL_FILLED, so that what tells a header or where a table ends sees them empty, as
 * they are in the file. Only the first column of a range is filled: a cell merged across says it once.
 *
 * Ranges are added in any order before a pass, or opened while rows come. A pass goes down the rows.
 */
#pragma once

#include "ingest/pack.h"

struct merged_range {
	uint32_t first, last; /* rows, from 1 */
	uint32_t column;
};

struct merged_cell {
	uint32_t last; /* row; 0 = none is open in this column */
	bool known;    /* the first row gave a value */
	char *text;
	uint32_t n;
};

struct merged {
	struct merged_range *list;
	size_t n, cap, next;
	bool sorted;
	struct merged_cell *open; /* one a column */
	size_t columns;           /* of `open` */
	size_t end;               /* one past the last column where one is open */
	uint64_t bytes;           /* filled in so far */
};

/* Of more than LIMIT_MERGED_RANGES the later ones are not filled. One that spans one row is nothing. */
void merged_add(struct merged *m, uint32_t first, uint32_t last, uint32_t column);
/* A pass begins. */
void merged_rewind(struct merged *m);
/* Row `line` begins: those that end above it are closed, those that begin in it are opened. */
void merged_row(struct merged *m, uint32_t line);
/* Opens one whose first cell is in row `line` and was not packed yet. */
void merged_open(struct merged *m, uint32_t line, uint32_t last, uint32_t column);
/* The value of a cell that is packed: kept where it is the first of a range. */
void merged_take(struct merged *m, uint32_t column, struct str text);
/* Packs the cells [*packed, to) of a row: empty, or of a range. False: they are too many bytes, a trap. */
bool merged_pad(struct merged *m, struct packer *p, size_t *packed, size_t to);
void merged_free(struct merged *m);
static inline bool merged_any(const struct merged *m)
{
	return m->end > 0;
}
