#include "learn/next.h"

#include "learn/repeat.h"

#include <stdlib.h>
#include <string.h>

#define NEIGHBOURS 100
#define SHARPEN 2
#define RULES_KEPT 100
#define ITEM_KEPT 2000
#define RULES_SHRINK 10 /* customers; less where there are few */

static void models_train(const struct learn_history *h, const struct learn_attributes *attributes,
			 enum learn_pairs_order order, float blend, struct learn_models *ret)
{
	struct learn_columns columns;
	uint32_t most = LEARN_PAIRS_KEPT / (h->n_products ? h->n_products : 1);
	most = MAX(most, 10U);
	/* With 1 000 customers of a product the shrinkage is that of ten more; with 20 it must not drown them. */
	float shrink = MIN((float)RULES_SHRINK, (float)h->n_customers / 500);
	uint32_t min_count = h->n_customers >= 1000 ? 2 : 1;
	struct learn_pairs_options rules = { order, LEARN_RANK_CONFIDENCE, MIN((uint32_t)RULES_KEPT, most), min_count,
					     shrink };
	struct learn_pairs_options item = { LEARN_PAIRS_TOGETHER, LEARN_RANK_COSINE, MIN((uint32_t)ITEM_KEPT, most),
					    min_count, 0 };
	struct learn_similar_options similar = { NEIGHBOURS, blend, SHARPEN };
	learn_popularity_train(h, &ret->popularity);
	learn_columns_make(h, &columns);
	learn_pairs_train(h, &columns, &ret->popularity, &rules, &ret->rules);
	learn_pairs_train(h, &columns, &ret->popularity, &item, &ret->item);
	learn_columns_free(&columns);
	learn_similar_train(h, attributes, &similar, &ret->similar);
}

static void models_free(struct learn_models *m)
{
	learn_popularity_free(&m->popularity);
	learn_pairs_free(&m->rules);
	learn_pairs_free(&m->item);
	learn_similar_free(&m->similar);
}

/* One customer of the holdout: what is left, and what is to be guessed. */
struct measured {
	const struct learn_holdout *o;
	const struct learn_attributes *attributes;
	uint32_t *who;
	uint32_t n;
};

static struct learn_customer customer_of(const struct measured *m, uint32_t c)
{
	const struct learn_attributes *a = m->attributes;
	struct learn_customer r = { .row = learn_history_row(&m->o->rest, c), .self = c };
	if (a) {
		r.numeric = a->numeric + (size_t)c * a->n_numeric;
		r.category = a->category + (size_t)c * a->n_category;
	}
	return r;
}

static bool row_has(struct learn_row row, uint32_t product)
{
	for (size_t i = 0; i < row.n; i++) {
		if (row.product[i] == product)
			return true;
	}
	return false;
}

static bool was_hidden(const struct learn_holdout *o, uint32_t c, uint32_t product)
{
	for (uint64_t i = o->offset[c]; i < o->offset[c + 1]; i++) {
		if (o->hidden[i] == product)
			return true;
	}
	return false;
}

/* Customers with something hidden, evenly spread when there are too many. */
static void choose_measured(struct measured *m)
{
	uint64_t all = m->o->n_measured, want = MIN(all, (uint64_t)LEARN_MEASURED), seen = 0;
	m->who = mem_array(want ? want : 1, sizeof *m->who);
	for (uint32_t c = 0; c < m->o->rest.n_customers && m->n < want; c++) {
		if (m->o->offset[c + 1] == m->o->offset[c])
			continue;
		if (seen * want / all >= m->n)
			m->who[m->n++] = c;
		seen++;
	}
}

/* What of the hidden the customer does not have; returns how many. */
static size_t hidden_new(const struct learn_holdout *o, uint32_t c, struct learn_row row, uint32_t *ret, size_t cap)
{
	size_t n = 0;
	for (uint64_t i = o->offset[c]; i < o->offset[c + 1] && n < cap; i++) {
		if (!row_has(row, o->hidden[i]))
			ret[n++] = o->hidden[i];
	}
	return n;
}

#define HIDDEN_MOST 4096

