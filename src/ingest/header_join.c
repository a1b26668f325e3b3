/* Headers of several rows. */
#include "ingest/header_grid.h"
#include "ingest/period.h"

#define MAX_ABOVE 3
#define MAX_BELOW 2
#define LABEL_BYTES 120 /* longer ones are sentences, not headers */

static bool has_text(struct grid *g, size_t row, size_t column)
{
	return grid_text(g, row, column).n > 0;
}

static bool is_period(struct str s)
{
	struct period p;
	return period_parse(s, &p);
}

/* Rows of a workbook carry their numbers, and what lies apart does not belong together. */
static bool adjacent(struct grid *g, size_t upper)
{
	return !g->b->packed || g->rows->place[upper + 1] - g->rows->place[upper] == 1;
}

/* Every cell a label: no value but periods, no sentence, no "key:". */
static bool all_labels(struct grid *g, size_t row, size_t *ret_filled, size_t *ret_first)
{
	*ret_filled = 0;
	*ret_first = SIZE_MAX;
	for (size_t i = 0; i < rows_width(g->rows, row); i++) {
		struct str s = grid_text(g, row, i);
		if (!s.n)
			continue;
		if (s.n > LABEL_BYTES || s.p[s.n - 1] == ':' || (grid_is_typed(s) && !is_period(s)))
			return false;
		*ret_first = MIN(*ret_first, i);
		(*ret_filled)++;
	}
	return *ret_filled > 0;
}

/* Whether two cells of the row say the same, or most are periods: then they need what stands above to be told apart. */
static bool wants_parent(struct grid *g, size_t row, size_t from, size_t width)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(LIMIT_CELL_BYTES * 2);
	size_t periods = 0, filled = 0;
	for (size_t i = from; i < width; i++) {
		buf_clear(&text);
		buf_add_str(&text, grid_text(g, row, i));
		if (!text.n)
			continue;
		filled++;
		periods += is_period(buf_str(&text));
		for (size_t k = i + 1; k < width; k++) {
			if (str_ieq(grid_text(g, row, k), buf_str(&text)))
				return true;
		}
	}
	return filled && periods * 2 > filled;
}

/* A name without anything below it in a header of two rows: it spans both. */
static bool spans_rows(struct grid *g, size_t upper, size_t lower, size_t width)
{
	for (size_t i = 0; i < width; i++) {
		if (has_text(g, upper, i) && !has_text(g, lower, i))
			return true;
	}
	return false;
}

/* A cell that a merged one above spans: so a row of names that it reaches into is of the same header. */
static bool reached_into(struct grid *g, size_t row)
{
	for (size_t i = 0; i < rows_width(g->rows, row); i++) {
		if (rows_cell(g->rows, row, i).n & CELL_FILLED)
			return true;
	}
	return false;
}

static bool is_parent(struct grid *g, size_t row, size_t below, size_t width)
{
	size_t filled, first, of_child;
	if (!adjacent(g, row) || !all_labels(g, row, &filled, &first))
		return false;
	if (filled > 1 && reached_into(g, below))
		return true;
	grid_extent(g, below, &of_child);
	if (filled == 1) /* a title, unless what is below the cell wants it */
		return first > 0 && wants_parent(g, below, first, width);
	return spans_rows(g, row, below, width) || (filled < of_child && wants_parent(g, below, first, width)) ||
	       (filled < of_child && first > 0);
}

/* Whether the row below a header is more of it: it names columns that the header leaves without a name. */
static bool is_child(struct grid *g, size_t top, size_t row, size_t width)
{
	size_t filled, first, needed = 0, known = 0;
	if (row + 1 >= g->n || !adjacent(g, row - 1) || !all_labels(g, row, &filled, &first))
		return false;
	if (reached_into(g, row))
		return true;
	width = MAX(width, rows_width(g->rows, row));
	for (size_t i = 0; i < width; i++) {
		bool typed, repeated, named = false;
		if (!has_text(g, row, i))
			continue;
		known += is_period(grid_text(g, row, i));
		for (size_t above = top; above < row; above++)
			named = named || has_text(g, above, i);
		/* Below a name that spans no other column there is nothing to add, unless it is a month. */
		if (has_text(g, row - 1, i) && (i + 1 >= width || has_text(g, row - 1, i + 1)) &&
		    !is_period(grid_text(g, row, i)))
			return false;
		needed += !named;
		grid_look_below(g, row, i, &typed, &repeated);
		known += typed && !repeated;
	}
	return needed && known;
}

void header_span(struct grid *g, size_t row, size_t width, size_t *ret_top, size_t *ret_end)
{
	size_t top = row, end = row + 1;
	while (top > 0 && row - top < MAX_ABOVE && is_parent(g, top - 1, top, width))
		top--;
	while (end < g->n && end - row <= MAX_BELOW && (is_child(g, top, end, width) || header_units(g, end, width)))
		end++;
	*ret_top = top;
	*ret_end = end;
}

/* A child of the cell: text below it, within the header. */
static bool has_child(struct grid *g, size_t row, size_t end, size_t column)
{
	for (size_t below = row + 1; below < end; below++) {
		if (has_text(g, below, column))
			return true;
	}
	return false;
}

/* The column whose text the cell takes: its own, or that of the parent to the left which spans it. */
static size_t source_column(struct grid *g, size_t row, size_t end, size_t column)
{
	if (has_text(g, row, column))
		return column;
	if (!has_child(g, row, end, column))
		return SIZE_MAX;
	for (size_t i = column; i-- > 0;) {
		if (has_text(g, row, i))
			return has_child(g, row, end, i) ? i : SIZE_MAX;
		if (!has_child(g, row, end, i))
			return SIZE_MAX;
	}
	return SIZE_MAX;
}

void header_join(struct grid *g, size_t top, size_t end, size_t width, size_t column, struct buf *ret)
{
	size_t last = 0;
	for (size_t row = top; row < end; row++) {
		size_t from = column < width ? source_column(g, row, end, column) : SIZE_MAX;
		struct str s = from == SIZE_MAX ? STR("") : grid_text(g, row, from);
		if (!s.n || (ret->n > last && str_eq(s, str_n(ret->p + last, ret->n - last))))
			continue;
		if (ret->n)
			buf_adds(ret, PERIOD_PARTS);
		last = ret->n;
		buf_add_str(ret, s);
	}
}
