/*
 * A table as it was read, with what could not be: its rows in file order, the texts of the cells that did not fit in
 * their places, rows that were left out among them, each with its rejects.
 *
 * The bytes of a file are not kept once it is loaded (docs/decisions/0020-rejects-without-the-file.md); this is put
 * together from the segments and the rejects of the version.
 */
#pragma once

#include "analysis/changes_file.h"
#include "analysis/instance.h"
#include "model/dataset.h"
#include "model/reject.h"

struct annotated_row {
	const struct str *cells; /* of the table's columns, as text; p NULL = no value */
	bool left_out;           /* the row is not in the table */
	bool loose;              /* no row at all: a remark about the file; no cells. These come first */
	const struct reject *rejects;
	size_t n_rejects;
};

/* table NULL or "": the first. Calls `begin` once, then `row` for each; a false one ends it with its error. */
struct annotated {
	void *ctx;
	bool (*begin)(void *ctx, const struct dataset_table *t, struct err *e);
	bool (*row)(void *ctx, const struct dataset_table *t, const struct annotated_row *row, struct err *e);
	const _Atomic bool *cancel;      /* may be NULL */
	const struct version_part *part; /* only what its own files hold; NULL = all rows */
};
bool annotated_table(struct instance *in, struct db *db, int64_t org, int64_t version, struct str table,
		     const struct annotated *out, struct err *e);
/* All tables, one after the other. */
bool annotated_tables(struct instance *in, struct db *db, int64_t org, int64_t version, const struct annotated *out,
		      struct err *e);