/* Outcomes of one method; figures of new products only. */
static size_t measure(const struct learn_next *x, const struct measured *m, enum learn_method method,
		      struct learn_next_work *w, struct learn_figures *figures, struct learn_outcome *outcomes)
{
	struct learn_ranked list[LEARN_CALIBRATED];
	uint32_t *hidden = mem_array(HIDDEN_MOST, sizeof *hidden);
	size_t n_outcomes = 0;
	*figures = (struct learn_figures){ 0 };
	for (uint32_t i = 0; i < m->n; i++) {
		struct learn_customer c = customer_of(m, m->who[i]);
		bool repeat = method == LEARN_METHOD_REPEAT;
		learn_next_score(x, &c, method, w);
		size_t n = learn_rank(&w->scores, &x->models.popularity, repeat ? (struct learn_row){ 0 } : c.row,
				      LEARN_CALIBRATED, list);
		for (size_t k = 0; k < n; k++)
			outcomes[n_outcomes++] =
				(struct learn_outcome){ list[k].score, was_hidden(m->o, m->who[i], list[k].product) };
		size_t n_hidden = hidden_new(m->o, m->who[i], c.row, hidden, HIDDEN_MOST);
		if (!n_hidden || repeat)
			continue;
		n = learn_rank_fill(&x->models.popularity, c.row, LEARN_HIT_AT, list, n);
		learn_figures_add(figures, list, n, hidden, n_hidden);
	}
	free(hidden);
	return n_outcomes;
}

static const enum learn_method methods[] = { LEARN_METHOD_SIMILAR, LEARN_METHOD_RULES, LEARN_METHOD_ITEM,
					     LEARN_METHOD_POPULARITY, LEARN_METHOD_REPEAT };

static void calibrate(struct learn_next *x, enum learn_method method, struct learn_outcome *outcomes, size_t n)
{
	learn_calibration_free(&x->calibration[method]);
	x->calibrated[method] = n >= LEARN_OUTCOMES_MIN;
	if (x->calibrated[method])
		learn_calibrate(outcomes, n, &x->calibration[method]);
}

static void measure_all(struct learn_next *x, const struct measured *m, struct learn_next_work *w,
			struct learn_outcome *outcomes)
{
	for (size_t i = 0; i < countof(methods); i++) {
		size_t n = measure(x, m, methods[i], w, &x->figures[methods[i]], outcomes);
		calibrate(x, methods[i], outcomes, n);
	}
	x->new_items = LEARN_METHOD_POPULARITY;
	for (size_t i = 0; i < countof(methods); i++) {
		if (methods[i] != LEARN_METHOD_REPEAT &&
		    learn_map(&x->figures[methods[i]]) > learn_map(&x->figures[x->new_items]))
			x->new_items = methods[i];
	}
}

/* Metadata helps or it does not: the blend of the better figure. */
static void choose_blend(struct learn_next *x, const struct measured *m, struct learn_next_work *w,
			 struct learn_outcome *outcomes)
{
	static const float blends[] = { 0, 0.2F, 0.5F };
	double best = -1;
	bool any = false;
	for (size_t k = 0; k < LEARN_ATTRIBUTES; k++)
		any |= x->models.similar.weights[k] > 0;
	x->blend = 0;
	for (size_t i = 0; i < countof(blends) && (any || i == 0); i++) {
		struct learn_figures f;
		x->models.similar.options.blend = blends[i];
		measure(x, m, LEARN_METHOD_SIMILAR, w, &f, outcomes);
		if (learn_map(&f) > best) {
			best = learn_map(&f);
			x->blend = blends[i];
		}
	}
	x->models.similar.options.blend = x->blend;
}

