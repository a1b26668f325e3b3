#include "learn/next.h"

#include "learn/repeat.h"

#include <stdlib.h>

#define MOST_POPULAR 200 /* of the plain list, as candidates */

void learn_next_work_init(const struct learn_next *x, struct learn_next_work *w)
{
	learn_scores_init(&w->scores, x->n_products);
	learn_similar_work_init(&x->models.similar, &w->similar);
}

void learn_next_work_free(struct learn_next_work *w)
{
	learn_scores_free(&w->scores);
	learn_similar_work_free(&w->similar);
}

void learn_next_score(const struct learn_next *x, const struct learn_customer *c, enum learn_method method,
		      struct learn_next_work *w)
{
	learn_scores_clear(&w->scores);
	w->similar.n_near = 0;
	switch (method) {
	case LEARN_METHOD_AUTO:
		learn_next_score(x, c, x->new_items, w);
		break;
	case LEARN_METHOD_SIMILAR:
		learn_similar_score(&x->models.similar, c->row, c->numeric, c->category, c->self, &w->similar,
				    &w->scores);
		break;
	case LEARN_METHOD_RULES:
		learn_rules_score(&x->models.rules, c->row, &w->scores);
		break;
	case LEARN_METHOD_ITEM:
		learn_item_score(&x->models.item, c->row, &w->scores);
		break;
	case LEARN_METHOD_POPULARITY:
		learn_popularity_score(&x->models.popularity, c->row, true, MOST_POPULAR + c->row.n, &w->scores);
		break;
	case LEARN_METHOD_REPEAT:
		learn_repeat_score(c->row, 1, &w->scores);
		break;
	case LEARN_METHODS:
		break;
	}
}

double learn_next_scale(const struct learn_next *x, enum learn_method method, float score)
{
	if (method == LEARN_METHOD_AUTO)
		method = x->new_items;
	if (x->calibrated[method])
		return learn_probability(&x->calibration[method], score);
	/* Too little to calibrate on. Confidences, votes and shares are estimates of their own; sums and counts are
	 * not. */
	if (method == LEARN_METHOD_ITEM || method == LEARN_METHOD_REPEAT)
		return score > 0 ? (double)score / ((double)score + 2) : 0;
	return score < 0 ? 0 : score > 1 ? 1 : (double)score;
}

static int by_probability(const void *a, const void *b, void *ctx)
{
	const struct learn_next *x = ctx;
	const struct learn_offer *p = a, *q = b;
	if (p->probability != q->probability)
		return p->probability > q->probability ? -1 : 1;
	if (p->method == q->method && p->score != q->score)
		return p->score > q->score ? -1 : 1;
	uint32_t many = x->models.popularity.customers[p->product], few = x->models.popularity.customers[q->product];
	if (many != few)
		return many > few ? -1 : 1;
	return p->product < q->product ? -1 : p->product > q->product;
}

static uint32_t count_near(const struct learn_next *x, const struct learn_next_work *w, uint32_t product)
{
	uint32_t n = 0;
	for (size_t i = 0; i < w->similar.n_near; i++) {
		struct learn_row row = learn_history_row(&x->models.similar.refs, w->similar.near[i].ref);
		for (size_t k = 0; k < row.n; k++)
			n += row.product[k] == product;
	}
	return n;
}

/* The best new products by `method`, then the most popular ones as a filler. */
static size_t add_new(const struct learn_next *x, const struct learn_customer *c, enum learn_method method,
		      size_t limit, struct learn_next_work *w, struct learn_offer *ret)
{
	struct learn_ranked list[LEARN_CANDIDATES * 2];
	limit = MIN(limit, countof(list));
	learn_next_score(x, c, method, w);
	size_t n = learn_rank(&w->scores, &x->models.popularity, c->row, limit, list);
	size_t all = learn_rank_fill(&x->models.popularity, c->row, limit, list, n);
	bool known = x->calibrated[method];
	double least = n ? learn_next_scale(x, method, list[n - 1].score) : 1;
	for (size_t i = 0; i < all; i++) {
		struct learn_offer o = { list[i].product, list[i].score, 0, method, 0 };
		if (i < n) {
			o.probability = learn_next_scale(x, method, o.score);
			o.near = method == LEARN_METHOD_SIMILAR ? count_near(x, w, o.product) : 0;
		} else {
			/* Nothing speaks for it but its popularity: what such ones were worth while measuring. */
			double share = (double)x->models.popularity.customers[o.product] /
				       MAX(1U, x->models.popularity.n_customers);
			o.method = LEARN_METHOD_POPULARITY;
			o.score = known ? 0 : (float)share;
			o.probability = known ? learn_next_scale(x, method, 0) : MIN(least, share);
		}
		ret[i] = o;
	}
	return all;
}

static size_t add_repeats(const struct learn_next *x, const struct learn_customer *c, const struct learn_wish *wish,
			  struct learn_next_work *w, struct learn_offer *ret)
{
	struct learn_ranked list[LEARN_CANDIDATES * 2];
	learn_scores_clear(&w->scores);
	learn_repeat_score(c->row, wish->min_times, &w->scores);
	size_t n = learn_rank(&w->scores, &x->models.popularity, (struct learn_row){ 0 },
			      MIN(wish->limit, countof(list)), list);
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct learn_offer){ list[i].product, list[i].score,
					       learn_next_scale(x, LEARN_METHOD_REPEAT, list[i].score),
					       LEARN_METHOD_REPEAT, 0 };
	return n;
}

size_t learn_next_list(const struct learn_next *x, const struct learn_customer *c, const struct learn_wish *wish,
		       struct learn_next_work *w, struct learn_offer *ret)
{
	struct learn_offer all[LEARN_CANDIDATES * 4];
	size_t n = 0, limit = MIN(wish->limit, (size_t)LEARN_CANDIDATES * 2);
	enum learn_method method = wish->method;
	if (method == LEARN_METHOD_AUTO) /* without a history only metadata speak */
		method = c->row.n || !c->numeric ? x->new_items : LEARN_METHOD_SIMILAR;
	if (method != LEARN_METHOD_REPEAT)
		n = add_new(x, c, method, limit, w, all);
	bool repeats = wish->method == LEARN_METHOD_AUTO || wish->method == LEARN_METHOD_REPEAT;
	if (repeats && !wish->new_only)
		n += add_repeats(x, c, wish, w, all + n);
	qsort_r(all, n, sizeof *all, by_probability, (void *)x);
	n = MIN(n, limit);
	for (size_t i = 0; i < n; i++)
		ret[i] = all[i];
	return n;
}

double learn_next_probability(const struct learn_next *x, const struct learn_customer *c, uint32_t product,
			      struct learn_next_work *w)
{
	if (product >= x->n_products)
		return 0;
	learn_next_score(x, c, x->new_items, w);
	if (w->scores.score[product] > 0)
		return learn_next_scale(x, x->new_items, w->scores.score[product]);
	if (x->calibrated[x->new_items])
		return learn_next_scale(x, x->new_items, 0);
	return (double)x->models.popularity.customers[product] / MAX(1U, x->models.popularity.n_customers);
}
