/*
 * Which products go together: for each product the strongest others, counted over customers.
 *
 * Two readings of the same counts: rules (confidence: of those who have the first, how many have the second; Agrawal,
 * Imieliński, Swami 1993, for pairs) and item neighbours (cosine of the two products' customers; Sarwar et al. 2001).
 * Memory: products × keep entries of 12 bytes; time: the sum of squared row lengths, rows cut to LEARN_PAIRS_ROW.
 */
#pragma once

#include "learn/history.h"
#include "learn/popularity.h"

#define LEARN_PAIRS_ROW 2000

enum learn_pairs_order {
	LEARN_PAIRS_TOGETHER, /* both, in any order */
	LEARN_PAIRS_THEN,     /* the second first taken no earlier than the first; where days are unknown, by place */
};

enum learn_pairs_rank { LEARN_RANK_CONFIDENCE, LEARN_RANK_COSINE };

struct learn_pair {
	uint32_t to;    /* product */
	uint32_t count; /* customers with both */
	float score;    /* confidence (shrunk, see below) or cosine */
};

struct learn_pairs {
	uint32_t n_products;
	uint64_t *offset;        /* n_products + 1 */
	struct learn_pair *pair; /* of each product; rules best first */
};

struct learn_pairs_options {
	enum learn_pairs_order order;
	enum learn_pairs_rank rank;
	uint32_t keep;      /* at most so many others a product */
	uint32_t min_count; /* customers with both */
	float shrink;       /* added to the customers of the first: one of one is not 100 % sure */
};

#define LEARN_PAIRS_READINGS 2
/* Several readings of one counting: o and ret have n_options places, and the order is that of the first. */
void learn_pairs_train(const struct learn_history *h, const struct learn_columns *columns,
		       const struct learn_popularity *p, const struct learn_pairs_options *o, size_t n_options,
		       struct learn_pairs *const *ret);
void learn_pairs_free(struct learn_pairs *p);
size_t learn_pairs_bytes(const struct learn_pairs *p);

/* The greatest confidence of any of the row's products (ties are left to the ranking). */
void learn_rules_score(const struct learn_pairs *p, struct learn_row row, struct learn_scores *s);
/* The sum of cosines with the row's products. */
void learn_item_score(const struct learn_pairs *p, struct learn_row row, struct learn_scores *s);
/* The pair from → to, or NULL when it was not kept. */
const struct learn_pair *learn_pairs_find(const struct learn_pairs *p, uint32_t from, uint32_t to);
