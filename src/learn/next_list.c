#include "learn/next.h"
#include "learn/next_models.h"

#include "learn/repeat.h"

#include <stdlib.h>
#include <string.h>

#define MOST_POPULAR 200 /* of the plain list, as candidates */

void learn_next_work_init(const struct learn_next *x, struct learn_next_work *w)
{
	learn_scores_init(&w->scores, x->n_products);
	learn_scores_init(&w->other, x->n_products);
	learn_similar_work_init(&x->models.similar, &w->similar);
	w->sums = mem_array(x->n_products ? x->n_products : 1, sizeof *w->sums);
	w->has = mem_zalloc(x->n_products ? x->n_products : 1);
}

void learn_next_work_free(struct learn_next_work *w)
{
	learn_scores_free(&w->scores);
	learn_scores_free(&w->other);
	learn_similar_work_free(&w->similar);
	free(w->sums);
	free(w->has);
}

static void score_rules(const struct learn_models *m, struct learn_row row, struct learn_next_work *w)
{
	learn_rules_score(&m->rules, row, &w->scores);
	for (size_t i = 0; i < row.n; i++)
		w->has[row.product[i]] = 1;
	learn_triples_score(&m->triples, row, w->has, &w->scores);
	for (size_t i = 0; i < row.n; i++)
		w->has[row.product[i]] = 0;
}

/* Products that take no part in EASE are scored by their neighbours. */
static void score_ease(const struct learn_models *m, struct learn_row row, struct learn_next_work *w)
{
	learn_ease_score(&m->ease, row, w->sums, &w->scores);
	if (m->tail <= 0)
		return;
	learn_scores_clear(&w->other);
	learn_item_score(&m->item, row, &w->other);
	for (size_t i = 0; i < w->other.n; i++) {
		uint32_t j = w->other.touched[i];
		if (m->ease.place[j] == LEARN_EASE_NONE)
			learn_scores_add(&w->scores, j, m->tail * w->other.score[j]);
	}
}

void learn_next_score(const struct learn_next *x, const struct learn_customer *c, enum learn_method method,
		      struct learn_next_work *w)
{
	const struct learn_models *m = &x->models;
	learn_scores_clear(&w->scores);
	w->similar.n_near = 0;
	switch (method) {
	case LEARN_METHOD_AUTO:
	case LEARN_METHOD_BLEND:
		learn_next_score(x, c, x->mix.a, w);
		break;
	case LEARN_METHOD_SIMILAR:
		learn_similar_score(&m->similar, c->row, c->numeric, c->category, c->self, &w->similar, &w->scores);
		break;
	case LEARN_METHOD_RULES:
		score_rules(m, c->row, w);
		break;
	case LEARN_METHOD_ITEM:
		learn_item_score(&m->item, c->row, &w->scores);
		break;
	case LEARN_METHOD_EASE:
		score_ease(m, c->row, w);
		break;
	case LEARN_METHOD_SOFTMAX:
		learn_softmax_score(&m->softmax, c->row, c->numeric, c->category, &w->scores);
		break;
	case LEARN_METHOD_POPULARITY:
		learn_popularity_score(&m->popularity, c->row, true, MOST_POPULAR + c->row.n, &w->scores);
		break;
	case LEARN_METHOD_REPEAT:
		learn_repeat_score(c->row, 1, x->recent, &w->scores);
		break;
	case LEARN_METHODS:
		break;
	}
}

static int by_score(const void *a, const void *b, void *ctx)
{
	const struct learn_next *x = ctx;
	const struct learn_ranked *p = a, *q = b;
	if (p->score != q->score)
		return p->score > q->score ? -1 : 1;
	uint32_t many = x->models.popularity.customers[p->product], few = x->models.popularity.customers[q->product];
	if (many != few)
		return many > few ? -1 : 1;
	return p->product < q->product ? -1 : p->product > q->product;
}

static int by_product(const void *a, const void *b)
{
	const struct learn_ranked *p = a, *q = b;
	return p->product < q->product ? -1 : p->product > q->product;
}

size_t learn_next_mix(const struct learn_next *x, const struct learn_mix *m, const struct learn_ranked *a, size_t n_a,
		      const struct learn_ranked *b, size_t n_b, struct learn_ranked *ret)
{
	size_t n = 0, kept = 0;
	for (size_t i = 0; i < n_a && m->scale_a > 0; i++)
		ret[n++] = (struct learn_ranked){ a[i].product, m->share * a[i].score / m->scale_a };
	for (size_t i = 0; i < n_b && m->scale_b > 0; i++)
		ret[n++] = (struct learn_ranked){ b[i].product, (1 - m->share) * b[i].score / m->scale_b };
	qsort(ret, n, sizeof *ret, by_product);
	for (size_t i = 0; i < n; i++) {
		if (kept && ret[kept - 1].product == ret[i].product)
			ret[kept - 1].score += ret[i].score;
		else
			ret[kept++] = ret[i];
	}
	qsort_r(ret, kept, sizeof *ret, by_score, (void *)x);
	return kept;
}

