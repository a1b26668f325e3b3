/* `sales` and `purchase`: cut-offs, variants tried between training and test, the one that serves. */
#include "analysis/ask.h"
#include "analysis/forecast.h"
#include "analysis/forecast_read.h"
#include "analysis/forecast_warn.h"
#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_CUTOFFS 5

static const struct {
	const char *name;
	int horizon; /* days */
	bool logistic;
} presets[PRESETS] = { { "sales", 30, false }, { "purchase", 14, true } };

int forecast_preset_horizon(enum forecast_preset p)
{
	return presets[p].horizon;
}

const char *forecast_preset_name(enum forecast_preset p)
{
	return presets[p].name;
}

bool forecast_preset_parse(struct str s, enum forecast_preset *ret)
{
	for (int i = 0; i < PRESETS; i++) {
		if (!str_eq(s, str_of(presets[i].name)))
			continue;
		*ret = (enum forecast_preset)i;
		return true;
	}
	return false;
}

/* Days since 1970, the one of the test first and then those of training, newest first. */
struct cutoffs {
	int64_t day[1 + FORECAST_CUTOFFS];
	size_t n;
	struct features_span span;
};

bool forecast_day_read(struct str s, const char *field, int64_t *ret, struct err *e)
{
	int64_t y, m, d;
	struct str part[3], rest = s;
	for (size_t i = 0; i < 3; i++) {
		if (!str_split(&rest, '-', &part[i]))
			return err_field(e, ERR_VALUE, field, "a cut-off is a day such as 2026-01-31, not %.*s",
					 STR_ARG(s));
	}
	if (rest.n || part[0].n != 4 || !str_to_i64(part[0], &y) || !str_to_i64(part[1], &m) ||
	    !str_to_i64(part[2], &d) || m < 1 || m > 12 || d < 1 || d > 31 || !clock_valid_date(y, (int)m, (int)d))
		return err_field(e, ERR_VALUE, field, "a cut-off is a day such as 2026-01-31, not %.*s", STR_ARG(s));
	*ret = clock_days_from_civil(y, (int)m, (int)d);
	return true;
}

static const char *day_text(struct arena *a, int64_t day)
{
	char text[CLOCK_TEXT];
	clock_format(day * USEC_PER_DAY, text);
	return arena_strndup(a, text, 10);
}

static int newest_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x > y ? -1 : x < y;
}

static bool given_cutoffs(const char *text, int64_t first, int horizon, struct cutoffs *c, struct err *e)
{
	struct str rest = str_of(text), part;
	while (rest.n && str_split(&rest, ',', &part)) {
		if (c->n == countof(c->day))
			return err_field(e, ERR_VALUE, "train_cutoffs", "at most %d cut-offs", FORECAST_CUTOFFS);
		if (!forecast_day_read(str_trim(part), "train_cutoffs", &c->day[c->n], e))
			return false;
		int64_t day = c->day[c->n++];
		if (day + horizon > c->day[0])
			return err_field(e, ERR_VALUE, "train_cutoffs",
					 "what is learnt from %.*s reaches %d days on, past the cut-off that is tested",
					 STR_ARG(part), horizon);
		if (day <= first)
			return err_field(e, ERR_VALUE, "train_cutoffs", "%.*s is before the first purchase",
					 STR_ARG(part));
	}
	qsort(c->day + 1, c->n - 1, sizeof c->day[0], newest_first);
	return c->n > 1 || err_field(e, ERR_VALUE, "train_cutoffs", "there is no cut-off to train on");
}

static bool too_short(int horizon, struct err *e)
{
	return err_set(e, ERR_VALUE, "too_short",
		       "the purchases do not reach back far enough: learning %d days ahead takes more than %d days",
		       horizon, 3 * horizon);
}

/* Horizons one after the other before the test, while there is as long a past before them. */
static bool usual_cutoffs(int64_t first, int horizon, struct cutoffs *c, struct err *e)
{
	while (c->n <= DEFAULT_CUTOFFS && c->day[c->n - 1] - 2 * (int64_t)horizon > first) {
		c->day[c->n] = c->day[c->n - 1] - horizon;
		c->n++;
	}
	return c->n > 1 || too_short(horizon, e);
}

static bool find_cutoffs(struct ask *q, const struct features_source *s, const struct forecast_preset_options *o,
			 struct cutoffs *c, struct err *e)
{
	struct features_span *span = &c->span;
	int horizon = presets[o->preset].horizon;
	if (!features_span_read(q, s, span, e))
		return false;
	if (span->last < span->first)
		return err_set(e, ERR_VALUE, "no_purchases", "there are no purchases with a date to learn from");
	c->n = 1;
	c->day[0] = span->last + 1 - horizon;
	if (o->cutoff && !forecast_day_read(str_of(o->cutoff), "cutoff", &c->day[0], e))
		return false;
	if (!o->cutoff && c->day[0] <= span->first)
		return too_short(horizon, e);
	if (c->day[0] <= span->first || c->day[0] > span->last) {
		const char *from = day_text(&q->arena, span->first), *to = day_text(&q->arena, span->last);
		return err_field(e, ERR_VALUE, "cutoff",
				 "the purchases are from %s to %s: the cut-off has to be between", from ? from : "",
				 to ? to : "");
	}
	return o->train_cutoffs ? given_cutoffs(o->train_cutoffs, span->first, horizon, c, e)
				: usual_cutoffs(span->first, horizon, c, e);
}

