/*
 * One read-only SQL statement over the caller's own data sets, bounded in time, memory and bytes.
 *
 * Small answers are kept by (organisation, statement, parameters, format, bounds, versions of all data sets): a repeat
 * never runs again until the data change. Statements that ask for the time, for random numbers or the like are not
 * kept. Thread-safe; the callbacks run on the calling thread.
 */
#pragma once

#include "analysis/relations.h"
#include "base/err.h"
#include "engine/pool.h"
#include "json/write.h"

struct db;
struct instance;
struct query_cache;

#define QUERY_CACHE_BYTES (64 * MIB)
#define QUERY_CACHE_ENTRY_BYTES (1 * MIB)

struct query_cache *query_cache_new(size_t max_bytes);
void query_cache_free(struct query_cache **c);

struct query_spec {
	int64_t org;
	int64_t dataset; /* whose tables may be named without their schema; 0 = none */
	int64_t version; /* one that is not current, seen beside the others as relations_schema; 0 = none */
	struct str sql;
	const char *params_json;      /* a JSON list, or NULL */
	enum engine_format format;    /* not ENGINE_COLUMNS or ENGINE_PARQUET */
	uint64_t max_rows, max_bytes; /* 0 = LIMIT_QUERY_ROWS, LIMIT_QUERY_RESULT_BYTES */
	bool truncate;                /* past a bound: stop and say so, instead of ERR_LIMIT */
	int seconds;                  /* 0 = LIMIT_QUERY_SECONDS */
	const _Atomic bool *cancel;   /* may be NULL */
	void *ctx;
	/* Once, before the rows; may be NULL. */
	bool (*columns)(void *ctx, const struct engine_column *cols, size_t n, struct err *e);
	/* Rows in the format asked for, in order, in pieces that may end anywhere. False stops the query. */
	bool (*rows)(void *ctx, const void *p, size_t n, struct err *e);
};

struct query_outcome {
	uint64_t rows;
	bool truncated, cached;
	int64_t took_us;
	int64_t as_of; /* when the newest data it could see were loaded; 0 = there are no data */
};

/* db NULL: one is borrowed for as long as the store is asked, and not while the statement runs. */
bool query_run(struct instance *in, struct db *db, const struct query_spec *q, struct query_outcome *ret,
	       struct err *e);

/*
 * The JSON of POST /api/v1/query: {"columns":[…],"rows":[…],"cached":…,"took_ms":…,"as_of":…}, "truncated":true when it
 * was cut, handed out in pieces. Nothing is handed out before the statement is known to work or
 * QUERY_CACHE_ENTRY_BYTES have come. q's own callbacks and format are not used.
 */
bool query_json(struct instance *in, struct db *db, const struct query_spec *q,
		bool (*write)(void *ctx, const void *p, size_t n, struct err *e), void *ctx, struct err *e);

/* The rows of q as a table for a terminal, at most max_rows of them; q's callbacks and format are not used. */
bool query_text_table(struct instance *in, struct db *db, const struct query_spec *q, struct buf *ret,
		      struct query_outcome *ret_outcome, struct err *e);
