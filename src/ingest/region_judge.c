/* Where one table of a sheet ends and another begins. */
#include "ingest/regions.h"

#include "ingest/roles.h"
#include "ingest/signs.h"

#include <stdlib.h>

#define PREAMBLE_ROWS 12
#define NOTE_ROWS 20
#define TITLES 3 /* rows above the header of a lower table */
/* Gaps between columns that are tried, from the left. Each try looks at every cell of the first rows anew, and a sheet
 * written to harm has a thousand of them. */
#define BESIDE_TRIED 16

/* The rows up to the first step in their numbers, at most HEADER_LOOKED_AT. */
static size_t run_end(struct region_rows rows, size_t *ret_rows, bool *ret_ended)
{
	size_t at = rows.at;
	uint32_t line = 0;
	*ret_rows = 0;
	while (at < rows.end && *ret_rows < HEADER_LOOKED_AT) {
		size_t next = at;
		struct packed_row row = pack_next(rows.bytes, &next);
		if (*ret_rows && row.line > line + 1) {
			*ret_ended = true;
			return at;
		}
		line = row.line;
		at = next;
		(*ret_rows)++;
	}
	*ret_ended = at == rows.end && rows.last;
	return at;
}

struct looked {
	struct block block;
	struct rows rows;
	struct grid grid;
	size_t end;
	bool ended;
};

static void look(struct region_rows at, struct looked *ret)
{
	size_t n;
	*ret = (struct looked){ .grid.scratch = BUF_INIT(2 * LIMIT_CELL_BYTES) };
	ret->end = run_end(at, &n, &ret->ended);
	ret->block = (struct block){ .data = at.bytes + at.at, .n = ret->end - at.at, .packed = true };
	pack_index(&ret->block, &ret->rows, NULL);
	ret->grid.b = &ret->block;
	ret->grid.rows = &ret->rows;
	ret->grid.n = ret->rows.n_rows;
}

static void looked_free(struct looked *l)
{
	rows_free(&l->rows);
	buf_free(&l->grid.scratch);
}

static size_t most_filled(struct looked *l)
{
	size_t most = 0, filled;
	for (size_t i = 0; i < l->grid.n; i++) {
		grid_extent(&l->grid, i, &filled);
		most = MAX(most, filled);
	}
	return most;
}

struct region_shape region_look(struct region_rows rows)
{
	struct looked l;
	look(rows, &l);
	struct region_shape s = {
		.rows = l.grid.n, .most_filled = most_filled(&l), .first = SIZE_MAX, .ended = l.ended
	};
	for (size_t i = 0; i < l.grid.n; i++) {
		size_t filled, first = 0;
		s.end = MAX(s.end, grid_extent(&l.grid, i, &filled));
		while (first < s.end && !grid_text(&l.grid, i, first).n)
			first++;
		s.first = MIN(s.first, first);
	}
	looked_free(&l);
	return s;
}

/* The row that may be the header of a lower table: the first with two cells, below titles of one. */
static bool header_row(struct looked *l, size_t *ret)
{
	for (size_t i = 0; i < MIN(l->grid.n, (size_t)TITLES + 1); i++) {
		size_t filled;
		grid_extent(&l->grid, i, &filled);
		*ret = i;
		if (filled > 1)
			return i + 1 < l->grid.n;
	}
	return false;
}

/*
 * Stricter than for the first table of a sheet, because in doubt the rows go on with the table above: no cell may stand
 * for a missing value, and text above values alone is not enough, for a value may be missing in words.
 */
static bool begins_table(struct region_rows after, const struct region_shape *before)
{
	struct looked l;
	size_t row, known = 0, above_values = 0, first = SIZE_MAX, filled = 0;
	look(after, &l);
	bool header = header_row(&l, &row) && grid_evidence(&l.grid, row) == HEADER_STRONG;
	for (size_t i = 0; header && i < rows_width(&l.rows, row); i++) {
		bool typed, repeated;
		struct str s = grid_text(&l.grid, row, i);
		if (!s.n)
			continue;
		first = MIN(first, i);
		filled++;
		header = !value_missing(s);
		known += roles_known_header(s);
		grid_look_below(&l.grid, row, i, &typed, &repeated);
		above_values += typed;
	}
	if (header) {
		size_t end = grid_extent(&l.grid, row, &filled);
		bool elsewhere = first != before->first || end != before->end;
		header =
			(above_values && (known || above_values > 1 || elsewhere)) || known > 1 || (known && elsewhere);
	}
	looked_free(&l);
	return header;
}

static bool is_signed(struct looked *l, size_t row)
{
	CLEANUP(buf_free) struct buf first = BUF_INIT(2 * LIMIT_CELL_BYTES);
	size_t filled, extent = grid_extent(&l->grid, row, &filled);
	bool signs = false;
	for (size_t i = 0; i < extent && filled <= SIGNED_CELLS && !signs; i++) {
		struct str s = grid_text(&l->grid, row, i);
		if (s.n)
			signs = text_signs(first.n ? STR("") : s, s);
		buf_add_str(&first, s);
	}
	return signs;
}

