#include "learn/calibrate.h"

#include <stdlib.h>

struct step {
	double score, taken; /* sums */
	double n;
};

static int by_score(const void *a, const void *b)
{
	const struct learn_outcome *x = a, *y = b;
	return x->score < y->score ? -1 : x->score > y->score;
}

static struct step join(struct step a, struct step b)
{
	return (struct step){ a.score + b.score, a.taken + b.taken, a.n + b.n };
}

/* Equal scores are one step from the start: they cannot be told apart. */
static size_t pool(const struct learn_outcome *o, size_t n, struct step *steps)
{
	size_t k = 0;
	for (size_t i = 0; i < n;) {
		struct step s = { 0 };
		size_t from = i;
		for (; i < n && o[i].score == o[from].score; i++)
			s = join(s, (struct step){ (double)o[i].score, o[i].taken, 1 });
		steps[k++] = s;
		while (k > 1 && steps[k - 2].taken * steps[k - 1].n >= steps[k - 1].taken * steps[k - 2].n) {
			steps[k - 2] = join(steps[k - 2], steps[k - 1]);
			k--;
		}
	}
	return k;
}

/* Joining neighbours keeps the order of their means. */
static size_t join_small(struct step *steps, size_t n)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		if (k && (steps[k - 1].n < LEARN_STEP_MIN || (i + 1 == n && steps[i].n < LEARN_STEP_MIN)))
			steps[k - 1] = join(steps[k - 1], steps[i]);
		else
			steps[k++] = steps[i];
	}
	return k;
}

void learn_calibrate(struct learn_outcome *outcomes, size_t n, struct learn_calibration *ret)
{
	*ret = (struct learn_calibration){ 0 };
	if (!n)
		return;
	qsort(outcomes, n, sizeof *outcomes, by_score);
	struct step *steps = mem_array(n, sizeof *steps);
	size_t k = join_small(steps, pool(outcomes, n, steps));
	ret->n = k;
	ret->score = mem_array(k, sizeof *ret->score);
	ret->probability = mem_array(k, sizeof *ret->probability);
	for (size_t i = 0; i < k; i++) {
		ret->score[i] = (float)(steps[i].score / steps[i].n);
		ret->probability[i] = steps[i].taken / steps[i].n;
	}
	free(steps);
}

void learn_calibration_free(struct learn_calibration *c)
{
	free(c->score);
	free(c->probability);
	*c = (struct learn_calibration){ 0 };
}

double learn_probability(const struct learn_calibration *c, float score)
{
	if (!c->n)
		return 0;
	size_t lo = 0, hi = c->n; /* the first step with a centre above score */
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (c->score[mid] > score)
			hi = mid;
		else
			lo = mid + 1;
	}
	if (lo == 0)
		return c->probability[0];
	if (lo == c->n)
		return c->probability[c->n - 1];
	double width = (double)c->score[lo] - (double)c->score[lo - 1];
	double share = width > 0 ? ((double)score - (double)c->score[lo - 1]) / width : 0;
	return c->probability[lo - 1] + share * (c->probability[lo] - c->probability[lo - 1]);
}

void learn_reliability_add(struct learn_reliability *r, double probability, bool taken)
{
	int bin = (int)(probability * LEARN_CALIBRATION_BINS);
	struct learn_bin *b = &r->bins[MAX(0, MIN(bin, LEARN_CALIBRATION_BINS - 1))];
	b->n++;
	b->predicted += probability;
	b->observed += taken;
}

void learn_reliability_end(struct learn_reliability *r)
{
	for (size_t i = 0; i < LEARN_CALIBRATION_BINS; i++) {
		struct learn_bin *b = &r->bins[i];
		if (b->n) {
			b->predicted /= (double)b->n;
			b->observed /= (double)b->n;
		}
	}
}
