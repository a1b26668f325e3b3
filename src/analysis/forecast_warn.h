/* What a person should know before believing a forecast; only for forecast*.c. */
#pragma once

#include "analysis/forecast.h"

struct warn_parts {
	const struct learn_design *design;
	const uint32_t *train;
	const double *train_y;
	size_t n_train;
	const uint32_t *test;
	const double *test_y;
	size_t n_test;
};

/*
 * A column that alone gives the target away, training and test rows that differ, columns that repeat one another,
 * classes that are told apart without error.
 */
void forecast_warn_of_data(struct arena *a, const struct warn_parts *p, bool separable, struct forecast_report *r);
/* Of a preset: the data end that many days before the days that are forecast; none when not above 0. */
void forecast_warn_of_horizon(struct arena *a, int64_t missing_days, struct forecast_report *r);
