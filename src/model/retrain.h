/*
 * Trainings that happen by themselves: of a data set and kind, by the clock, after each new version of the data, or
 * both.
 *
 * A run is taken once: retrain_take moves next_run on and keeps the run as `due` until retrain_done. What was missed
 * while no server ran is one run. What a stop interrupted is begun again at the next start (retrain_recover), unless
 * its model is there already.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/caller.h"

struct db;

#define RETRAIN_TRIES 3 /* times that a run is begun which each time the server's end interrupts */

struct retrain {
	int64_t org, dataset;
	const char *kind;           /* "sales", "purchase" */
	const char *schedule;       /* cron expression; "" = not by the clock */
	const char *zone;           /* "Europe/Warsaw", "UTC" */
	bool after_version;         /* after every new version of the data */
	bool wait;                  /* the new model waits for a person; else it serves unless it is worse */
	double l2;                  /* the penalty on large coefficients */
	int64_t next_run, last_run; /* microseconds UTC; 0 = none */
	const char *next_cause;     /* of the next run: "schedule", "new_version" */
	int64_t due;                /* the run that is at work; 0 = none */
	int64_t last_number;        /* the version that the last run made; 0 = none */
	const char *last_code, *last_error;
	int64_t set_at;
	const char *set_by; /* e-mail; "" = the command line */
};

/* Neither schedule nor after_version: it is taken away. ERR_VALUE naming the field. Needs PERM_MODEL_WRITE. */
MUST_CHECK bool retrain_set(struct db *db, const struct caller *by, const struct retrain *r, struct err *e);
/* *ret_found false: it is not trained by itself. */
MUST_CHECK bool retrain_find(struct db *db, int64_t org, int64_t dataset, const char *kind, struct arena *a,
			     struct retrain *ret, bool *ret_found, struct err *e);

/* -- for the clock -- */

/* One whose time has come, the longest overdue first. */
MUST_CHECK bool retrain_due(struct db *db, int64_t now, struct arena *a, struct retrain *ret, bool *ret_found,
			    struct err *e);
/* When the next one is due; INT64_MAX = none. */
MUST_CHECK bool retrain_next_due(struct db *db, int64_t *ret, struct err *e);
/* Takes the run that r->next_run stands for and sets the next one after `now`. *ret_mine false: it was changed. */
MUST_CHECK bool retrain_take(struct db *db, const struct retrain *r, int64_t now, bool *ret_mine, struct err *e);
/* Puts it off, as while the same is being trained by somebody. */
MUST_CHECK bool retrain_put_off(struct db *db, const struct retrain *r, int64_t until, struct err *e);
/* The job that works on the run that was taken. */
MUST_CHECK bool retrain_job(struct db *db, const struct retrain *r, int64_t job, struct err *e);
/* The run r->due has ended, with a version (number) or for a reason (why; its text is for a person). */
MUST_CHECK bool retrain_done(struct db *db, int64_t dataset, const char *kind, int64_t due, int64_t number,
			     const struct err *why, struct err *e);
/* In the transaction that makes a version of the data current. */
MUST_CHECK bool retrain_data_changed(struct db *db, int64_t dataset, struct err *e);
/* At the start of a server: what an earlier one began is due again, or is told to have ended. */
MUST_CHECK bool retrain_recover(struct db *db, struct err *e);
