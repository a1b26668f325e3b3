/*
 * Dumps of databases (.sql), from inside.
 *
 * sql_lex.c knows quotation marks, comments and names; sql_head.c the beginnings of CREATE TABLE, INSERT and COPY;
 * sql_scan.c goes from event to event, serially; sql_tables.c keeps what a first pass over the file finds: tables,
 * which columns a statement fills, and where the rows of each table are; sql_dump.c hands these rows out in blocks, and
 * sql_rows.c, on many threads, reads the values in them (sql_quick.c the plain ones; sql_unquote.c undoes escapes).
 *
 * A block is a run of stretches of the file: a struct sql_run and its bytes, again and again.
 */
#pragma once

#include "ingest/pack.h"
#include "ingest/sql_scan.h"

#define SQL_IDENTITY UINT32_MAX

/* How the values of a statement's rows lie in its table. */
struct sql_shape {
	size_t table;
	uint32_t *columns; /* the place of each value in the table; NULL: in order */
	size_t n;
	bool in_order;   /* each place behind the one before it */
	struct buf head; /* as the file has it */
};

struct sql_segment {
	size_t table;
	uint64_t begin, end; /* in the text */
	uint64_t line;
};

struct sql_table {
	struct buf schema;
	enum sql_kind *kinds; /* one a column */
	size_t last_segment;  /* its number and one; 0 = none */
};

struct sql_tables {
	struct reader *reader; /* whose tables these are */
	struct sql_table *tables;
	size_t n_tables;
	struct sql_shape *shapes;
	size_t n_shapes;
	struct sql_segment *segments;
	size_t n_segments;
	bool any_row;
};

struct sql_run {
	uint32_t shape, line, n;
	bool lines; /* of COPY; else "(…),(…)" */
};

struct sql_reader {
	struct reader base;
	struct feed feed;
	struct sql_scan scan;
	struct sql_tables known;
	bool mysql;
	/* a pass over one table */
	size_t table, segment;
	size_t shape;   /* of the statement being read */
	bool wanted;    /* it is the table's */
	struct buf out; /* the block being filled */
	size_t run;     /* where its last run begins; SIZE_MAX: none is open */
	uint64_t run_line;
	bool ended;
};

/* Goes over the whole dump once. */
bool sql_tables_find(struct sql_tables *k, struct sql_scan *x, struct err *e);
/* The shape with this head; SIZE_MAX when the first pass has not seen it. */
size_t sql_tables_shape(const struct sql_tables *k, struct str head, bool copy);
void sql_tables_free(struct sql_tables *k);

/* Whether the first bytes of a file, as ASCII or something that holds it, begin a dump. */
bool sql_sniff(struct str head);
/* Turns a block of runs into packed rows. */
bool sql_rows_index(const struct sql_reader *q, struct block *b, struct rows *ret, struct err *e);
/* How the rows of a run are read by sql_quick.c: their bytes are UTF-8 without NUL. */
struct sql_quick {
	const uint32_t *columns; /* n of them, in order; NULL: the table's own */
	size_t n;                /* values that a row may have */
	const enum sql_kind *kinds;
	bool mysql;
};
/* The row of an INSERT whose bracket is at `at`: one past its end, its cells put into a packer's row that pack_row_end
 * has to end; or SQL_NONE, and nothing is put. */
size_t sql_quick_row(const struct sql_quick *rules, struct packer *packer, struct str s, size_t at, uint32_t line);
/* The same with a line of COPY, without its end. */
bool sql_quick_line(const struct sql_quick *rules, struct packer *packer, struct str s, uint32_t line);
/* How many values "(…)" holds. */
size_t sql_rows_width(struct str row, bool mysql);
/* What stands between two quotation marks: itself, or in scratch, which must have room for s.n bytes. */
struct str sql_unquoted(struct buf *scratch, struct str s, char quote, bool escapes, bool mysql);
