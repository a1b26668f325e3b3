#include "analysis/forecast.h"

#include "base/clock.h"
#include "json/write.h" /* what is not a number is null */

#include <math.h>

static void regression(struct json_writer *w, const struct learn_regression *r)
{
	jw_kv_f64(w, "mse", r->mse);
	jw_kv_f64(w, "mae", r->mae);
	jw_kv_f64(w, "r2", r->r2);
}

static void calibration(struct json_writer *w, const struct learn_classification *c)
{
	jw_key(w, "calibration");
	jw_open(w, '[');
	for (size_t i = 0; i < LEARN_BINS; i++) {
		const struct learn_bin *b = &c->calibration[i];
		jw_open(w, '{');
		jw_kv_f64(w, "from", (double)i / LEARN_BINS);
		jw_kv_f64(w, "to", (double)(i + 1) / LEARN_BINS);
		jw_kv_i64(w, "rows", b->rows);
		jw_kv_f64(w, "forecast", b->rows ? b->forecast : NAN);
		jw_kv_f64(w, "share", b->rows ? b->share : NAN);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void curves(struct json_writer *w, const struct learn_classification *c)
{
	jw_key(w, "roc");
	jw_open(w, '[');
	for (size_t i = 0; i < c->n_roc; i++) {
		jw_open(w, '[');
		jw_f64(w, c->roc[i].x);
		jw_f64(w, c->roc[i].y);
		jw_close(w, ']');
	}
	jw_close(w, ']');
	jw_key(w, "thresholds");
	jw_open(w, '[');
	for (size_t i = 0; i < LEARN_CURVE; i++) {
		jw_open(w, '{');
		jw_kv_f64(w, "threshold", (double)i / (LEARN_CURVE - 1));
		jw_kv_f64(w, "precision", c->at[i].precision);
		jw_kv_f64(w, "recall", c->at[i].recall);
		jw_kv_i64(w, "positive", c->at[i].positive);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void classification(struct json_writer *w, const struct forecast_report *r)
{
	const struct learn_classification *c = r->classification;
	jw_kv_f64(w, "accuracy", c->accuracy);
	jw_kv_f64(w, "precision", c->precision);
	jw_kv_f64(w, "recall", c->recall);
	jw_kv_f64(w, "f1", c->f1);
	jw_kv_f64(w, "roc_auc", c->roc_auc);
	jw_kv_f64(w, "log_loss", c->log_loss);
	jw_kv_f64(w, "threshold", r->threshold);
	jw_key(w, "confusion_matrix");
	jw_open(w, '[');
	for (size_t actual = 0; actual < 2; actual++) {
		jw_open(w, '[');
		jw_i64(w, c->confusion[actual][0]);
		jw_i64(w, c->confusion[actual][1]);
		jw_close(w, ']');
	}
	jw_close(w, ']');
	calibration(w, c);
	curves(w, c);
}

static void trials(struct json_writer *w, const struct forecast_report *r)
{
	jw_kv_cstr(w, "variant", forecast_variant_name(r->variant));
	jw_key(w, "variants");
	jw_open(w, '[');
	for (size_t i = 0; i < r->n_trials; i++) {
		const struct forecast_trial *t = &r->trials[i];
		jw_open(w, '{');
		jw_kv_cstr(w, "name", forecast_variant_name(t->variant));
		jw_kv_f64(w, r->logistic ? "validation_log_loss" : "validation_mae", t->validation);
		if (r->logistic) {
			jw_kv_f64(w, "roc_auc", t->classification->roc_auc);
			jw_kv_f64(w, "log_loss", t->classification->log_loss);
		} else {
			regression(w, &t->regression);
		}
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

/* Of the test rows: how many, what was forecast of them and what came, in sum. */
static void deciles(struct json_writer *w, const struct forecast_report *r)
{
	jw_key(w, "deciles");
	jw_open(w, '[');
	for (size_t i = 0; i < LEARN_TENTHS; i++) {
		jw_open(w, '{');
		jw_kv_i64(w, "customers", r->tenths[i].rows);
		jw_kv_f64(w, "forecast", r->tenths[i].forecast);
		jw_kv_f64(w, "actual", r->tenths[i].actual);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void baselines(struct json_writer *w, const struct forecast_report *r)
{
	jw_key(w, "baselines");
	jw_open(w, '[');
	for (size_t i = 0; i < r->n_baselines; i++) {
		const struct forecast_baseline *b = &r->baselines[i];
		jw_open(w, '{');
		jw_kv_cstr(w, "name", b->name);
		if (r->logistic) {
			jw_kv_f64(w, "accuracy", b->c.accuracy);
			jw_kv_f64(w, "log_loss", b->c.log_loss);
			jw_kv_f64(w, "roc_auc", b->c.roc_auc);
		} else {
			regression(w, &b->r);
		}
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void features(struct json_writer *w, const struct forecast_report *r)
{
	jw_key(w, "features");
	jw_open(w, '[');
	for (size_t i = 0; i < r->n_features; i++) {
		const struct forecast_feature *f = &r->features[i];
		jw_open(w, '{');
		jw_kv_cstr(w, "name", f->name);
		jw_kv_cstr(w, "column", f->column);
		if (f->kind == LEARN_LEVEL)
			jw_kv_cstr(w, "level", f->level);
		if (f->kind == LEARN_MISSING)
			jw_kv_bool(w, "missing", true);
		if (f->transform == LEARN_LOG)
			jw_kv_cstr(w, "transform", "log");
		jw_kv_f64(w, "coefficient", f->coefficient);
		jw_kv_f64(w, "std_error", f->std_error);
		jw_kv_f64(w, "mean", f->mean);
		jw_kv_f64(w, "scale", f->scale);
		if (f->kind != LEARN_NUMBER)
			jw_kv_f64(w, "share", f->share);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void source(struct json_writer *w, const struct forecast_report *r)
{
	jw_key(w, "dataset");
	jw_open(w, '{');
	jw_kv_id(w, "id", r->dataset_id);
	jw_kv_cstr(w, "name", r->dataset);
	jw_kv_id(w, "version", r->version_id);
	if (r->table)
		jw_kv_cstr(w, "table", r->table);
	jw_close(w, '}');
	if (r->preset) {
		jw_kv_i64(w, "horizon_days", r->horizon_days);
		jw_kv_cstr(w, "cutoff", r->cutoff);
		jw_key(w, "train_cutoffs");
		jw_open(w, '[');
		for (size_t i = 0; i < r->n_train_cutoffs; i++)
			jw_cstr(w, r->train_cutoffs[i]);
		jw_close(w, ']');
	}
	if (r->target)
		jw_kv_cstr(w, "target", r->target);
	if (r->positive)
		jw_kv_cstr(w, "positive", r->positive);
	if (r->split)
		jw_kv_cstr(w, "split", r->split);
}

static void warning(struct json_writer *w, const struct forecast_warning *v)
{
	jw_open(w, '{');
	jw_kv_cstr(w, "code", v->code);
	jw_kv_cstr(w, "columns", v->columns);
	jw_kv_f64(w, "from", v->from);
	jw_kv_f64(w, "to", v->to);
	jw_kv_cstr(w, "message", v->message);
	jw_close(w, '}');
}

void forecast_json(const struct forecast_report *r, struct buf *ret)
{
	char at[CLOCK_TEXT];
	struct json_writer w = json_writer(ret);
	jw_open(&w, '{');
	jw_kv_cstr(&w, "kind", r->preset ? r->preset : r->logistic ? "logistic" : "linear");
	source(&w, r);
	jw_key(&w, "rows");
	jw_open(&w, '{');
	jw_kv_i64(&w, "train", r->train);
	jw_kv_i64(&w, "test", r->test);
	jw_kv_i64(&w, "no_target", r->no_target);
	jw_close(&w, '}');
	features(&w, r);
	jw_kv_f64(&w, "intercept", r->intercept);
	jw_kv_f64(&w, "objective", r->objective);
	jw_kv_f64(&w, "l2", r->l2);
	jw_kv_cstr(&w, "solver", r->solver == LEARN_QR ? "qr" : r->logistic ? "irls" : "cholesky");
	jw_kv_i64(&w, "iterations", r->iterations);
	jw_key(&w, "metrics");
	jw_open(&w, '{');
	if (r->logistic)
		classification(&w, r);
	else
		regression(&w, &r->regression);
	jw_close(&w, '}');
	if (r->preset) {
		trials(&w, r);
		deciles(&w, r);
	}
	baselines(&w, r);
	jw_key(&w, "left_out");
	jw_open(&w, '[');
	for (size_t i = 0; i < r->n_left_out; i++) {
		jw_open(&w, '{');
		jw_kv_cstr(&w, "column", r->left_out[i].column);
		jw_kv_cstr(&w, "reason", r->left_out[i].reason);
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	jw_key(&w, "warnings");
	jw_open(&w, '[');
	for (size_t i = 0; i < r->n_warnings; i++)
		warning(&w, &r->warnings[i]);
	jw_close(&w, ']');
	clock_format(r->trained_at, at);
	jw_kv_cstr(&w, "trained_at", at);
	jw_kv_f64(&w, "seconds", r->seconds);
	jw_close(&w, '}');
}
