/* Choosing options, methods and blends, on the validation half. */
#include "learn/next_measuring.h"

#include <string.h>

#define LAMBDA_PRODUCTS 1000 /* the penalty is chosen among the most popular ones: inverting costs n³ */

/* Metadata help or they do not: the share of the better figure. */
static void choose_blend(struct measuring *m)
{
	static const float blends[] = { 0, 0.2F, 0.5F };
	struct learn_similar *s = &m->x->models.similar;
	double best = -1;
	bool any = false;
	for (size_t k = 0; k < LEARN_ATTRIBUTES; k++)
		any |= s->weights[k] > 0;
	m->x->blend = 0;
	for (size_t i = 0; i < countof(blends) && any; i++) {
		s->options.blend = blends[i];
		double map = learn_measure_try(m, LEARN_METHOD_SIMILAR);
		if (map > best) {
			best = map;
			m->x->blend = blends[i];
		}
	}
	s->options.blend = m->x->blend;
}

static void choose_recent(struct measuring *m)
{
	static const float weights[] = { 0, 0.3F, 0.9F };
	double best = -1;
	float chosen = 0;
	for (size_t i = 0; i < countof(weights); i++) {
		m->x->recent = weights[i];
		double map = learn_measure_try(m, LEARN_METHOD_REPEAT);
		if (map > best) {
			best = map;
			chosen = weights[i];
		}
	}
	m->x->recent = chosen;
}

/* The penalty, then the decay, among the most popular products; at last all of them with what was chosen. */
static void choose_ease(struct measuring *m, const struct learn_history *rest)
{
	static const double lambdas[] = { 50, 100, 200, 400, 800 };
	static const float decays[] = { 1, 0.9F, 0.8F };
	struct learn_ease_options *o = &m->x->ease, few = *o;
	struct learn_gram gram;
	double best = -1, lambda = o->lambda;
	float decay = 1;
	learn_gram_make(rest, &m->x->models.popularity, LAMBDA_PRODUCTS, lambdas[0], &gram);
	for (size_t i = 0; i < countof(lambdas); i++) {
		few.lambda = lambdas[i];
		learn_models_ease_try(&gram, &few, &m->x->models);
		double map = learn_measure_try(m, LEARN_METHOD_EASE);
		if (map > best) {
			best = map;
			lambda = lambdas[i];
		}
	}
	few.lambda = o->lambda = lambda;
	learn_models_ease_try(&gram, &few, &m->x->models);
	learn_gram_free(&gram);
	for (size_t i = 1; i < countof(decays); i++) {
		m->x->models.ease.options.decay = decays[i];
		double map = learn_measure_try(m, LEARN_METHOD_EASE);
		if (map > best) {
			best = map;
			decay = decays[i];
		}
	}
	o->decay = decay;
	learn_models_ease(rest, o, &m->x->models);
}

/* At least as good; softmax has many more weights than the others, so it must be better by more than chance. */
static bool better(const struct learn_next *x, enum learn_method a, enum learn_method b)
{
	const struct learn_figures *f = &x->validation[a];
	double map = learn_map(f), least = learn_map(&x->validation[b]);
	if (a == LEARN_METHOD_SOFTMAX)
		return learn_next_has(x, a) && map > least + learn_map_error(f);
	return map >= least;
}

static void choose_method(struct learn_next *x)
{
	x->new_items = x->listing = LEARN_METHOD_POPULARITY;
	for (size_t i = 0; i < countof(learn_singles); i++) {
		if (learn_singles[i] == LEARN_METHOD_REPEAT || learn_singles[i] == LEARN_METHOD_POPULARITY)
			continue;
		if (better(x, learn_singles[i], x->new_items))
			x->new_items = learn_singles[i];
		if (learn_singles[i] != LEARN_METHOD_SIMILAR && better(x, learn_singles[i], x->listing))
			x->listing = learn_singles[i];
	}
}

static float first_score(const struct measuring *m, enum learn_method method)
{
	const struct answers *a = &m->by_method[method];
	double sum = 0;
	for (size_t i = 0; i < m->questions.n; i++)
		sum += a->n[i] ? (double)a->list[i * LEARN_CANDIDATES].score : 0;
	return m->questions.n ? (float)(sum / (double)m->questions.n) : 0;
}

/* The list of question i by the mix, into the answers of BLEND. */
static void mix_one(struct measuring *m, const struct learn_mix *mix, size_t i)
{
	struct learn_ranked both[LEARN_CANDIDATES * 4];
	const struct answers *a = &m->by_method[mix->a], *b = &m->by_method[mix->b];
	struct answers *to = &m->by_method[LEARN_METHOD_BLEND];
	size_t n = learn_next_mix(m->x, mix, a->list + i * LEARN_CANDIDATES, a->n[i], b->list + i * LEARN_CANDIDATES,
				  b->n[i], both);
	n = MIN(n, (size_t)LEARN_CANDIDATES);
	memcpy(to->list + i * LEARN_CANDIDATES, both, n * sizeof *both);
	to->n[i] = (uint8_t)n;
}

/* Its MAP on the validation half. */
static double try_mix(struct measuring *m, const struct learn_mix *mix)
{
	const struct answers *a = &m->by_method[LEARN_METHOD_BLEND];
	struct learn_figures f = { 0 };
	for (size_t i = 0; i < m->questions.n; i++) {
		const struct learn_question *q = &m->questions.items[i];
		if (!learn_half_has(q, VALIDATION) || !q->counts)
			continue;
		mix_one(m, mix, i);
		learn_measure_add(m, LEARN_METHOD_BLEND, q, a->list + i * LEARN_CANDIDATES, a->n[i], &f);
	}
	return learn_map(&f);
}

/* The best method with each other one, at three shares; kept where it beats the best alone. */
static void choose_mix(struct measuring *m)
{
	static const float shares[] = { 0.85F, 0.7F, 0.5F };
	struct learn_next *x = m->x;
	struct learn_mix best = { .a = x->new_items, .b = x->new_items };
	double most = learn_map(&x->validation[x->new_items]);
	for (size_t k = 0; k < countof(learn_singles); k++) {
		if (learn_singles[k] == x->new_items || learn_singles[k] == LEARN_METHOD_REPEAT ||
		    !learn_next_has(x, learn_singles[k]))
			continue;
		for (size_t s = 0; s < countof(shares); s++) {
			struct learn_mix mix = { x->new_items, learn_singles[k], shares[s],
						 first_score(m, x->new_items), first_score(m, learn_singles[k]) };
			double map = try_mix(m, &mix);
			if (map > most) {
				most = map;
				best = mix;
			}
		}
	}
	x->mix = best;
	for (size_t i = 0; i < m->questions.n; i++)
		mix_one(m, &x->mix, i);
	learn_measure_figures(m, LEARN_METHOD_BLEND);
	if (learn_next_has(x, LEARN_METHOD_BLEND))
		x->new_items = LEARN_METHOD_BLEND;
}

void learn_choose_options(struct measuring *m, const struct learn_history *rest)
{
	choose_ease(m, rest);
	choose_blend(m);
	choose_recent(m);
}

void learn_choose_methods(struct measuring *m)
{
	choose_method(m->x);
	choose_mix(m);
}
