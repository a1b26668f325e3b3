#include "analysis/forecast_warn.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* One column alone orders outcomes this well, or explains this share of the target: is it known beforehand? */
#define GIVEN_AWAY_AUC 0.8
#define GIVEN_AWAY_R2 0.9
/* Standard errors, and the share of the training figure, by which the target must differ to be called drift. */
#define DRIFT_ERRORS 5
#define DRIFT_SHARE 0.2
#define DRIFT_DEVIATIONS 0.5
#define NAMED 4 /* columns in one sentence */

/* Keeps the warning with its sentence; more than FORECAST_WARNINGS are dropped. */
PRINTF_LIKE(4, 5)
static void warn(struct arena *a, struct forecast_report *r, struct forecast_warning w, const char *fmt, ...)
{
	char text[500];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	w.message = arena_strdup(a, text);
	w.columns = w.columns ? arena_strdup(a, w.columns) : NULL;
	if (w.message && r->n_warnings < FORECAST_WARNINGS)
		r->warnings[r->n_warnings++] = w;
}

/* One number a row: the value itself, or what its level has on average. Missing values are the average of them. */
static void alone(const struct warn_parts *p, size_t column, double *ret)
{
	const struct learn_column *c = &p->design->table->columns[column];
	size_t levels = c->number ? 1 : (size_t)c->n_levels + 1;
	double *sum = mem_zalloc(levels * sizeof *sum), *count = mem_zalloc(levels * sizeof *count), there = 0, all = 0;
	for (size_t i = 0; i < p->n_train; i++) {
		uint32_t row = p->train[i];
		if (c->number) {
			all += isfinite(c->number[row]) ? c->number[row] : 0;
			there += isfinite(c->number[row]);
		} else {
			size_t l = MIN(c->level[row], c->n_levels); /* no level: the last */
			sum[l] += p->train_y[i];
			count[l]++;
		}
	}
	for (size_t i = 0; i < p->n_train; i++) {
		uint32_t row = p->train[i];
		if (c->number) {
			ret[i] = isfinite(c->number[row]) ? c->number[row] : all / MAX(there, 1.0);
		} else {
			size_t l = MIN(c->level[row], c->n_levels);
			ret[i] = sum[l] / count[l];
		}
	}
	free(sum);
	free(count);
}

static double squared_correlation(const double *x, const double *y, size_t n)
{
	double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
	for (size_t i = 0; i < n; i++) {
		mx += x[i] / (double)n;
		my += y[i] / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		xx += (x[i] - mx) * (x[i] - mx);
		yy += (y[i] - my) * (y[i] - my);
		xy += (x[i] - mx) * (y[i] - my);
	}
	return xx > 0 && yy > 0 ? xy * xy / (xx * yy) : 0;
}

static double area(const double *x, const double *y, size_t n)
{
	struct learn_classification *c = mem_alloc(sizeof *c);
	learn_classification_metrics(y, x, n, 0.5, c);
	double auc = c->roc_auc;
	free(c);
	return MAX(auc, 1 - auc);
}

static void given_away(struct arena *a, const struct warn_parts *p, struct forecast_report *r)
{
	double *x = mem_array(p->n_train + 1, sizeof *x);
	for (size_t c = 0; c < p->design->table->n_columns; c++) {
		if (p->design->why[c] != LEARN_USED)
			continue;
		alone(p, c, x);
		double strength =
			r->logistic ? area(x, p->train_y, p->n_train) : squared_correlation(x, p->train_y, p->n_train);
		if (strength >= (r->logistic ? GIVEN_AWAY_AUC : GIVEN_AWAY_R2))
			warn(a, r,
			     (struct forecast_warning){ .code = "given_away",
							.columns = p->design->table->columns[c].name,
							.from = strength,
							.to = NAN },
			     "\"%s\" alone gives the target nearly away (%s %.2f): if it is known only "
			     "after the outcome, leave it out",
			     p->design->table->columns[c].name, r->logistic ? "ROC AUC" : "R²", strength);
	}
	free(x);
}

static void moments(const double *v, size_t n, double *mean, double *deviation)
{
	double squares = 0;
	*mean = 0;
	for (size_t i = 0; i < n; i++)
		*mean += v[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += (v[i] - *mean) * (v[i] - *mean);
	*deviation = n ? sqrt(squares / (double)n) : 0;
}

static void target_drift(struct arena *a, const struct warn_parts *p, struct forecast_report *r)
{
	double before, spread, after, ignored;
	moments(p->train_y, p->n_train, &before, &spread);
	moments(p->test_y, p->n_test, &after, &ignored);
	double error = spread * sqrt(1 / (double)p->n_train + 1 / (double)p->n_test);
	if (fabs(after - before) < DRIFT_ERRORS * error || fabs(after - before) < DRIFT_SHARE * fabs(before))
		return;
	struct forecast_warning w = { .code = "target_drift", .from = before, .to = after };
	if (r->logistic)
		warn(a, r, w,
		     "training and test rows differ: %.1f %% positive in training, %.1f %% in the test; the "
		     "chances will be off by as much",
		     before * 100, after * 100);
	else
		warn(a, r, w,
		     "training and test rows differ: the target is %.4g on average in training, %.4g in the test",
		     before, after);
}

static void feature_drift(struct arena *a, const struct warn_parts *p, struct forecast_report *r)
{
	CLEANUP(buf_free) struct buf names = BUF_INIT(300);
	int found = 0;
	for (size_t j = 0; j < p->design->n; j++) {
		const struct learn_feature *f = &p->design->features[j];
		const struct learn_column *c = &p->design->table->columns[f->column];
		double sum = 0, there = 0;
		if (f->kind != LEARN_NUMBER)
			continue;
		for (size_t i = 0; i < p->n_test; i++) {
			double x = c->number[p->test[i]];
			sum += isfinite(x) ? learn_transformed(f->transform, x) : 0;
			there += isfinite(x);
		}
		if (there > 0 && fabs(sum / there - f->mean) > DRIFT_DEVIATIONS * f->scale && ++found <= NAMED)
			buf_addf(&names, "%s%s", names.n ? ", " : "", c->name);
	}
	if (found)
		warn(a, r,
		     (struct forecast_warning){ .code = "feature_drift", .columns = names.p, .from = NAN, .to = NAN },
		     "the test rows differ from the training rows in %s%s", names.p ? names.p : "many columns",
		     found > NAMED ? " and others" : "");
}

void forecast_warn_of_data(struct arena *a, const struct warn_parts *p, bool separable, struct forecast_report *r)
{
	given_away(a, p, r);
	target_drift(a, p, r);
	feature_drift(a, p, r);
	if (separable)
		warn(a, r, (struct forecast_warning){ .code = "separable", .from = NAN, .to = NAN },
		     "the features tell the training rows apart without error: only the penalty keeps the "
		     "coefficients finite, and the chances say more than is known");
	if (r->solver == LEARN_QR)
		warn(a, r, (struct forecast_warning){ .code = "collinear", .from = NAN, .to = NAN },
		     "some columns repeat one another: coefficients are those of least norm, without "
		     "standard errors");
}

void forecast_warn_of_horizon(struct arena *a, int64_t missing_days, struct forecast_report *r)
{
	if (missing_days > 0)
		warn(a, r,
		     (struct forecast_warning){ .code = "short_horizon", .from = (double)missing_days, .to = NAN },
		     "the data end %lld days before the days that are forecast do: what came of the test is known in "
		     "part, and its figures are too low",
		     (long long)missing_days);
}
