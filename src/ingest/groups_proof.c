/* Whether the sums that headings say are those of the rows below them. */
#include "ingest/groups.h"

#include "ingest/table.h"

/* Ends the headings from a level on: each must have its rows, and what it said found in them. */
static bool end_from(struct groups *g, size_t level, size_t *proved)
{
	bool good = true;
	for (size_t i = level; i < g->depth; i++) {
		const struct group_open *o = &g->open[i];
		good = good && o->rows && groups_spent(g, i);
		*proved += o->summed && o->rows > 1;
	}
	g->depth = MIN(g->depth, level);
	return good;
}

/* levels NULL: as deep as sums above it are still open. heads NULL: each row that is not as deep as g->levels. */
bool groups_prove(struct groups_view *v, struct groups *g, const bool *heads, const uint8_t *levels, size_t *ret_proved)
{
	bool good = true;
	size_t deepest = 0;
	*ret_proved = 0;
	groups_rewind(g);
	for (size_t i = v->from; good && i < v->n; i++) {
		size_t k = i - v->from, level = g->depth;
		bool head = heads && heads[k];
		if (levels) {
			level = levels[k];
		} else if (head || !heads) {
			while (level && groups_spent(g, level - 1) && (!heads || g->open[level - 1].rows))
				level--;
			head = head || level < g->levels;
		}
		good = end_from(g, level, ret_proved) && level <= GROUP_LEVELS;
		if (!good)
			break;
		if (MIN(level, g->depth))
			good = groups_take(g, v, i, MIN(level, g->depth) - 1);
		if (!head)
			continue;
		struct group_row r = groups_row(v, i, g);
		good = good && level < GROUP_LEVELS && level <= g->depth;
		if (good) {
			groups_open(g, v, i, r.first, level, true);
			deepest = MAX(deepest, level + 1);
		}
	}
	if (good && v->whole)
		good = end_from(g, 0, ret_proved);
	if (!levels)
		g->levels = MAX(g->levels, deepest);
	groups_rewind(g);
	return good;
}
