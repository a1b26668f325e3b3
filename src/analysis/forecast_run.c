#include "analysis/forecast_run.h"

#include "analysis/ask.h"
#include "analysis/forecast_model.h"
#include "base/clock.h"
#include "base/limits.h"
#include "db/db.h"
#include "json/read.h"
#include "json/write.h"

#include <math.h>
#include <stdlib.h>

#define SQL_BYTES (16 * MIB)
#define TRANSACTION_ROWS 20000

struct running {
	struct db *db;
	const struct forecast_model *model;
	struct forecast_run *run;
	int64_t in_transaction;
};

static bool on_rows(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct running *w = ctx;
	double features[CUSTOMER_FEATURES];
	for (size_t r = 0; r < b->rows; r++) {
		for (size_t f = 0; f < CUSTOMER_FEATURES; f++)
			features[f] = column_valid(&b->columns[f + 1], r) ? b->columns[f + 1].f64[r] : NAN;
		double value = forecast_model_ask(w->model, features);
		if (w->in_transaction == 0 && !db_begin(w->db, e))
			return false;
		w->in_transaction++;
		if (!forecast_value_put(w->db, w->run, column_str(&b->columns[0], r), value, e))
			return false;
		w->run->customers++;
		w->run->total += value;
		if (w->in_transaction < TRANSACTION_ROWS)
			continue;
		w->in_transaction = 0;
		if (!db_commit(w->db, e))
			return false;
	}
	return true;
}

static bool on_days(void *ctx, const struct columns_batch *b, struct err *e)
{
	int64_t *last = ctx;
	if (b->rows && column_valid(&b->columns[1], 0))
		*last = b->columns[1].i64[0];
	return true;
}

/* The columns that the model weighs have to be there, or its forecasts would be of something else. */
static bool check_features(const struct forecast_model *m, const struct features_source *s, struct err *e)
{
	for (enum customer_feature f = 0; f < CUSTOMER_FEATURES; f++) {
		if (forecast_model_needs(m, f) && !s->has[f])
			return err_set(e, ERR_VALUE, "features_missing",
				       "the model weighs %s, which these data do not have: train it anew",
				       customer_feature_name(f));
	}
	return true;
}

static bool run_all(struct ask *q, const struct features_source *s, const json_t *list, int64_t day, struct running *w,
		    struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	CLEANUP(buf_free) struct buf params = BUF_INIT(SQL_BYTES);
	features_of_day_sql(s, day, list != NULL, &sql);
	if (list) {
		char *text = json_dumps(list, JSON_COMPACT);
		struct json_writer j = json_writer(&params);
		jw_open(&j, '[');
		jw_cstr(&j, text);
		jw_close(&j, ']');
		free(text);
	}
	if (sql.failed || params.failed)
		return err_set(e, ERR_LIMIT, NULL, "there are too many customers in one request");
	bool done = forecast_run_begin(w->db, w->run, e) && ask_run(q, sql.p, list ? params.p : NULL, on_rows, w, e);
	if (done && w->in_transaction)
		done = db_commit(w->db, e);
	else if (w->in_transaction)
		db_rollback(w->db);
	if (done)
		done = forecast_run_finish(w->db, w->run, e);
	struct err ignored;
	if (!done && w->run->id && !forecast_run_drop(w->db, w->run->id, &ignored))
		return false; /* swept at the next start */
	return done;
}

static bool read_model(struct db *db, int64_t org, int64_t dataset, enum forecast_preset preset, struct arena *a,
		       struct forecast_model *ret, int64_t *ret_id, struct err *e)
{
	struct trained t;
	json_t *body = NULL;
	if (!trained_find(db, org, dataset, forecast_preset_name(preset), 0, a, &t, e) ||
	    !json_read(str_of(t.body), LIMIT_JSON_BYTES, &body, e))
		return false;
	bool done = forecast_model_read(body, ret, e);
	json_decref(body);
	*ret_id = t.id;
	return done;
}

bool forecast_customers(struct instance *in, struct db *db, int64_t org, const struct dataset *d,
			enum forecast_preset preset, const json_t *list, const _Atomic bool *cancel,
			struct forecast_run *ret, struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	CLEANUP(buf_free) struct buf days = BUF_INIT(SQL_BYTES);
	struct forecast_model model;
	struct features_source s;
	struct canon c;
	int64_t last = 0;
	*ret = (struct forecast_run){ .org = org,
				      .dataset = d->id,
				      .version = d->current,
				      .kind = forecast_preset_name(preset),
				      .whole = list == NULL };
	if (!ask_open(&q, in, db, org, d->current, cancel, e) ||
	    !read_model(db, org, d->id, preset, &q.arena, &model, &ret->model, e))
		return false;
	canon_make(&q.arena, q.content, q.schema, &c);
	if (!c.has_purchases || c.time < PURCHASE_TIME_DAY)
		return err_set(e, ERR_VALUE, "no_purchases", "forecasts of customers need purchases with a date");
	features_source_make(&s, &c, q.content, q.schema);
	features_days_sql(&s, &days);
	if (!check_features(&model, &s, e) || !ask_run(&q, days.p, NULL, on_days, &last, e))
		return false;
	ret->as_of = (last + 1) * USEC_PER_DAY;
	struct running w = { .db = db, .model = &model, .run = ret };
	return run_all(&q, &s, list, last + 1, &w, e);
}
