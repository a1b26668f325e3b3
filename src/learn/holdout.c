#include "learn/holdout.h"

#include <math.h>
#include <stdlib.h>

#define FEW_CAME_TWICE 20 /* one of so many */

const char *learn_hide_name(enum learn_hide h)
{
	static const char *const names[] = { "latest_day", "newest", "item" };
	return names[h];
}

static int32_t latest_of(struct learn_row row)
{
	int32_t latest = LEARN_DAY_NONE;
	for (size_t i = 0; i < row.n; i++)
		latest = MAX(latest, row.last[i]);
	return latest;
}

static bool came_twice(struct learn_row row)
{
	int32_t latest = latest_of(row);
	for (size_t i = 0; i < row.n; i++) {
		if (row.first[i] != LEARN_DAY_NONE && row.first[i] < latest)
			return true;
	}
	return false;
}

enum learn_hide learn_holdout_choose(const struct learn_history *h, bool listed)
{
	uint64_t dated = 0, twice = 0, several = 0;
	for (uint32_t c = 0; c < h->n_customers; c++) {
		struct learn_row row = learn_history_row(h, c);
		bool has_days = latest_of(row) != LEARN_DAY_NONE;
		dated += has_days;
		several += row.n > 1;
		twice += has_days && came_twice(row);
	}
	if (!dated)
		return listed ? LEARN_HIDE_NEWEST : LEARN_HIDE_ITEM;
	return twice * FEW_CAME_TWICE < several ? LEARN_HIDE_ITEM : LEARN_HIDE_LATEST;
}

struct filling {
	struct learn_holdout *o;
	uint64_t rest, hidden;
};

static void keep(struct filling *f, struct learn_row row, size_t i, float times, int32_t last)
{
	struct learn_history *h = &f->o->rest;
	h->product[f->rest] = row.product[i];
	h->times[f->rest] = times;
	h->first[f->rest] = row.first[i];
	h->last[f->rest++] = last;
}

/*
 * The day before the latest is not kept of a product taken three times and more: as if purchases were evenly spread,
 * and then on the nearest day that the customer is known to have come, since a day of its own would tell what was
 * hidden.
 */
static int32_t day_before(struct learn_row row, size_t i, int32_t latest)
{
	double gap = ((double)latest - row.first[i]) / ((double)row.times[i] - 1), wanted = (double)latest - gap;
	int32_t best = row.first[i];
	if (row.times[i] < 3)
		return best;
	for (size_t k = 0; k < row.n; k++) {
		const int32_t days[] = { row.first[k], row.last[k] };
		for (size_t d = 0; d < countof(days); d++) {
			double distance = fabs((double)days[d] - wanted), now = fabs((double)best - wanted);
			bool nearer = distance < now || (distance <= now && days[d] < best);
			if (days[d] != LEARN_DAY_NONE && days[d] < latest && days[d] >= row.first[i] && nearer)
				best = days[d];
		}
	}
	return best;
}

static void hide_latest(struct filling *f, struct learn_row row)
{
	int32_t latest = latest_of(row);
	bool twice = came_twice(row);
	for (size_t i = 0; i < row.n; i++) {
		if (!twice || row.last[i] != latest) {
			keep(f, row, i, row.times[i], row.last[i]);
			continue;
		}
		f->o->hidden[f->hidden++] = row.product[i];
		if (row.times[i] < 2 || row.first[i] >= latest)
			continue;
		keep(f, row, i, row.times[i] - 1, day_before(row, i, latest));
	}
}

static void hide_one(struct filling *f, struct learn_row row, size_t which)
{
	for (size_t i = 0; i < row.n; i++) {
		if (i == which && row.n > 1)
			f->o->hidden[f->hidden++] = row.product[i];
		else
			keep(f, row, i, row.times[i], row.last[i]);
	}
}

bool learn_holdout_asks(enum learn_hide how, uint32_t c)
{
	return how == LEARN_HIDE_LATEST || ((uint64_t)c * UINT64_C(0x9e3779b97f4a7c15) >> 62 & 1);
}

void learn_holdout_make(const struct learn_history *h, enum learn_hide how, struct learn_holdout *ret)
{
	uint64_t n = learn_history_entries(h);
	*ret = (struct learn_holdout){ .how = how };
	learn_history_init(&ret->rest, h->n_customers, h->n_products, n);
	ret->offset = mem_zalloc(((size_t)h->n_customers + 1) * sizeof *ret->offset);
	ret->hidden = mem_array(n ? n : 1, sizeof *ret->hidden);
	struct filling f = { ret, 0, 0 };
	for (uint32_t c = 0; c < h->n_customers; c++) {
		struct learn_row row = learn_history_row(h, c);
		switch (how) {
		case LEARN_HIDE_LATEST:
			hide_latest(&f, row);
			break;
		case LEARN_HIDE_NEWEST:
			hide_one(&f, row, learn_holdout_asks(how, c) ? 0 : row.n);
			break;
		case LEARN_HIDE_ITEM:
			hide_one(&f, row, row.n && learn_holdout_asks(how, c) ? c % row.n : row.n);
			break;
		}
		ret->rest.offset[c + 1] = f.rest;
		ret->offset[c + 1] = f.hidden;
		ret->n_measured += ret->offset[c + 1] > ret->offset[c];
	}
}

void learn_holdout_free(struct learn_holdout *o)
{
	learn_history_free(&o->rest);
	free(o->offset);
	free(o->hidden);
	*o = (struct learn_holdout){ 0 };
}
