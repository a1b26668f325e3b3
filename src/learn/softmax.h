/*
 * Products by attributes: a multinomial logistic regression ("softmax") of the next product on what the customer has
 * and what is known of the customer. For catalogues of few products, where rich data of the clients say more than which
 * products go together.
 *
 * Features are 0 and 1: one always, each product had, each number in one of its eight quantile bins, each category's
 * value. Learnt from every product of every customer in turn, given the others (LEARN_PAIRS_THEN: given the older
 * ones); products already had are no candidates. Minimises cross-entropy with a small l2 by Adagrad (Duchi, Hazan,
 * Singer 2011) over a fixed order, so the same input gives the same weights. Memory: 8 bytes × features × products.
 */
#pragma once

#include "learn/pairs.h"
#include "learn/similar.h"

#define LEARN_SOFTMAX_PRODUCTS 64 /* more are left to other methods */
#define LEARN_SOFTMAX_BINS 8

struct learn_softmax {
	uint32_t n_products, n_features; /* no features: not trained */
	uint32_t n_numeric, n_category;
	uint32_t told_from, told_n; /* numbers that are not looked at: they tell of the row */
	uint32_t n_cuts[LEARN_ATTRIBUTES];
	float cut[LEARN_ATTRIBUTES][LEARN_SOFTMAX_BINS - 1];
	uint32_t levels[LEARN_ATTRIBUTES]; /* of each category */
	float *weight;                     /* features × products */
};

/* attributes may be NULL. Not trained when there are too many products, or fewer than two. */
void learn_softmax_train(const struct learn_history *h, const struct learn_attributes *attributes,
			 enum learn_pairs_order order, struct learn_softmax *ret);
void learn_softmax_free(struct learn_softmax *x);
size_t learn_softmax_bytes(const struct learn_softmax *x);
/* Probabilities that each product the row does not have is the next one; they sum to 1. numeric and category may be
 * NULL. */
void learn_softmax_score(const struct learn_softmax *x, struct learn_row row, const float *numeric,
			 const uint32_t *category, struct learn_scores *s);
