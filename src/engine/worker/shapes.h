/*
 * The segments of one table by their columns: an append may write a column as a wider type than the segments before it,
 * bring a new one, or lack one. Segments of the same columns are read together, each shape cast on its own.
 *
 * Not by DuckDB's union_by_name: the common type of DECIMAL(38,2) and DECIMAL(18,6) is DECIMAL(38,2) for it, which
 * rounds what the second one holds.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "json/read.h"

#include <duckdb.h>
#include <stdbool.h>
#include <stddef.h>

struct shape {
	char *key; /* names and types, as a text that tells shapes apart */
	char **names;
	size_t n_names; /* 0: not asked, it has every column */
	int *fds;       /* borrowed descriptors, in their order */
	size_t n_fds;
};

struct shapes {
	struct shape *items; /* in the order in which each came first */
	size_t n;
};

/* Reads the ends of the files where there is more than one. No descriptor: no shape. */
bool shapes_of(duckdb_connection conn, const int *fds, size_t n, struct shapes *ret, struct err *e);
/* "SELECT … FROM read_parquet(…)", one a shape, with or without the row number first. columns: as ATTACH has them. */
bool shapes_select(const struct shapes *s, const json_t *columns, bool raw, struct buf *b, struct err *e);
void shapes_free(struct shapes *s);
