/*
 * What the files of a next version hold by themselves, beside the rows that were there before: kept with what the
 * version changes (changes.h), as "rejects_before" of all and "file" of each table that a file of it went into.
 *
 *	"file":{"first_row":4,"rows":2,"rejects":1,"rows_left_out":0,"rows_hidden":0,
 *	  "columns":[{"column","type","non_null","note","sample":[…]}],"first":null}
 *
 * first_row is where its rows begin among the table's, null where they took the places of others; then `first` has some
 * of them, lists of texts in the order of columns. rejects_before: rejects of a higher number are the files' own. A new
 * data set and a replaced one are nothing but their files and have none of this.
 */
#pragma once

#include "analysis/changes_cells.h"
#include "model/dataset.h"

struct changes_of;

/* `was`: the table before. Writes the value of "file": an object, or null. */
void changes_write_file(struct comparing *c, const struct changes_of *of, size_t at, const struct dataset_table *was);

/* What is asked for of a version: all of it, or what its own files hold. */
struct version_part {
	json_t *changes; /* NULL: all of it */
};
bool version_part_read(const struct dataset_version *v, struct version_part *ret, struct err *e);
void version_part_done(struct version_part *p); /* for CLEANUP */

/* The number after which rejects are the files' own. */
int64_t version_part_rejects_after(const struct version_part *p);
/* How many these are in the table, "" = in all; -1 when it is all of the version. */
int64_t version_part_rejects(const struct version_part *p, struct str table);
/* Whether a file went into the table; *ret_row is its first row. */
bool version_part_table(const struct version_part *p, const char *table, int64_t *ret_row);
