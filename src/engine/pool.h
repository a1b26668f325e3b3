/*
 * Queries: one vitrina-engine process an organisation, started on demand, put to sleep when idle, restarted after a
 * crash, so that a killed engine loses nothing but the request that ran in it (ERR_UNAVAILABLE, code engine_restarted).
 *
 * Any thread may call engine_run; several requests run in one engine at the same time. Before each request the pool
 * tells the engine about relations it does not hold, or holds in another version; their segments come from
 * open_segment as descriptors of Parquet files (memfds), once a statement mentions their schema. What is seen in SQL:
 *
 *	"schema"."table"        the relation, without the hidden column "_row"
 *	"_raw"."schema.table"   the same with "_row", the number of the row in file order, from 0
 *	"schema"                also the relation, when its schema has no other table
 *
 * DuckDB's names know no case, and "main", "_raw", "temp", "system", "memory", "information_schema" and "pg_catalog"
 *are its own or ours: the caller gives schemas names that differ from these and, beyond case, from each other.
 */
#pragma once

#include "base/err.h"
#include "engine/process.h"
#include "engine/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine_column {
	const char *name;
	const char *type;   /* as DuckDB writes it: "BIGINT", "DECIMAL(18,2)", "VARCHAR" … */
	const char *stored; /* of a relation: what its segments call it; NULL = as its name */
};

struct engine_relation {
	const char *schema, *table;
	int64_t version; /* another number: attached anew */
	const int64_t *segments;
	size_t n_segments;                   /* 0: an empty table of these columns */
	const struct engine_column *columns; /* without _row */
	size_t n_columns;
};

struct engine_request {
	int64_t org;
	const struct engine_relation *relations;
	size_t n_relations;
	/* False: the query sees these relations and no others. True (analyses, which name what they read): others that
	 * the engine holds already stay, so that two data sets in turn are not opened again each time. */
	bool keep_others;
	const char *sql;
	const char *params_json; /* JSON list of null, booleans, numbers and strings, or NULL */
	enum engine_format format;
	uint64_t max_rows, max_bytes; /* 0 = LIMIT_QUERY_ROWS, LIMIT_QUERY_RESULT_BYTES; UINT64_MAX = unbounded */
	bool truncate;                /* past a maximum: stop and say truncated; else ERR_LIMIT */
	int seconds;                  /* 0 = LIMIT_QUERY_SECONDS */
	const _Atomic bool *cancel;   /* may be NULL */
	void *ctx;
	/* Once, before the rows; may be NULL. */
	bool (*columns)(void *ctx, const struct engine_column *cols, size_t n, struct err *e);
	/* Result bytes in order. False stops the query. */
	bool (*rows)(void *ctx, const void *bytes, size_t n, struct err *e);
};

struct engine_result {
	uint64_t rows;
	bool truncated;
	int64_t took_us; /* from the call to the last byte, attaching included */
};

struct engine_pool_options {
	struct engine_spawn_options spawn;
	size_t max_engines; /* 0 = LIMIT_ENGINES; the longest unused one sleeps when another is wanted */
	int idle_seconds;   /* 0 = LIMIT_ENGINE_IDLE_SECONDS */
	/* Bytes of segments an engine may hold open, 0 = LIMIT_ENGINE_SEGMENT_BYTES. Past it, those of relations that
	 * were not mentioned for longest are closed; what one statement mentions is open whatever its size. */
	int64_t segment_bytes;
	void *ctx;
	/* A memfd holding the Parquet file of the segment; the pool closes it. Called with that organisation's engine
	 * locked: it must not call engine_run. */
	bool (*open_segment)(void *ctx, int64_t org, int64_t segment, int *ret_fd, struct err *e);
};

struct engine_stat {
	int64_t org;
	pid_t pid;
	uint64_t rss;  /* bytes */
	size_t active; /* requests running */
};

struct engine_pool;

struct engine_pool *engine_pool_new(const struct engine_pool_options *o);
bool engine_run(struct engine_pool *p, const struct engine_request *q, struct engine_result *ret, struct err *e);
/* Stops that organisation's engine; its running requests end with ERR_UNAVAILABLE. */
void engine_forget(struct engine_pool *p, int64_t org);
/* Fills at most cap rows of ret; returns how many engines run. */
size_t engine_pool_stats(struct engine_pool *p, struct engine_stat *ret, size_t cap);
/* No request may be running. Takes NULL. */
void engine_pool_free(struct engine_pool *p);
