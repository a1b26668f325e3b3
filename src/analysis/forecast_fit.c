#include "analysis/forecast.h"
#include "analysis/forecast_warn.h"
#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const reasons[LEARN_WHYS] = {
	[LEARN_EMPTY] = "empty", [LEARN_CONSTANT] = "constant", [LEARN_MANY] = "many_levels"
};

static const char *name_of(struct arena *a, const struct learn_column *c, const struct learn_feature *f)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(2 * MIB);
	buf_adds(&b, c->name);
	if (f->kind == LEARN_MISSING)
		buf_adds(&b, " (missing)");
	if (f->kind == LEARN_LEVEL)
		buf_addf(&b, "=%s", c->level_name[f->level]);
	return arena_strndup(a, b.p, b.n);
}

static bool keep_features(struct arena *a, const struct learn_design *d, const struct learn_model *m,
			  struct forecast_report *ret)
{
	ret->features = arena_array(a, d->n + 1, sizeof *ret->features);
	if (!ret->features)
		return false;
	for (size_t j = 0; j < d->n; j++) {
		const struct learn_feature *f = &d->features[j];
		const struct learn_column *c = &d->table->columns[f->column];
		ret->features[j] = (struct forecast_feature){
			.name = name_of(a, c, f),
			.column = arena_strdup(a, c->name),
			.level = f->kind == LEARN_LEVEL ? arena_strdup(a, c->level_name[f->level]) : NULL,
			.kind = f->kind,
			.transform = f->transform,
			.coefficient = m->w[j],
			.std_error = m->std_error[j],
			.mean = f->mean,
			.scale = f->scale,
			.share = f->share
		};
	}
	ret->n_features = d->n;
	return !a->failed;
}

static bool keep_left_out(struct arena *a, const struct learn_design *d, struct forecast_report *ret)
{
	size_t n = d->table->n_columns;
	struct forecast_left_out *all = arena_array(a, ret->n_left_out + n + 1, sizeof *all);
	if (!all)
		return false;
	for (size_t i = 0; i < ret->n_left_out; i++)
		all[i] = ret->left_out[i];
	for (size_t c = 0; c < n; c++) {
		if (d->why[c] != LEARN_USED)
			all[ret->n_left_out++] = (struct forecast_left_out){ arena_strdup(a, d->table->columns[c].name),
									     reasons[d->why[c]] };
	}
	ret->left_out = all;
	return !a->failed;
}

/* The rows whose target is known, and it. */
static size_t known(const struct forecast_data *d, const uint32_t *rows, size_t n, uint32_t *ret_rows, double *ret_y)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(d->y[rows[i]]))
			continue;
		ret_rows[k] = rows[i];
		ret_y[k++] = d->y[rows[i]];
	}
	return k;
}

struct part {
	uint32_t *rows;
	double *y;
	size_t n;
};

static struct part part_of(const struct forecast_data *d, const uint32_t *rows, size_t n)
{
	struct part p = { mem_array(n + 1, sizeof *p.rows), mem_array(n + 1, sizeof *p.y), 0 };
	p.n = known(d, rows, n, p.rows, p.y);
	return p;
}

static void part_free(struct part *p)
{
	free(p->rows);
	free(p->y);
}

static struct forecast_baseline *baseline(struct forecast_report *r, const char *name, const struct part *test,
					  double value)
{
	struct forecast_baseline *b = &r->baselines[r->n_baselines++];
	double *same = mem_array(test->n + 1, sizeof *same);
	for (size_t i = 0; i < test->n; i++)
		same[i] = value;
	*b = (struct forecast_baseline){ .name = name };
	if (r->logistic)
		learn_classification_metrics(test->y, same, test->n, r->threshold, &b->c);
	else
		learn_regression_metrics(test->y, same, test->n, &b->r);
	free(same);
	return b;
}

const char *forecast_variant_name(enum forecast_variant v)
{
	static const char *const names[VARIANTS] = { "plain", "log" };
	return names[v];
}

double forecast_value(bool logistic, bool amount, enum forecast_variant v, double score)
{
	if (logistic)
		return learn_sigmoid(score);
	if (amount)
		score = MAX(score, 0.0);
	return v == VARIANT_LOG ? score * score : score;
}

static void naive_baselines(const struct forecast_data *d, const struct part *test, struct forecast_report *r)
{
	double *got = mem_array(test->n + 1, sizeof *got);
	for (size_t i = 0; i < d->n_naive && r->n_baselines < FORECAST_BASELINES; i++) {
		struct forecast_baseline *b = &r->baselines[r->n_baselines++];
		*b = (struct forecast_baseline){ .name = d->naive[i].name };
		for (size_t k = 0; k < test->n; k++)
			got[k] = d->naive[i].forecast[test->rows[k]];
		learn_regression_metrics(test->y, got, test->n, &b->r);
	}
	free(got);
}

