/*
 * The recommender as a whole: every method trained, measured on held-out purchases, the best one or a blend of two
 * chosen for products the customer does not have, and scores turned into probabilities.
 *
 * Training goes twice: on the rest of a holdout (learn/holdout.h), to choose, measure and calibrate, then on
 * everything, to serve. At most LEARN_MEASURED customers are asked. One half of them (validation) chooses: the penalty
 * and the decay of EASE, the share of metadata, the weight of recency, the method. The other half (test) is what is
 * reported. Percentages are fitted on one half and their reliability is seen on the other, both ways.
 *
 * Pure: the same input gives the same lists. Memory: the pairs (at most LEARN_PAIRS_KEPT of them twice), the weights of
 * EASE (learn/ease.h), the references of similar customers, the popularity; docs/recommender.md has the table.
 */
#pragma once

#include "learn/calibrate.h"
#include "learn/ease.h"
#include "learn/holdout.h"
#include "learn/pairs.h"
#include "learn/ranking.h"
#include "learn/similar.h"
#include "learn/softmax.h"
#include "learn/triples.h"

#define LEARN_MEASURED 2500
#define LEARN_PAIRS_KEPT 8000000
#define LEARN_CANDIDATES 50 /* of each method; half of the longest list */
/* Of each customer, for calibration: about as many as are shown, since a score means more at the top of a list. */
#define LEARN_CALIBRATED 12
#define LEARN_OUTCOMES_MIN 100

enum learn_method {
	LEARN_METHOD_AUTO,
	LEARN_METHOD_SIMILAR,
	LEARN_METHOD_RULES,
	LEARN_METHOD_ITEM,
	LEARN_METHOD_EASE,
	LEARN_METHOD_SOFTMAX,
	LEARN_METHOD_POPULARITY,
	LEARN_METHOD_REPEAT,
	LEARN_METHOD_BLEND,
	LEARN_METHODS
};

struct learn_models {
	struct learn_popularity popularity;
	struct learn_pairs rules, item;
	struct learn_triples triples;
	struct learn_similar similar;
	struct learn_ease ease;
	struct learn_softmax softmax;
	float tail; /* what a score of item neighbours is worth as one of EASE, for products that take no part in it */
};

/* Two methods' lists of LEARN_CANDIDATES, added up: share · a / scale_a + (1 − share) · b / scale_b. */
struct learn_mix {
	enum learn_method a, b; /* the best two; a == b: no blend was better */
	float share;            /* of a */
	float scale_a, scale_b; /* mean score of the first of the list */
};

struct learn_next {
	uint32_t n_customers, n_products;
	uint64_t n_entries;
	struct learn_models models;
	/* chosen on the validation half */
	enum learn_method new_items; /* for products the customer does not have; BLEND: as in mix */
	enum learn_method listing;   /* the best of those that are quick for every customer (learn_next_one) */
	struct learn_mix mix;
	struct learn_ease_options ease;
	enum learn_pairs_order order;
	float blend;  /* of metadata */
	float recent; /* of own repeats */
	/* calibrated on both halves */
	struct learn_calibration calibration[LEARN_METHODS];
	bool calibrated[LEARN_METHODS];
	/* measured on held-out purchases, the test half */
	enum learn_hide hide;
	uint32_t n_measured;                            /* of both halves */
	struct learn_figures validation[LEARN_METHODS]; /* of the other half: what was chosen by */
	struct learn_figures figures[LEARN_METHODS];    /* new products only; of REPEAT all products */
	struct learn_figures served, popularity_served; /* lists as served, repeats among them */
	struct learn_reliability reliability;           /* of served lists, on customers not calibrated on */
};

/* Asked between the stages of a training: done 0..1, and what comes next. false stops it. */
struct learn_watch {
	bool (*stage)(void *ctx, double done, const char *what);
	void *ctx;
};

/* attributes and watch may be NULL. listed: see learn_holdout_choose. false: stopped, *ret is empty. */
MUST_CHECK bool learn_next_train(const struct learn_history *h, const struct learn_attributes *attributes, bool listed,
				 const struct learn_watch *watch, struct learn_next *ret);
void learn_next_free(struct learn_next *x);
size_t learn_next_bytes(const struct learn_next *x);
/* Whether the method was trained at all: softmax wants few products. */
bool learn_next_has(const struct learn_next *x, enum learn_method method);

/* One customer to be served. */
struct learn_customer {
	struct learn_row row;
	const float *numeric; /* attributes, or NULL */
	const uint32_t *category;
	uint32_t self; /* number in the training data, UINT32_MAX = not in it */
};

struct learn_offer {
	uint32_t product;
	float score;
	double probability;
	enum learn_method method; /* that found it; POPULARITY for what filled the list up */
	uint32_t near;            /* of the nearest customers, how many have it (similar customers only) */
};

/* Scratch of one thread. */
struct learn_next_work {
	struct learn_scores scores, other;
	struct learn_similar_work similar;
	float *sums;  /* of EASE */
	uint8_t *has; /* a byte a product, all 0 between calls */
};
void learn_next_work_init(const struct learn_next *x, struct learn_next_work *w);
void learn_next_work_free(struct learn_next_work *w);

struct learn_wish {
	enum learn_method method;
	size_t limit;    /* at most LEARN_CANDIDATES * 2 */
	bool new_only;   /* nothing the customer has */
	float min_times; /* owned products are offered when taken at least so often */
	bool quick;      /* AUTO: by `listing` instead of the best, for going over all customers */
};

/* Most probable first; equal ones by popularity. Returns how many; ret has `limit` places. */
size_t learn_next_list(const struct learn_next *x, const struct learn_customer *c, const struct learn_wish *wish,
		       struct learn_next_work *w, struct learn_offer *ret);
/* The best `limit` (at most LEARN_CANDIDATES * 2) by one method, without those of skip, best first. Returns how many.
 */
size_t learn_next_rank(const struct learn_next *x, const struct learn_customer *c, enum learn_method method,
		       struct learn_row skip, size_t limit, struct learn_next_work *w, struct learn_ranked *ret);
/* The probability of one product for this customer, by the method that serves new ones. */
double learn_next_probability(const struct learn_next *x, const struct learn_customer *c, uint32_t product,
			      struct learn_next_work *w);
/* The same in time of the row's length, for going over all customers: by x->listing, and by repeats for what was taken
 * min_times. Fills score, probability and method; false: had already and not to be offered. */
bool learn_next_one(const struct learn_next *x, const struct learn_customer *c, uint32_t product, float min_times,
		    struct learn_offer *ret);

/* Scores by one method (no blend) into w->scores, which is cleared before. */
void learn_next_score(const struct learn_next *x, const struct learn_customer *c, enum learn_method method,
		      struct learn_next_work *w);
/* Adds up two lists as the mix says; ret has LEARN_CANDIDATES * 4 places. Sorted, best first. Returns how many. */
size_t learn_next_mix(const struct learn_next *x, const struct learn_mix *m, const struct learn_ranked *a, size_t n_a,
		      const struct learn_ranked *b, size_t n_b, struct learn_ranked *ret);
/* Probability of a score under a method: calibrated where there was enough to calibrate on. */
double learn_next_scale(const struct learn_next *x, enum learn_method method, float score);
