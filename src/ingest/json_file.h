/*
 * JSON and NDJSON files, from inside.
 *
 * json_scan.c reads tokens, json_record.c turns a value into a row, json_shape.c goes over the whole file once to find
 * its tables and their columns (a column may be met in the last record first), json_file.c is the reader.
 *
 * What is a table: the elements of an outermost list; the values that follow one another (NDJSON); in one single
 * object, each list of objects or of lists that is reached through objects only. What that object has besides is a
 * table of one row. A table of lists has its columns by their place, and its header, if any, in its first row.
 */
#pragma once

#include "ingest/json_record.h"

struct json_shape {
	bool list;   /* the file is a list of records */
	bool single; /* the file is one object, and has tables inside */
	struct json_file_table {
		struct str path; /* of the list within the single object; n = 0: the file's own records */
		struct json_columns columns;
		bool positional; /* its first element is a list */
	} * tables;
	size_t n_tables;
};

/* From the source's first byte to its last. ERR_VALUE where it is no JSON, or has no value. */
bool json_shape_find(struct source *s, struct json_shape *ret, struct err *e);
void json_shape_free(struct json_shape *shape);
/* SIZE_MAX: no table stands there. */
size_t json_shape_table(const struct json_shape *shape, struct str path);
/* Begins tokens after a byte order mark. */
bool json_begin(struct json_scan *s, struct source *source, struct err *e);
