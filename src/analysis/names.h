/*
 * Search among the customers of a version by id or any part of the name, and sorted lists of them, from memory.
 *
 * One index a version: the distinct folded words in one blob that is scanned for the part, the numbers of the customers
 * of each word, ids as words of their own, and the columns lists are sorted and filtered by. Several words of a query
 * may stand in any order; each must be part of some word. Case and ё/е do not matter (utf8_fold).
 *
 * The cache holds the indexes used last within a number of bytes. An index is loaded from the store when it is first
 * asked for. All functions may be called from any thread; an index in use is not freed under its user.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/customer.h"

#include <math.h>

struct name_index_cache;
struct name_query;

struct name_index_cache *name_index_cache_new(size_t max_bytes);
void name_index_cache_free(struct name_index_cache **c);

enum name_sort {
	NAME_SORT_FILE,
	NAME_SORT_NAME,
	NAME_SORT_SPEND,
	NAME_SORT_PURCHASES,
	NAME_SORT_LAST,
	NAME_SORT_AGE,
	NAME_SORT_FORECAST,
	NAME_SORT_PROBABILITY,
	NAME_SORTS
};

/* What was forecast of customers: a run of all of them (model/trained.h) each. */
enum name_value { NAME_FORECAST, NAME_PROBABILITY, NAME_VALUES };
#define NAME_DECILES 10 /* 1 = the tenth of the customers with the highest forecasts of sales */

/* Inclusive bounds; INT64_MIN and INT64_MAX where there is none. Unknown ages and days fail a bounded filter. */
struct name_filter {
	int64_t min_spend, max_spend; /* ten-thousandths */
	int64_t min_purchases, max_purchases;
	int64_t min_age, max_age;
	int64_t min_last_day, max_last_day;
	/* Of what was forecast; who has no forecast fails a bounded one. */
	struct {
		double min, max; /* -INFINITY and INFINITY where there is none */
	} value[NAME_VALUES];
	int decile; /* 1 … NAME_DECILES; 0 = any */
};
#define NAME_FILTER_NONE                                                             \
	((struct name_filter){ INT64_MIN,                                            \
			       INT64_MAX,                                            \
			       INT64_MIN,                                            \
			       INT64_MAX,                                            \
			       INT64_MIN,                                            \
			       INT64_MAX,                                            \
			       INT64_MIN,                                            \
			       INT64_MAX,                                            \
			       { { -INFINITY, INFINITY }, { -INFINITY, INFINITY } }, \
			       0 })
/* Whether the filter or the order asks for that kind of forecast. */
bool name_query_needs(const struct name_query *q, enum name_value v);

struct name_query {
	struct str q;              /* as typed; empty = everybody */
	int64_t runs[NAME_VALUES]; /* of which forecasts are told, sorted and filtered by; 0 = there is none */
	enum name_sort sort;
	bool descending;
	struct name_filter filter;
	int64_t after; /* position where the page begins: `next` of the page before, 0 = the first */
	size_t limit;
};

/* NAN: nothing was forecast of this customer; decile 0 then. */
struct name_forecast {
	double value[NAME_VALUES];
	int decile;
};

struct name_page {
	int64_t *nos;                    /* numbers of customers, in order; in the arena */
	struct name_forecast *forecasts; /* of each */
	size_t n;
	int64_t total; /* of all that fit the query */
	int64_t next;  /* for `after`; 0 = there is no more */
};

bool names_find(struct name_index_cache *c, struct db *db, const struct card_set *set, const struct name_query *q,
		struct arena *a, struct name_page *ret, struct err *e);
/* Loads the index so that the first search is fast. */
bool names_warm(struct name_index_cache *c, struct db *db, const struct card_set *set, struct err *e);
/* The same for forecasts, after a run: a value each. */
bool names_warm_forecasts(struct name_index_cache *c, struct db *db, const struct card_set *set,
			  const int64_t runs[NAME_VALUES], struct err *e);
void names_forget(struct name_index_cache *c, int64_t version);
/* A card was added or changed by hand: the index, when loaded, follows without being built anew. */
void names_edit(struct name_index_cache *c, int64_t version, const struct customer *card);

bool name_sort_parse(struct str s, enum name_sort *ret, bool *ret_descending); /* "name", "-spend" … */
/* "age:ge:30,spend:gt:1000.50,purchases:lt:5,last:eq:2024-01-01"; ERR_VALUE naming `filter`. */
bool name_filter_parse(struct str s, struct name_filter *ret, struct err *e);

/* Surname, first name and patronymic out of a full name in either order. The parts point into full; p NULL = none. */
struct name_parts {
	struct str last, first, middle;
};
struct name_parts name_split(struct str full);
