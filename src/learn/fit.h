/*
 * Linear and logistic regression with an l2 penalty on everything but the intercept.
 *
 *	linear:   Σ (y − ŷ)² + l2 ‖w‖²
 *	logistic: Σ log-loss + ½ l2 ‖w‖²
 *
 * Linear: the Gram matrix of the centred features by dsyrk over blocks of rows, then Cholesky (dpotrf); when that
 * fails or its condition is hopeless, the triangle of a QR factorisation gathered over the same blocks (tall-skinny
 * QR: Demmel, Grigori, Hoemmen, Langou 2012) and the solution of least norm (dgelsd).
 * Logistic: iteratively reweighted least squares, which is Newton's method, halving a step that does not improve
 * (Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 4.4.1).
 *
 * The rows are cut into LEARN_STRIPES parts that threads share, and their sums are added in order: the same data give
 * the same bits on any number of processors.
 */
#pragma once

#include "base/err.h"
#include "learn/design.h"

#include <stdatomic.h>

#define LEARN_STRIPES 16

struct learn_fit_options {
	double l2;                  /* >= 0 */
	int threads;                /* >= 1 */
	const _Atomic bool *cancel; /* may be NULL */
	/* may be NULL; 0..1 */
	void (*progress)(void *ctx, double fraction);
	void *progress_ctx;
};

enum learn_solver { LEARN_CHOLESKY, LEARN_QR };

struct learn_model {
	double intercept;
	double *w, *std_error; /* d->n each, owned; NaN where there is none: least norm of collinear columns */
	size_t n;
	double objective;
	enum learn_solver solver;
	int iterations;
	bool separable; /* logistic: a plane parts the classes of the training rows; only the penalty holds w */
};

/* y: one a row of `rows`, not of the table. ERR_CANCELLED; ERR_VALUE when there are no rows or nothing to learn. */
MUST_CHECK bool learn_linear(const struct learn_design *d, const uint32_t *rows, const double *y, size_t n,
			     const struct learn_fit_options *o, struct learn_model *ret, struct err *e);
/* y: 0 or 1. ERR_VALUE also when only one class is there, or when they are separable and l2 is 0. */
MUST_CHECK bool learn_logistic(const struct learn_design *d, const uint32_t *rows, const double *y, size_t n,
			       const struct learn_fit_options *o, struct learn_model *ret, struct err *e);
void learn_model_free(struct learn_model *m);
/* intercept + w·x of each row. */
void learn_scores(const struct learn_design *d, const struct learn_model *m, const uint32_t *rows, size_t n,
		  double *ret);
double learn_sigmoid(double score);
