/*
 * Saved models measured on the same customers: those known before a day, and what they did after it. Which of two is
 * better is told by nothing else, as the figures that each was trained with may be of different days and data.
 */
#pragma once

#include "analysis/forecast_model.h"
#include "learn/metrics.h"

struct db;
struct dataset;

struct forecast_measuring {
	enum forecast_preset preset;
	const char *cutoff; /* of the current version of the data */
	const struct forecast_model *models;
	size_t n;
	double threshold; /* purchase */
	const _Atomic bool *cancel;
};

struct forecast_measured {
	int64_t rows;
	bool complete; /* the data reach to the end of the days that are forecast */
	struct learn_regression regression;
	struct learn_classification *classification; /* purchase */
};

/* ret: one a model. ERR_VALUE when the data do not have the day, or columns that a model weighs. */
MUST_CHECK bool forecast_measure(struct instance *in, struct db *db, const struct dataset *d,
				 const struct forecast_measuring *m, struct arena *a, struct forecast_measured *ret,
				 struct err *e);
/* By mean squared error (sales), log-loss (purchase): what each was trained to make small. */
bool forecast_not_worse(enum forecast_preset p, const struct forecast_measured *a, const struct forecast_measured *b);
