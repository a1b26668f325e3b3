/*
 * Turning the chunks of a DuckDB result into frames on the query's socket: COLUMNS, ROWS…, END.
 *
 * Keeps the bounds of the query: past max_rows or max_bytes it stops (`full`), or fails when the caller did not ask
 * for a cut. Used by the thread of the query.
 */
#pragma once

#include "engine/protocol.h"
#include "engine/worker/cell.h"
#include "json/read.h"

struct query_spec {
	struct str sql;
	json_t *params;              /* list or NULL */
	int64_t format;              /* enum engine_format */
	int64_t max_rows, max_bytes; /* INT64_MAX = unbounded */
	bool truncate;
	int64_t seconds;
};

struct result {
	const struct query_spec *spec;
	int sock;
	struct frame_wait wait;
	size_t n_columns;
	char **names;
	struct cell_type *types;
	struct cell_vector *vectors;
	struct buf out;
	int64_t rows, bytes; /* so far, `out` included */
	bool truncated, full;
};

/* r->spec, sock and wait are set; the rest is zero. Sends COLUMNS. */
bool result_begin(struct result *r, duckdb_result *from, struct err *e);
bool result_chunk(struct result *r, duckdb_data_chunk chunk, struct err *e);
/* Sends what is left, and END. */
bool result_end(struct result *r, struct err *e);
void result_free(struct result *r);

/* For the writers of single formats. */
bool result_flush(struct result *r, struct err *e);
/* Whether a batch of rows and bytes may be added; false with *ret_stop: the result is full; without: e is filled. */
bool result_admit(struct result *r, int64_t rows, int64_t bytes, bool *ret_stop, struct err *e);
bool result_row_too_large(struct err *e);
bool columns_chunk(struct result *r, idx_t n, struct err *e);
