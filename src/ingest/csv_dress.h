/*
 * Delimited text in a dress that is no part of it, which is taken off a block at a time before cells are looked for:
 *
 *	lines	every line stands in quotation marks as if it were one cell: "1,""Ann, jun."",5". That is what a
 *spreadsheet program makes of a CSV file that it opened as one column. frame	tables as Markdown writes them, and as
 *the clients of MySQL and PostgreSQL print them: lines of dashes, bars on the outside, "(40 rows)" below.
 *
 * A line of the file stays one, so that numbers of lines hold.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

enum csv_dress_kind { DRESS_NONE, DRESS_LINES, DRESS_FRAME };
#define DRESS_DELIMITER '\x1f' /* of a frame's cells once it is off: a bar may be within one */

struct csv_dress {
	enum csv_dress_kind kind;
	bool bars;    /* frame: on the outside, too */
	bool escapes; /* frame: \| is a bar of the text */
	char *rule;   /* frame: the line of dashes below the header; malloc */
	size_t cells; /* frame: of a row */
};

/* text: the first lines as UTF-8, with BLOCK_PAD bytes after them. In doubt there is no dress. */
struct csv_dress csv_dress_find(struct str text, char line_end);
void csv_dress_free(struct csv_dress *d);
/* Whole records. */
void csv_undress(const struct csv_dress *d, char line_end, struct str text, struct buf *ret);
