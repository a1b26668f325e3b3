/*
 * Spending of a version's customers, from memory: of one, of all, by age band, the top ones, all of it also of one
 * year.
 *
 * One index a version, loaded from the cards when it is first asked for; what every customer spent in each year comes
 * from the engine, once, when a year is first asked for. Rows that the analyses leave out (cancelled, without a
 * customer or a positive price) do not count. Amounts are ten-thousandths (MONEY_SCALE). All functions may be called
 * from any thread; `set` must be the caller's own organisation's, with amounts (spending_check).
 */
#pragma once

#include "analysis/instance.h"
#include "base/arena.h"
#include "base/err.h"
#include "model/customer.h"

struct spending_cache;

struct spending_cache *spending_cache_new(size_t max_bytes);
void spending_cache_free(struct spending_cache **c);
void spending_forget(struct spending_cache *c, int64_t version);
/* A card was added or changed by hand. */
void spending_edit(struct spending_cache *c, int64_t version, const struct customer *card);
/* Loads the index so that the first question is fast. */
bool spending_warm(struct instance *in, struct db *db, const struct card_set *set, struct err *e);

#define SPENDING_YEAR_ALL 0 /* for `year`: whatever the year */
#define SPENDING_BANDS 5

/* How often and how much; a customer counts when it spent something. */
struct spending_sum {
	int64_t customers, records;
	int64_t spend;
};

struct spending_bands {
	struct spending_sum band[SPENDING_BANDS];
	struct spending_sum other; /* younger, or of unknown age */
	struct spending_sum all;
};
const char *spending_band_name(size_t band); /* "18-24" … ">47" */

struct spending_year {
	int64_t year;
	struct spending_sum sum;
};

struct spending_customer {
	int64_t no; /* for customer_get */
	struct str id;
	int64_t spend, records;
	int64_t age; /* -1 = unknown */
};

/* Means are over records of purchases or over customers' totals. */
enum spending_per { SPENDING_PER_RECORD, SPENDING_PER_CUSTOMER };
bool spending_per_parse(struct str s, enum spending_per *ret); /* "record", "customer" */
/* In hundredths, rounded half up; false when there is nothing to take the mean of. */
bool spending_mean(const struct spending_sum *s, enum spending_per per, int64_t *ret_hundredths);

/* ERR_VALUE: the data set does not say what was spent (code no_amounts) or, when a year is asked for, when (field
 * year).
 */
bool spending_check(const struct card_set *set, int64_t year, struct err *e);
/* ERR_NOT_FOUND (unknown_customer); 0 for one who spent nothing. */
bool spending_of(struct instance *in, struct db *db, const struct card_set *set, struct str id, int64_t year,
		 int64_t *ret, struct err *e);
/*
 * The two from memory alone, for threads that must not wait: false when the index or its years are not loaded, it is
 * just being changed, or that year has not been summed up, and for an unknown customer.
 */
bool spending_peek(struct spending_cache *c, int64_t version, struct str id, int64_t year, int64_t *ret);
bool spending_peek_bands(struct spending_cache *c, int64_t version, int64_t year, struct spending_bands *ret);
bool spending_by_age(struct instance *in, struct db *db, const struct card_set *set, int64_t year,
		     struct spending_bands *ret, struct err *e);
/* Every year with spending, earliest first; none when the data set does not say when. In a. */
bool spending_years(struct instance *in, struct db *db, const struct card_set *set, struct arena *a,
		    struct spending_year **ret, size_t *ret_n, struct err *e);
/* The `most` who spent most, of those who spent anything; equals in file order. In a. */
bool spending_top(struct instance *in, struct db *db, const struct card_set *set, int64_t year, size_t most,
		  struct arena *a, struct spending_customer **ret, size_t *ret_n, struct err *e);
/* Everybody who spent more than `limit`, in file order. In a. */
bool spending_above(struct instance *in, struct db *db, const struct card_set *set, int64_t limit, struct arena *a,
		    struct spending_customer **ret, size_t *ret_n, struct err *e);
