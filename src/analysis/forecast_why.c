#include "analysis/forecast_why.h"

#include "analysis/ask.h"
#include "analysis/forecast_run.h"
#include "base/clock.h"
#include "base/limits.h"
#include "model/dataset.h"

#include <math.h>

#define SQL_BYTES (1 * MIB)

static const char *unit(const struct forecast_model *m)
{
	if (m->preset == PRESET_PURCHASE)
		return "log_odds";
	return m->variant == VARIANT_LOG ? "root_of_money" : "money";
}

static const char *direction(double contribution)
{
	return contribution > 0 ? "raises" : contribution < 0 ? "lowers" : "none";
}

/* Amounts to cents, as the stored forecasts are told. */
static double told(const struct forecast_model *m, double score)
{
	double v = forecast_model_value(m, score);
	return m->preset == PRESET_SALES ? round(v * 100) / 100 : v;
}

void forecast_parts_json(struct json_writer *w, const struct forecast_model *m, const struct forecast_parts *p)
{
	double most = p->n ? fabs(p->part[0].contribution) : 0;
	jw_kv_f64(w, m->preset == PRESET_PURCHASE ? "probability" : "forecast", told(m, p->score));
	jw_kv_f64(w, "average", told(m, p->average));
	jw_kv_f64(w, "score", p->score);
	jw_kv_f64(w, "average_score", p->average);
	jw_kv_cstr(w, "unit", unit(m));
	jw_key(w, "features");
	jw_open(w, '[');
	for (size_t i = 0; i < p->n; i++) {
		const struct forecast_part *one = &p->part[i];
		jw_open(w, '{');
		jw_kv_cstr(w, "feature", customer_feature_name(one->feature));
		jw_kv_f64(w, "value", one->value); /* not known: null */
		jw_kv_f64(w, "typical", one->typical);
		jw_kv_f64(w, "contribution", one->contribution);
		jw_kv_cstr(w, "direction", direction(one->contribution));
		jw_kv_f64(w, "strength", most > 0 ? fabs(one->contribution) / most : 0);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static bool read_model(struct db *db, const struct dataset *d, enum forecast_preset preset, int64_t number,
		       struct arena *a, struct forecast_model *ret, struct err *e)
{
	struct trained t;
	return trained_find(db, d->org, d->id, forecast_preset_name(preset), number, a, &t, e) &&
	       forecast_model_parse(str_of(t.body), ret, e);
}

struct values {
	double of[CUSTOMER_FEATURES];
	bool found;
};

static bool on_row(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct values *v = ctx;
	for (size_t f = 0; b->rows && f < CUSTOMER_FEATURES; f++)
		v->of[f] = column_valid(&b->columns[f + 1], 0) ? b->columns[f + 1].f64[0] : NAN;
	v->found |= b->rows > 0;
	return true;
}

static bool read_values(struct ask *q, int64_t day, struct str customer, struct values *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	CLEANUP(buf_free) struct buf list = BUF_INIT(SQL_BYTES);
	CLEANUP(buf_free) struct buf params = BUF_INIT(SQL_BYTES);
	struct features_source s;
	struct canon c;
	*ret = (struct values){ 0 };
	canon_make(&q->arena, q->content, q->schema, &c);
	if (!c.has_purchases || c.time < PURCHASE_TIME_DAY)
		return true;
	features_source_make(&s, &c, q->content, q->schema);
	features_of_day_sql(&s, day, true, (struct features_part){ 0, 1 }, &sql);
	struct json_writer ids = json_writer(&list), all = json_writer(&params);
	jw_open(&ids, '[');
	jw_str(&ids, customer);
	jw_close(&ids, ']');
	jw_open(&all, '[');
	jw_str(&all, buf_str(&list));
	jw_close(&all, ']');
	if (sql.failed || list.failed || params.failed)
		return err_set(e, ERR_LIMIT, NULL, "the data set has too many columns");
	return ask_run(q, sql.p, params.p, on_row, ret, e);
}

/* The version that was forecast from may be gone; the current one has what came before that day, too. */
static bool open_version(struct ask *q, struct instance *in, struct db *db, const struct dataset *d, int64_t version,
			 const _Atomic bool *cancel, struct err *e)
{
	if (ask_open(q, in, db, d->org, version, cancel, e))
		return true;
	return e->kind == ERR_NOT_FOUND && ask_open(q, in, db, d->org, d->current, cancel, e);
}

bool forecast_why_json(struct instance *in, struct db *db, const struct dataset *d, enum forecast_preset preset,
		       struct str customer, const _Atomic bool *cancel, struct json_writer *w, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(2 * LIMIT_JSON_BYTES);
	CLEANUP(ask_close) struct ask q = { 0 };
	struct forecast_model m;
	struct forecast_parts parts;
	struct forecast_point *p;
	struct values v = { 0 };
	size_t n;
	if (!forecast_history(db, d->org, d->id, forecast_preset_name(preset), customer, 1, &a, &p, &n, e))
		return false;
	if (n && p->number &&
	    (!read_model(db, d, preset, p->number, &a, &m, e) || !open_version(&q, in, db, d, p->version, cancel, e) ||
	     !read_values(&q, p->as_of / USEC_PER_DAY, customer, &v, e)))
		return false;
	if (!v.found) {
		jw_null(w);
		return true;
	}
	forecast_model_explain(&m, v.of, &parts);
	jw_open(w, '{');
	jw_kv_i64(w, "model", p->number);
	jw_kv_time(w, "as_of", p->as_of);
	jw_kv_time(w, "made_at", p->made_at);
	forecast_parts_json(w, &m, &parts);
	jw_close(w, '}');
	return true;
}
