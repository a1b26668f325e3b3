/*
 * Trained models of a data set: every training is a version of its kind, one of them serves; and what was forecast.
 *
 * The body of a model is the JSON that analysis/forecast.h writes; this file keeps it and does not read it. Every
 * function takes the organisation; what belongs to another one is ERR_NOT_FOUND.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/caller.h"
#include "model/page.h"

struct db;

#define TRAINED_THRESHOLD_USUAL 0.7
#define TRAINED_KEPT 50    /* versions of a kind; the oldest that does not serve goes */
#define RUNS_KEPT 24       /* forecasts of all customers, of a kind */
#define RUNS_SOME_KEPT 500 /* of some that were asked for; they never push those of all away */

struct trained {
	int64_t id, dataset, number, created_at, created_by;
	const char *body, *created_by_email; /* "" = the command line */
	const char *cause, *verdict;         /* as of struct trained_new */
	bool active;
};

struct trained_new {
	int64_t dataset;
	const char *kind; /* "sales", "purchase" */
	struct str body;
	int64_t id;          /* 0: a new one */
	bool serve;          /* from now on */
	const char *cause;   /* "person", "file", "schedule", "new_version" */
	const char *verdict; /* of one trained by itself: "first", "better", "worse", "waits"; else "" */
	int64_t due;         /* of one trained by itself: the run that it stands for; else 0 */
};
/* One transaction with its audit line. */
MUST_CHECK bool trained_add(struct db *db, const struct caller *by, const struct trained_new *m, int64_t *ret_number,
			    struct err *e);
/* Newest first; page->after is a number, 0 = from the newest. Needs PERM_MODEL_READ. */
MUST_CHECK bool trained_list(struct db *db, const struct caller *by, int64_t dataset, const char *kind,
			     struct page *page, struct arena *a, struct trained **ret, struct err *e);
/* number 0: the one that serves. ERR_NOT_FOUND (code not_trained) when there is none. */
MUST_CHECK bool trained_find(struct db *db, int64_t org, int64_t dataset, const char *kind, int64_t number,
			     struct arena *a, struct trained *ret, struct err *e);
/* By its id; *ret_found false: it is gone. */
MUST_CHECK bool trained_find_id(struct db *db, int64_t org, int64_t dataset, const char *kind, int64_t id,
				struct arena *a, struct trained *ret, bool *ret_found, struct err *e);
/* Needs PERM_MODEL_WRITE. */
MUST_CHECK bool trained_activate(struct db *db, const struct caller *by, int64_t dataset, const char *kind,
				 int64_t number, struct err *e);
MUST_CHECK bool trained_threshold(struct db *db, int64_t org, int64_t dataset, const char *kind, double *ret,
				  struct err *e);
/* 0 to 1. Needs PERM_MODEL_WRITE. */
MUST_CHECK bool trained_threshold_set(struct db *db, const struct caller *by, int64_t dataset, const char *kind,
				      double threshold, struct err *e);

/* -- what was forecast -- */

struct forecast_run {
	int64_t id, org, dataset, model, version, as_of, made_at, customers;
	int64_t number;   /* of the model among those of its kind; 0 = it is gone */
	const char *kind; /* a literal */
	bool whole;
	double total;
};

/* A run that nobody sees until forecast_run_finish; values come in transactions of the caller. */
MUST_CHECK bool forecast_run_begin(struct db *db, struct forecast_run *run, struct err *e);
MUST_CHECK bool forecast_value_put(struct db *db, const struct forecast_run *run, struct str customer, double value,
				   struct err *e);
/* What a run says of one customer; *ret_found: it says something. */
MUST_CHECK bool forecast_value_of(struct db *db, int64_t run, struct str customer, double *ret, bool *ret_found,
				  struct err *e);
/* Makes it the newest. */
MUST_CHECK bool forecast_run_publish(struct db *db, const struct forecast_run *run, struct err *e);
/* Runs like this one beyond RUNS_KEPT or RUNS_SOME_KEPT go, in steps: not in a transaction. */
MUST_CHECK bool forecast_run_prune(struct db *db, const struct forecast_run *run, struct err *e);
MUST_CHECK bool forecast_run_drop(struct db *db, int64_t run, struct err *e);
/* The newest of all customers. *ret_found: there is one. */
MUST_CHECK bool forecast_run_newest(struct db *db, int64_t org, int64_t dataset, const char *kind,
				    struct forecast_run *ret, bool *ret_found, struct err *e);
/*
 * Every value of a run in the order of the customers' ids, with the number of the customer's card in the slot (struct
 * card_set); -1 where there is none.
 */
MUST_CHECK bool forecast_values(struct db *db, int64_t run, int64_t slot,
				bool (*each)(void *ctx, int64_t no, double value, struct err *e), void *ctx,
				struct err *e);
/* Customers at or above the value. */
MUST_CHECK bool forecast_count_from(struct db *db, int64_t run, double from, int64_t *ret, struct err *e);

/* Customers of a run by what was forecast: tenths, the highest first; ties by id. */
#define FORECAST_DECILES 10
struct forecast_group {
	int64_t customers;
	double from, to, total; /* the least value, the greatest, the sum */
};
MUST_CHECK bool forecast_deciles(struct db *db, int64_t run, struct forecast_group ret[FORECAST_DECILES],
				 struct err *e);
/* The same of a run of chances: 0 to 10 %, 10 to 20 %, … */
MUST_CHECK bool forecast_bands(struct db *db, int64_t run, struct forecast_group ret[FORECAST_DECILES], struct err *e);

struct forecast_point {
	int64_t made_at, as_of;
	double value;
	int64_t number;  /* of the model among those of its kind; 0 = it is gone */
	int64_t version; /* of the data set */
};
/* What was forecast of a customer, newest first, at most `most`, in a. */
MUST_CHECK bool forecast_history(struct db *db, int64_t org, int64_t dataset, const char *kind, struct str customer,
				 size_t most, struct arena *a, struct forecast_point **ret, size_t *ret_n,
				 struct err *e);
/* Removes values of runs that are gone; starting: of runs that never finished too, as at the start of the program. */
MUST_CHECK bool forecast_sweep(struct db *db, bool starting, struct err *e);
