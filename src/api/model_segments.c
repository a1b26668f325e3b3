/*
 * Customers in groups by what is expected of them: tenths by the forecast of sales, bands by the chance to buy. The
 * customers of a group are the list's (`?decile=`, `?probability_min=&probability_max=`).
 */
#include "api/models.h"
#include "base/limits.h"
#include "json/read.h"

#include <math.h>

struct segments {
	struct models_scope scope;
	struct forecast_run run;
	bool found;
	struct forecast_group group[FORECAST_DECILES];
	int64_t version; /* of the model that forecast it; 0 = it is gone */
	json_t *body;    /* of that model, or NULL */
};

static void segments_free(struct segments *s)
{
	json_decref(s->body);
}

static double cents(double v)
{
	return round(v * 100) / 100;
}

static double number(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static void write_test(struct json_writer *w, int64_t customers, double forecast, double actual)
{
	jw_open(w, '{');
	jw_kv_i64(w, "customers", customers);
	jw_kv_f64(w, "forecast", cents(forecast));
	jw_kv_f64(w, "actual", cents(actual));
	jw_close(w, '}');
}

/* What came of the same group in the test of the model; null where its file does not say. */
static void write_tested(struct json_writer *w, const struct segments *s, size_t i)
{
	bool sales = s->scope.preset == PRESET_SALES;
	const json_t *list = sales ? json_object_get(s->body, "deciles")
				   : json_object_get(json_object_get(s->body, "metrics"), "calibration");
	const json_t *o = json_array_get(list, i);
	jw_key(w, "test");
	if (!json_is_object(o)) {
		jw_null(w);
	} else if (sales) {
		write_test(w, json_integer_value(json_object_get(o, "customers")), number(o, "forecast"),
			   number(o, "actual"));
	} else {
		int64_t rows = json_integer_value(json_object_get(o, "rows"));
		write_test(w, rows, number(o, "forecast") * (double)rows, number(o, "share") * (double)rows);
	}
}

static void write_group(struct json_writer *w, const struct segments *s, size_t i)
{
	const struct forecast_group *g = &s->group[i];
	bool sales = s->scope.preset == PRESET_SALES, some = g->customers > 0;
	jw_open(w, '{');
	if (sales) {
		jw_kv_i64(w, "decile", (int64_t)i + 1);
		jw_kv_f64(w, "from", some ? cents(g->from) : NAN);
		jw_kv_f64(w, "to", some ? cents(g->to) : NAN);
	} else {
		jw_kv_f64(w, "from", (double)i / FORECAST_DECILES);
		jw_kv_f64(w, "to", (double)(i + 1) / FORECAST_DECILES);
	}
	jw_kv_i64(w, "customers", g->customers);
	jw_kv_f64(w, "expected", cents(g->total));
	jw_kv_f64(w, "share", s->run.total > 0 ? g->total / s->run.total : NAN);
	write_tested(w, s, i);
	jw_close(w, '}');
}

static void write_segments(struct json_writer *w, const struct segments *s)
{
	bool sales = s->scope.preset == PRESET_SALES;
	const char *currency = s->scope.customers.set.currency;
	jw_open(w, '{');
	if (s->found) {
		jw_kv_time(w, "as_of", s->run.as_of);
		jw_kv_time(w, "made_at", s->run.made_at);
	} else {
		jw_kv_null(w, "as_of");
		jw_kv_null(w, "made_at");
	}
	if (s->version)
		jw_kv_i64(w, "version", s->version);
	else
		jw_kv_null(w, "version");
	jw_kv_cstr(w, "currency", currency[0] ? currency : NULL);
	jw_kv_i64(w, "customers", s->run.customers);
	jw_kv_f64(w, "expected", cents(s->run.total));
	jw_key(w, sales ? "deciles" : "bands");
	jw_open(w, '[');
	for (size_t i = 0; s->found && i < FORECAST_DECILES; i++)
		write_group(w, s, sales ? i : FORECAST_DECILES - 1 - i);
	jw_close(w, ']');
	jw_close(w, '}');
}

static bool read_model(struct request *q, struct segments *s, struct err *e)
{
	struct trained t;
	bool found;
	if (!trained_find_id(api_db(q), api_caller(q)->org, s->scope.customers.dataset.id, s->scope.kind, s->run.model,
			     request_arena(q), &t, &found, e))
		return false;
	s->version = found ? t.number : 0;
	return !found || json_read(str_of(t.body), LIMIT_JSON_BYTES, &s->body, e);
}

static bool segments_get(struct request *q, struct response *r, struct err *e)
{
	CLEANUP(segments_free) struct segments s = { 0 };
	struct db *db = api_db(q);
	if (!models_scope(q, &s.scope, e) || !forecast_run_newest(db, api_caller(q)->org, s.scope.customers.dataset.id,
								  s.scope.kind, &s.run, &s.found, e))
		return false;
	if (s.found && (!read_model(q, &s, e) || !(s.scope.preset == PRESET_SALES ? forecast_deciles : forecast_bands)(
							 db, s.run.id, s.group, e)))
		return false;
	write_segments(response_json(r, 200), &s);
	return true;
}

static const struct route_param params[] = {
	{ "dataset", ROUTE_PARAM_STR, "Id or name; the newest with customers unless said." },
};
static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/models/{kind}/segments",
	  .handle = segments_get,
	  .answer = "Segments",
	  .permission = PERM_MODEL_READ,
	  .query = params,
	  .n_query = countof(params),
	  .summary = "Customers in groups by the newest forecast: tenths by what they are expected to spend (`sales`), "
		     "bands by "
		     "their chance to buy (`purchase`), the highest first; beside each what came of that group in the "
		     "test." },
};
const struct resource model_segments_resource = { "models", "Forecasts of sales and purchases", routes,
						  countof(routes) };
