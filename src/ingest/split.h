/*
 * Sheets whose rows stand in one cell each, "1;Ann;12,50": a CSV file that was opened wrongly in a spreadsheet program,
 * and saved. Such cells are taken apart again. Where a comma had moved the end of a row into the cell beside it
 * ("1;Ann;12" and 50), both are put together first, if nothing was lost by that.
 */
#pragma once

#include "ingest/csv.h"
#include "ingest/pack.h"

enum split_found {
	SPLIT_NO,
	SPLIT_YES,
	SPLIT_LOST /* it is so, but the ends of rows are numbers now: 05 and 5 are the same */
};

/* Packed rows: the first of a table. In doubt they are left as they are. */
enum split_found split_find(const char *bytes, size_t n, struct csv_dialect *ret);
/* Adds the rows, taken apart, to p. */
bool split_rows(const struct csv_dialect *d, const char *bytes, size_t n, struct packer *p, struct err *e);
