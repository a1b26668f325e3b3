/*
 * What a version changes against the one that is current: for a person to look at before it is confirmed.
 *
 *	{"against":1,"rejects_before":0,"tables_new":[…],"tables_gone":[…],"tables":[{"table",
 *	  "file":…,"by":"key"|"rows"|"counts","why":null|"no_key"|"too_large","key":["id"],
 *	  "columns":{"new":[…],"gone":[…],"types":[{"column","from","to"}]},"missing":[…],
 *	  "rows":{"before","after","added","changed","gone","unchanged"},"known_keys":0,
 *	  "cells":[{"column","rows"}],"sample":[{"key":[…],"column","old","new"}]}]}
 *
 * With a key, rows are told apart by it; without one only whole rows are compared, as often as each stands there (then
 * a changed row counts as one gone and one added); where that takes more memory than an engine may use, only the counts
 * are known and "changed" and "unchanged" are null. An append needs no comparison; its known_keys is how many of its
 * rows have a key that the data set has already (null where nobody waits to be told), and missing are the columns that
 * the file lacks, so that they are blank in its rows. Rows are read in the engine, column by column in small groups, so
 * that what is held is the key and a few columns of the smaller side. "file" is what the files hold by themselves
 *(changes_file.h).
 */
#pragma once

#include "analysis/ask.h"
#include "analysis/import.h"

#define CHANGES_BYTES (8 * MIB) /* of the text */

struct changes_of {
	enum import_mode mode;
	const struct import_key *keys; /* that a person named */
	size_t n_keys;
	bool only_columns; /* an append: rows are counted, and not looked at */
	/* append and upsert: the tables that were read, which table of `old` each went into, and the first rows of
	 * those that were put among others (JSON; NULL where there are none) */
	const struct dataset_table *read;
	size_t n_read;
	const size_t *place;
	const char *const *first;
	int64_t rejects_before; /* the last reject of `old`, as far as it is one of this version, too */
};

/* q is open on the new version; old is the content of the version it was made from, whose tables are found in
 * old_schema. */
bool changes_json(struct ask *q, const char *old_schema, const struct dataset_content *old, const struct changes_of *of,
		  struct buf *ret, struct err *e);

/* The text as it was kept, for an answer: values of columns that hold phones or e-mails, as `content` knows them, are
 * masked. "null" when nothing was compared. */
bool changes_text(const struct dataset_content *content, struct buf *ret, struct err *e);