/* -- rows -- */

struct preset {
	const struct forecast_preset_options *o;
	struct panel panel;
	struct cutoffs cutoffs;
	struct learn_table table;
	bool figures_only; /* of the next fits */
	uint32_t *rows;    /* by cut-off: the test, then training, newest first */
	size_t at[2 + FORECAST_CUTOFFS];
};

static void preset_free(struct preset *p)
{
	panel_free(&p->panel);
	free(p->rows);
}

static bool read(struct ask *q, const struct features_source *s, struct preset *p, struct err *e)
{
	const struct cutoffs *c = &p->cutoffs;
	if (!features_panel(q, s, p->o->preset, &c->span, c->day, c->n, &p->panel, e))
		return false;
	p->table = (struct learn_table){ p->panel.columns + FEATURES_FIXED, p->panel.n_columns - FEATURES_FIXED,
					 p->panel.n_rows };
	return true;
}

/* Rows by cut-off, each in the order in which they came. */
static void cut(struct preset *p)
{
	const double *of = p->panel.columns[0].number;
	size_t next[countof(p->at)] = { 0 };
	for (size_t i = 0; i < p->panel.n_rows; i++)
		p->at[(size_t)of[i] + 1]++;
	for (size_t c = 1; c <= p->cutoffs.n; c++)
		next[c] = p->at[c] += p->at[c - 1];
	p->rows = mem_array(p->panel.n_rows + 1, sizeof *p->rows);
	for (size_t i = 0; i < p->panel.n_rows; i++)
		p->rows[next[(size_t)of[i]]++] = (uint32_t)i;
}

static struct forecast_data data_of(const struct preset *p)
{
	static const char *const naive[FEATURES_NAIVE] = { "last_30_days", "last_90_days_by_3", "lifetime_month" };
	struct forecast_data d = { .table = &p->table, .y = p->panel.columns[1].number };
	for (size_t i = 0; p->o->preset == PRESET_SALES && i < FEATURES_NAIVE; i++) {
		d.naive[i].name = naive[i];
		d.naive[i].forecast = p->panel.columns[2 + i].number;
		d.n_naive++;
	}
	return d;
}

static bool fit_rows(const struct preset *p, enum forecast_variant v, struct forecast_data *d, struct arena *a,
		     struct forecast_report *ret, struct err *e)
{
	struct forecast_options o = { .logistic = presets[p->o->preset].logistic,
				      .amount = true,
				      .variant = v,
				      .l2 = p->o->l2,
				      .figures_only = p->figures_only,
				      .threshold = p->o->threshold,
				      .cancel = p->o->cancel };
	return forecast_fit(a, d, &o, ret, e);
}

/* Trained on the cut-offs from `from` on, tested on the one given. */
static bool fit(const struct preset *p, enum forecast_variant v, size_t test, size_t from, struct arena *a,
		struct forecast_report *ret, struct err *e)
{
	struct forecast_data d = data_of(p);
	d.test = p->rows + p->at[test];
	d.n_test = p->at[test + 1] - p->at[test];
	d.train = p->rows + p->at[from];
	d.n_train = p->at[p->cutoffs.n] - p->at[from];
	return fit_rows(p, v, &d, a, ret, e);
}

/* One cut-off alone: four of five of its customers for training, the fifth for validation. */
static bool fit_fifths(const struct preset *p, enum forecast_variant v, struct arena *a, struct forecast_report *ret,
		       struct err *e)
{
	struct forecast_data d = data_of(p);
	size_t from = p->at[1], n = p->at[2] - from;
	uint32_t *rows = mem_array(n + 1, sizeof *rows);
	for (size_t i = 0; i < n; i++) {
		if (i % 5 == 4)
			rows[n - ++d.n_test] = p->rows[from + i];
		else
			rows[d.n_train++] = p->rows[from + i];
	}
	d.train = rows;
	d.test = rows + d.n_train;
	bool done = fit_rows(p, v, &d, a, ret, e);
	free(rows);
	return done;
}

/* The first training cut-off whose horizon ends by the newest one: what the newest can be validated with. */
static size_t before_newest(const struct preset *p)
{
	size_t c = 2;
	while (c < p->cutoffs.n && p->cutoffs.day[c] + presets[p->o->preset].horizon > p->cutoffs.day[1])
		c++;
	return c;
}

/* What a variant is worth on rows that are neither of its training nor of the test; NaN when that cannot be told. */
static double validated(const struct preset *p, enum forecast_variant v)
{
	struct arena a = ARENA_INIT(64 * MIB);
	struct forecast_report r = { 0 };
	struct err ignored = { 0 };
	size_t from = before_newest(p);
	bool told = from < p->cutoffs.n ? fit(p, v, 1, from, &a, &r, &ignored) : fit_fifths(p, v, &a, &r, &ignored);
	double ret = told ? (r.logistic ? r.classification->log_loss : r.regression.mae) : NAN;
	arena_free(&a);
	return ret;
}

