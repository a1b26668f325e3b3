/*
 * One JSON value as the cells of one row.
 *
 * An object's members are columns, those of an object inside it too ("address.city"). A list of plain values is one
 * cell, joined by ", "; any other list is one cell of JSON text, unless it is a table of its own (json_file.h). A value
 * that is no object is the column "value". Within a path JSON_PATH, which no name can hold, stands before each name, so
 * that {"a":{"b":1},"a.b":2} are two columns.
 */
#pragma once

#include "ingest/json_scan.h"
#include "ingest/pack.h"

#define JSON_PATH '\0'

/* The columns of a table in the order in which they were met. */
struct json_columns {
	struct json_column {
		char *path;
		uint32_t n;
		bool has_value; /* some record has more than null there, and no list */
		bool has_list;
		bool has_objects;  /* in a list; `line` is of the first */
		bool has_elements; /* in a list, that are neither objects nor null */
		bool begins_list;  /* the first element of a list is a list */
		uint64_t line;
		uint64_t twice; /* where the name is met again in the one value that there may be; 0 = it is not */
	} * list;
	size_t n, cap;
	uint32_t *slots; /* hash table of indexes, UINT32_MAX = free */
	size_t n_slots;
};

/* SIZE_MAX: there is none. */
size_t json_columns_find(const struct json_columns *c, struct str path);
size_t json_columns_add(struct json_columns *c, struct str path);
void json_columns_free(struct json_columns *c);

struct json_record {
	struct json_scan *scan;
	struct json_columns *columns;
	/* Columns are being found; values are not kept. The members of objects in a list stand at the list's path. */
	bool adding;
	unsigned lists;  /* adding: that are open */
	bool only;       /* adding: the value may be the only one of the file */
	struct buf path; /* of the open member */
	size_t next;     /* column that is likely next */
	struct buf values, joined;
	struct json_cell {
		uint32_t at, n;
	} * cells;                         /* one a column */
	size_t used;                       /* one past the last column that has a value */
	const struct json_columns *others; /* paths whose lists and objects are rows of other tables; NULL: none */
};

void json_record_begin(struct json_record *r, struct json_scan *scan, struct json_columns *columns, bool adding);
void json_record_free(struct json_record *r);
/* The value whose first token was the last one. */
bool json_record_read(struct json_record *r, enum json_token token, struct err *e);
/* The elements of the list whose first token was the last one, a cell each, whatever they are; what is no list is one
 * cell. */
bool json_record_elements(struct json_record *r, enum json_token token, struct packer *p, struct err *e);
/* The row that was read, as cells of the open row. */
void json_record_pack(const struct json_record *r, struct packer *p);
