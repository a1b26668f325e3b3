/*
 * Scores into probabilities: isotonic regression by pooling adjacent violators (Ayer et al. 1955; Zadrozny, Elkan
 * 2002), fitted on held-out outcomes. Between the centres of two steps it is linear, beyond the outer ones constant.
 * Steps of fewer than LEARN_STEP_MIN outcomes are joined with a neighbour, so that one lucky case does not become 100
 * %.
 */
#pragma once

#include "base/util.h"

#include <stdbool.h>

#define LEARN_STEP_MIN 20
#define LEARN_CALIBRATION_BINS 10

struct learn_outcome {
	float score;
	bool taken;
};

struct learn_calibration {
	size_t n;
	float *score;        /* centres of the steps, ascending */
	double *probability; /* not descending */
};

/* Sorts outcomes in place. No outcomes: every score has probability 0. */
void learn_calibrate(struct learn_outcome *outcomes, size_t n, struct learn_calibration *ret);
void learn_calibration_free(struct learn_calibration *c);
double learn_probability(const struct learn_calibration *c, float score);

struct learn_bin {
	uint64_t n;       /* offers whose probability fell into the bin */
	double predicted; /* their mean probability */
	double observed;  /* share that came true */
};
struct learn_reliability {
	struct learn_bin bins[LEARN_CALIBRATION_BINS];
};
/* Adds one offer; the means are sums until learn_reliability_end. */
void learn_reliability_add(struct learn_reliability *r, double probability, bool taken);
void learn_reliability_end(struct learn_reliability *r);