/* Lists as they are served, of one half of the customers with probabilities fitted on the other. */
static void measure_served(struct learn_next *x, const struct measured *m, struct learn_next_work *w)
{
	struct learn_offer offers[LEARN_HIT_AT];
	struct learn_ranked list[LEARN_HIT_AT];
	struct learn_wish wish = { LEARN_METHOD_AUTO, LEARN_HIT_AT, false, 2 };
	for (uint32_t i = 0; i < m->n; i++) {
		uint32_t who = m->who[i];
		struct learn_customer c = customer_of(m, who);
		const uint32_t *hidden = m->o->hidden + m->o->offset[who];
		size_t n_hidden = m->o->offset[who + 1] - m->o->offset[who];
		size_t n = learn_next_list(x, &c, &wish, w, offers);
		for (size_t k = 0; k < n; k++) {
			list[k] = (struct learn_ranked){ offers[k].product, offers[k].score };
			learn_reliability_add(&x->reliability, offers[k].probability,
					      was_hidden(m->o, who, offers[k].product));
		}
		learn_figures_add(&x->served, list, n, hidden, n_hidden);
		n = learn_rank_fill(&x->models.popularity, (struct learn_row){ 0 }, LEARN_HIT_AT, list, 0);
		learn_figures_add(&x->popularity_served, list, n, hidden, n_hidden);
	}
}

static void halves(struct learn_next *x, const struct measured *m, struct learn_next_work *w,
		   struct learn_outcome *outcomes)
{
	uint32_t *who = mem_array(m->n ? m->n : 1, sizeof *who);
	struct measured half = *m;
	struct learn_figures ignored;
	const enum learn_method used[] = { x->new_items, LEARN_METHOD_REPEAT, LEARN_METHOD_POPULARITY };
	half.who = who;
	for (uint32_t part = 0; part < 2; part++) {
		half.n = 0;
		for (uint32_t i = part; i < m->n; i += 2)
			who[half.n++] = m->who[i];
		for (size_t k = 0; k < countof(used); k++)
			calibrate(x, used[k], outcomes, measure(x, &half, used[k], w, &ignored, outcomes));
		half.n = 0;
		for (uint32_t i = 1 - part; i < m->n; i += 2)
			who[half.n++] = m->who[i];
		measure_served(x, &half, w);
	}
	learn_reliability_end(&x->reliability);
	for (size_t k = 0; k < countof(used); k++) /* and at last on everybody */
		calibrate(x, used[k], outcomes, measure(x, m, used[k], w, &ignored, outcomes));
	free(who);
}

static void measure_holdout(struct learn_next *x, const struct learn_history *h,
			    const struct learn_attributes *attributes)
{
	struct learn_holdout o;
	struct learn_next_work w;
	learn_holdout_make(h, x->hide, &o);
	struct measured m = { .o = &o, .attributes = attributes };
	choose_measured(&m);
	x->n_measured = m.n;
	models_train(&o.rest, attributes, x->order, 0.5F, &x->models);
	learn_next_work_init(x, &w);
	size_t room = (size_t)m.n * LEARN_CALIBRATED;
	struct learn_outcome *outcomes = mem_array(room ? room : 1, sizeof *outcomes);
	choose_blend(x, &m, &w, outcomes);
	measure_all(x, &m, &w, outcomes);
	halves(x, &m, &w, outcomes);
	free(outcomes);
	free(m.who);
	learn_next_work_free(&w);
	models_free(&x->models);
	learn_holdout_free(&o);
}

void learn_next_train(const struct learn_history *h, const struct learn_attributes *attributes, bool listed,
		      struct learn_next *ret)
{
	*ret = (struct learn_next){ .n_customers = h->n_customers,
				    .n_products = h->n_products,
				    .n_entries = learn_history_entries(h) };
	ret->hide = learn_holdout_choose(h, listed);
	ret->order = ret->hide == LEARN_HIDE_NEWEST ? LEARN_PAIRS_THEN : LEARN_PAIRS_TOGETHER;
	measure_holdout(ret, h, attributes);
	models_train(h, attributes, ret->order, ret->blend, &ret->models);
}

void learn_next_free(struct learn_next *x)
{
	models_free(&x->models);
	for (size_t i = 0; i < LEARN_METHODS; i++)
		learn_calibration_free(&x->calibration[i]);
	*x = (struct learn_next){ 0 };
}

size_t learn_next_bytes(const struct learn_next *x)
{
	size_t n = sizeof *x + learn_pairs_bytes(&x->models.rules) + learn_pairs_bytes(&x->models.item) +
		   learn_similar_bytes(&x->models.similar) + (size_t)x->n_products * 8;
	for (size_t i = 0; i < LEARN_METHODS; i++)
		n += x->calibration[i].n * 12;
	return n;
}
