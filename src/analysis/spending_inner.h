/*
 * What is kept of one version's spending, and the way to it; only for spending*.c. Its lock guards it: edits by hand,
 * years and what was summed up come later than the rest.
 */
#pragma once

#include "analysis/numbering.h"
#include "analysis/spending.h"
#include "analysis/version_cache.h"

#include <pthread.h>

#define SPENDING_REMEMBERED 32 /* years whose sums are kept */

/* One customer in one year. */
struct spending_row {
	int64_t spend;
	uint32_t no, records;
	int32_t year;
};

struct spending_memo {
	int64_t year;
	struct spending_bands bands;
};

struct spending_index {
	struct version_item kept; /* first */
	struct numbering ids;     /* the number of an id is that of its customer */
	int64_t *spend;
	uint32_t *records;
	int16_t *age; /* -1 */
	size_t cap;
	/* once asked for: rows by customer, those of customer i from row_at[i] to row_at[i + 1] */
	bool has_years;
	size_t n_dated; /* customers row_at knows; those added by hand later have no rows */
	uint32_t *row_at;
	struct spending_row *rows;
	struct spending_year *years;
	size_t n_years;
	struct spending_memo memo[SPENDING_REMEMBERED];
	size_t n_memo, next_memo;
	pthread_rwlock_t lock;
};

bool spending_index_build(struct db *db, const struct card_set *set, struct spending_index **ret, struct err *e);
/* The years, from the engine; they stay as they are when it fails. Takes the lock for the moment they are put in. */
bool spending_index_years(struct spending_index *x, struct instance *in, struct db *db, const struct card_set *set,
			  struct err *e);
void spending_index_free(struct spending_index *x);
/* With the lock held for writing. False: the card is not the next one. */
bool spending_index_put(struct spending_index *x, const struct customer *card);
size_t spending_index_bytes(const struct spending_index *x);

/* From the cache, or loaded now; give it back with spending_give. */
bool spending_take(struct spending_cache *c, struct db *db, const struct card_set *set, struct spending_index **ret,
		   struct err *e);
/* The same with the years in it. */
bool spending_take_years(struct instance *in, struct db *db, const struct card_set *set, struct spending_index **ret,
			 struct err *e);
/* For a look of less than a microsecond: with both locks held, or NULL when that would mean waiting. */
struct spending_index *spending_look(struct spending_cache *c, int64_t version);
void spending_look_end(struct spending_cache *c, struct spending_index *x);
void spending_give(struct spending_cache *c, struct spending_index *x);
