/*
 * The recommender as a whole: every method trained, measured on held-out purchases, the best one chosen for products
 * the customer does not have, and each one's scores turned into probabilities.
 *
 * Training goes twice: on the rest of a holdout (learn/holdout.h), to measure, choose and calibrate, then on
 * everything, to serve. At most LEARN_MEASURED customers are measured. Pure: the same input gives the same lists.
 * Memory: the pairs (at most LEARN_PAIRS_KEPT of them twice), the references of similar customers, the popularity.
 */
#pragma once

#include "learn/calibrate.h"
#include "learn/holdout.h"
#include "learn/pairs.h"
#include "learn/ranking.h"
#include "learn/similar.h"

#define LEARN_MEASURED 5000
#define LEARN_PAIRS_KEPT 8000000
#define LEARN_CANDIDATES 50 /* half of the longest list */
/* Of each customer, for calibration: about as many as are shown, since a score means more at the top of a list. */
#define LEARN_CALIBRATED 12
#define LEARN_OUTCOMES_MIN 100

enum learn_method {
	LEARN_METHOD_AUTO,
	LEARN_METHOD_SIMILAR,
	LEARN_METHOD_RULES,
	LEARN_METHOD_ITEM,
	LEARN_METHOD_POPULARITY,
	LEARN_METHOD_REPEAT,
	LEARN_METHODS
};

struct learn_models {
	struct learn_popularity popularity;
	struct learn_pairs rules, item;
	struct learn_similar similar;
};

struct learn_next {
	uint32_t n_customers, n_products;
	uint64_t n_entries;
	struct learn_models models;
	enum learn_method new_items; /* the measured best for products the customer does not have */
	enum learn_pairs_order order;
	float blend; /* of metadata, chosen by measurement */
	struct learn_calibration calibration[LEARN_METHODS];
	bool calibrated[LEARN_METHODS];
	/* measured on held-out purchases */
	enum learn_hide hide;
	uint32_t n_measured;
	struct learn_figures figures[LEARN_METHODS];    /* new products only */
	struct learn_figures served, popularity_served; /* lists as served, repeats among them */
	struct learn_reliability reliability;           /* of served lists, on customers not calibrated on */
};

/* attributes may be NULL. listed: see learn_holdout_choose. */
void learn_next_train(const struct learn_history *h, const struct learn_attributes *attributes, bool listed,
		      struct learn_next *ret);
void learn_next_free(struct learn_next *x);
size_t learn_next_bytes(const struct learn_next *x);

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
	struct learn_scores scores;
	struct learn_similar_work similar;
};
void learn_next_work_init(const struct learn_next *x, struct learn_next_work *w);
void learn_next_work_free(struct learn_next_work *w);

struct learn_wish {
	enum learn_method method;
	size_t limit;    /* at most LEARN_CANDIDATES * 2 */
	bool new_only;   /* nothing the customer has */
	float min_times; /* owned products are offered when taken at least so often */
};

/* Most probable first; equal ones by popularity. Returns how many; ret has `limit` places. */
size_t learn_next_list(const struct learn_next *x, const struct learn_customer *c, const struct learn_wish *wish,
		       struct learn_next_work *w, struct learn_offer *ret);
/* The probability of one product for this customer, by the method that serves new ones. */
double learn_next_probability(const struct learn_next *x, const struct learn_customer *c, uint32_t product,
			      struct learn_next_work *w);

/* Scores by one method into w->scores, which is cleared before. */
void learn_next_score(const struct learn_next *x, const struct learn_customer *c, enum learn_method method,
		      struct learn_next_work *w);
/* Probability of a score under a method: calibrated where there was enough to calibrate on. */
double learn_next_scale(const struct learn_next *x, enum learn_method method, float score);
