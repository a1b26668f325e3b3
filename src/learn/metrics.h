/*
 * How good forecasts are, on rows that the model has not seen. Definitions are those of scikit-learn 1.2.
 */
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

#define LEARN_BINS 10
#define LEARN_CURVE 101

struct learn_regression {
	double r2, mse, mae; /* r2 is NaN when y does not vary */
};
void learn_regression_metrics(const double *y, const double *forecast, size_t n, struct learn_regression *ret);

struct learn_bin {
	int64_t rows;
	double forecast, share; /* means: of the forecast chance, and of what happened */
};
struct learn_point {
	double x, y;
};

struct learn_classification {
	double accuracy, precision, recall, f1;   /* at the threshold; precision is 0 where nothing is positive */
	double roc_auc, log_loss;                 /* roc_auc is NaN when only one class is there */
	int64_t confusion[2][2];                  /* [actual][forecast] */
	struct learn_bin calibration[LEARN_BINS]; /* chance 0–10 %, 10–20 %, … */
	struct learn_point roc[LEARN_CURVE];      /* false positive rate, true positive rate */
	size_t n_roc;
	/* at thresholds 0, 0.01 … 1: what a threshold does */
	struct {
		double precision, recall;
		int64_t positive;
	} at[LEARN_CURVE];
};
#define LEARN_TENTHS 10

/* Rows in the order of their forecasts, the highest first, cut into tenths as ntile does: the first ones are larger by
 * one where it does not divide. */
struct learn_tenth {
	int64_t rows;
	double forecast, actual; /* sums */
};
void learn_tenths(const double *y, const double *forecast, size_t n, struct learn_tenth ret[LEARN_TENTHS]);

/* y: 0 or 1. chance: 0..1. A forecast is positive from the threshold on. */
void learn_classification_metrics(const double *y, const double *chance, size_t n, double threshold,
				  struct learn_classification *ret);
