/*
 * The DuckDB instance of this process: in memory, locked down, and its errors in our words.
 *
 * Files opened by SQL are refused by DuckDB itself, except /proc/self/fd/N: descriptors that the server passed. The
 * configuration is locked before the first foreign byte or query.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "engine/worker/import.h"

#include <duckdb.h>

bool duck_open(const struct worker_config *c, duckdb_database *ret, struct err *e);
/* The same for writing rows in whatever order the threads have them: they carry their numbers. */
bool duck_open_unordered(const struct worker_config *c, duckdb_database *ret, struct err *e);
/* One statement of our own. */
bool duck_run(duckdb_connection conn, const char *sql, struct err *e);

/*
 * Fills e from DuckDB's error: what the caller's SQL did wrong is ERR_VALUE (field sql), out of memory ERR_LIMIT, an
 * interrupt ERR_CANCELLED. The text loses its "… Error:" head and paths of descriptors. Returns false.
 */
bool duck_error(struct err *e, duckdb_error_type type, const char *text);
/* The same from a result that failed. */
bool duck_result_error(struct err *e, duckdb_result *r);
/* The same where only the text is known (prepare, pending): the type is read from its head. */
bool duck_text_error(struct err *e, const char *text);

/* "name" with quotes doubled; 'text' likewise. */
void duck_quote_name(struct buf *b, struct str name);
void duck_quote_text(struct buf *b, struct str text);
