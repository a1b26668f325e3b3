/*
 * From scores to a list, and from lists to figures.
 *
 * Hit rate@k: share of customers with at least one hidden product among the first k. MAP@k: mean over customers of
 * Σ precision at each hit ÷ min(hidden, k). Ties of score go to the product with more customers, then the lower number
 * (numbers follow the name), so that lists are repeatable.
 */
#pragma once

#include "learn/popularity.h"

struct learn_ranked {
	uint32_t product;
	float score;
};

/* The best `limit` of s, without those in skip (a row's products; pass an empty row to skip none). Returns how many. */
size_t learn_rank(const struct learn_scores *s, const struct learn_popularity *p, struct learn_row skip, size_t limit,
		  struct learn_ranked *ret);
/* Fills the list up with the most popular products that are neither in it nor skipped, with score 0. */
size_t learn_rank_fill(const struct learn_popularity *p, struct learn_row skip, size_t limit, struct learn_ranked *ret,
		       size_t n);

struct learn_figures {
	size_t users;
	double hits, hits2; /* sums and sums of squares, for standard errors */
	double ap, ap2;
};

#define LEARN_HIT_AT 10
#define LEARN_MAP_AT 7 /* not more than LEARN_HIT_AT */

/* Adds one customer: the list offered and what was hidden. */
void learn_figures_add(struct learn_figures *f, const struct learn_ranked *list, size_t n, const uint32_t *hidden,
		       size_t n_hidden);
double learn_hit_rate(const struct learn_figures *f);
double learn_map(const struct learn_figures *f);
double learn_hit_rate_error(const struct learn_figures *f); /* standard error of the mean */
double learn_map_error(const struct learn_figures *f);
