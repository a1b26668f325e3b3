/*
 * Columns of a query, whole in memory, as learn/ takes them: numbers as doubles, texts as levels.
 *
 * The first column of the query is the place of the row: 0 .. rows - 1, each once, in any order. The others are
 * features or what the caller makes of them; a BOOLEAN is 0 or 1.
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
};

/* names: of the columns after the place, borrowed. params: JSON list, or NULL. */
MUST_CHECK bool panel_read(struct ask *q, const char *sql, const char *params, const char *const *names, size_t n,
			   struct panel *ret, struct err *e);
/* For CLEANUP. */
void panel_free(struct panel *f);
