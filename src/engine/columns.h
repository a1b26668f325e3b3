/*
 * Result columns in binary, for the analyses: what a query with format ENGINE_COLUMNS answers.
 *
 * Each ROWS frame is one batch of consecutive rows, and whole; numbers are in the machine's byte order and every array
 * begins on a multiple of 8 bytes from the batch's begin:
 *
 *	u32 magic COLUMNS_MAGIC | u32 rows | u32 columns | u32 0
 *	for each column: u32 kind | u32 0 | u64 offset of its validity | u64 offset of its data
 *	validity: one bit a row, lowest first, 1 = not NULL, padded to whole u64
 *	data:     COLUMN_I64 int64_t[rows]     integers, BOOLEAN, DATE (days), TIME and TIMESTAMP (microseconds)
 *	          COLUMN_F64 double[rows]      FLOAT, DOUBLE, DECIMAL, HUGEINT
 *	          COLUMN_STR uint32_t[rows+1]  offsets into the bytes after it, then the bytes; everything else as text
 *	A NULL's value is 0 or "".
 *
 * columns_read trusts nothing: any bytes give a batch whose arrays lie inside them, or an error.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

#define COLUMNS_MAGIC 0x4c4f4356u /* "VCOL" */
#define COLUMNS_MAX 2000

enum column_kind { COLUMN_I64 = 1, COLUMN_F64, COLUMN_STR };

struct columns_header {
	uint32_t magic, rows, columns, zero;
};
struct columns_entry {
	uint32_t kind, zero;
	uint64_t validity, data;
};

struct column_batch {
	enum column_kind kind;
	const uint64_t *validity;
	const int64_t *i64; /* one of these three */
	const double *f64;
	const uint32_t *offsets;
	const char *bytes; /* with offsets */
};

struct columns_batch {
	size_t rows, n;
	struct column_batch *columns; /* n of them, owned */
};

/* bytes aligned to 8; *ret points into them. */
bool columns_read(const void *bytes, size_t n, struct columns_batch *ret, struct err *e);
void columns_free(struct columns_batch *b);

static inline bool column_valid(const struct column_batch *c, size_t row)
{
	return (c->validity[row / 64] >> (row % 64)) & 1;
}

static inline struct str column_str(const struct column_batch *c, size_t row)
{
	return str_n(c->bytes + c->offsets[row], c->offsets[row + 1] - c->offsets[row]);
}
