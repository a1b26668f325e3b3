/*
 * Parquet files of strangers, as a reader of the ingest layer: DuckDB reads them, in this sandbox, in an instance of
 * its own beside the one that writes. Cells go the way of all formats, as text; but what the file says to be a decimal,
 * a date, a moment or a truth stays one. Lists, structs and maps are JSON text.
 */
#pragma once

#include "ingest/reader.h"

bool parquet_file_open(struct source *s, const char *file_name, struct reader **ret, struct err *e);
