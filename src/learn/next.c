#include "learn/next.h"

#include "learn/questions.h"

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
	uint32_t keep_rules = MIN((uint32_t)RULES_KEPT, most), keep_item = MIN((uint32_t)ITEM_KEPT, most);
	struct learn_pairs_options rules = { order, LEARN_RANK_CONFIDENCE, keep_rules, min_count, shrink };
	struct learn_pairs_options item = { LEARN_PAIRS_TOGETHER, LEARN_RANK_COSINE, keep_item, min_count, 0 };
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

/* What one method answered to every question: places of `n` outcomes each, from at[i] on. */
struct outcomes {
	struct learn_outcome *items;
	size_t *at; /* questions + 1 */
};

struct measuring {
	struct learn_next *x;
	struct learn_questions questions;
	const struct learn_attributes *attributes;
	struct learn_next_work work;
	struct outcomes by_method[LEARN_METHODS];
	struct learn_outcome *chosen; /* scratch for calibration */
};

static struct learn_customer customer_of(const struct measuring *m, const struct learn_question *q)
{
	const struct learn_attributes *a = m->attributes;
	struct learn_customer r = { .row = q->row, .self = q->who };
	if (a) {
		r.numeric = a->numeric + (size_t)q->who * a->n_numeric;
		r.category = a->category + (size_t)q->who * a->n_category;
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

#define ANSWERS_MOST 4096

/* What of the answers the customer does not have; returns how many. */
static size_t new_answers(const struct learn_question *q, uint32_t *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < q->n_answers && n < ANSWERS_MOST; i++) {
		if (!row_has(q->row, q->answers[i]))
			ret[n++] = q->answers[i];
	}
	return n;
}

/* Outcomes of one method, and its figures on new products only. */
static void measure(struct measuring *m, enum learn_method method, struct learn_figures *figures)
{
	struct outcomes *o = &m->by_method[method];
	struct learn_popularity *p = &m->x->models.popularity;
	struct learn_ranked list[LEARN_CALIBRATED];
	uint32_t *answers = mem_array(ANSWERS_MOST, sizeof *answers);
	bool repeat = method == LEARN_METHOD_REPEAT;
	const struct learn_row nothing = { 0 };
	size_t at = 0;
	*figures = (struct learn_figures){ 0 };
	for (size_t i = 0; i < m->questions.n; i++) {
		const struct learn_question *q = &m->questions.items[i];
		struct learn_customer c = customer_of(m, q);
		learn_next_score(m->x, &c, method, &m->work);
		struct learn_row left_out = repeat ? nothing : q->row;
		size_t n = learn_rank(&m->work.scores, p, left_out, LEARN_CALIBRATED, list);
		if (!repeat) /* what fills a list up has the score 0, and its outcomes say what that is worth */
			n = learn_rank_fill(p, q->row, LEARN_CALIBRATED, list, n);
		for (size_t k = 0; k < n; k++)
			o->items[at++] =
				(struct learn_outcome){ list[k].score, learn_question_answered(q, list[k].product) };
		o->at[i + 1] = at;
		size_t n_answers = repeat || !q->counts ? 0 : new_answers(q, answers);
		if (!n_answers)
			continue;
		learn_figures_add(figures, list, n, answers, n_answers);
	}
	free(answers);
}

/* One of two halves, by a hash of the place: files have patterns (every second customer of a kind) that must not show.
 */
#define EVERYBODY 2
static unsigned half_of(size_t question)
{
	return (unsigned)((uint64_t)question * UINT64_C(0x9e3779b97f4a7c15) >> 63);
}

/* On one half of the questions, or on EVERYBODY. */
static void calibrate(struct measuring *m, enum learn_method method, unsigned half)
{
	const struct outcomes *o = &m->by_method[method];
	size_t n = 0;
	for (size_t i = 0; i < m->questions.n; i++) {
		for (size_t k = o->at[i]; k < o->at[i + 1] && (half == EVERYBODY || half_of(i) == half); k++)
			m->chosen[n++] = o->items[k];
	}
	learn_calibration_free(&m->x->calibration[method]);
	m->x->calibrated[method] = n >= LEARN_OUTCOMES_MIN;
	if (m->x->calibrated[method])
		learn_calibrate(m->chosen, n, &m->x->calibration[method]);
}

static const enum learn_method methods[] = { LEARN_METHOD_SIMILAR, LEARN_METHOD_RULES, LEARN_METHOD_ITEM,
					     LEARN_METHOD_POPULARITY, LEARN_METHOD_REPEAT };

/* Metadata helps or it does not: the blend of the better figure. */
static void choose_blend(struct measuring *m)
{
	static const float blends[] = { 0.5F, 0.2F, 0 };
	struct learn_similar *s = &m->x->models.similar;
	double best = -1;
	bool any = false;
	for (size_t k = 0; k < LEARN_ATTRIBUTES; k++)
		any |= s->weights[k] > 0;
	m->x->blend = 0;
	for (size_t i = 0; i < countof(blends) && any; i++) {
		struct learn_figures f;
		s->options.blend = blends[i];
		measure(m, LEARN_METHOD_SIMILAR, &f);
		if (learn_map(&f) >= best) {
			best = learn_map(&f);
			m->x->blend = blends[i];
		}
	}
	s->options.blend = m->x->blend;
}

static void measure_all(struct measuring *m)
{
	struct learn_next *x = m->x;
	for (size_t i = 0; i < countof(methods); i++)
		measure(m, methods[i], &x->figures[methods[i]]);
	x->new_items = LEARN_METHOD_POPULARITY;
	for (size_t i = 0; i < countof(methods); i++) {
		if (methods[i] != LEARN_METHOD_REPEAT &&
		    learn_map(&x->figures[methods[i]]) > learn_map(&x->figures[x->new_items]))
			x->new_items = methods[i];
	}
}

/* Lists as they are served, to one half. */
static void measure_served(struct measuring *m, unsigned half)
{
	struct learn_next *x = m->x;
	struct learn_offer offers[LEARN_HIT_AT];
	struct learn_ranked list[LEARN_HIT_AT];
	struct learn_wish wish = { LEARN_METHOD_AUTO, LEARN_HIT_AT, false, 2 };
	for (size_t i = 0; i < m->questions.n; i++) {
		const struct learn_question *q = &m->questions.items[i];
		struct learn_customer c = customer_of(m, q);
		if (half_of(i) != half)
			continue;
		size_t n = learn_next_list(x, &c, &wish, &m->work, offers);
		for (size_t k = 0; k < n; k++) {
			list[k] = (struct learn_ranked){ offers[k].product, offers[k].score };
			learn_reliability_add(&x->reliability, offers[k].probability,
					      learn_question_answered(q, offers[k].product));
		}
		if (!q->counts)
			continue;
		learn_figures_add(&x->served, list, n, q->answers, q->n_answers);
		n = learn_rank_fill(&x->models.popularity, (struct learn_row){ 0 }, LEARN_HIT_AT, list, 0);
		learn_figures_add(&x->popularity_served, list, n, q->answers, q->n_answers);
	}
}

/* One half of the questions fits the probabilities that the other half is served with; at last all fit them. */
static void calibrate_all(struct measuring *m)
{
	for (unsigned half = 0; half < 2; half++) {
		for (size_t k = 0; k < countof(methods); k++)
			calibrate(m, methods[k], half);
		measure_served(m, 1 - half);
	}
	learn_reliability_end(&m->x->reliability);
	for (size_t k = 0; k < countof(methods); k++)
		calibrate(m, methods[k], EVERYBODY);
}

static void measuring_init(struct measuring *m)
{
	size_t n = m->questions.n + 1;
	learn_next_work_init(m->x, &m->work);
	m->chosen = mem_array(n * LEARN_CALIBRATED, sizeof *m->chosen);
	for (size_t i = 0; i < LEARN_METHODS; i++) {
		m->by_method[i].items = mem_array(n * LEARN_CALIBRATED, sizeof *m->chosen);
		m->by_method[i].at = mem_zalloc(n * sizeof *m->by_method[i].at);
	}
}

static void measuring_free(struct measuring *m)
{
	learn_next_work_free(&m->work);
	free(m->chosen);
	for (size_t i = 0; i < LEARN_METHODS; i++) {
		free(m->by_method[i].items);
		free(m->by_method[i].at);
	}
	learn_questions_free(&m->questions);
}

static void measure_holdout(struct learn_next *x, const struct learn_history *h,
			    const struct learn_attributes *attributes)
{
	struct learn_holdout o;
	struct measuring m = { .x = x, .attributes = attributes };
	learn_holdout_make(h, x->hide, &o);
	learn_questions_make(h, &o, LEARN_MEASURED, &m.questions);
	x->n_measured = (uint32_t)m.questions.n_counting;
	models_train(&o.rest, attributes, x->order, 0.5F, &x->models);
	measuring_init(&m);
	choose_blend(&m);
	measure_all(&m);
	calibrate_all(&m);
	measuring_free(&m);
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
