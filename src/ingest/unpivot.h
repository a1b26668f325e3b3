/*
 * Months across the columns: a table of "Client, 2024 / January, 2024 / February, …" as rows of (client, month, value).
 *
 * Found from the names of the columns alone, so that it can be proposed for any table that was loaded; done while a
 * file is read, where the person asks for it, before types are inferred.
 */
#pragma once

#include "ingest/reader.h"

struct unpivot {
	size_t *keys; /* columns that are repeated on each row */
	size_t n_keys;
	size_t n_columns; /* that the file has */
	char **periods;   /* "2024-01-01", …; see period_text */
	size_t n_periods;
	char **values; /* what stands under the periods: "Sum", "Pieces"; one called "value" where nothing is said */
	size_t n_values;
	size_t *place;           /* [period * n_values + value]: a column, or SIZE_MAX */
	const char *period_name; /* of the new column, in the language of the months */
};

/* NULL when fewer than three columns are of one kind of period, or no other column is there. */
struct unpivot *unpivot_find(char *const *names, size_t n);
/* Takes NULL. */
void unpivot_free(struct unpivot *u);
/* The names of the columns that come out: keys, period, values; malloc, each too. */
char **unpivot_names(const struct unpivot *u, char *const *names, size_t *ret_n);
/*
 * Replaces an indexed block by one of a row for each period in which anything stands; the first `skip` rows go. What
 * was counted of the block (hidden, notes, rows too wide) stays in *rows.
 */
bool unpivot_block(const struct unpivot *u, struct block *b, struct rows *rows, size_t skip, struct err *e);
