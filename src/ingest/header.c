#include "ingest/header_grid.h"

#include "base/utf8.h"
#include "ingest/period.h"
#include "ingest/roles.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_TITLES 20
#define MAX_LETTERHEAD 60 /* lines of text above the table, of banks */
#define NAME_BYTES LIMIT_COLUMN_NAME_BYTES

/* The hidden column of row numbers; see engine/worker/import.c. */
static const struct str reserved = STR("_row");

struct str grid_text(struct grid *g, size_t row, size_t column)
{
	struct cell c = rows_cell(g->rows, row, column);
	buf_clear(&g->scratch);
	return c.n & CELL_FILLED ? STR("") : rows_text(g->b, c, &g->scratch);
}

size_t grid_extent(struct grid *g, size_t row, size_t *ret_filled)
{
	size_t extent = 0;
	*ret_filled = 0;
	for (size_t i = 0; i < rows_width(g->rows, row); i++) {
		if (grid_text(g, row, i).n) {
			extent = i + 1;
			(*ret_filled)++;
		}
	}
	return extent;
}

static size_t widest_extent(struct grid *g)
{
	size_t widest = 0, filled;
	for (size_t i = 0; i < g->n; i++)
		widest = MAX(widest, grid_extent(g, i, &filled));
	return widest;
}

static size_t usual_extent(struct grid *g)
{
	size_t best = 0, best_rows = 0, filled;
	size_t extents[HEADER_LOOKED_AT];
	for (size_t i = 0; i < g->n; i++)
		extents[i] = grid_extent(g, i, &filled);
	for (size_t i = 0; i < g->n; i++) {
		size_t same = 0;
		for (size_t k = 0; k < g->n; k++)
			same += extents[k] == extents[i];
		if (same > best_rows || (same == best_rows && extents[i] > best)) {
			best = extents[i];
			best_rows = same;
		}
	}
	return best;
}

/*
 * The first row that fills half of the table's width; what comes before are titles. Titles may be of several cells: a
 * row that names every column, right behind one that does not, is the better one.
 */
static size_t first_full_row(struct grid *g, size_t width)
{
	for (size_t i = 0; i < MIN(g->n, (size_t)MAX_TITLES); i++) {
		size_t filled, next = 0, top, end;
		grid_extent(g, i, &filled);
		if (filled * 2 < width || (filled < 2 && width != 1))
			continue;
		if (filled < width && i + 2 < g->n)
			grid_extent(g, i + 1, &next);
		if (!next || next < width || grid_evidence(g, i + 1) != HEADER_STRONG) /* next: there is such a row */
			return i;
		header_span(g, i, width, &top, &end);
		return end > i + 1 ? i : i + 1;
	}
	return 0;
}

/*
 * Text files of banks: more lines above the table than rows in it, so that most rows are narrow. The first row that is
 * half as wide again as whatever stands above it, has a header's evidence and is followed by rows as wide.
 */
static bool below_letterhead(struct grid *g, size_t usual, size_t *ret_row, size_t *ret_width)
{
	size_t before = 0, filled, below;
	for (size_t i = 0; i + 1 < MIN(g->n, (size_t)MAX_LETTERHEAD); i++) {
		size_t extent = grid_extent(g, i, &filled);
		grid_extent(g, i + 1, &below);
		bool wide = i > 0 && filled >= 3 && filled * 2 >= before * 3 && extent >= usual * 2 && below > before;
		if (wide && grid_evidence(g, i) == HEADER_STRONG) {
			*ret_row = i;
			*ret_width = extent;
			return true;
		}
		before = MAX(before, filled);
	}
	return false;
}

static bool is_year(struct str s)
{
	int64_t v;
	return s.n == 4 && str_to_i64(s, &v) && v >= 1900 && v <= 2100;
}

bool grid_is_typed(struct str s)
{
	static const struct infer_hint none = { 0 };
	struct infer f = { 0 };
	infer_add(&f, s);
	return infer_decide(&f, &none).type != TYPE_VARCHAR;
}

