#include "learn/next.h"

#include "learn/next_models.h"

#include <stdlib.h>

#define NEIGHBOURS 100
#define SHARPEN 2
#define RULES_KEPT 100
#define ITEM_KEPT 400
#define RULES_SHRINK 10 /* customers; less where there are few */
#define TRIPLES_PAIRS 1000
#define TRIPLES_KEPT 10
#define TAIL_CUSTOMERS 200
#define FIRST_LAMBDA 200

static void rules_train(const struct learn_history *h, enum learn_pairs_order order, struct learn_models *ret)
{
	struct learn_columns columns;
	uint32_t most = LEARN_PAIRS_KEPT / (h->n_products ? h->n_products : 1);
	most = MAX(most, 10U);
	/* With 1 000 customers of a product the shrinkage is that of ten more; with 20 it must not drown them. */
	float shrink = MIN((float)RULES_SHRINK, (float)h->n_customers / 500);
	uint32_t min_count = h->n_customers >= 1000 ? 2 : 1;
	uint32_t keep_rules = MIN((uint32_t)RULES_KEPT, most), keep_item = MIN((uint32_t)ITEM_KEPT, most);
	struct learn_pairs_options rules = { order, LEARN_RANK_CONFIDENCE, keep_rules, min_count, shrink };
	struct learn_pairs_options item = { LEARN_PAIRS_TOGETHER, LEARN_RANK_COSINE, keep_item, min_count, 0 };
	uint32_t least = MAX(10U, h->n_customers / 100);
	struct learn_triples_options triples = { order, least, 3, TRIPLES_PAIRS, TRIPLES_KEPT, shrink };
	learn_columns_make(h, &columns);
	struct learn_pairs_options both[] = { rules, item };
	struct learn_pairs *const to[] = { &ret->rules, &ret->item };
	if (order == LEARN_PAIRS_TOGETHER) {
		learn_pairs_train(h, &columns, &ret->popularity, both, 2, to);
	} else {
		learn_pairs_train(h, &columns, &ret->popularity, &both[0], 1, &to[0]);
		learn_pairs_train(h, &columns, &ret->popularity, &both[1], 1, &to[1]);
	}
	learn_triples_train(h, &columns, &ret->popularity, &ret->rules, &triples, &ret->triples);
	learn_columns_free(&columns);
}

void learn_models_train(const struct learn_history *h, const struct learn_attributes *attributes,
			enum learn_pairs_order order, float blend, struct learn_models *ret)
{
	struct learn_similar_options similar = { NEIGHBOURS, blend, SHARPEN };
	learn_popularity_train(h, &ret->popularity);
	rules_train(h, order, ret);
	learn_similar_train(h, attributes, &similar, &ret->similar);
	learn_softmax_train(h, attributes, order, &ret->softmax);
}

/* The mean of the best score by EASE over that by item neighbours, of customers spread over the file. */
static float tail_worth(const struct learn_history *h, struct learn_models *m)
{
	struct learn_scores s;
	float *sums = mem_array(m->ease.n ? m->ease.n : 1, sizeof *sums);
	double ease = 0, item = 0;
	uint32_t step = MAX(1U, h->n_customers / TAIL_CUSTOMERS);
	learn_scores_init(&s, h->n_products);
	for (uint32_t c = 0; c < h->n_customers; c += step) {
		struct learn_row row = learn_history_row(h, c);
		float best[2] = { 0, 0 };
		for (int k = 0; k < 2; k++) {
			learn_scores_clear(&s);
			if (k == 0)
				learn_ease_score(&m->ease, row, sums, &s);
			else
				learn_item_score(&m->item, row, &s);
			for (size_t i = 0; i < s.n; i++)
				best[k] = MAX(best[k], s.score[s.touched[i]]);
		}
		ease += (double)best[0];
		item += (double)best[1];
	}
	learn_scores_free(&s);
	free(sums);
	return item > 0 ? (float)(ease / item) : 0;
}