static bool judge(struct arena *a, const struct forecast_data *d, const struct forecast_options *o,
		  const struct learn_design *x, const struct learn_model *m, const struct part *train,
		  const struct part *test, struct forecast_report *ret)
{
	double mean = 0, *got = mem_array(test->n + 1, sizeof *got);
	learn_scores(x, m, test->rows, test->n, got);
	for (size_t i = 0; i < test->n; i++)
		got[i] = forecast_value(o->logistic, o->amount, o->variant, got[i]);
	learn_tenths(test->y, got, test->n, ret->tenths);
	for (size_t i = 0; i < train->n; i++)
		mean += train->y[i] / (double)train->n;
	ret->classification = ret->logistic ? arena_array(a, 1, sizeof *ret->classification) : NULL;
	if (ret->logistic && ret->classification) {
		learn_classification_metrics(test->y, got, test->n, ret->threshold, ret->classification);
		baseline(ret, "share", test, mean);
	} else if (!ret->logistic) {
		learn_regression_metrics(test->y, got, test->n, &ret->regression);
		baseline(ret, "zero", test, 0);
		baseline(ret, "mean", test, mean);
		naive_baselines(d, test, ret);
	}
	free(got);
	return !a->failed;
}

static bool fit(struct arena *a, const struct forecast_data *d, const struct forecast_options *o,
		const struct part *train, const struct part *test, struct forecast_report *ret, struct err *e)
{
	struct learn_design x;
	struct learn_model m = { 0 };
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int threads = (int)MIN(MAX(processors, 1L), 8L);
	struct learn_fit_options f = { .l2 = o->l2,
				       .threads = threads,
				       .cancel = o->cancel,
				       .progress = o->progress,
				       .progress_ctx = o->progress_ctx };
	enum learn_transform transform = o->variant == VARIANT_LOG ? LEARN_LOG : LEARN_PLAIN;
	if (!learn_design_make(&x, d->table, train->rows, train->n, transform))
		return err_set(e, ERR_LIMIT, "too_many_features",
			       "the columns make more than %d features: leave some of them out", LEARN_FEATURES_MOST);
	double *y = mem_array(train->n + 1, sizeof *y);
	for (size_t i = 0; i < train->n; i++)
		y[i] = o->variant == VARIANT_LOG && !o->logistic ? sqrt(MAX(train->y[i], 0.0)) : train->y[i];
	bool done = (o->logistic ? learn_logistic : learn_linear)(&x, train->rows, y, train->n, &f, &m, e);
	free(y);
	if (done) {
		ret->intercept = m.intercept;
		ret->objective = m.objective;
		ret->solver = m.solver;
		ret->iterations = m.iterations;
		struct warn_parts w = { &x, train->rows, train->y, train->n, test->rows, test->y, test->n };
		done = keep_features(a, &x, &m, ret) && keep_left_out(a, &x, ret) &&
		       judge(a, d, o, &x, &m, train, test, ret);
		if (!o->figures_only)
			forecast_warn_of_data(a, &w, m.separable, ret);
		if (!done)
			err_set(e, ERR_LIMIT, NULL, "the model is too large");
		learn_model_free(&m);
	}
	learn_design_free(&x);
	return done;
}

bool forecast_fit(struct arena *a, const struct forecast_data *d, const struct forecast_options *o,
		  struct forecast_report *ret, struct err *e)
{
	int64_t began = clock_monotonic();
	if (!(o->l2 >= 0) || !isfinite(o->l2))
		return err_field(e, ERR_VALUE, "l2", "the penalty is a number from 0 on");
	if (!(o->threshold >= 0 && o->threshold <= 1))
		return err_field(e, ERR_VALUE, "threshold", "the threshold is a number between 0 and 1");
	struct part train = part_of(d, d->train, d->n_train), test = part_of(d, d->test, d->n_test);
	ret->logistic = o->logistic;
	ret->variant = o->variant;
	ret->n_baselines = 0;
	ret->l2 = o->l2;
	ret->threshold = o->threshold;
	ret->train = (int64_t)train.n;
	ret->test = (int64_t)test.n;
	ret->no_target = (int64_t)(d->n_train + d->n_test - train.n - test.n);
	bool done = test.n ? fit(a, d, o, &train, &test, ret, e)
			   : err_set(e, ERR_VALUE, "no_rows", "there are no rows to test on");
	part_free(&train);
	part_free(&test);
	ret->trained_at = clock_now();
	ret->seconds = (double)(clock_monotonic() - began) / USEC_PER_SEC;
	return done;
}