void grid_look_below(struct grid *g, size_t row, size_t column, bool *ret_typed, bool *ret_repeated)
{
	CLEANUP(buf_free) struct buf head = BUF_INIT(LIMIT_CELL_BYTES * 2);
	size_t filled = 0, typed = 0;
	buf_add_str(&head, grid_text(g, row, column));
	*ret_repeated = false;
	for (size_t i = row + 1; i < g->n; i++) {
		struct str s = grid_text(g, i, column);
		if (!s.n)
			continue;
		filled++;
		typed += grid_is_typed(s);
		*ret_repeated = *ret_repeated || (head.n && str_eq(s, buf_str(&head)));
	}
	*ret_typed = filled && typed * 5 >= filled * 4;
}

/* Years, and dates that stand for months ("2024-03-01" shown as "мар.24"), are names as well as values. */
static size_t period_values(struct grid *g, size_t row)
{
	size_t n = 0;
	for (size_t i = 0; i < rows_width(g->rows, row); i++) {
		struct period p;
		struct str s = grid_text(g, row, i);
		n += s.n && grid_is_typed(s) && period_parse(s, &p);
	}
	return n;
}

/* Nothing but months in a row: the names of the other columns stand a row higher. */
static bool labels_above(struct grid *g, size_t row)
{
	bool any = false;
	for (size_t i = 0; row > 0 && i < rows_width(g->rows, row - 1); i++) {
		struct str s = grid_text(g, row - 1, i);
		any = any || (s.n && !grid_is_typed(s) && !grid_text(g, row, i).n);
	}
	return any;
}

/*
 * A header is text above values. Where everything is text, it is a header when a word of it is known, or when no cell
 * of it is met again below.
 */
enum header_evidence grid_evidence(struct grid *g, size_t row)
{
	bool text_above_values = false, any_repeated = false, known = false, other_text = false;
	size_t periods = period_values(g, row);
	for (size_t i = 0; i < rows_width(g->rows, row); i++) {
		struct str s = grid_text(g, row, i);
		bool typed, repeated, period;
		struct period p;
		if (!s.n)
			continue;
		period = is_year(s) || (periods >= 3 && period_parse(s, &p));
		if (!period && grid_is_typed(s))
			return HEADER_NONE;
		other_text = other_text || !period;
		known = known || roles_known_header(s);
		bool missing = value_missing(s); /* in words: that stands among values as well */
		grid_look_below(g, row, i, &typed, &repeated);
		text_above_values = text_above_values || (typed && !period && !missing);
		any_repeated = any_repeated || repeated;
	}
	if (!other_text)
		return periods >= 3 && labels_above(g, row) ? HEADER_STRONG : HEADER_NONE;
	if (known || text_above_values)
		return HEADER_STRONG;
	return g->n == row + 1 || !any_repeated ? HEADER_WEAK : HEADER_NONE;
}

/* The header's own width, its last empty names included where any row has values there; unless most rows go beyond. */
static size_t headed_width(struct grid *g, size_t top, size_t end, size_t usual)
{
	size_t filled, own = 0, cells = 0, beyond = 0, unnamed = 0;
	for (size_t i = top; i < end; i++) {
		own = MAX(own, grid_extent(g, i, &filled));
		cells = MAX(cells, rows_width(g->rows, i));
	}
	for (size_t i = end; i < g->n; i++) {
		size_t extent = grid_extent(g, i, &filled);
		beyond += extent > own;
		if (extent <= cells)
			unnamed = MAX(unnamed, extent);
	}
	own = MAX(own, unnamed);
	return beyond * 2 > g->n - end ? MAX(own, usual) : own;
}

/* Marks that show nothing and say nothing in a name: where a word may be parted, which way text runs. */
static bool is_unseen(uint32_t code)
{
	return code == 0xad || code == 0x200b || code == 0x200e || code == 0x200f ||
	       (code >= 0x202a && code <= 0x202e) || (code >= 0x2060 && code <= 0x2069) || code == 0xfeff;
}

