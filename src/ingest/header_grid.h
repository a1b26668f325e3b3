/* The first rows of a table, looked at as a grid of texts: what header.c and header_join.c share. */
#pragma once

#include "base/limits.h"
#include "ingest/header.h"

#define HEADER_LOOKED_AT 200

struct grid {
	const struct block *b;
	const struct rows *rows;
	size_t n;           /* rows looked at */
	struct buf scratch; /* of BUF_INIT(2 * LIMIT_CELL_BYTES) */
};

/* Trimmed; valid until the next call. */
struct str grid_text(struct grid *g, size_t row, size_t column);
/* One past the last cell that is not empty, and how many are not. */
size_t grid_extent(struct grid *g, size_t row, size_t *ret_filled);
/* Whether the text is a number, a date or a truth. */
bool grid_is_typed(struct str s);
/* How the cells below a possible header cell compare with it: mostly typed; the same text again. */
void grid_look_below(struct grid *g, size_t row, size_t column, bool *ret_typed, bool *ret_repeated);

enum header_evidence {
	HEADER_NONE,   /* a value among the cells, or nothing that speaks for a header */
	HEADER_WEAK,   /* no cell of it is met again below */
	HEADER_STRONG, /* text above values, or a word that headers have */
};
enum header_evidence grid_evidence(struct grid *g, size_t row);

/*
 * The rows of a header of several rows, given one of them: from *top to before *end. A parent that spans several
 * columns is written once, above the first of them; a name that spans several rows stands in one.
 */
void header_span(struct grid *g, size_t row, size_t width, size_t *ret_top, size_t *ret_end);
/* What the rows [top, end) say of a column: "2024 / Январь". */
void header_join(struct grid *g, size_t top, size_t end, size_t width, size_t column, struct buf *ret);

/*
 * header_below.c, of the row below a header. "1 | 2 | 3 | 4", "А | Б | 1 | 2", "(1) | (2)": printed forms number their
 * columns so; told from a row of such values by being of another kind than its columns. "тыс. руб. | шт.": their units,
 * above numbers.
 */
bool header_numbers(struct grid *g, size_t row, size_t width);
bool header_units(struct grid *g, size_t row, size_t width);
