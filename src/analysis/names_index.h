/*
 * One search index: see names.h for what it answers. Built once, then only its overlay of edits changes; the owner
 * (names.c) guards that with the index's lock.
 *
 * Words of names are distinct, sorted and joined by line ends in one blob, so that a word's number is its rank; ids
 * stand in another, one a customer. A part is looked for in both by brute force: 10 MB take about 2 ms, and no index
 * over parts has to be kept. What is common (one letter) is expensive once and then remembered.
 */
#pragma once

#include "analysis/names.h"
#include "analysis/version_cache.h"

#include <pthread.h>

#define NAMES_REMEMBERED 16 /* bitmaps of common parts */
#define NAMES_OVERLAY 256   /* edits before the index is built anew */
#define NAMES_PART_BYTES 64

struct name_entry { /* a card that was added or changed by hand */
	uint32_t no;
	char *text; /* folded id and name */
	int64_t spend, last_day, purchases, age;
};

/* What one run forecast, by number of customer. */
struct name_values {
	int64_t run;     /* 0 = nothing is loaded */
	double *value;   /* NAN */
	uint8_t *decile; /* of NAME_FORECAST; 0 */
	uint32_t *order; /* ascending, who has no value first */
};

struct name_common {
	char part[NAMES_PART_BYTES];
	uint64_t *bits;
};

struct name_index {
	struct version_item kept; /* first */
	uint32_t n;               /* customers when it was built */
	char *ids;                /* folded, each followed by a line end */
	uint32_t *id_at;          /* n + 1 */
	char *words;
	uint32_t n_words, *word_at; /* n_words + 1 */
	uint32_t *customer_at;      /* n_words + 1: where each word's customers begin */
	uint32_t *customer;
	uint32_t *name_at, *name; /* n + 1: the words of each customer's name, in order */
	bool in_ids[256], in_words[256];
	int64_t *spend;
	uint32_t *purchases;
	int32_t *last_day;           /* DAY_NONE */
	int16_t *age;                /* -1 */
	uint32_t *order[NAME_SORTS]; /* made when first asked for; NULL for NAME_SORT_FILE */

	pthread_rwlock_t lock;   /* overlay, values */
	pthread_mutex_t once;    /* order, common */
	pthread_mutex_t loading; /* one load of values at a time */
	struct name_values values[NAME_VALUES];
	struct name_entry overlay[NAMES_OVERLAY];
	size_t n_overlay;
	struct name_common common[NAMES_REMEMBERED];
	size_t next_common;
};

bool name_index_build(struct db *db, const struct card_set *set, struct name_index **ret, struct err *e);
void name_index_free(struct name_index *x);
/* One bit a customer, for every customer up to *ret_n; the caller frees. */
uint64_t *name_index_match(struct name_index *x, struct str folded, uint32_t *ret_n);
void name_index_filter(const struct name_index *x, const struct name_filter *f, uint64_t *bits);
/*
 * Loads what the run forecast, unless that or a newer run is there. Call without the index's lock. The bytes are
 * counted from the beginning, so that the cache need not know.
 */
bool name_values_load(struct name_index *x, struct db *db, const struct card_set *set, enum name_value v, int64_t run,
		      struct err *e);
void name_values_free(struct name_values *v);
void name_values_filter(const struct name_index *x, const struct name_filter *f, uint64_t *bits, uint32_t n);
struct name_forecast name_values_of(const struct name_index *x, uint32_t no);
/* Customers of the index in that order, ascending; NULL for file order. Added ones are not in it. */
const uint32_t *name_index_order(struct name_index *x, enum name_sort sort);
/* False: the overlay is full. */
bool name_index_edit(struct name_index *x, const struct customer *card);

/* Where needle begins in hay, from `from` on; n when nowhere. The needle has at least one byte. */
size_t names_scan(const char *hay, size_t n, size_t from, struct str needle);
