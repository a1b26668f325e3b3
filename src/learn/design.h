/*
 * From columns of values to the numbers that a linear model multiplies: the design matrix, never whole in memory.
 *
 * A table holds columns as they came; features say what becomes of each: a number standardised by the mean and the
 * population deviation of the training rows, a text column as one feature a level, and a missing number as a feature
 * of its own beside the mean in its place. Blocks of rows are written out when they are needed.
 *
 * Pure functions on arrays; nothing here knows where the values came from.
 */
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

#define LEARN_NO_LEVEL UINT32_MAX
/* A text column with more levels in the training rows is left out: it names rows, it does not group them. */
#define LEARN_LEVELS_MOST 1000
#define LEARN_FEATURES_MOST 4000
/* Rows written out at a time. */
#define LEARN_BLOCK 512

/* One of number and level. */
struct learn_column {
	const char *name;
	const double *number;  /* a row each; NaN = missing, infinities count as missing */
	const uint32_t *level; /* a row each; LEARN_NO_LEVEL = missing */
	const char *const *level_name;
	uint32_t n_levels;
};

struct learn_table {
	const struct learn_column *columns;
	size_t n_columns, n_rows;
};

enum learn_transform {
	LEARN_PLAIN,
	LEARN_LOG, /* sign(x)·log(1 + |x|), before standardising: for amounts and counts with a long tail */
};

enum learn_feature_kind { LEARN_NUMBER, LEARN_MISSING, LEARN_LEVEL };

struct learn_feature {
	enum learn_feature_kind kind;
	uint32_t column;
	uint32_t level;     /* of LEARN_LEVEL */
	double mean, scale; /* of LEARN_NUMBER, after the transform; else 0 and 1 */
	double share;       /* of the training rows that have it: of LEARN_LEVEL and LEARN_MISSING; else 0 */
	enum learn_transform transform;
};

enum learn_why {
	LEARN_USED,
	LEARN_EMPTY,    /* no value in the training rows */
	LEARN_CONSTANT, /* one value in all of them */
	LEARN_MANY,     /* more than LEARN_LEVELS_MOST levels */
	LEARN_WHYS
};

struct learn_design {
	const struct learn_table *table;
	struct learn_feature *features; /* owned */
	size_t n;
	enum learn_why *why; /* of each column; owned */
};

/*
 * Features of the columns by their values in the training rows (numbers of rows, n_rows of them). False when there
 * would be more than LEARN_FEATURES_MOST.
 */
MUST_CHECK bool learn_design_make(struct learn_design *d, const struct learn_table *t, const uint32_t *rows,
				  size_t n_rows, enum learn_transform transform);
void learn_design_free(struct learn_design *d);
/* d->n × n numbers, feature after feature, into ret. Levels that the design does not know are zeros. */
void learn_design_block(const struct learn_design *d, const uint32_t *rows, size_t n, double *ret);
double learn_transformed(enum learn_transform t, double x);
