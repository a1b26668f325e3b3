/*
 * One value of a DuckDB result as text: JSON or plain.
 *
 * Numbers are exact: DECIMAL and 128-bit integers digit by digit, doubles in their shortest form that reads back.
 * DATE is 2011-12-31, TIMESTAMP 2011-12-31T08:26:00 (no zone: the data has none), TIMESTAMPTZ the same with Z. Lists
 * are JSON lists, structures JSON objects, maps lists of {"key","value"}; BLOB is hexadecimal.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <duckdb.h>

/* A type once for a result, with what the C API would otherwise be asked per cell. */
struct cell_type {
	duckdb_type id;
	duckdb_type storage; /* of DECIMAL and ENUM */
	uint8_t scale;
	idx_t array_size;
	size_t n_children;
	struct cell_type *children;
	char **names; /* of children of a STRUCT or MAP; the values of an ENUM */
	size_t n_names;
};

/* A vector of the current chunk. */
struct cell_vector {
	const struct cell_type *type;
	const void *data;
	const uint64_t *validity; /* NULL = all valid */
	struct cell_vector *children;
};

/* False: a type that cannot be printed; name is that of the column. */
bool cell_type_init(struct cell_type *t, duckdb_logical_type type, const char *name, struct err *e);
void cell_type_free(struct cell_type *t);
/* "DECIMAL(18,2)", "BIGINT[]" … */
void cell_type_name(struct buf *b, duckdb_logical_type type);

/* Room for the children of v; then bind for each chunk. */
void cell_vector_init(struct cell_vector *v, const struct cell_type *t);
void cell_vector_bind(struct cell_vector *v, duckdb_vector vector);
void cell_vector_free(struct cell_vector *v);

static inline bool cell_valid(const struct cell_vector *v, idx_t row)
{
	return !v->validity || (v->validity[row / 64] >> (row % 64)) & 1;
}

/* NULL → null. */
void cell_json(struct buf *b, const struct cell_vector *v, idx_t row);
/* NULL → nothing. */
void cell_text(struct buf *b, const struct cell_vector *v, idx_t row);
/* Whether its text is a plain number, so that a leading minus is one. */
bool cell_is_number(const struct cell_type *t);
