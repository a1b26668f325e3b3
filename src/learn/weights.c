#include "learn/weights.h"

#include <math.h>
#include <stdlib.h>

#define QUANTILES 8
#define LEVELS 64 /* groups of a category; the rest is no group */
#define PRODUCTS 32
#define NO_GROUP UINT8_MAX
#define NOISE 0.001 /* mean η² below this is chance */

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return x < y ? -1 : x > y;
}

/* Groups customers by quantile; returns the number of groups and the distance between the outer deciles. */
static uint32_t group_numbers(const struct learn_attributes *a, uint32_t k, uint8_t *group, float *ret_spread)
{
	float *sorted = mem_array(a->n_customers ? a->n_customers : 1, sizeof *sorted), cuts[QUANTILES - 1];
	size_t n = 0;
	for (uint32_t c = 0; c < a->n_customers; c++) {
		float v = a->numeric[(size_t)c * a->n_numeric + k];
		if (!isnan(v))
			sorted[n++] = v;
	}
	qsort(sorted, n, sizeof *sorted, by_value);
	*ret_spread = n ? sorted[n - 1 - n / 10] - sorted[n / 10] : 0;
	if (n && *ret_spread <= 0)
		*ret_spread = sorted[n - 1] - sorted[0];
	uint32_t groups = 0;
	size_t wanted = MAX((size_t)2, MIN((size_t)QUANTILES, n / 4)); /* few customers: fewer groups */
	for (size_t q = 1; n && q < wanted; q++) {
		float cut = sorted[n * q / wanted];
		if (groups == 0 || cut > cuts[groups - 1])
			cuts[groups++] = cut;
	}
	for (uint32_t c = 0; c < a->n_customers; c++) {
		float v = a->numeric[(size_t)c * a->n_numeric + k];
		uint8_t g = 0;
		while (!isnan(v) && g < groups && v >= cuts[g])
			g++;
		group[c] = isnan(v) ? NO_GROUP : g;
	}
	free(sorted);
	return n ? groups + 1 : 0;
}

static uint32_t group_categories(const struct learn_attributes *a, uint32_t k, uint8_t *group)
{
	uint32_t groups = 0;
	for (uint32_t c = 0; c < a->n_customers; c++) { /* numbers are given by how common the value is */
		uint32_t v = a->category[(size_t)c * a->n_category + k];
		group[c] = v < LEVELS ? (uint8_t)v : NO_GROUP;
		if (v < LEVELS)
			groups = MAX(groups, v + 1);
	}
	return groups;
}

/* Corrected η² of owning one product. */
static double explained(const struct learn_columns *columns, uint32_t product, const uint8_t *group, uint32_t groups,
			const uint32_t *size, double n)
{
	double with[UINT8_MAX] = { 0 }, all = 0, between = 0;
	uint32_t used = 0;
	for (uint64_t at = columns->offset[product]; at < columns->offset[product + 1]; at++) {
		uint8_t g = group[columns->customer[at]];
		if (g != NO_GROUP) {
			with[g]++;
			all++;
		}
	}
	double mean = all / n, total = n * mean * (1 - mean);
	for (uint32_t g = 0; g < groups; g++) {
		if (!size[g])
			continue;
		double d = with[g] / size[g] - mean;
		between += size[g] * d * d;
		used++;
	}
	if (total <= 0 || n <= used)
		return 0;
	return 1 - (1 - between / total) * (n - 1) / (n - used);
}

static double mean_explained(const struct learn_history *h, const struct learn_columns *columns, const uint32_t *top,
			     uint32_t n_top, const uint8_t *group, uint32_t groups)
{
	uint32_t size[UINT8_MAX] = { 0 };
	double n = 0, sum = 0;
	for (uint32_t c = 0; c < h->n_customers; c++) {
		if (group[c] != NO_GROUP) {
			size[group[c]]++;
			n++;
		}
	}
	for (uint32_t i = 0; i < n_top && n > 0; i++)
		sum += explained(columns, top[i], group, groups, size, n);
	return n_top ? sum / n_top : 0;
}

static uint32_t most_owned(const struct learn_columns *columns, uint32_t *ret)
{
	uint32_t n = 0;
	for (uint32_t p = 0; p < columns->n_products; p++) {
		uint64_t mine = columns->offset[p + 1] - columns->offset[p];
		uint32_t at = n;
		while (at > 0 && columns->offset[ret[at - 1] + 1] - columns->offset[ret[at - 1]] < mine)
			at--;
		if (at >= PRODUCTS)
			continue;
		n = MIN(n + 1, (uint32_t)PRODUCTS);
		for (uint32_t i = n - 1; i > at; i--)
			ret[i] = ret[i - 1];
		ret[at] = p;
	}
	return n;
}

void learn_weights(const struct learn_history *h, const struct learn_columns *columns, const struct learn_attributes *a,
		   float *weights, float *spread)
{
	uint32_t top[PRODUCTS], n_top = most_owned(columns, top), n = a->n_numeric + a->n_category;
	uint8_t *group = mem_array(h->n_customers ? h->n_customers : 1, sizeof *group);
	double eta[LEARN_ATTRIBUTES] = { 0 }, best = 0;
	for (uint32_t k = 0; k < n && k < LEARN_ATTRIBUTES; k++) {
		spread[k] = 0;
		uint32_t groups = k < a->n_numeric ? group_numbers(a, k, group, &spread[k])
						   : group_categories(a, k - a->n_numeric, group);
		if (groups > 1)
			eta[k] = mean_explained(h, columns, top, n_top, group, groups);
		best = MAX(best, eta[k]);
	}
	for (uint32_t k = 0; k < n && k < LEARN_ATTRIBUTES; k++) {
		double w = best > NOISE && eta[k] > 0 ? 100 * sqrt(eta[k] / best) : 0;
		weights[k] = (float)round(w);
	}
	free(group);
}
