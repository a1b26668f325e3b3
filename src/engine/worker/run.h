/* Running one query of a stranger: checked to be one SELECT, its parameters bound, its result streamed. */
#pragma once

#include "engine/worker/result.h"

/* Why a query must stop; set by the control thread, which then interrupts it. */
enum query_stop { QUERY_RUNS, QUERY_CANCELLED, QUERY_TIMED_OUT };

/*
 * Sends COLUMNS, ROWS and END on sock, or returns false. conn is inside its transaction. out_fd is written to with
 * ENGINE_PARQUET, else -1. stopping turns true together with *stop; both are looked at during the run.
 */
bool run_query(duckdb_connection conn, const struct query_spec *spec, int sock, int out_fd,
	       const _Atomic bool *stopping, const _Atomic int *stop, struct err *e);
