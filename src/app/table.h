/*
 * Tables for people: cells gathered row by row, then printed in columns as wide as their widest cell, counted in
 * terminal columns (a Cyrillic letter is one, a CJK ideograph two, an accent none). Belongs to one thread.
 *
 *	struct table t;
 *	table_begin(&t, columns, countof(columns));
 *	table_cell(&t, STR("Иванов")); table_cellf(&t, "%d", 7);
 *	table_end(&t, out);
 */
#pragma once

#include "base/buf.h"

#include <stdio.h>

#define TABLE_COLUMNS 2000
#define TABLE_BYTES (256 * MIB)

struct table_column {
	const char *title;
	bool right; /* figures stand to the right */
};

struct table {
	const struct table_column *columns;
	size_t n_columns, n_cells;
	struct buf text; /* every cell, one after the other */
	struct buf ends; /* size_t: where each cell ends in text */
};

/* The columns must live until table_end. */
void table_begin(struct table *t, const struct table_column *columns, size_t n);
/* Control characters become blanks. */
void table_cell(struct table *t, struct str s);
void table_cellf(struct table *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Prints and frees; false when there were more than TABLE_BYTES and nothing was printed. */
bool table_end(struct table *t, FILE *out);
/* Frees without printing. */
void table_drop(struct table *t);

/* Terminal columns of valid UTF-8. */
size_t table_width(struct str s);