static size_t rank_mix(const struct learn_next *x, const struct learn_customer *c, struct learn_row skip, size_t limit,
		       struct learn_next_work *w, struct learn_ranked *ret)
{
	struct learn_ranked a[LEARN_CANDIDATES * 2], b[LEARN_CANDIDATES * 2], both[LEARN_CANDIDATES * 4];
	size_t each = MAX(limit, (size_t)LEARN_CANDIDATES);
	size_t n_a = learn_next_rank(x, c, x->mix.a, skip, each, w, a), near = w->similar.n_near;
	size_t n_b = learn_next_rank(x, c, x->mix.b, skip, each, w, b);
	w->similar.n_near = MAX(near, w->similar.n_near); /* whichever of the two compared customers */
	size_t n = MIN(limit, learn_next_mix(x, &x->mix, a, n_a, b, n_b, both));
	/* cppcheck-suppress uninitvar ; learn_next_mix has written the first n */
	memcpy(ret, both, n * sizeof *ret);
	return n;
}

size_t learn_next_rank(const struct learn_next *x, const struct learn_customer *c, enum learn_method method,
		       struct learn_row skip, size_t limit, struct learn_next_work *w, struct learn_ranked *ret)
{
	limit = MIN(limit, (size_t)LEARN_CANDIDATES * 2);
	if (method == LEARN_METHOD_AUTO)
		method = x->new_items;
	if (method == LEARN_METHOD_BLEND && learn_next_has(x, method))
		return rank_mix(x, c, skip, limit, w, ret);
	learn_next_score(x, c, method, w);
	return learn_rank(&w->scores, &x->models.popularity, skip, limit, ret);
}

