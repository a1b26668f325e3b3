/*
 * Lists over all customers: who is most likely to take a product, and what to offer this week.
 *
 * Each customer's percentage is by the best method that looks at the customer's own purchases alone
 * (learn_next.listing), so that a list over a million customers takes seconds; own repeats count as they do in a
 * customer's list. Lists are kept with the recommender they were made from. Any thread may call.
 */
#pragma once

#include "analysis/recommend.h"
#include "base/clock.h"

#include <stdatomic.h>

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

/* What is asked. */
struct likely_ask {
	int64_t org, version;
	struct str product; /* its code */
	bool new_only;      /* without those who have it already */
	size_t skip, limit;
	bool reasons;
	const _Atomic bool *cancel; /* looked at while all customers are gone over; NULL = never */
};

/* ERR_NOT_FOUND for a product that nobody took. */
bool recommend_likely(struct instance *inst, struct db *db, const struct likely_ask *ask, struct arena *a,
		      struct likely_answer *ret, likely_row *row, void *ctx, struct err *e);
/* {"items":[…],"product","code","customers","expected","next","total"} */
bool recommend_likely_json(struct instance *inst, struct db *db, const struct likely_ask *ask, struct buf *ret,
			   struct err *e);

/* One product of the week; numbers are of all customers, estimated where only some were looked at. */
struct week_offer {
	struct str code, name;
	int64_t clients; /* on whose list it is */
	double expected; /* of these, how many will take it */
	int64_t again;   /* of these, how many have taken it before */
	int64_t due;     /* of these, whose usual time ends within the week */
};
struct week_answer {
	char as_of[CLOCK_TEXT]; /* YYYY-MM-DD */
	int64_t customers, looked_at;
	const char *horizon;
	struct week_offer *items; /* by what is expected; in the arena */
	size_t n;
};
bool recommend_week(struct instance *inst, struct db *db, int64_t org, int64_t version, size_t limit,
		    const _Atomic bool *cancel, struct arena *a, struct week_answer *ret, struct err *e);
/* {"as_of","customers","looked_at","horizon","items":[{"product","code","clients","expected","again","due"}]} */
bool recommend_week_json(struct instance *inst, struct db *db, int64_t org, int64_t version, size_t limit,
			 const _Atomic bool *cancel, struct buf *ret, struct err *e);
