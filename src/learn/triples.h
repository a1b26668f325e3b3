/*
 * Rules of three: who has both a and b, how many of them have c (Agrawal, Imieliński, Swami 1993).
 *
 * Only pairs of at least min_both customers begin a rule, the `pairs` commonest of them; a rule is kept when its
 * confidence is above that of a → c and of b → c (else the pair says it as well) and its lift above 1. Memory: pairs ×
 * (keep × 12 + 24) bytes; time: the customers of each pair × what they have.
 */
#pragma once

#include "learn/pairs.h"

struct learn_triples_options {
	enum learn_pairs_order order;
	uint32_t min_both;  /* customers of a beginning */
	uint32_t min_count; /* customers of a rule */
	uint32_t pairs;     /* beginnings, at most */
	uint32_t keep;      /* rules a beginning, at most */
	float shrink;       /* as in learn_pairs_options */
};

/* Two products that begin rules. */
struct learn_both {
	uint32_t a, b; /* a < b */
	uint32_t customers;
	uint64_t from, to; /* rules */
};

struct learn_triples {
	uint32_t n_products;
	uint64_t *offset; /* n_products + 1: beginnings by a */
	struct learn_both *both;
	struct learn_pair *rule; /* best first of each beginning */
};

/* rules: of confidence, from the same history. */
void learn_triples_train(const struct learn_history *h, const struct learn_columns *columns,
			 const struct learn_popularity *p, const struct learn_pairs *rules,
			 const struct learn_triples_options *o, struct learn_triples *ret);
void learn_triples_free(struct learn_triples *t);
size_t learn_triples_bytes(const struct learn_triples *t);
/* The greatest confidence of any rule whose beginning the row has. has: a byte a product, 1 for those of the row. */
void learn_triples_score(const struct learn_triples *t, struct learn_row row, const uint8_t *has,
			 struct learn_scores *s);
/* The best rule for `product` that the row begins, its beginning in *ret_both; NULL when there is none. */
const struct learn_pair *learn_triples_find(const struct learn_triples *t, struct learn_row row, uint32_t product,
					    const struct learn_both **ret_both);
