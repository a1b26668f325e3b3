/*
 * Forecasts (CONTRACT §7): what a regression is trained on, what comes out, and how good it is.
 *
 * `linear` and `logistic` on any table and target column: forecast_table. `sales` and `purchase`, on what customers did
 * before a day: forecast_preset. The report is everything that a person or a program is told of a training, and all
 * that is needed to forecast with it.
 */
#pragma once

#include "analysis/instance.h"
#include "base/arena.h"
#include "base/buf.h"
#include "learn/fit.h"
#include "learn/metrics.h"

struct db;
struct dataset;

#define FORECAST_WARNINGS 12
#define FORECAST_BASELINES 6
#define FORECAST_CUTOFFS 24

enum forecast_split_how { SPLIT_HASH, SPLIT_LAST, SPLIT_RANDOM };

struct forecast_split {
	enum forecast_split_how how;
	double share;  /* for testing, 0 < share < 1 */
	uint64_t seed; /* of SPLIT_RANDOM */
};

/* "hash:0.2", "last:0.2", "random:0.2". ERR_VALUE, field split. */
MUST_CHECK bool forecast_split_parse(struct str s, struct forecast_split *ret, struct err *e);
/* Whether row i of n (from 0, in file order) is for testing. */
bool forecast_split_tests(const struct forecast_split *s, uint64_t i, uint64_t n);

/* What is done to numbers before they are weighed. */
enum forecast_variant {
	VARIANT_PLAIN, /* nothing */
	VARIANT_LOG,   /* features by logarithm; a forecast amount is the square of what the regression says */
	VARIANTS
};
const char *forecast_variant_name(enum forecast_variant v);
/* From what a regression says to the forecast: a chance, or an amount, which is never below 0. */
double forecast_value(bool logistic, bool amount, enum forecast_variant v, double score);

struct forecast_options {
	bool logistic;
	bool amount; /* linear: of something that is never below 0, and neither is its forecast */
	enum forecast_variant variant;
	double l2, threshold;
	const _Atomic bool *cancel; /* may be NULL */
	void (*progress)(void *ctx, double fraction);
	void *progress_ctx;
	bool figures_only; /* no warnings, which take a sort of the training rows for each column */
};

/* What a training reads. Rows are numbers of rows of the table. */
struct forecast_data {
	const struct learn_table *table;
	const double *y; /* a row of the table each; NaN = not known, and the row is left out */
	const uint32_t *train, *test;
	size_t n_train, n_test;
	/* Naive forecasts besides zero and the mean: a row of the table each. */
	struct {
		const char *name;
		const double *forecast;
	} naive[FORECAST_BASELINES];
	size_t n_naive;
};

struct forecast_baseline {
	const char *name;
	struct learn_regression r;     /* linear */
	struct learn_classification c; /* logistic: accuracy and log_loss mean something */
};

/* A feature as it is told and saved: it forecasts without the table it came from. */
struct forecast_feature {
	const char *name; /* "age", "job=admin.", "age (missing)" */
	const char *column;
	const char *level; /* of LEARN_LEVEL */
	enum learn_feature_kind kind;
	enum learn_transform transform;
	double coefficient, std_error, mean, scale;
	double share; /* of the training rows that have it, unless it is a number */
};

struct forecast_left_out {
	const char *column, *reason; /* "constant", "empty", "many_levels", "date", "identifier", "excluded", … */
};

/* What a person should know before believing it. code: "given_away", "target_drift", "feature_drift", "separable",
 * "collinear", "short_horizon". */
struct forecast_warning {
	const char *code, *message;
	const char *columns; /* NULL = of none in particular */
	double from, to;     /* given_away: the strength alone; target_drift: in training, in the test; else NaN */
};

/* A variant as it was tried on rows between training and test, and what it does on the test rows. */
struct forecast_trial {
	enum forecast_variant variant;
	double validation; /* mean absolute error, or log-loss; NaN = not tried */
	struct learn_regression regression;
	struct learn_classification *classification;
};

/* In the arena. */
struct forecast_report {
	bool logistic;
	const char *preset; /* "sales", "purchase"; NULL: of a table */
	enum forecast_variant variant;
	struct forecast_trial trials[VARIANTS];
	size_t n_trials;
	const char *cutoff, *train_cutoffs[FORECAST_CUTOFFS]; /* days, of a preset */
	size_t n_train_cutoffs;
	int horizon_days;
	int64_t train, test, no_target; /* rows */
	struct forecast_feature *features;
	size_t n_features;
	struct forecast_left_out *left_out;
	size_t n_left_out;
	double intercept, objective, l2, threshold;
	enum learn_solver solver;
	int iterations;
	struct learn_regression regression;          /* on the test rows */
	struct learn_classification *classification; /* of logistic */
	struct learn_tenth tenths[LEARN_TENTHS];     /* of the test rows, by their forecasts */
	struct forecast_baseline baselines[FORECAST_BASELINES];
	size_t n_baselines;
	struct forecast_warning warnings[FORECAST_WARNINGS];
	size_t n_warnings;
	const char *target, *positive, *table, *split, *dataset;
	int64_t dataset_id, version_id;
	int64_t trained_at;
	double seconds;
};

/* Trains, judges on the test rows, compares with the baselines, warns. Fills what it knows of *ret. */
MUST_CHECK bool forecast_fit(struct arena *a, const struct forecast_data *d, const struct forecast_options *o,
			     struct forecast_report *ret, struct err *e);
/* What `vitrina train linear|logistic` is told. NULL = not said. */
struct forecast_table_options {
	struct forecast_options fit;
	const char *table;    /* needed where the data set has several */
	const char *target;   /* a column */
	const char *positive; /* logistic: the value that counts as 1 */
	const char *exclude;  /* columns, separated by commas */
	struct forecast_split split;
	const char *split_text;
};

MUST_CHECK bool forecast_table(struct instance *in, struct db *db, int64_t org, const struct dataset *d,
			       const struct forecast_table_options *o, struct arena *a, struct forecast_report *ret,
			       struct err *e);

/*
 * What customers did before a cut-off day, and then within the horizon after it: 30 days of sales, 14 of purchases.
 * Trained on earlier cut-offs whose horizon ends by the cut-off that is tested, so that nothing leaks.
 */
enum forecast_preset { PRESET_SALES, PRESET_PURCHASE, PRESETS };
const char *forecast_preset_name(enum forecast_preset p); /* "sales", "purchase" */
bool forecast_preset_parse(struct str s, enum forecast_preset *ret);
int forecast_preset_horizon(enum forecast_preset p); /* days that are forecast */
/* "2026-01-31" to days since 1970. ERR_VALUE on the field. */
MUST_CHECK bool forecast_day_read(struct str s, const char *field, int64_t *ret, struct err *e);

struct forecast_preset_options {
	enum forecast_preset preset;
	const char *cutoff;        /* 2011-11-09; NULL: the last whose horizon the data cover */
	const char *train_cutoffs; /* separated by commas; NULL: horizons one after the other before it */
	double l2, threshold;
	const _Atomic bool *cancel;
	void (*progress)(void *ctx, double fraction);
	void *progress_ctx;
};

MUST_CHECK bool forecast_preset(struct instance *in, struct db *db, int64_t org, const struct dataset *d,
				const struct forecast_preset_options *o, struct arena *a, struct forecast_report *ret,
				struct err *e);

/* The JSON of CONTRACT §7; it is the saved model too. */
void forecast_json(const struct forecast_report *r, struct buf *ret);