static bool cancelled(const struct preset *p)
{
	return p->o->cancel && atomic_load(p->o->cancel);
}

static void report(const struct preset *p, double fraction)
{
	if (p->o->progress)
		p->o->progress(p->o->progress_ctx, fraction);
}

/*
 * Sales are served by the plain variant, whose forecasts add up to the revenue to expect; the other one, nearer to most
 * customers and far from the few large ones, stands beside it. Of purchases the better of the two serves.
 */
static enum forecast_variant choose(const struct preset *p, const struct forecast_trial *t)
{
	if (p->o->preset == PRESET_SALES)
		return VARIANT_PLAIN;
	return t[VARIANT_LOG].validation < t[VARIANT_PLAIN].validation ? VARIANT_LOG : VARIANT_PLAIN;
}

static bool try_all(struct preset *p, struct arena *a, struct forecast_report *ret, struct err *e)
{
	struct forecast_report got[VARIANTS] = { 0 };
	struct forecast_trial trials[VARIANTS];
	p->figures_only = true;
	for (enum forecast_variant v = 0; v < VARIANTS; v++) {
		trials[v] = (struct forecast_trial){ .variant = v, .validation = validated(p, v) };
		report(p, 0.3 + 0.2 * v);
	}
	for (enum forecast_variant v = 0; v < VARIANTS; v++) {
		p->figures_only = v != choose(p, trials);
		if (cancelled(p) || !fit(p, v, 0, 1, a, &got[v], e))
			return cancelled(p) ? err_set(e, ERR_CANCELLED, NULL, "cancelled") : false;
		trials[v].regression = got[v].regression;
		trials[v].classification = got[v].classification;
		report(p, 0.7 + 0.15 * v);
	}
	*ret = got[choose(p, trials)];
	memcpy(ret->trials, trials, sizeof trials);
	ret->n_trials = VARIANTS;
	return true;
}

static bool name_left_out(const struct features_source *s, struct arena *a, struct forecast_report *r)
{
	struct forecast_left_out *all = arena_array(a, r->n_left_out + CUSTOMER_FEATURES, sizeof *all);
	if (!all)
		return false;
	memcpy(all, r->left_out, r->n_left_out * sizeof *all);
	for (enum customer_feature f = 0; f < CUSTOMER_FEATURES; f++) {
		if (!s->has[f])
			all[r->n_left_out++] = (struct forecast_left_out){ customer_feature_name(f), "no_column" };
	}
	r->left_out = all;
	return true;
}

static bool describe(const struct preset *p, const struct features_source *s, const struct dataset *d, struct arena *a,
		     struct forecast_report *r, struct err *e)
{
	r->preset = presets[p->o->preset].name;
	r->horizon_days = presets[p->o->preset].horizon;
	r->dataset_id = d->id;
	r->version_id = d->current;
	r->dataset = arena_strdup(a, d->name);
	r->cutoff = day_text(a, p->cutoffs.day[0]);
	for (size_t c = 1; c < p->cutoffs.n; c++)
		r->train_cutoffs[r->n_train_cutoffs++] = day_text(a, p->cutoffs.day[c]);
	forecast_warn_of_horizon(a, p->cutoffs.day[0] + r->horizon_days - (p->cutoffs.span.last + 1), r);
	if (!name_left_out(s, a, r) || a->failed)
		return err_set(e, ERR_LIMIT, NULL, "the model is too large");
	return true;
}

bool forecast_preset_check(const struct canon *c, enum forecast_preset preset, struct err *e)
{
	if (!c->has_purchases || c->time < PURCHASE_TIME_DAY)
		return err_set(e, ERR_VALUE, "no_purchases",
			       "forecasts of customers need purchases with a date: correct the roles of the columns if "
			       "there are some");
	if (preset == PRESET_SALES && !c->has_amount)
		return err_set(e, ERR_VALUE, "no_amounts", "a forecast of sales needs amounts or prices");
	return true;
}

bool forecast_preset(struct instance *in, struct db *db, int64_t org, const struct dataset *d,
		     const struct forecast_preset_options *o, struct arena *a, struct forecast_report *ret,
		     struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	struct preset p = { .o = o };
	struct features_source s;
	struct canon c;
	int64_t began = clock_monotonic();
	if (!ask_open(&q, in, db, org, d->current, o->cancel, e))
		return false;
	canon_make(&q.arena, q.content, q.schema, &c);
	if (!forecast_preset_check(&c, o->preset, e))
		return false;
	features_source_make(&s, &c, q.content, q.schema);
	bool done = find_cutoffs(&q, &s, o, &p.cutoffs, e) && read(&q, &s, &p, e);
	report(&p, 0.3);
	if (done) {
		cut(&p);
		done = try_all(&p, a, ret, e) && describe(&p, &s, d, a, ret, e);
	}
	preset_free(&p);
	if (done)
		ret->seconds = (double)(clock_monotonic() - began) / USEC_PER_SEC;
	return done;
}
