/*
 * The relations of one organisation as this engine knows them: views over the Parquet files whose descriptors the
 * server passed. See engine/pool.h for the names they have in SQL.
 *
 * A view that is replaced or dropped keeps its descriptors open until the queries that began before have ended: those
 * still read the old version, because each query is a transaction. One thread uses this module.
 */
#pragma once

#include "base/err.h"
#include "json/read.h"

#include <duckdb.h>
#include <stddef.h>
#include <stdint.h>

struct relations;

struct relations *relations_new(duckdb_connection conn);
void relations_free(struct relations *r);

/*
 * spec is the payload of ATTACH; fds are its segments, whose ownership passes here in any case. last_query is the
 * number of the newest query begun so far.
 */
bool relations_attach(struct relations *r, const json_t *spec, const int *fds, size_t n_fds, uint64_t last_query,
		      struct err *e);
/* Unknown ones are fine. */
bool relations_detach(struct relations *r, struct str schema, struct str table, uint64_t last_query, struct err *e);
/* Closes what only queries before oldest_running could read; UINT64_MAX when none runs. */
void relations_sweep(struct relations *r, uint64_t oldest_running);
