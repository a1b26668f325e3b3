#include "learn/metrics.h"

#include <math.h>
#include <stdlib.h>

void learn_regression_metrics(const double *y, const double *forecast, size_t n, struct learn_regression *ret)
{
	double mean = 0, squares = 0, absolute = 0, spread = 0;
	for (size_t i = 0; i < n; i++)
		mean += y[i] / (double)n;
	for (size_t i = 0; i < n; i++) {
		squares += (y[i] - forecast[i]) * (y[i] - forecast[i]);
		absolute += fabs(y[i] - forecast[i]);
		spread += (y[i] - mean) * (y[i] - mean);
	}
	ret->mse = n ? squares / (double)n : NAN;
	ret->mae = n ? absolute / (double)n : NAN;
	ret->r2 = spread > 0 ? 1 - squares / spread : NAN;
}

struct judged {
	double chance;
	bool positive;
};

static int likeliest_first(const void *a, const void *b)
{
	double x = ((const struct judged *)a)->chance, y = ((const struct judged *)b)->chance;
	return x > y ? -1 : x < y;
}

static void add_point(struct learn_classification *ret, double x, double y, bool last)
{
	/* Points closer than a step of the curve are left out, but for the ends. */
	if (ret->n_roc && !last) {
		const struct learn_point *before = &ret->roc[ret->n_roc - 1];
		if (x - before->x + (y - before->y) < 2.0 / (LEARN_CURVE - 2) || ret->n_roc == LEARN_CURVE - 1)
			return;
	}
	ret->roc[ret->n_roc++] = (struct learn_point){ x, y };
}

/* The area by ranks, ties counted half (Mann, Whitney 1947). */
static void rank(const struct judged *j, size_t n, int64_t ones, struct learn_classification *ret)
{
	int64_t zeros = (int64_t)n - ones, hits = 0, misses = 0;
	double area = 0;
	add_point(ret, 0, 0, false);
	for (size_t i = 0, end; i < n; i = end) {
		int64_t one = 0, zero = 0;
		for (end = i; end < n && j[end].chance == j[i].chance; end++) {
			one += j[end].positive;
			zero += !j[end].positive;
		}
		area += (double)zero * ((double)hits + (double)one / 2);
		hits += one;
		misses += zero;
		if (ones && zeros)
			add_point(ret, (double)misses / (double)zeros, (double)hits / (double)ones, end == n);
	}
	ret->roc_auc = ones && zeros ? area / ((double)ones * (double)zeros) : NAN;
}

static void at_thresholds(const struct judged *j, size_t n, int64_t ones, struct learn_classification *ret)
{
	size_t taken = 0;
	int64_t hits = 0;
	for (int step = LEARN_CURVE - 1; step >= 0; step--) {
		double threshold = (double)step / (LEARN_CURVE - 1);
		while (taken < n && j[taken].chance >= threshold)
			hits += j[taken++].positive;
		ret->at[step].positive = (int64_t)taken;
		ret->at[step].precision = taken ? (double)hits / (double)taken : 0;
		ret->at[step].recall = ones ? (double)hits / (double)ones : 0;
	}
}

static double clipped(double p)
{
	return MIN(MAX(p, 1e-15), 1 - 1e-15);
}

static void count(const double *y, const double *chance, size_t n, double threshold, struct learn_classification *ret)
{
	for (size_t i = 0; i < n; i++) {
		bool positive = y[i] > 0.5;
		size_t bin = (size_t)MIN(MAX(chance[i] * LEARN_BINS, 0.0), LEARN_BINS - 1.0);
		ret->confusion[positive][chance[i] >= threshold]++;
		ret->log_loss -= log(positive ? clipped(chance[i]) : 1 - clipped(chance[i])) / (double)n;
		ret->calibration[bin].rows++;
		ret->calibration[bin].forecast += chance[i];
		ret->calibration[bin].share += positive;
	}
	for (size_t b = 0; b < LEARN_BINS; b++) {
		if (ret->calibration[b].rows) {
			ret->calibration[b].forecast /= (double)ret->calibration[b].rows;
			ret->calibration[b].share /= (double)ret->calibration[b].rows;
		}
	}
}

static double ratio(int64_t part, int64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

void learn_classification_metrics(const double *y, const double *chance, size_t n, double threshold,
				  struct learn_classification *ret)
{
	*ret = (struct learn_classification){ 0 };
	struct judged *j = mem_array(n ? n : 1, sizeof *j);
	int64_t ones = 0;
	for (size_t i = 0; i < n; i++) {
		j[i] = (struct judged){ chance[i], y[i] > 0.5 };
		ones += j[i].positive;
	}
	if (n)
		qsort(j, n, sizeof *j, likeliest_first);
	rank(j, n, ones, ret);
	at_thresholds(j, n, ones, ret);
	free(j);
	count(y, chance, n, threshold, ret);
	int64_t hit = ret->confusion[1][1], called = hit + ret->confusion[0][1];
	ret->accuracy = ratio(hit + ret->confusion[0][0], (int64_t)n);
	ret->precision = ratio(hit, called);
	ret->recall = ratio(hit, ones);
	ret->f1 = ratio(2 * hit, called + ones);
}

struct ranked {
	double forecast;
	size_t row;
};

static int highest_first(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->forecast != y->forecast)
		return x->forecast > y->forecast ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

void learn_tenths(const double *y, const double *forecast, size_t n, struct learn_tenth ret[LEARN_TENTHS])
{
	struct ranked *list = mem_array(n + 1, sizeof *list);
	size_t each = n / LEARN_TENTHS, more = n % LEARN_TENTHS, at = 0;
	for (size_t i = 0; i < n; i++)
		list[i] = (struct ranked){ forecast[i], i };
	qsort(list, n, sizeof *list, highest_first);
	for (size_t t = 0; t < LEARN_TENTHS; t++) {
		ret[t] = (struct learn_tenth){ .rows = (int64_t)(each + (t < more)) };
		for (int64_t k = 0; k < ret[t].rows; k++, at++) {
			ret[t].forecast += list[at].forecast;
			ret[t].actual += y[list[at].row];
		}
	}
	free(list);
}
