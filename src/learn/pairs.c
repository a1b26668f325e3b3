#include "learn/pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct counting {
	const struct learn_history *h;
	const struct learn_columns *columns;
	const struct learn_popularity *p;
	enum learn_pairs_order order;
	uint32_t *count;   /* of each product, with the current one */
	uint32_t *touched; /* products with a count */
	size_t n;
	struct learn_pair *found;
};

/* Pairs as they are found. */
struct growing {
	struct learn_pairs *pairs;
	size_t cap, used;
};

/* Rows are newest first, so a smaller place is a later one. */
static bool counts(const struct counting *c, uint64_t from, uint64_t to)
{
	if (c->order == LEARN_PAIRS_TOGETHER)
		return true;
	int32_t a = c->h->first[from], b = c->h->first[to];
	if (a == LEARN_DAY_NONE || b == LEARN_DAY_NONE)
		return to < from;
	return b >= a;
}

/* All rows with product i, where that is about as much as looking at every product once. */
static bool count_densely(struct counting *c, uint32_t i)
{
	const struct learn_history *h = c->h;
	uint64_t from = c->columns->offset[i], to = c->columns->offset[i + 1], all = 0;
	for (uint64_t at = from; at < to; at++)
		all += learn_history_row(h, c->columns->customer[at]).n;
	if (c->order != LEARN_PAIRS_TOGETHER || all < h->n_products / 2)
		return false;
	for (uint64_t at = from; at < to; at++) {
		struct learn_row row = learn_history_row(h, c->columns->customer[at]);
		for (size_t k = 0; k < MIN(row.n, (size_t)LEARN_PAIRS_ROW); k++)
			c->count[row.product[k]]++;
	}
	c->count[i] = 0;
	for (uint32_t j = 0; j < h->n_products; j++) {
		c->touched[c->n] = j;
		c->n += c->count[j] != 0;
	}
	return true;
}

static void count_row(struct counting *c, uint64_t from)
{
	const struct learn_history *h = c->h;
	uint32_t customer = c->columns->customer[from];
	uint64_t entry = c->columns->entry[from], begin = h->offset[customer], end = h->offset[customer + 1];
	if (end - begin > LEARN_PAIRS_ROW)
		end = begin + LEARN_PAIRS_ROW;
	for (uint64_t i = begin; i < end; i++) {
		uint32_t j = h->product[i];
		if (i == entry || !counts(c, entry, i))
			continue;
		c->touched[c->n] = j; /* which counts when it is the first */
		c->n += c->count[j]++ == 0;
	}
}

