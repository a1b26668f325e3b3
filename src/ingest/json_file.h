/*
 * JSON and NDJSON files, from inside.
 *
 *	json_scan.c	reads tokens
 *	json_record.c	turns a value into a row
 *	json_shape.c	goes over the whole file once to find its tables and their columns (one may be met in the last
 *record first) json_key.c	how the rows of a table are named in the tables of their lists
 *	json_name.c	what tables and these columns are called
 *	json_walk.c	finds the records of a table, wherever they stand
 *	json_late.c	rows that stand before the number of the record they belong to
 *	json_file.c	is the reader
 *
 * What is a table: the elements of an outermost list; the values that follow one another (NDJSON); in one single
 * object, each list of objects or of lists that is reached through objects only. What that object has besides is a
 * table of one row. A single object that is itself a record (one order with its lines; json_one.c) is a table of one
 *row, and its lists are those of a record; one that maps numbers to records (json_map.c) is a list of them. A table of
 *lists has its columns by their place, and its header, if any, in its first row.
 *
 * A list within a record that anywhere in the file has an object in it is a table too. An object that stands in its
 * place is its only element; an element that is no object is its column "value"; null and {} are no elements. Its first
 * columns say which records its rows belong to: of the record around it, of that around this one, …, by the column that
 * names them, or by their number.
 */
#pragma once

#include "ingest/json_record.h"

struct json_shape {
	bool list;   /* the file is a list of records */
	bool single; /* the file is one object, and has tables inside */
	bool one;    /* the file is one object */
	struct json_file_table {
		char *path; /* of its list, from the file's own records down; path_n = 0: those themselves */
		size_t path_n;
		struct json_columns columns; /* from its records down */
		bool positional;             /* its first element is a list */
		size_t parent;  /* whose records its list is in; SIZE_MAX: nobody's. Less than its own number */
		unsigned level; /* how many lists are around its records that are tables */
		bool has_lists; /* it is somebody's parent; then: */
		size_t key;     /* the column that names its records; SIZE_MAX: they are numbered */
		char *name;     /* NULL: of the file */
		char *link;     /* what the tables of its lists call the column that says which record */
	} * tables;
	size_t n_tables;
	size_t own; /* the table of the file's own records: 0, or the last one beside those of a single object */
};

/* From the source's first byte to its last. ERR_VALUE where it is no JSON, or has no value. */
bool json_shape_find(struct source *s, struct json_shape *ret, struct err *e);
void json_shape_free(struct json_shape *shape);
/* Begins tokens after a byte order mark. */
bool json_begin(struct json_scan *s, struct source *source, struct err *e);

/* json_split.c: all columns that were met, each to its table, by their paths from the file's own records down. */
bool json_shape_split(struct json_shape *shape, const struct json_columns *all, struct err *e);
/* json_one.c: whether the single object is a record that has lists, and not only around them. */
bool json_one_is_record(const struct json_columns *all);
/* json_key.c: sets `key` of every table that has lists; goes over the file once where there are such. */
bool json_shape_keys(struct source *s, struct json_shape *shape, struct err *e);
/* json_name.c: sets `name` and `link`. */
void json_shape_names(struct json_shape *shape, struct str file_name);
/* "\0a\0b" → "a.b" */
char *json_dotted(struct str path);
/* How well a column's name says that it names one record: 0 … 1. */
double json_says_key(struct str path);
