/*
 * What a stranger's SELECT may call. DuckDB's own switches close files and network, but functions with effects on the
 * process (logging to a file, running text as SQL, reading memory by address) remain; so table functions are allowed by
 * name, and a few scalar ones are refused.
 */
#pragma once

#include "base/err.h"

#include <duckdb.h>

/* Checked before sql is bound, for binding already calls table functions. sql parses. */
bool policy_check(duckdb_connection conn, const char *sql, struct err *e);
