/*
 * Counting attempts in windows of time, kept in the store so that a restart forgives nothing.
 *
 * `hits` attempts pass in a window; the next one begins a wait, which doubles each time up to `wait_max` and is
 * forgotten after a window without one. After a wait one attempt passes before the next.
 */
#pragma once

#include "base/err.h"
#include "base/util.h"

struct db;

struct throttle_rule {
	int64_t hits;
	int64_t window, wait, wait_max; /* microseconds */
};

struct throttle_answer {
	bool allowed;
	bool began;            /* this very attempt began the wait */
	int64_t hits;          /* in the window, this one included */
	int64_t blocked_until; /* microseconds UTC; 0 when allowed */
};

/* Counts one attempt at `now`. Two at once are two. */
MUST_CHECK bool throttle_take(struct db *db, const char *name, const struct throttle_rule *rule, int64_t now,
			      struct throttle_answer *ret, struct err *e);
/* It was no failure after all: takes one hit back. */
MUST_CHECK bool throttle_give_back(struct db *db, const char *name, struct err *e);
MUST_CHECK bool throttle_clear(struct db *db, const char *name, struct err *e);
/* Forgets what is older than the longest window in use. */
MUST_CHECK bool throttle_sweep(struct db *db, int64_t before, struct err *e);
