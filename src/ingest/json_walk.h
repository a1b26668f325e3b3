/*
 * Over a file to the records of some of its tables, and to values in them: everything else is read past.
 *
 * What is looked for is a set of paths from the file's own records down. One step at a time, so that a record may be of
 * any size.
 */
#pragma once

#include "base/limits.h"
#include "ingest/json_file.h"

enum json_step {
	JSON_STEP_RECORD,     /* begins; `table`. The caller may read it whole, then json_walk_taken */
	JSON_STEP_RECORD_END, /* of one that was not taken; `table` */
	JSON_STEP_VALUE,      /* `value` and `text` of it: neither null, nor an object, nor a list */
	JSON_STEP_END
};

struct json_walk {
	struct json_scan *scan;
	const struct json_shape *shape;
	struct json_columns nodes; /* paths, and those around them */
	struct json_node {
		size_t table, value; /* SIZE_MAX: it is none */
	} * info;
	struct buf path;
	struct json_level {
		size_t path;
		size_t rows;   /* of a list: the table that its elements are of */
		size_t record; /* of an object: the table whose record it is */
	} levels[LIMIT_JSON_DEPTH + 1];
	size_t pending; /* a record that is no object, and has ended; SIZE_MAX */
	size_t until; /* in a single object: the one list that everything is in, whose end is the last step; SIZE_MAX */
	bool own_rows; /* the file's own records are looked for */
	/* of the last step */
	size_t table, value;
	enum json_token token; /* the first of the record */
	struct str text;
};

void json_walk_begin(struct json_walk *w, struct json_scan *scan, const struct json_shape *shape);
void json_walk_free(struct json_walk *w);
/* To be said before the first step. Tables come with those around them. */
void json_walk_add_table(struct json_walk *w, size_t table);
void json_walk_add_value(struct json_walk *w, size_t table, size_t column, size_t value);
/* The walker's scanner stands at the text's beginning (json_begin). */
bool json_walk_start(struct json_walk *w, struct err *e);
bool json_walk_next(struct json_walk *w, enum json_step *ret, struct err *e);
/* The record that began is read. */
void json_walk_taken(struct json_walk *w);
