/*
 * The next values of a monthly series, with an interval: exponential smoothing, chosen by validation over repeating
 * the last value and repeating that of a year ago.
 *
 * Methods and their intervals: Hyndman, Koehler, Ord, Snyder, Forecasting with Exponential Smoothing (2008), the
 * additive models A-N-N, A-Ad-N and A-Ad-A with their variances of class 1. Parameters by search over a grid.
 * Validation: the last third of the series (at most a year), each value forecast from those before it; the mean of
 * the absolute errors decides. Pure functions.
 */
#pragma once

#include "base/util.h"

#include <stdbool.h>

#define TREND_LEAST 4 /* values without which nothing is forecast */
#define TREND_SEASON 12
#define TREND_AHEAD 12
#define TREND_Z 1.2815515655446004 /* of an interval that holds 8 of 10 */

enum trend_method { TREND_LAST, TREND_YEAR_AGO, TREND_LEVEL, TREND_DAMPED, TREND_SEASONAL, TREND_METHODS };
const char *trend_method_name(enum trend_method m); /* "last_value", "year_ago", "level", "damped_trend", "seasonal" */

struct trend_value {
	double value, low, high;
};

struct trend {
	enum trend_method method;
	double error[TREND_METHODS]; /* mean absolute error in validation; NaN = the series is too short for it */
	struct trend_value next[TREND_AHEAD];
	size_t n;
};

/* ahead <= TREND_AHEAD. False when there are fewer than TREND_LEAST values. */
bool trend_forecast(const double *y, size_t n, size_t ahead, struct trend *ret);
