/*
 * A page of rows of one table of a data set, in file order or sorted, filtered: the preview of the API.
 *
 * A filter is a list of `column:op:value` with commas between; ops: eq ne lt le gt ge contains starts null notnull (the
 * last two without a value). A backslash before , : or \ takes it as it is. A sort is a list of columns, - before one
 * for descending. Columns are checked against the table; values are parameters. Phones and e-mails come masked.
 */
#pragma once

#include "analysis/query.h"
#include "model/dataset.h"

struct rows_page {
	struct str table; /* empty = the first */
	struct str filter, sort;
	int64_t after; /* `next` of the page before; 0 = the first page */
	size_t limit;
	int64_t version;            /* the id of one that is not current; 0 = the current one */
	const _Atomic bool *cancel; /* may be NULL */
};

/* {"table","columns":[{"name","type"}],"items":[{column: value}],"next","total"} into *ret. */
bool rows_json(struct instance *in, struct db *db, int64_t org, const struct dataset *d, const struct rows_page *p,
	       struct buf *ret, struct err *e);