static int by_score(const void *a, const void *b)
{
	const struct learn_pair *x = a, *y = b;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

static void swap(struct learn_pair *a, struct learn_pair *b)
{
	struct learn_pair t = *a;
	*a = *b;
	*b = t;
}

/* Brings the best `keep` of p to its begin, in no order (quickselect, middle of three); the order is total, so the set
 * is the same whatever order they came in. */
static void select_best(struct learn_pair *p, size_t n, size_t keep)
{
	while (n > keep && keep > 0) {
		size_t mid = n / 2, last = n - 1, store = 0;
		if (by_score(&p[mid], &p[0]) < 0)
			swap(&p[mid], &p[0]);
		if (by_score(&p[last], &p[0]) < 0)
			swap(&p[last], &p[0]);
		if (by_score(&p[mid], &p[last]) < 0)
			swap(&p[mid], &p[last]);
		struct learn_pair pivot = p[last];
		for (size_t i = 0; i < last; i++) {
			if (by_score(&p[i], &pivot) < 0)
				swap(&p[i], &p[store++]);
		}
		swap(&p[store], &p[last]);
		if (keep <= store) {
			n = store;
			continue;
		}
		if (keep == store + 1)
			return;
		p += store + 1;
		n -= store + 1;
		keep -= store + 1;
	}
}

static void learn_found(struct counting *c, uint32_t i, const struct learn_pairs_options *o, struct growing *to)
{
	size_t n = 0;
	double mine = c->p->customers[i];
	for (size_t t = 0; t < c->n; t++) {
		uint32_t j = c->touched[t], both = c->count[j];
		if (both < o->min_count)
			continue;
		double score =
			o->rank == LEARN_RANK_CONFIDENCE
				? both / (mine + (double)o->shrink)
				: both / sqrt((mine + (double)o->shrink) * (c->p->customers[j] + (double)o->shrink));
		c->found[n++] = (struct learn_pair){ j, both, (float)score };
	}
	size_t keep = MIN(n, (size_t)o->keep);
	select_best(c->found, n, keep);
	if (o->rank == LEARN_RANK_CONFIDENCE) /* sums need no order */
		qsort(c->found, keep, sizeof *c->found, by_score);
	if (to->used + keep > to->cap) {
		to->cap = (to->used + keep) * 2;
		to->pairs->pair = mem_realloc(to->pairs->pair, to->cap * sizeof *to->pairs->pair);
	}
	memcpy(to->pairs->pair + to->used, c->found, keep * sizeof *c->found);
	to->used += keep;
	to->pairs->offset[i + 1] = to->used;
}

static void begin(struct growing *g, uint32_t n_products, struct learn_pairs *ret)
{
	*g = (struct growing){ ret, 1024, 0 };
	*ret = (struct learn_pairs){ .n_products = n_products };
	ret->offset = mem_zalloc(((size_t)n_products + 1) * sizeof *ret->offset);
	ret->pair = mem_array(g->cap, sizeof *ret->pair);
}

void learn_pairs_train(const struct learn_history *h, const struct learn_columns *columns,
		       const struct learn_popularity *p, const struct learn_pairs_options *o, size_t n_options,
		       struct learn_pairs *const *ret)
{
	size_t n = h->n_products ? h->n_products : 1;
	struct counting c = { h, columns, p, o[0].order };
	struct growing to[LEARN_PAIRS_READINGS];
	n_options = MIN(n_options, countof(to));
	c.count = mem_zalloc(n * sizeof *c.count);
	c.touched = mem_array(n + 1, sizeof *c.touched);
	c.found = mem_array(n, sizeof *c.found);
	for (size_t k = 0; k < n_options; k++)
		begin(&to[k], h->n_products, ret[k]);
	for (uint32_t i = 0; i < h->n_products; i++) {
		bool counted = count_densely(&c, i);
		for (uint64_t at = columns->offset[i]; at < columns->offset[i + 1] && !counted; at++)
			count_row(&c, at);
		for (size_t k = 0; k < n_options; k++)
			learn_found(&c, i, &o[k], &to[k]);
		for (size_t t = 0; t < c.n; t++)
			c.count[c.touched[t]] = 0;
		c.n = 0;
	}
	free(c.count);
	free(c.touched);
	free(c.found);
}

void learn_pairs_free(struct learn_pairs *p)
{
	free(p->offset);
	free(p->pair);
	*p = (struct learn_pairs){ 0 };
}

size_t learn_pairs_bytes(const struct learn_pairs *p)
{
	return p->offset ? ((size_t)p->n_products + 1) * 8 + (size_t)p->offset[p->n_products] * sizeof *p->pair : 0;
}

void learn_rules_score(const struct learn_pairs *p, struct learn_row row, struct learn_scores *s)
{
	for (size_t i = 0; i < row.n; i++) {
		for (uint64_t at = p->offset[row.product[i]]; at < p->offset[row.product[i] + 1]; at++)
			learn_scores_max(s, p->pair[at].to, p->pair[at].score);
	}
}

void learn_item_score(const struct learn_pairs *p, struct learn_row row, struct learn_scores *s)
{
	uint64_t additions = 0;
	for (size_t i = 0; i < row.n; i++)
		additions += p->offset[row.product[i] + 1] - p->offset[row.product[i]];
	if (learn_scores_many(s, additions)) {
		for (size_t i = 0; i < row.n; i++) {
			for (uint64_t at = p->offset[row.product[i]]; at < p->offset[row.product[i] + 1]; at++)
				s->score[p->pair[at].to] += p->pair[at].score;
		}
		learn_scores_list(s);
		return;
	}
	for (size_t i = 0; i < row.n; i++) {
		for (uint64_t at = p->offset[row.product[i]]; at < p->offset[row.product[i] + 1]; at++)
			learn_scores_add(s, p->pair[at].to, p->pair[at].score);
	}
}

const struct learn_pair *learn_pairs_find(const struct learn_pairs *p, uint32_t from, uint32_t to)
{
	for (uint64_t at = p->offset[from]; at < p->offset[from + 1]; at++) {
		if (p->pair[at].to == to)
			return &p->pair[at];
	}
	return NULL;
}
