/*
 * Several tables on one sheet.
 *
 * A reader whose tables are sheets (reader_ops.sheets) is wrapped: what it yields as one table is cut where a new one
 * begins, while it is being read, in one pass. So the list of tables grows behind the one that is being read. The
 * formats only pack rows; nothing here knows which one it is.
 *
 *	below each other	apart by empty rows, the lower one with a header of its own
 *	side by side		apart by an empty column, each with the same first header or a title of its own
 *	letterheads		few narrow rows above an empty one are no part of the table
 *	signatures, remarks	few narrow rows below an empty one are left out, and reported
 *
 * In doubt rows stay together: region_judge.c has the rules.
 */
#pragma once

#include "ingest/header_grid.h"
#include "ingest/pack.h"

/* Takes the reader over; never fails. */
struct reader *regions_wrap(struct reader *sheets);

/* What a run of rows looks like: those before the first empty one, at most HEADER_LOOKED_AT. */
struct region_shape {
	size_t rows, most_filled; /* cells of the fullest row */
	size_t first, end;        /* columns with anything in them */
	bool ended;               /* an empty row follows, or nothing */
};

enum region_verdict {
	REGION_SAME,     /* the table goes on */
	REGION_PREAMBLE, /* what was before is a letterhead: the table begins here */
	REGION_NOTES,    /* a remark below the table */
	REGION_NEW       /* another table begins here */
};

/* Packed rows in [at, end) of bytes; `last` says that the sheet ends there. */
struct region_rows {
	char *bytes;
	size_t at, end;
	bool last;
};
struct region_shape region_look(struct region_rows rows);
/* before: the shape of the table so far, `begun` when some of it was handed out and is no letterhead. after: from the
 * first row behind an empty one. *ret_end: where the remark ends. */
enum region_verdict region_judge(struct region_rows before, const struct region_shape *shape, bool begun,
				 struct region_rows after, size_t *ret_end);
/* Whether the rows are two tables side by side; the empty columns between are [*ret_left, *ret_right). */
bool region_beside(struct region_rows rows, size_t *ret_left, size_t *ret_right);
