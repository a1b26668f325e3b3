#include "analysis/forecast_run.h"

#include "analysis/forecast_model.h"
#include "analysis/forecast_read.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "db/db.h"
#include "model/dataset.h"
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

static bool run_part(struct ask *q, const struct features_source *s, const char *params, int64_t day,
		     struct features_part part, struct running *w, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	features_of_day_sql(s, day, params != NULL, part, &sql);
	return sql.failed ? err_set(e, ERR_LIMIT, NULL, "the data set has too many columns")
			  : ask_run(q, sql.p, params, on_rows, w, e);
}

/* Those of a list are one part: a request has few. */
static bool run_all(struct ask *q, const struct features_source *s, const json_t *list,
		    const struct features_span *span, struct running *w, struct err *e)
{
	CLEANUP(buf_free) struct buf params = BUF_INIT(SQL_BYTES);
	unsigned parts = list ? 1 : features_parts(span, 1);
	if (list) {
		char *text = json_dumps(list, JSON_COMPACT);
		struct json_writer j = json_writer(&params);
		jw_open(&j, '[');
		jw_cstr(&j, text);
		jw_close(&j, ']');
		free(text);
	}
	if (params.failed)
		return err_set(e, ERR_LIMIT, NULL, "there are too many customers in one request");
	bool done = forecast_run_begin(w->db, w->run, e);
	for (unsigned i = 0; i < parts && done; i++)
		done = run_part(q, s, list ? params.p : NULL, span->last + 1, (struct features_part){ i, parts }, w, e);
	if (done && w->in_transaction)
		done = db_commit(w->db, e);
	else if (w->in_transaction)
		db_rollback(w->db);
	return done;
}

/* Whatever was written of it goes; what cannot go now is swept at the next start. */
static void forget(struct db *db, const struct forecast_run *run)
{
	struct err ignored = { 0 };
	if (run->id && !forecast_run_drop(db, run->id, &ignored))
		log_event(LOG_WARN, "forecasts_not_dropped", "an unfinished run is removed at the next start");
}

bool forecast_customers_with(struct instance *in, struct db *db, const struct dataset *d,
			     const struct forecast_model *m, const json_t *list, const _Atomic bool *cancel,
			     struct forecast_run *ret, struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	struct features_span span;
	struct features_source s;
	struct canon c;
	*ret = (struct forecast_run){ .org = d->org,
				      .dataset = d->id,
				      .version = d->current,
				      .kind = forecast_preset_name(m->preset),
				      .whole = list == NULL };
	if (!ask_open(&q, in, db, d->org, d->current, cancel, e))
		return false;
	canon_make(&q.arena, q.content, q.schema, &c);
	if (!c.has_purchases || c.time < PURCHASE_TIME_DAY)
		return err_set(e, ERR_VALUE, "no_purchases", "forecasts of customers need purchases with a date");
	features_source_make(&s, &c, q.content, q.schema);
	if (!forecast_model_fits(m, &s, e) || !features_span_read(&q, &s, &span, e))
		return false;
	ret->as_of = (span.last + 1) * USEC_PER_DAY;
	struct running w = { .db = db, .model = m, .run = ret };
	if (run_all(&q, &s, list, &span, &w, e))
		return true;
	forget(db, ret);
	return false;
}

bool forecast_model_serving(struct db *db, const struct dataset *d, enum forecast_preset preset, struct arena *a,
			    struct forecast_model *ret, struct trained *ret_trained, struct err *e)
{
	return trained_find(db, d->org, d->id, forecast_preset_name(preset), 0, a, ret_trained, e) &&
	       forecast_model_parse(str_of(ret_trained->body), ret, e);
}

bool forecast_customers(struct instance *in, struct db *db, const struct dataset *d, enum forecast_preset preset,
			const json_t *list, const _Atomic bool *cancel, struct forecast_run *ret, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(64 * MIB);
	struct forecast_model model;
	struct trained t;
	if (!forecast_model_serving(db, d, preset, &a, &model, &t, e) ||
	    !forecast_customers_with(in, db, d, &model, list, cancel, ret, e))
		return false;
	ret->model = t.id;
	if (forecast_run_publish(db, ret, e))
		return forecast_run_prune(db, ret, e);
	forget(db, ret);
	return false;
}

/* A new version, and the forecasts of everybody with what serves then. */
static bool publish(struct db *db, const struct caller *by, const struct trained_new *m, struct forecast_run *run,
		    int64_t *ret_number, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	return db_begin_tx(db, &tx, e) && trained_add(db, by, m, ret_number, e) &&
	       (!run->id || forecast_run_publish(db, run, e)) && db_commit_tx(&tx, e);
}

bool forecast_keep(struct instance *in, struct db *db, const struct caller *by, const struct dataset *d,
		   struct trained_new *m, const _Atomic bool *cancel, int64_t *ret_number, struct forecast_run *ret,
		   struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(64 * MIB);
	struct forecast_model model, serving;
	struct trained t = { 0 };
	struct err none = { 0 };
	*ret = (struct forecast_run){ .kind = m->kind };
	m->id = id_new();
	if (!caller_must(by, PERM_MODEL_WRITE, e) || !forecast_model_parse(m->body, &model, e))
		return false;
	if (!m->serve && !forecast_model_serving(db, d, model.preset, &a, &serving, &t, &none)) {
		if (none.kind != ERR_NOT_FOUND) {
			*e = none;
			return false;
		}
		return publish(db, by, m, ret, ret_number, e);
	}
	if (!forecast_customers_with(in, db, d, m->serve ? &model : &serving, NULL, cancel, ret, e))
		return false;
	ret->model = m->serve ? m->id : t.id;
	if (publish(db, by, m, ret, ret_number, e))
		return forecast_run_prune(db, ret, e);
	forget(db, ret);
	return false;
}