double learn_next_scale(const struct learn_next *x, enum learn_method method, float score)
{
	if (method == LEARN_METHOD_AUTO)
		method = x->new_items;
	if (x->calibrated[method])
		return learn_probability(&x->calibration[method], score);
	/* Too little to calibrate on. Confidences, votes and shares are estimates of their own; sums and counts are
	 * not. */
	if (method == LEARN_METHOD_ITEM || method == LEARN_METHOD_REPEAT || method == LEARN_METHOD_BLEND)
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

/* Offers from a list whose first n were found by `method` and whose others fill it up. */
static void add_new(const struct learn_next *x, enum learn_method method, const struct learn_ranked *list, size_t n,
		    size_t all, const struct learn_next_work *w, struct learn_offer *ret)
{
	bool known = x->calibrated[method];
	double least = n ? learn_next_scale(x, method, list[n - 1].score) : 1;
	for (size_t i = 0; i < all; i++) {
		struct learn_offer o = { list[i].product, list[i].score, 0, method, 0 };
		if (i < n) {
			o.probability = learn_next_scale(x, method, o.score);
			o.near = count_near(x, w, o.product); /* 0 when nobody was compared with */
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
}

static size_t add_repeats(const struct learn_next *x, const struct learn_customer *c, const struct learn_wish *wish,
			  struct learn_next_work *w, struct learn_offer *ret)
{
	struct learn_ranked list[LEARN_CANDIDATES * 2];
	learn_scores_clear(&w->scores);
	learn_repeat_score(c->row, wish->min_times, x->recent, &w->scores);
	size_t n = learn_rank(&w->scores, &x->models.popularity, (struct learn_row){ 0 },
			      MIN(wish->limit, countof(list)), list);
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct learn_offer){ list[i].product, list[i].score,
					       learn_next_scale(x, LEARN_METHOD_REPEAT, list[i].score),
					       LEARN_METHOD_REPEAT, 0 };
	return n;
}

static size_t merge(const struct learn_next *x, const struct learn_customer *c, const struct learn_wish *wish,
		    struct learn_next_work *w, struct learn_offer *all, size_t n, struct learn_offer *ret)
{
	bool repeats = wish->method == LEARN_METHOD_AUTO || wish->method == LEARN_METHOD_REPEAT;
	if (repeats && !wish->new_only)
		n += add_repeats(x, c, wish, w, all + n);
	qsort_r(all, n, sizeof *all, by_probability, (void *)x);
	n = MIN(n, wish->limit);
	for (size_t i = 0; i < n; i++)
		ret[i] = all[i];
	return n;
}

size_t learn_next_list(const struct learn_next *x, const struct learn_customer *c, const struct learn_wish *wish,
		       struct learn_next_work *w, struct learn_offer *ret)
{
	struct learn_offer all[LEARN_CANDIDATES * 4];
	struct learn_ranked list[LEARN_CANDIDATES * 2];
	size_t n = 0, found, limit = MIN(wish->limit, countof(list));
	enum learn_method method = wish->method;
	if (method == LEARN_METHOD_AUTO && wish->quick)
		method = x->listing;
	if (method == LEARN_METHOD_AUTO)
		method = x->new_items;
	/* Without a history only metadata speak, and where there are none the plain list. */
	if (wish->method == LEARN_METHOD_AUTO && !c->row.n && method != LEARN_METHOD_SOFTMAX)
		method = c->numeric && !wish->quick ? LEARN_METHOD_SIMILAR : LEARN_METHOD_POPULARITY;
	if (method != LEARN_METHOD_REPEAT) {
		found = learn_next_rank(x, c, method, c->row, limit, w, list);
		n = learn_rank_fill(&x->models.popularity, c->row, limit, list, found);
		add_new(x, method, list, found, n, w, all);
	}
	return merge(x, c, wish, w, all, n, ret);
}

size_t learn_next_list_from(const struct learn_next *x, const struct learn_customer *c, const struct learn_wish *wish,
			    const struct learn_ranked *list, size_t n, struct learn_next_work *w,
			    struct learn_offer *ret)
{
	struct learn_offer all[LEARN_CANDIDATES * 4];
	size_t found = 0;
	while (found < n && list[found].score != 0)
		found++;
	w->similar.n_near = 0;
	add_new(x, x->new_items, list, found, n, w, all);
	return merge(x, c, wish, w, all, n, ret);
}

/* By every method but one that fills up. */
static double probability_of(const struct learn_next *x, uint32_t product, float score, bool scored)
{
	if (scored || x->calibrated[x->new_items])
		return learn_next_scale(x, x->new_items, scored ? score : 0);
	return (double)x->models.popularity.customers[product] / MAX(1U, x->models.popularity.n_customers);
}

double learn_next_probability(const struct learn_next *x, const struct learn_customer *c, uint32_t product,
			      struct learn_next_work *w)
{
	if (product >= x->n_products)
		return 0;
	if (x->new_items != LEARN_METHOD_BLEND) {
		learn_next_score(x, c, x->new_items, w);
		return probability_of(x, product, w->scores.score[product], w->scores.score[product] != 0);
	}
	struct learn_ranked list[LEARN_CANDIDATES * 2];
	size_t n = learn_next_rank(x, c, LEARN_METHOD_BLEND, c->row, countof(list), w, list);
	for (size_t i = 0; i < n; i++) {
		if (list[i].product == product)
			return probability_of(x, product, list[i].score, true);
	}
	return probability_of(x, product, 0, false);
}

static float pair_score(const struct learn_pairs *p, uint32_t from, uint32_t to)
{
	const struct learn_pair *pair = learn_pairs_find(p, from, to);
	return pair ? pair->score : 0;
}

/* One product's score by a method that looks at the customer's own row only. */
static float score_one(const struct learn_next *x, const struct learn_customer *c, uint32_t product)
{
	const struct learn_models *m = &x->models;
	const struct learn_both *both;
	struct learn_scores s;
	float score = 0;
	switch (x->listing) {
	case LEARN_METHOD_EASE:
		if (m->ease.place[product] != LEARN_EASE_NONE)
			return learn_ease_score_one(&m->ease, c->row, product);
		for (size_t i = 0; i < c->row.n; i++)
			score += m->tail * pair_score(&m->item, c->row.product[i], product);
		return score;
	case LEARN_METHOD_ITEM:
		for (size_t i = 0; i < c->row.n; i++)
			score += pair_score(&m->item, c->row.product[i], product);
		return score;
	case LEARN_METHOD_RULES: {
		const struct learn_pair *three = learn_triples_find(&m->triples, c->row, product, &both);
		for (size_t i = 0; i < c->row.n; i++)
			score = MAX(score, pair_score(&m->rules, c->row.product[i], product));
		return three ? MAX(score, three->score) : score;
	}
	case LEARN_METHOD_SOFTMAX:
		learn_scores_init(&s, x->n_products);
		learn_softmax_score(&m->softmax, c->row, c->numeric, c->category, &s);
		score = s.score[product];
		learn_scores_free(&s);
		return score;
	case LEARN_METHOD_POPULARITY:
		return (float)m->popularity.customers[product] / (float)MAX(1U, m->popularity.n_customers);
	case LEARN_METHOD_AUTO:
	case LEARN_METHOD_SIMILAR:
	case LEARN_METHOD_REPEAT:
	case LEARN_METHOD_BLEND:
	case LEARN_METHODS:
		break;
	}
	return 0;
}

bool learn_next_one(const struct learn_next *x, const struct learn_customer *c, uint32_t product, float min_times,
		    struct learn_offer *ret)
{
	struct learn_offer o = { .product = product, .method = x->listing };
	for (size_t i = 0; i < c->row.n; i++) {
		if (c->row.product[i] != product)
			continue;
		if (c->row.times[i] < min_times)
			return false;
		o.score = learn_repeat_score_one(c->row, i, x->recent);
		o.method = LEARN_METHOD_REPEAT;
		o.probability = learn_next_scale(x, LEARN_METHOD_REPEAT, o.score);
		*ret = o;
		return true;
	}
	o.score = score_one(x, c, product);
	o.probability = learn_next_scale(x, x->listing, o.score);
	*ret = o;
	return true;
}
