/*
 * Pivots in tabular form: the name of a group stands in its first row alone, and "Москва Итог" ends it. Only where
 * every group ends so is it sure what the empty cells below a name mean.
 */
#include "ingest/groups.h"

#include "ingest/table.h"

#define MIN_ENDS 2
#define MIN_EMPTY 2

/* Whether a column before this one has the end of a group in the row. */
static bool ends_before(struct groups_view *v, size_t row, size_t column)
{
	struct str of;
	for (size_t i = 0; i < column; i++)
		if (table_says_total(groups_text(v, row, i), &of))
			return true;
	return false;
}

static bool column_holds(struct groups_view *v, size_t column, size_t *ret_first)
{
	char open[GROUP_TEXT];
	size_t open_n = 0, ends = 0, empty = 0;
	for (size_t row = v->from; row < v->n; row++) {
		struct str of, s = groups_text(v, row, column);
		if (ends_before(v, row, column)) {
			if (open_n)
				return false;
			continue;
		}
		if (!s.n) {
			if (!open_n)
				return false;
			*ret_first = empty++ ? *ret_first : row;
		} else if (table_says_total(s, &of)) {
			if (of.n ? !open_n || !str_eq(of, str_n(open, open_n)) : open_n > 0)
				return false;
			ends += open_n > 0;
			open_n = 0;
		} else {
			if (open_n || s.n >= sizeof open)
				return false;
			open_n = s.n;
			memcpy(open, s.p, s.n);
		}
	}
	return (!open_n || !v->whole) && ends >= MIN_ENDS && empty >= MIN_EMPTY;
}

enum groups_verdict groups_judge_pivot(struct groups_view *v, struct groups *g, size_t *ret_row)
{
	size_t first = 0;
	while (g->levels < GROUP_LEVELS && g->levels + 1 < g->width && column_holds(v, g->levels, &first)) {
		*ret_row = g->levels ? MIN(*ret_row, first) : first;
		g->at[g->levels] = g->levels;
		g->levels++;
	}
	g->told = GROUPS_BY_TOTALS;
	return g->levels ? GROUPS_YES : GROUPS_NO;
}
