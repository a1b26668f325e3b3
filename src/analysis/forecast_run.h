/*
 * Forecasts of customers with the model that serves, kept with their date; and trainings as jobs.
 *
 * What is forecast is what comes after the newest purchase of the data: the day after it is the cut-off.
 */
#pragma once

#include "analysis/forecast.h"
#include "model/trained.h"

#include <jansson.h>

struct job;

/*
 * All customers, or those of the list (JSON strings): forecasts with the model that serves, stored as one run.
 * Customers of the list that the data do not know before that day get none; ret->customers counts those who did.
 */
MUST_CHECK bool forecast_customers(struct instance *in, struct db *db, int64_t org, const struct dataset *d,
				   enum forecast_preset preset, const json_t *list, const _Atomic bool *cancel,
				   struct forecast_run *ret, struct err *e);

struct training_request {
	enum forecast_preset preset;
	const char *cutoff; /* NULL: the last that the data allow */
	double l2;
};

/* ERR_CONFLICT (code already_training) while the same is being trained. */
MUST_CHECK bool training_start(struct instance *in, struct db *db, const struct caller *by, const struct dataset *d,
			       const struct training_request *t, int64_t *ret_job, struct err *e);
/* A job that forecasts all customers with the model that serves. */
MUST_CHECK bool forecasting_start(struct instance *in, struct db *db, const struct caller *by, const struct dataset *d,
				  enum forecast_preset preset, int64_t *ret_job, struct err *e);