/* Rows of at most so many cells, all texts; or of somebody who signs. */
static bool all_narrow(struct looked *l, size_t most)
{
	for (size_t i = 0; i < l->grid.n; i++) {
		size_t filled, extent = grid_extent(&l->grid, i, &filled);
		if (is_signed(l, i))
			continue;
		if (filled > most)
			return false;
		for (size_t k = 0; k < extent; k++) {
			if (grid_is_typed(grid_text(&l->grid, i, k)))
				return false;
		}
	}
	return true;
}

static bool is_note(struct region_rows after, const struct region_shape *before, size_t *ret_end)
{
	struct looked l;
	look(after, &l);
	bool note = before->most_filled >= 2 && l.ended && l.grid.n <= NOTE_ROWS &&
		    all_narrow(&l, before->most_filled == 2 ? 1 : 2);
	*ret_end = l.end;
	looked_free(&l);
	return note;
}

/* A name of the firm, "Period: March": narrow, few rows, and no list under a header of its own. */
static bool is_preamble(struct region_rows before, const struct region_shape *shape, const struct region_shape *after)
{
	struct looked l;
	if (shape->rows > PREAMBLE_ROWS || after->most_filled < 2)
		return false;
	if (shape->most_filled > 1 && shape->most_filled * 2 > after->most_filled)
		return false;
	look(before, &l);
	bool list = l.grid.n > 2 && shape->most_filled == 1 && roles_known_header(grid_text(&l.grid, 0, shape->first));
	looked_free(&l);
	return !list;
}

enum region_verdict region_judge(struct region_rows before, const struct region_shape *shape, bool begun,
				 struct region_rows after, size_t *ret_end)
{
	struct region_shape next = region_look(after);
	if (!begun && is_preamble(before, shape, &next))
		return REGION_PREAMBLE;
	if (!begun && shape->rows == 1) /* a header apart from its rows */
		return REGION_SAME;
	if (is_note(after, shape, ret_end)) {
		struct region_rows behind = { after.bytes, *ret_end, after.end, after.last };
		if (behind.at < behind.end && begins_table(behind, shape))
			return REGION_NEW; /* it is the title of the next */
		/* In a table of two columns one text may as well be a row. */
		return shape->most_filled > 2 ? REGION_NOTES : REGION_SAME;
	}
	return begins_table(after, shape) ? REGION_NEW : REGION_SAME;
}

/* -- side by side -- */

/* One side of an empty column: what its first column is called, and whether a title of its own stands above. */
struct side {
	char *name;
	bool titled;
};

static struct side look_at_side(struct region_rows rows, uint32_t from, uint32_t to)
{
	struct packer p = PACKER_INIT;
	struct side side = { 0 };
	const struct reader_table unknown = { 0 };
	struct header h = { 0 };
	for (size_t at = rows.at; at < rows.end;) {
		struct packed_row row = pack_next(rows.bytes, &at);
		pack_copy(&p, rows.bytes, &row, from, to);
	}
	struct looked l;
	if (!p.bytes.n)
		return side;
	look((struct region_rows){ p.bytes.p, 0, p.bytes.n, true }, &l);
	size_t row, filled = 0, widest = most_filled(&l);
	if (widest > 1 && header_row(&l, &row) && grid_evidence(&l.grid, row) == HEADER_STRONG &&
	    header_find(&l.block, &l.rows, &unknown, &h, NULL)) {
		grid_extent(&l.grid, 0, &filled);
		side.titled = row > 0 && filled == 1;
		side.name = h.n ? mem_strdup(h.names[0]) : NULL;
		header_free(&h);
	}
	looked_free(&l);
	buf_free(&p.bytes);
	return side;
}

static bool empty_column(struct looked *l, size_t column)
{
	for (size_t i = 0; i < l->grid.n; i++) {
		if (grid_text(&l->grid, i, column).n)
			return false;
	}
	return true;
}

/* The first run of empty columns in [*from, end): its first and one past its last; false when there is none. */
static bool empty_run(struct looked *l, size_t *from, size_t end, size_t *ret_end)
{
	while (*from < end && !empty_column(l, *from))
		(*from)++;
	for (*ret_end = *from; *ret_end < end && empty_column(l, *ret_end);)
		(*ret_end)++;
	return *from < end;
}

/* Whether [0, left) and what begins at `right` are tables of their own. */
static bool stand_apart(struct region_rows rows, size_t left, size_t right)
{
	struct side a = look_at_side(rows, 0, (uint32_t)left), b = { 0 };
	if (a.name)
		b = look_at_side(rows, (uint32_t)right, UINT32_MAX);
	bool apart = a.name && b.name && (str_ieq(str_of(a.name), str_of(b.name)) || (a.titled && b.titled));
	free(a.name);
	free(b.name);
	return apart;
}

bool region_beside(struct region_rows rows, size_t *ret_left, size_t *ret_right)
{
	struct looked l;
	struct region_shape shape = region_look(rows);
	bool found = false;
	size_t tried = 0;
	look(rows, &l);
	rows.end = l.end;
	*ret_left = shape.first + 2;
	while (!found && tried++ < BESIDE_TRIED && *ret_left + 2 < shape.end &&
	       empty_run(&l, ret_left, shape.end - 2, ret_right)) {
		found = stand_apart(rows, *ret_left, *ret_right);
		if (!found)
			*ret_left = *ret_right;
	}
	looked_free(&l);
	return found;
}
