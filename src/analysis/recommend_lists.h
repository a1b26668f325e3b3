/*
 * Lists over all customers: who is most likely to take a product, and what to offer this week.
 *
 * Each customer's percentage is by the best method that looks at the customer's own purchases alone
 * (learn_next.listing), so that a list over a million customers takes seconds; own repeats count as they do in a
 * customer's list. Lists are kept with the recommender they were made from. Any thread may call.
 */
#pragma once

#include "analysis/recommend.h"

#define LIKELY_MOST 10000    /* customers of one product's list */
#define WEEK_CUSTOMERS 10000 /* whose lists are looked at, evenly spread; more are estimated from them */
#define WEEK_OFFERS 5        /* of each customer's list */

struct likely_customer {
	struct str id, name;
	double probability;
	struct recommend_item item; /* its reasons; filled when they are asked for */
	int64_t purchases;
	int64_t last_at; /* microseconds UTC, TIME_NONE */
};

/* One row after the other, the likeliest first; from `skip` on, at most `limit`. */
typedef bool likely_row(void *ctx, const struct likely_customer *c, struct err *e);

struct likely_answer {
	struct str code, name; /* of the product, in the arena */
	int64_t listed;        /* at most LIKELY_MOST */
	int64_t customers;     /* that were looked at */
	double expected;       /* how many of all customers will take it: the sum of the percentages */
};

/* ERR_NOT_FOUND for a product that nobody took. new_only: without those who have it already. begin is called before the
 * first row, and may be NULL. */
bool recommend_likely(struct instance *inst, struct db *db, int64_t org, int64_t version, struct str product,
		      bool new_only, size_t skip, size_t limit, bool reasons, struct arena *a,
		      struct likely_answer *ret, likely_row *row, void *ctx, struct err *e);
/* {"product","code","horizon","customers","expected","items":[…],"next","total"} */
bool recommend_likely_json(struct instance *inst, struct db *db, int64_t org, int64_t version, struct str product,
			   bool new_only, size_t skip, size_t limit, struct buf *ret, struct err *e);
/* {"as_of","customers","looked_at","horizon","items":[{"product","code","clients","expected","again","due"}]} */
bool recommend_week_json(struct instance *inst, struct db *db, int64_t org, int64_t version, size_t limit,
			 struct buf *ret, struct err *e);
