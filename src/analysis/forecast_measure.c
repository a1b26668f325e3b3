#include "analysis/forecast_measure.h"

#include "analysis/forecast_read.h"
#include "model/dataset.h"

#include <math.h>
#include <stdlib.h>

#define SAME 1e-9 /* of two errors, relative: rounding */

static bool check_day(const struct features_span *span, int64_t day, int horizon, bool *ret_complete, struct err *e)
{
	*ret_complete = day + horizon <= span->last + 1;
	return (day > span->first && day <= span->last) ||
	       err_field(e, ERR_VALUE, "cutoff", "the purchases do not have the day that is measured");
}

static bool measure(const struct forecast_measuring *m, const struct forecast_model *model,
		    const struct features_source *s, const struct panel *p, struct arena *a,
		    struct forecast_measured *ret, struct err *e)
{
	double *got = mem_array(p->n_rows + 1, sizeof *got), x[CUSTOMER_FEATURES];
	const double *y = p->columns[1].number;
	for (size_t i = 0; i < p->n_rows; i++) {
		size_t c = FEATURES_FIXED;
		for (enum customer_feature f = 0; f < CUSTOMER_FEATURES; f++)
			x[f] = s->has[f] ? p->columns[c++].number[i] : NAN;
		got[i] = forecast_model_ask(model, x);
	}
	ret->rows = (int64_t)p->n_rows;
	ret->classification = m->preset == PRESET_PURCHASE ? arena_array(a, 1, sizeof *ret->classification) : NULL;
	if (ret->classification)
		learn_classification_metrics(y, got, p->n_rows, m->threshold, ret->classification);
	else
		learn_regression_metrics(y, got, p->n_rows, &ret->regression);
	free(got);
	return !a->failed || err_set(e, ERR_LIMIT, NULL, "the models are too large");
}

bool forecast_measure(struct instance *in, struct db *db, const struct dataset *d, const struct forecast_measuring *m,
		      struct arena *a, struct forecast_measured *ret, struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	CLEANUP(panel_free) struct panel p = { 0 };
	struct features_source s;
	struct features_span span;
	struct canon c;
	int64_t day;
	bool complete;
	if (!forecast_day_read(str_of(m->cutoff), "cutoff", &day, e) ||
	    !ask_open(&q, in, db, d->org, d->current, m->cancel, e))
		return false;
	canon_make(&q.arena, q.content, q.schema, &c);
	if (!forecast_preset_check(&c, m->preset, e))
		return false;
	features_source_make(&s, &c, q.content, q.schema);
	for (size_t i = 0; i < m->n; i++) {
		if (!forecast_model_fits(&m->models[i], &s, e))
			return false;
	}
	if (!features_span_read(&q, &s, &span, e) ||
	    !check_day(&span, day, forecast_preset_horizon(m->preset), &complete, e) ||
	    !features_panel(&q, &s, m->preset, &span, &day, 1, &p, e))
		return false;
	for (size_t i = 0; i < m->n; i++) {
		ret[i] = (struct forecast_measured){ .complete = complete };
		if (!measure(m, &m->models[i], &s, &p, a, &ret[i], e))
			return false;
	}
	return true;
}

bool forecast_not_worse(enum forecast_preset p, const struct forecast_measured *a, const struct forecast_measured *b)
{
	double mine = p == PRESET_PURCHASE ? a->classification->log_loss : a->regression.mse;
	double theirs = p == PRESET_PURCHASE ? b->classification->log_loss : b->regression.mse;
	return mine <= theirs * (1 + SAME);
}
