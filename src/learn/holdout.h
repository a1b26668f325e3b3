/*
 * Hiding a purchase of each customer: what is left is learnt from, what was hidden is to be guessed.
 *
 * With days the latest day is hidden (of a product taken before as well, one time is taken off); customers with one day
 * stay whole. Lists without days lose their newest product. Where there is no order in time, or hardly anybody came
 * twice (baskets), item c mod n of customer c is hidden. Of lists and baskets only every second customer (by a hash)
 * loses something: were the newest of everybody gone, what comes last would never have been taken by anyone.
 */
#pragma once

#include "learn/history.h"

enum learn_hide { LEARN_HIDE_LATEST, LEARN_HIDE_NEWEST, LEARN_HIDE_ITEM };
const char *learn_hide_name(enum learn_hide h); /* "latest_day", "newest", "item" */

struct learn_holdout {
	enum learn_hide how;
	struct learn_history rest; /* as many rows as the whole */
	uint64_t *offset;          /* n_customers + 1, into hidden */
	uint32_t *hidden;          /* products */
	uint32_t n_measured;       /* customers with something hidden */
};

/* listed: rows without days are in order of time all the same, newest first. */
enum learn_hide learn_holdout_choose(const struct learn_history *h, bool listed);
void learn_holdout_make(const struct learn_history *h, enum learn_hide how, struct learn_holdout *ret);
/* Whether customer c is asked at all. */
bool learn_holdout_asks(enum learn_hide how, uint32_t c);
void learn_holdout_free(struct learn_holdout *o);
