/*
 * How many customers have each two products, and the inverse of it: what EASE (learn/ease.h) is made from.
 *
 * G = XᵀX of the products of the most customers, added up from the sparse rows (the sum of squared row lengths, which
 * is far below customers × products²); (G + λI)⁻¹ by LAPACK's potrf and potri in its place, in one thread.
 *
 * Single precision is enough where the condition of G + λI, at most norm / λ + 1, leaves three digits of it; else the
 * numbers are made doubles for as long as it takes. That is known before anything is counted, so the memory is asked
 * for once: 4 · n² bytes, or 8 · n².
 */
#pragma once

#include "learn/history.h"
#include "learn/popularity.h"

#define LEARN_GRAM_MOST 12000
#define LEARN_GRAM_ANY 4000 /* of more than so many products each needs LEARN_GRAM_LEAST customers */
#define LEARN_GRAM_LEAST 20
#define LEARN_GRAM_ROW 2000 /* products of a customer that count, the newest */
#define LEARN_GRAM_NONE UINT32_MAX
#define LEARN_GRAM_SINGLE 10000.0 /* the greatest norm / λ of single precision */

struct learn_gram {
	uint32_t n_products, n; /* of the catalogue; that take part */
	uint32_t *place;        /* of each product, LEARN_GRAM_NONE = takes no part */
	uint32_t *product;      /* of each place, by popularity */
	float *g;               /* lower triangle by columns: (i, j), i ≥ j, at g[j · n + i]; counts, exact */
	double norm;            /* greatest sum of a row: no eigenvalue is greater */
	bool wide;              /* g has room for doubles */
};

/* lambda: the least penalty it will be inverted with. Where there is no memory for so many products, the half of them
 * take part, and so on; n is 0 where there is none at all. */
void learn_gram_make(const struct learn_history *h, const struct learn_popularity *p, uint32_t most, double lambda,
		     struct learn_gram *ret);
void learn_gram_free(struct learn_gram *x);
/* Without memory for it, g of the copy is NULL. */
void learn_gram_copy(const struct learn_gram *x, struct learn_gram *ret);
/* (G + λI)⁻¹ in place of G, its lower triangle. lambda at least that of learn_gram_make. false: numbers that are none.
 */
MUST_CHECK bool learn_gram_invert(struct learn_gram *x, double lambda);
