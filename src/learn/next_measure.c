/* Choosing on one half of the customers, measuring on the other, calibrating on both. */
#include "learn/next_measuring.h"

#include <math.h>
#include <stdlib.h>

#define ANSWERS_MOST 4096

const enum learn_method learn_singles[LEARN_SINGLES] = { LEARN_METHOD_SIMILAR, LEARN_METHOD_RULES,
							 LEARN_METHOD_ITEM,    LEARN_METHOD_EASE,
							 LEARN_METHOD_SOFTMAX, LEARN_METHOD_POPULARITY,
							 LEARN_METHOD_REPEAT };

/* By a hash of the customer: files have patterns (every second customer of a kind) that must not show. */
static enum half half_of(uint32_t who)
{
	return (uint64_t)who * UINT64_C(0x9e3779b97f4a7c15) >> 63 ? TEST : VALIDATION;
}

bool learn_half_has(const struct learn_question *q, enum half half)
{
	return half == EVERYBODY || half_of(q->who) == half;
}

/* Until the next call. */
static struct learn_customer customer_of(struct measuring *m, const struct learn_question *q)
{
	const struct learn_attributes *a = m->attributes;
	struct learn_customer r = { .row = q->row, .self = q->who };
	if (a) {
		for (uint32_t k = 0; k < MIN(a->n_numeric, (uint32_t)LEARN_ATTRIBUTES); k++) {
			bool told = k >= a->told_from && k < a->told_from + a->told_n;
			m->numeric[k] = told ? NAN : a->numeric[(size_t)q->who * a->n_numeric + k];
		}
		r.numeric = m->numeric;
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

/* What of the answers the customer does not have (repeat: all of them), into m->wanted; returns how many. */
static size_t wanted_of(struct measuring *m, const struct learn_question *q, enum learn_method method)
{
	size_t n = 0;
	for (size_t i = 0; i < q->n_answers && n < ANSWERS_MOST && q->counts; i++) {
		if (method == LEARN_METHOD_REPEAT || !row_has(q->row, q->answers[i]))
			m->wanted[n++] = q->answers[i];
	}
	return n;
}

static size_t answer(struct measuring *m, enum learn_method method, const struct learn_question *q, size_t limit,
		     struct learn_ranked *ret)
{
	const struct learn_row nothing = { 0 };
	struct learn_customer c = customer_of(m, q);
	if (method == LEARN_METHOD_REPEAT)
		return learn_next_rank(m->x, &c, method, nothing, limit, &m->work, ret);
	size_t n = learn_next_rank(m->x, &c, method, q->row, limit, &m->work, ret);
	/* What fills a list up has the score 0, and its outcomes say what that is worth. */
	return learn_rank_fill(&m->x->models.popularity, q->row, limit, ret, n);
}

void learn_measure_add(struct measuring *m, enum learn_method method, const struct learn_question *q,
		       const struct learn_ranked *list, size_t n, struct learn_figures *f)
{
	size_t n_wanted = wanted_of(m, q, method);
	if (n_wanted)
		learn_figures_add(f, list, n, m->wanted, n_wanted);
}

double learn_measure_try(struct measuring *m, enum learn_method method)
{
	struct learn_ranked list[LEARN_HIT_AT];
	struct learn_figures f = { 0 };
	for (size_t i = 0; i < m->questions.n; i++) {
		const struct learn_question *q = &m->questions.items[i];
		if (learn_half_has(q, VALIDATION) && q->counts)
			learn_measure_add(m, method, q, list, answer(m, method, q, LEARN_HIT_AT, list), &f);
	}
	return learn_map(&f);
}

void learn_measure_figures(struct measuring *m, enum learn_method method)
{
	struct learn_next *x = m->x;
	const struct answers *a = &m->by_method[method];
	x->validation[method] = x->figures[method] = (struct learn_figures){ 0 };
	for (size_t i = 0; i < m->questions.n; i++) {
		const struct learn_question *q = &m->questions.items[i];
		learn_measure_add(m, method, q, a->list + i * LEARN_CANDIDATES, a->n[i],
				  learn_half_has(q, VALIDATION) ? &x->validation[method] : &x->figures[method]);
	}
}

static void measure(struct measuring *m, enum learn_method method)
{
	struct answers *a = &m->by_method[method];
	for (size_t i = 0; i < m->questions.n; i++)
		a->n[i] = (uint8_t)answer(m, method, &m->questions.items[i], LEARN_CANDIDATES,
					  a->list + i * LEARN_CANDIDATES);
	learn_measure_figures(m, method);
}

/* Whether the method says anything of somebody who has taken nothing yet. */
static bool knows_strangers(enum learn_method method)
{
	return method == LEARN_METHOD_SIMILAR || method == LEARN_METHOD_SOFTMAX || method == LEARN_METHOD_POPULARITY;
}

/* On the customers of one half, or on EVERYBODY. */
static void calibrate(struct measuring *m, enum learn_method method, enum half half)
{
	const struct answers *a = &m->by_method[method];
	size_t n = 0;
	for (size_t i = 0; i < m->questions.n; i++) {
		const struct learn_question *q = &m->questions.items[i];
		const struct learn_ranked *list = a->list + i * LEARN_CANDIDATES;
		bool counts = learn_half_has(q, half) && (q->row.n || knows_strangers(method));
		for (size_t k = 0; k < MIN((size_t)a->n[i], (size_t)LEARN_CALIBRATED) && counts; k++)
			m->chosen[n++] =
				(struct learn_outcome){ list[k].score, learn_question_answered(q, list[k].product) };
	}
	learn_calibration_free(&m->x->calibration[method]);
	m->x->calibrated[method] = n >= LEARN_OUTCOMES_MIN;
	if (m->x->calibrated[method])
		learn_calibrate(m->chosen, n, &m->x->calibration[method]);
}

/* Lists as they are served, to one half; the figures of the half that nothing was chosen on. */
static void measure_served(struct measuring *m, enum half half)
{
	struct learn_next *x = m->x;
	struct learn_offer offers[LEARN_HIT_AT];
	struct learn_ranked list[LEARN_HIT_AT];
	struct learn_wish wish = { LEARN_METHOD_AUTO, LEARN_HIT_AT, false, 2 };
	const struct answers *known = &m->by_method[x->new_items];
	for (size_t i = 0; i < m->questions.n; i++) {
		const struct learn_question *q = &m->questions.items[i];
		struct learn_customer c = customer_of(m, q);
		if (!learn_half_has(q, half))
			continue;
		size_t n = c.row.n ? learn_next_list_from(x, &c, &wish, known->list + i * LEARN_CANDIDATES, known->n[i],
							  &m->work, offers)
				   : learn_next_list(x, &c, &wish, &m->work, offers);
		for (size_t k = 0; k < n; k++) {
			list[k] = (struct learn_ranked){ offers[k].product, offers[k].score };
			learn_reliability_add(&x->reliability, offers[k].probability,
					      learn_question_answered(q, offers[k].product));
		}
		if (!q->counts || half != TEST)
			continue;
		learn_figures_add(&x->served, list, n, q->answers, q->n_answers);
		n = learn_rank_fill(&x->models.popularity, (struct learn_row){ 0 }, LEARN_HIT_AT, list, 0);
		learn_figures_add(&x->popularity_served, list, n, q->answers, q->n_answers);
	}
}

static const enum half halves[] = { VALIDATION, TEST };

/* One half of the customers fits the probabilities that the other half is served with; at last all fit them. */
static void calibrate_all(struct measuring *m)
{
	for (size_t h = 0; h < countof(halves); h++) {
		for (enum learn_method k = LEARN_METHOD_SIMILAR; k < LEARN_METHODS; k++)
			calibrate(m, k, halves[h]);
		measure_served(m, halves[1 - h]);
	}
	learn_reliability_end(&m->x->reliability);
	for (enum learn_method k = LEARN_METHOD_SIMILAR; k < LEARN_METHODS; k++)
		calibrate(m, k, EVERYBODY);
}

static void measuring_init(struct measuring *m)
{
	size_t n = m->questions.n + 1;
	learn_next_work_init(m->x, &m->work);
	m->wanted = mem_array(ANSWERS_MOST, sizeof *m->wanted);
	m->chosen = mem_array(n * LEARN_CALIBRATED, sizeof *m->chosen);
	for (size_t i = LEARN_METHOD_SIMILAR; i < LEARN_METHODS; i++) {
		m->by_method[i].list = mem_array(n * LEARN_CANDIDATES, sizeof *m->by_method[i].list);
		m->by_method[i].n = mem_zalloc(n);
	}
}

static void measuring_free(struct measuring *m)
{
	learn_next_work_free(&m->work);
	free(m->wanted);
	free(m->chosen);
	for (size_t i = 0; i < LEARN_METHODS; i++) {
		free(m->by_method[i].list);
		free(m->by_method[i].n);
	}
	learn_questions_free(&m->questions);
}

static bool measure_singles(struct measuring *m, const struct learn_watch *watch)
{
	for (size_t i = 0; i < LEARN_SINGLES; i++) {
		if (!learn_watch_ask(watch, 0.35 + 0.03 * (double)i, "measuring every method"))
			return false;
		measure(m, learn_singles[i]);
	}
	return true;
}

bool learn_next_measure(struct learn_next *x, const struct learn_history *h, const struct learn_holdout *o,
			const struct learn_attributes *attributes, const struct learn_watch *watch)
{
	struct measuring m = { .x = x, .attributes = attributes };
	learn_questions_make(h, o, LEARN_MEASURED, &m.questions);
	x->n_measured = (uint32_t)m.questions.n_counting;
	measuring_init(&m);
	bool done = learn_watch_ask(watch, 0.2, "choosing how products and customers are compared");
	if (done) {
		learn_choose_options(&m, &o->rest);
		done = measure_singles(&m, watch);
	}
	if (done) {
		learn_choose_methods(&m);
		calibrate_all(&m);
	}
	measuring_free(&m);
	return done;
}