/* Blanks and line breaks become one space; cut at a whole character. */
static void tidy_name(struct buf *b, struct str s)
{
	bool space = false;
	/* "#Data operacji": how banks and programs mark a line of names. */
	if (s.n > 1 && s.p[0] == '#' && ((s.p[1] | 32) >= 'a' || (signed char)s.p[1] < 0))
		s = str_n(s.p + 1, s.n - 1);
	while (s.n && b->n < NAME_BYTES - 4) {
		uint32_t code;
		size_t n = utf8_decode(s, &code);
		n = n ? n : 1;
		bool blank = code <= ' ' || code == 0xa0, unseen = is_unseen(code);
		if (!blank && !unseen) {
			if (space && b->n)
				buf_addc(b, ' ');
			buf_add(b, s.p, n);
		}
		space = blank || (space && unseen);
		s = str_n(s.p + n, s.n - n);
	}
}

static bool taken(const struct header *h, size_t before, struct str name)
{
	if (str_ieq(name, reserved))
		return true;
	for (size_t i = 0; i < before; i++) {
		if (str_ieq(str_of(h->names[i]), name))
			return true;
	}
	return false;
}

static void add_name(struct header *h, struct str text)
{
	CLEANUP(buf_free) struct buf name = BUF_INIT(NAME_BYTES + 32);
	tidy_name(&name, text);
	if (!name.n)
		buf_addf(&name, "column_%zu", h->n + 1);
	size_t base = name.n;
	for (int k = 2; taken(h, h->n, buf_str(&name)); k++) {
		name.n = base;
		buf_addf(&name, "_%d", k);
	}
	h->names[h->n++] = buf_take(&name, NULL);
}

/* The next column: what the header's rows [top, end) call it, which may be nothing. */
static void add_column(struct grid *g, size_t top, size_t end, size_t width, struct header *h)
{
	CLEANUP(buf_free) struct buf name = BUF_INIT(LIMIT_CELL_BYTES * 4);
	header_join(g, top, end, width, h->n, &name);
	h->unnamed[h->n] = !name.n;
	add_name(h, buf_str(&name));
}

static bool check_width(const struct rows *rows, size_t width, struct err *e)
{
	if (rows->rows_too_wide * 2 > rows->n_rows || width > LIMIT_COLUMNS)
		return err_set(e, ERR_LIMIT, "too_many_columns", "The table has more than %d columns.", LIMIT_COLUMNS);
	return true;
}

bool header_find(const struct block *b, const struct rows *rows, const struct reader_table *known, struct header *ret,
		 struct err *e)
{
	struct header h = { 0 };
	if (known->columns) {
		if (!check_width(rows, known->n_columns, e))
			return false;
		h.names = mem_array(known->n_columns, sizeof *h.names);
		for (size_t i = 0; i < known->n_columns; i++)
			add_name(&h, str_of(known->columns[i]));
		*ret = h;
		return true;
	}
	struct grid g = { .b = b, .rows = rows, .scratch = BUF_INIT(2 * LIMIT_CELL_BYTES) };
	g.n = MIN(rows->n_rows, (size_t)HEADER_LOOKED_AT);
	size_t width = usual_extent(&g), top, end, row;
	if (!below_letterhead(&g, width, &row, &width))
		row = first_full_row(&g, width);
	bool headed = g.n && grid_evidence(&g, row) != HEADER_NONE;
	top = end = row;
	if (headed) {
		header_span(&g, row, width, &top, &end);
		width = headed_width(&g, top, end, width);
	} else if (g.n) {
		width = widest_extent(&g);
	}
	bool ok = check_width(rows, width, e);
	if (ok) {
		h.names = mem_array(width + 1, sizeof *h.names);
		h.unnamed = mem_array(width + 1, sizeof *h.unnamed);
		for (size_t i = 0; i < width; i++)
			add_column(&g, top, end, width, &h);
		h.first = top;
		h.end = end;
		h.skip = headed && header_numbers(&g, end, width) ? end + 1 : end;
		*ret = h;
	}
	buf_free(&g.scratch);
	return ok;
}

void header_free(struct header *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->names[i]);
	free(h->names);
	free(h->unnamed);
	*h = (struct header){ 0 };
}