void learn_models_ease(const struct learn_history *h, const struct learn_ease_options *o, struct learn_models *ret)
{
	learn_ease_free(&ret->ease);
	learn_ease_train(h, &ret->popularity, o, &ret->ease);
	ret->tail = ret->ease.n == h->n_products ? 0 : tail_worth(h, ret);
}

void learn_models_ease_try(const struct learn_gram *gram, const struct learn_ease_options *o, struct learn_models *ret)
{
	learn_ease_free(&ret->ease);
	learn_ease_train_counted(gram, o, &ret->ease);
	ret->tail = 0;
}

void learn_models_free(struct learn_models *m)
{
	learn_popularity_free(&m->popularity);
	learn_pairs_free(&m->rules);
	learn_pairs_free(&m->item);
	learn_triples_free(&m->triples);
	learn_similar_free(&m->similar);
	learn_ease_free(&m->ease);
	learn_softmax_free(&m->softmax);
}

size_t learn_models_bytes(const struct learn_models *m)
{
	return learn_pairs_bytes(&m->rules) + learn_pairs_bytes(&m->item) + learn_triples_bytes(&m->triples) +
	       learn_similar_bytes(&m->similar) + learn_ease_bytes(&m->ease) + learn_softmax_bytes(&m->softmax) +
	       (size_t)m->popularity.n_products * 8;
}

bool learn_watch_ask(const struct learn_watch *w, double done, const char *what)
{
	return !w || w->stage(w->ctx, done, what);
}

static bool measure(struct learn_next *x, const struct learn_history *h, const struct learn_attributes *attributes,
		    const struct learn_watch *watch)
{
	struct learn_holdout o;
	learn_holdout_make(h, x->hide, &o);
	learn_models_train(&o.rest, attributes, x->order, 0.5F, &x->models);
	bool done = learn_next_measure(x, h, &o, attributes, watch);
	learn_models_free(&x->models);
	learn_holdout_free(&o);
	return done;
}

bool learn_next_train(const struct learn_history *h, const struct learn_attributes *attributes, bool listed,
		      const struct learn_watch *watch, struct learn_next *ret)
{
	*ret = (struct learn_next){ .n_customers = h->n_customers,
				    .n_products = h->n_products,
				    .n_entries = learn_history_entries(h) };
	ret->hide = learn_holdout_choose(h, listed);
	ret->order = ret->hide == LEARN_HIDE_NEWEST ? LEARN_PAIRS_THEN : LEARN_PAIRS_TOGETHER;
	ret->ease = (struct learn_ease_options){ FIRST_LAMBDA, 1, ret->hide == LEARN_HIDE_NEWEST, LEARN_EASE_MOST,
						 LEARN_EASE_KEPT };
	if (!learn_watch_ask(watch, 0.1, "hiding purchases and learning from the rest") ||
	    !measure(ret, h, attributes, watch) || !learn_watch_ask(watch, 0.65, "learning from all purchases")) {
		learn_next_free(ret);
		return false;
	}
	learn_models_train(h, attributes, ret->order, ret->blend, &ret->models);
	if (!learn_watch_ask(watch, 0.75, "learning which products go together")) {
		learn_next_free(ret);
		return false;
	}
	learn_models_ease(h, &ret->ease, &ret->models);
	return true;
}

void learn_next_free(struct learn_next *x)
{
	learn_models_free(&x->models);
	for (size_t i = 0; i < LEARN_METHODS; i++)
		learn_calibration_free(&x->calibration[i]);
	*x = (struct learn_next){ 0 };
}

size_t learn_next_bytes(const struct learn_next *x)
{
	size_t n = sizeof *x + learn_models_bytes(&x->models);
	for (size_t i = 0; i < LEARN_METHODS; i++)
		n += x->calibration[i].n * 12;
	return n;
}

bool learn_next_has(const struct learn_next *x, enum learn_method method)
{
	if (method == LEARN_METHOD_SOFTMAX)
		return x->models.softmax.n_features > 0;
	if (method == LEARN_METHOD_BLEND)
		return x->mix.a != x->mix.b;
	return true;
}
