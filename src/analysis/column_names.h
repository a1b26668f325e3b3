/*
 * Names that a person gives to columns. What files call the column (its header) is kept beside the name, so that the
 * column of the next file finds it again, and so is what it is called in the segments, which never change.
 *
 * A name is 1 to LIMIT_COLUMN_NAME_BYTES of UTF-8 without control characters. No other column of its table may have it,
 * nor may files call another column so: then nobody could tell which of the two a file means.
 */
#pragma once

#include "analysis/import.h"
#include "model/dataset.h"

#include <jansson.h>

struct db;

/* Splits "[TABLE.]COLUMN=NAME"; the parts are terminated in a copy that the caller frees through *ret_text. */
bool column_rename_parse(const char *text, struct column_rename *ret, char **ret_text, struct err *e);
/*
 * Gives the columns of a version that is being built or ready their names, in c and in the store: all of them or none.
 * A column may be named by its name or by its header. An unknown table or column, a name that cannot be: ERR_VALUE
 * naming the column. changes (may be NULL): what was compared with the version before (analysis/changes.h), which
 * follows.
 */
bool column_names_set(struct db *db, struct arena *a, struct dataset_content *c, const struct column_rename *renames,
		      size_t n, json_t *changes, struct err *e);
/*
 * What was read now gets the names that its columns have in `before`: by what files call them, or by the very name; or,
 * with `stored`, by what the segments call them. Their own names become what segments call them. Texts are borrowed.
 */
void column_names_inherit(struct dataset_table *now, size_t n_now, const struct dataset_content *before, bool stored,
			  struct dataset_relation *relations, size_t n_relations);
/* The table of `c` that the i-th of n tables read now belongs to: of that name, or the only one on both sides. */
const struct dataset_table *column_names_partner(const struct dataset_content *c, const struct dataset_table *now,
						 size_t n_now);
