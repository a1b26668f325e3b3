/*
 * Columns of a query, whole in memory, as learn/ takes them: numbers as doubles, texts as levels.
 *
 * The first column of the query is the place of the row: 0 .. rows - 1, each once, in any order. The others are
 * features or what the caller makes of them; a BOOLEAN is 0 or 1. A panel may be read in parts: each counts its places
 * from 0 again, and its rows stand after those before.
 */
#pragma once

#include "analysis/ask.h"
#include "analysis/numbering.h"
#include "learn/design.h"

/* Of all columns together; more rows than fit are refused. */
#define PANEL_BYTES (2 * GIB)
/* Levels that are told apart; later ones of a column count as the last, which leaves the column out (learn/design.h).
 */
#define PANEL_LEVELS (100 * 1000)

struct panel_column {
	double *number; /* one of these two */
	uint32_t *level;
	struct numbering levels;
	const char **level_name; /* made when all rows are there */
};

struct panel {
	struct panel_column *own;
	struct learn_column *columns;
	size_t n_columns, n_rows, cap;
	size_t before; /* rows of the parts before the one that is read */
};

/* names: of the columns after the place, borrowed. params: JSON list, or NULL. */
MUST_CHECK bool panel_read(struct ask *q, const char *sql, const char *params, const char *const *names, size_t n,
			   struct panel *ret, struct err *e);
/* The same in parts: one begin, any number of parts with the same columns, one finish; freed in any state. */
void panel_begin(struct panel *f, const char *const *names, size_t n);
MUST_CHECK bool panel_add(struct panel *f, struct ask *q, const char *sql, const char *params, struct err *e);
/* ERR_VALUE (code no_rows). */
MUST_CHECK bool panel_finish(struct panel *f, struct err *e);
/* For CLEANUP. */
void panel_free(struct panel *f);
