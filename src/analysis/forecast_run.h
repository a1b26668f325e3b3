/*
 * Forecasts of customers with a saved model, kept with their date; and trainings as jobs.
 *
 * What is forecast is what comes after the newest purchase of the data: the day after it is the cut-off.
 */
#pragma once

#include "analysis/forecast.h"
#include "analysis/forecast_model.h"
#include "model/customer.h"
#include "model/trained.h"

#include <jansson.h>

struct job;

/*
 * All customers, or those of the list (JSON strings): forecasts with the model that serves, stored as one run.
 * Customers of the list that the data do not know before that day get none; ret->customers counts those who did.
 */
MUST_CHECK bool forecast_customers(struct instance *in, struct db *db, const struct dataset *d,
				   enum forecast_preset preset, const json_t *list, const _Atomic bool *cancel,
				   struct forecast_run *ret, struct err *e);
/* The same with a model of one's own, seen by nobody until forecast_run_publish. A failure leaves nothing. */
MUST_CHECK bool forecast_customers_with(struct instance *in, struct db *db, const struct dataset *d,
					const struct forecast_model *m, const json_t *list, const _Atomic bool *cancel,
					struct forecast_run *ret, struct err *e);
/* ERR_NOT_FOUND (code not_trained). */
MUST_CHECK bool forecast_model_serving(struct db *db, const struct dataset *d, enum forecast_preset preset,
				       struct arena *a, struct forecast_model *ret, struct trained *ret_trained,
				       struct err *e);
/*
 * A trained model becomes a version, and everybody is forecast with what serves then, in one step: until it, the old
 * version and its forecasts are what everybody sees, and cancelling leaves no trace. m->id is given.
 */
MUST_CHECK bool forecast_keep(struct instance *in, struct db *db, const struct caller *by, const struct dataset *d,
			      struct trained_new *m, const _Atomic bool *cancel, int64_t *ret_number,
			      struct forecast_run *ret, struct err *e);

/* What the job is called: "train_sales". A literal. */
const char *training_kind(enum forecast_preset p);

struct training_request {
	enum forecast_preset preset;
	const char *cutoff; /* NULL: the last that the data allow */
	double l2;
	/* Of a training by itself (model/retrain.h): why, which run it stands for, whether it waits for a person. */
	const char *cause; /* NULL: a person asked */
	int64_t due;
	bool wait;
};

/*
 * Only one at a time of a data set and kind, whoever began it, a job or a command: from the claim to the release.
 * ERR_CONFLICT (code already_training). kind: a literal.
 */
MUST_CHECK bool training_claim(const struct instance *in, int64_t dataset, const char *kind, struct err *e);
void training_release(const struct instance *in, int64_t dataset, const char *kind);

/* ERR_CONFLICT (code already_training) while the same is being trained. */
MUST_CHECK bool training_start(struct instance *in, const struct caller *by, int64_t dataset,
			       const struct training_request *t, int64_t *ret_job, struct err *e);
/* Loads the newest forecasts beside the search index, so that the first list is fast. Nothing depends on it. */
MUST_CHECK bool forecasts_warm(struct instance *in, struct db *db, const struct card_set *set, struct err *e);
/* A job that forecasts all customers with the model that serves. */
MUST_CHECK bool forecasting_start(struct instance *in, const struct caller *by, int64_t dataset,
				  enum forecast_preset preset, int64_t *ret_job, struct err *e);
/* Of the clock (job/clock.h): begins one training whose time has come. */
MUST_CHECK bool training_run_due(struct instance *in, struct db *db, bool *ret_found, struct err *e);
