/*
 * Who took what: the purchases of many customers as sparse rows, the input of every method of this layer.
 *
 * Row c holds the distinct products of customer c, newest first, from offset[c] to offset[c + 1]. Arrays of one entry
 * each; everything belongs to the struct. Pure data: any number of threads may read it.
 */
#pragma once

#include "base/util.h"

#include <stdbool.h>

#define LEARN_DAY_NONE INT32_MIN

struct learn_history {
	uint32_t n_customers, n_products;
	uint64_t *offset;  /* n_customers + 1 */
	uint32_t *product; /* < n_products */
	float *times;      /* > 0 */
	int32_t *first;    /* days since 1970, or LEARN_DAY_NONE */
	int32_t *last;
};

struct learn_row {
	const uint32_t *product;
	const float *times;
	const int32_t *first, *last;
	size_t n;
};

/* The same by product: customers that have it, ascending. */
struct learn_columns {
	uint32_t n_products;
	uint64_t *offset; /* n_products + 1 */
	uint32_t *customer;
	uint64_t *entry; /* where in the history */
};

void learn_history_init(struct learn_history *h, uint32_t n_customers, uint32_t n_products, uint64_t n_entries);
void learn_history_free(struct learn_history *h);
struct learn_row learn_history_row(const struct learn_history *h, uint32_t customer);
uint64_t learn_history_entries(const struct learn_history *h);
size_t learn_history_bytes(const struct learn_history *h);

void learn_columns_make(const struct learn_history *h, struct learn_columns *ret);
void learn_columns_free(struct learn_columns *c);

/*
 * Scores of one customer's candidates: dense, with a list of what was touched, so that clearing costs what was used.
 * Products of score 0 are no candidates.
 */
struct learn_scores {
	float *score;
	uint32_t *touched;
	size_t n, n_products;
};

void learn_scores_init(struct learn_scores *s, uint32_t n_products);
void learn_scores_free(struct learn_scores *s);
void learn_scores_clear(struct learn_scores *s);

/*
 * Where about as many additions are to come as there are products, it is quicker to add to score[] alone (to empty
 * scores, and nothing below 0) and then to look for what is not 0.
 */
static inline bool learn_scores_many(const struct learn_scores *s, uint64_t additions)
{
	return s->n == 0 && additions > s->n_products / 2;
}
void learn_scores_list(struct learn_scores *s);

static inline void learn_scores_add(struct learn_scores *s, uint32_t product, float by)
{
	if (s->score[product] == 0)
		s->touched[s->n++] = product;
	s->score[product] += by;
	if (s->score[product] == 0) /* a sum of exactly 0 would be listed twice */
		s->score[product] = 1e-30f;
}

static inline void learn_scores_max(struct learn_scores *s, uint32_t product, float score)
{
	if (s->score[product] == 0)
		s->touched[s->n++] = product;
	if (score > s->score[product])
		s->score[product] = score;
}
