/*
 * Similar customers: what those who resemble this one have.
 *
 * Resemblance has two halves. Purchase history: the cosine of the two sets of products. Metadata (age, place, tenure,
 * totals, …): each attribute is compared to a number 0..1 (numbers by distance over their usual spread, categories by
 * equality) and weighted 0..100 by how much it tells about products: the strongest one 100, the others in
 * proportion to the root of the variance of product ownership that they explain (η², corrected for the number of
 * groups). Metadata and history are blended by `blend`.
 *
 * At most LEARN_REFERENCES customers, evenly spread over the file, are compared with: memory and time stay bounded
 * however many customers there are. k nearest neighbours after Herlocker et al. 1999.
 */
#pragma once

#include "learn/history.h"

#define LEARN_REFERENCES 20000
#define LEARN_ATTRIBUTES 16
#define LEARN_CATEGORY_NONE UINT32_MAX

struct learn_attributes {
	uint32_t n_customers;
	uint32_t n_numeric, n_category; /* together at most LEARN_ATTRIBUTES */
	float *numeric;                 /* customer × numeric; NAN = unknown */
	uint32_t *category;             /* customer × category; LEARN_CATEGORY_NONE = unknown */
	/* Numbers that are computed from the whole row (how much was taken): they would tell what is hidden, so they
	 * are unknown while measuring. */
	uint32_t told_from, told_n;
};

void learn_attributes_init(struct learn_attributes *a, uint32_t n_customers, uint32_t n_numeric, uint32_t n_category);
void learn_attributes_free(struct learn_attributes *a);

struct learn_similar_options {
	uint32_t neighbours; /* nearest ones that vote */
	float blend;         /* share of metadata, 0..1 */
	float sharpen;       /* exponent of the resemblance in the vote */
};

struct learn_similar {
	struct learn_similar_options options;
	struct learn_history refs; /* rows of the references */
	struct learn_columns columns;
	uint32_t *customer; /* of each reference */
	float *norm;        /* 1 / √products of each reference */
	struct learn_attributes attributes;
	float spread[LEARN_ATTRIBUTES];  /* usual distance of each numeric attribute */
	float weights[LEARN_ATTRIBUTES]; /* 0..100, numeric ones first */
};

/* attributes may be NULL, or of no customers. */
void learn_similar_train(const struct learn_history *h, const struct learn_attributes *attributes,
			 const struct learn_similar_options *o, struct learn_similar *ret);
void learn_similar_free(struct learn_similar *s);
size_t learn_similar_bytes(const struct learn_similar *s);

struct learn_neighbour {
	uint32_t ref;
	float resemblance;
};

/* Scratch of one thread. */
struct learn_similar_work {
	float *resemblance;           /* of each reference */
	struct learn_neighbour *near; /* options.neighbours */
	size_t n_near;
};
void learn_similar_work_init(const struct learn_similar *s, struct learn_similar_work *w);
void learn_similar_work_free(struct learn_similar_work *w);

/*
 * Votes of the nearest references, as a share of their resemblance. `self` is left out (UINT32_MAX = nobody). numeric
 * and category are the customer's own attributes (NULL when there are none). The neighbours stay in w.
 */
void learn_similar_score(const struct learn_similar *s, struct learn_row row, const float *numeric,
			 const uint32_t *category, uint32_t self, struct learn_similar_work *w,
			 struct learn_scores *ret);
