/*
 * A dump from its first statement to its last, as events: tables made, rows put into them. Serial, and cheap enough for
 * it: what stands within a row is not looked at beyond its quotation marks and brackets.
 */
#pragma once

#include "ingest/feed.h"
#include "ingest/sql_head.h"

enum sql_event { SQL_END, SQL_CREATE, SQL_INSERT, SQL_ROW, SQL_ROWS_END, SQL_COPY, SQL_LINES };

struct sql_scan {
	struct feed *feed;
	bool mysql;
	bool last;       /* the feed has no more */
	size_t at;       /* in the feed's pending bytes; what is before it is done with */
	uint64_t offset; /* in the whole text, of pending's first byte */
	uint64_t line;   /* of `counted` */
	size_t counted;  /* line ends before this place are counted */
	enum { SQL_BETWEEN, SQL_IN_ROWS, SQL_IN_LINES } state;
	struct buf delimiter;
	struct buf last_head; /* the text of the last INSERT … VALUES: most follow one like it */
	struct sql_head head; /* of the last CREATE, INSERT or COPY */
	bool same_head;       /* this INSERT's head is that of the one before */
	uint64_t unread, unread_at;   /* statements that put rows into a table and were not understood; the last's place, */
	struct buf unread_text;       /* and the first's beginning, with its line */
	struct str text;      /* SQL_ROW: "(…)"; SQL_LINES: whole lines. Valid until the next call */
	size_t begin;         /* where the event's statement or text begins; offset + begin is its place */
};

void sql_scan_init(struct sql_scan *x, struct feed *f, bool mysql);
void sql_scan_free(struct sql_scan *x);
/* Begins between two statements, `offset` bytes into the text, on that line. */
bool sql_scan_seek(struct sql_scan *x, uint64_t offset, uint64_t line, struct err *e);
bool sql_scan_next(struct sql_scan *x, enum sql_event *ret, struct err *e);
/* The line of a place in pending, which is not before the one asked for last. */
uint64_t sql_scan_line(struct sql_scan *x, size_t place);
