/*
 * The one thread of a server that runs what is due at a time: reports, trainings.
 *
 * It sleeps until the next thing is due and looks anew at least every half minute (clocks are set). It knows nothing of
 * what is run: a source says what is due and takes it. One that fails is looked at again a little later and keeps
 * nobody else waiting.
 */
#pragma once

#include "base/err.h"
#include "base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct db_pool;
struct job_clock;

struct clock_source {
	/* Takes one run whose time has come; *ret_found false when there is none. What takes long becomes a job. */
	bool (*run_due)(void *ctx, struct db *db, bool *ret_found, struct err *e);
	/* When the next is due, microseconds UTC; INT64_MAX = none. */
	bool (*next_due)(struct db *db, int64_t *ret, struct err *e);
	void *ctx;
};

/* The sources are borrowed until it stops. */
MUST_CHECK bool job_clock_start(struct db_pool *dbs, const struct clock_source *sources, size_t n,
				struct job_clock **ret, struct err *e);
/* After a schedule was changed. Takes NULL, as in a command that has no clock. */
void job_clock_wake(struct job_clock *c);
/* Waits for what it takes just now. */
void job_clock_stop(struct job_clock **c);
