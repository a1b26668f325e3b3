/*
 * Item to item in closed form: EASE (Steck 2019, "Embarrassingly Shallow Autoencoders", arXiv 1905.03375).
 *
 * With X the customers × products matrix of 0 and 1, G = XᵀX + λI and P = G⁻¹, the weight of product i for product j is
 * B[i][j] = −P[i][j] / P[j][j], B[j][j] = 0: the least-squares guess of each column from all the others. A customer's
 * scores are the sum of the rows of what the customer has, each row weighed by decay^k, where k counts the customer's
 * distinct days since that product was last taken (by_place: the place in the row, for lists without days).
 *
 * G is counted and inverted by learn/gram.h; only the `most` products of the most customers take part. The weights are
 * floats: all n² of them, in the place of G, while these are at most LEARN_EASE_KEPT, else of each product its
 * strongest ones, so that never more than 2 · 4 · LEARN_EASE_KEPT bytes are held.
 */
#pragma once

#include "learn/gram.h"

#define LEARN_EASE_MOST LEARN_GRAM_MOST
#define LEARN_EASE_KEPT (16U << 20)
#define LEARN_EASE_NONE LEARN_GRAM_NONE

struct learn_ease_options {
	double lambda; /* > 0 */
	float decay;   /* 0 < decay ≤ 1, for scoring only */
	bool by_place; /* rows without days are in order of time, newest first */
	uint32_t most; /* products, at most LEARN_EASE_MOST */
	uint32_t kept; /* weights, at most LEARN_EASE_KEPT */
};

struct learn_weight {
	uint32_t to; /* place among the dense products */
	float weight;
};

struct learn_ease {
	struct learn_ease_options options;
	uint32_t n_products, n; /* of the catalogue; that take part */
	uint32_t *place;        /* of each product, LEARN_EASE_NONE = takes no part */
	uint32_t *product;      /* of each place */
	float *weight;          /* n × n by rows, or NULL when only the strongest were kept: */
	uint32_t row_kept;      /* so many a row */
	struct learn_weight *strongest;
};

void learn_ease_train(const struct learn_history *h, const struct learn_popularity *p,
		      const struct learn_ease_options *o, struct learn_ease *ret);
/* The same from counts that are there, for trying one penalty after the other. */
void learn_ease_train_counted(const struct learn_gram *gram, const struct learn_ease_options *o,
			      struct learn_ease *ret);
void learn_ease_free(struct learn_ease *x);
size_t learn_ease_bytes(const struct learn_ease *x);
/* Adds to s; sums has x->n places (at least 1) and is scratch. Products that take no part get nothing. */
void learn_ease_score(const struct learn_ease *x, struct learn_row row, float *sums, struct learn_scores *s);
/* The score of one product alone. */
float learn_ease_score_one(const struct learn_ease *x, struct learn_row row, uint32_t product);
/* What row entry adds to product: B, without decay; 0 when one of them takes no part. */
float learn_ease_weight(const struct learn_ease *x, uint32_t from, uint32_t to);
