#include "ingest/header.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/roles.h"

#include <stdio.h>
#include <stdlib.h>

#define LOOKED_AT 200
#define MAX_TITLES 20
#define NAME_BYTES 200

/* The hidden column of row numbers; see engine/worker/import.c. */
static const struct str reserved = STR("_row");

struct grid {
	const struct block *b;
	const struct rows *rows;
	size_t n; /* rows looked at */
	struct buf scratch;
};

static struct str cell_text(struct grid *g, size_t row, size_t column)
{
	buf_clear(&g->scratch);
	return rows_text(g->b, rows_cell(g->rows, row, column), &g->scratch);
}

/* One past the last cell that is not empty, and how many are not. */
static size_t row_extent(struct grid *g, size_t row, size_t *ret_filled)
{
	size_t extent = 0;
	*ret_filled = 0;
	for (size_t i = 0; i < rows_width(g->rows, row); i++) {
		if (cell_text(g, row, i).n) {
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
		widest = MAX(widest, row_extent(g, i, &filled));
	return widest;
}

static size_t usual_extent(struct grid *g)
{
	size_t best = 0, best_rows = 0, filled;
	size_t extents[LOOKED_AT];
	for (size_t i = 0; i < g->n; i++)
		extents[i] = row_extent(g, i, &filled);
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

/* The first row that fills half of the table's width; what comes before are titles. */
static size_t first_full_row(struct grid *g, size_t width)
{
	for (size_t i = 0; i < MIN(g->n, (size_t)MAX_TITLES); i++) {
		size_t filled;
		row_extent(g, i, &filled);
		if (filled * 2 >= width && (filled > 1 || width == 1))
			return i;
	}
	return 0;
}

static bool is_year(struct str s)
{
	int64_t v;
	return s.n == 4 && str_to_i64(s, &v) && v >= 1900 && v <= 2100;
}

static bool is_typed(struct str s)
{
	static const struct infer_hint none = { 0 };
	struct infer f = { 0 };
	infer_add(&f, s);
	return infer_decide(&f, &none).type != TYPE_VARCHAR;
}

/* How the cells below a possible header cell compare with it. */
static void look_below(struct grid *g, size_t row, size_t column, bool *ret_typed, bool *ret_repeated)
{
	CLEANUP(buf_free) struct buf head = BUF_INIT(LIMIT_CELL_BYTES * 2);
	size_t filled = 0, typed = 0;
	buf_add_str(&head, cell_text(g, row, column));
	*ret_repeated = false;
	for (size_t i = row + 1; i < g->n; i++) {
		struct str s = cell_text(g, i, column);
		if (!s.n)
			continue;
		filled++;
		typed += is_typed(s);
		*ret_repeated = *ret_repeated || (head.n && str_eq(s, buf_str(&head)));
	}
	*ret_typed = filled && typed * 5 >= filled * 4;
}

/*
 * A header is text above values. Where everything is text, it is a header when a word of it is known, or when no cell
 * of it is met again below.
 */
static bool is_header(struct grid *g, size_t row)
{
	bool text_above_values = false, any_repeated = false, known = false, other_text = false, year = false;
	for (size_t i = 0; i < rows_width(g->rows, row); i++) {
		struct str s = cell_text(g, row, i);
		bool typed, repeated;
		if (!s.n)
			continue;
		if (is_typed(s) && !is_year(s))
			return false;
		year = year || is_year(s);
		other_text = other_text || !is_year(s);
		known = known || roles_known_header(s);
		look_below(g, row, i, &typed, &repeated);
		s = cell_text(g, row, i);
		text_above_values = text_above_values || (typed && !is_year(s));
		any_repeated = any_repeated || repeated;
	}
	if (year && !other_text)
		return false;
	if (g->n == row + 1)
		return other_text && !year;
	return known || text_above_values || !any_repeated;
}

/* The header's own width, unless most rows go beyond it. */
static size_t headed_width(struct grid *g, size_t row, size_t usual)
{
	size_t filled, own = row_extent(g, row, &filled), beyond = 0;
	for (size_t i = row + 1; i < g->n; i++)
		beyond += row_extent(g, i, &filled) > own;
	return beyond * 2 > g->n - row - 1 ? MAX(own, usual) : own;
}

/* Blanks and line breaks become one space; cut at a whole character. */
static void tidy_name(struct buf *b, struct str s)
{
	bool space = false;
	while (s.n && b->n < NAME_BYTES - 4) {
		uint32_t code;
		size_t n = utf8_decode(s, &code);
		n = n ? n : 1;
		bool blank = code <= ' ' || code == 0xa0;
		if (!blank) {
			if (space && b->n)
				buf_addc(b, ' ');
			buf_add(b, s.p, n);
		}
		space = blank;
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
	g.n = MIN(rows->n_rows, (size_t)LOOKED_AT);
	size_t width = usual_extent(&g);
	size_t row = first_full_row(&g, width);
	bool headed = g.n && is_header(&g, row);
	if (g.n)
		width = headed ? headed_width(&g, row, width) : widest_extent(&g);
	bool ok = check_width(rows, width, e);
	if (ok) {
		h.names = mem_array(width + 1, sizeof *h.names);
		for (size_t i = 0; i < width; i++)
			add_name(&h, headed ? cell_text(&g, row, i) : STR(""));
		h.skip = headed ? row + 1 : row;
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
	*h = (struct header){ 0 };
}
