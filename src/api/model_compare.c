/* Two versions of a model side by side. */
#include "analysis/forecast_measure.h"
#include "api/models.h"
#include "base/limits.h"
#include "json/read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct side {
	struct trained trained;
	json_t *body;
	struct forecast_model model;
};

struct sides {
	struct side of[2];
};

static void sides_free(struct sides *s)
{
	json_decref(s->of[0].body);
	json_decref(s->of[1].body);
}

static const char *text_of(const json_t *body, const char *key)
{
	const char *v = json_string_value(json_object_get(body, key));
	return v ? v : "";
}

/* What it was trained with and how good it was then: these members of its file. */
static void write_side(struct json_writer *w, const struct side *s)
{
	static const char *const keys[] = { "dataset", "cutoff",     "train_cutoffs", "rows",       "l2",
					    "variant", "iterations", "solver",        "trained_at", "seconds" };
	static const char *const curves[] = { "roc", "thresholds", "calibration" };
	jw_open(w, '{');
	jw_kv_i64(w, "version", s->trained.number);
	jw_kv_bool(w, "active", s->trained.active);
	jw_kv_time(w, "created_at", s->trained.created_at);
	jw_kv_cstr(w, "created_by", s->trained.created_by_email[0] ? s->trained.created_by_email : NULL);
	jw_kv_cstr(w, "cause", s->trained.cause);
	jw_kv_cstr(w, "verdict", s->trained.verdict[0] ? s->trained.verdict : NULL);
	json_t *told = json_object(), *metrics = json_deep_copy(json_object_get(s->body, "metrics"));
	for (size_t i = 0; i < countof(curves); i++)
		json_object_del(metrics, curves[i]);
	for (size_t i = 0; i < countof(keys); i++)
		json_object_set(told, keys[i], json_object_get(s->body, keys[i]));
	json_object_set_new(told, "metrics", metrics ? metrics : json_null());
	char *text = json_dumps(told, JSON_COMPACT);
	jw_key(w, "model");
	jw_raw(w, str_of(text));
	free(text);
	json_decref(told);
	jw_close(w, '}');
}

/* -- the same test rows, or why not -- */

static bool same(const struct side *s, const char *key)
{
	return strcmp(text_of(s[0].body, key), text_of(s[1].body, key)) == 0;
}

static bool same_data(const struct side *s)
{
	const json_t *a = json_object_get(s[0].body, "dataset"), *b = json_object_get(s[1].body, "dataset");
	return strcmp(text_of(a, "id"), text_of(b, "id")) == 0 &&
	       strcmp(text_of(a, "version"), text_of(b, "version")) == 0;
}

static void write_differs(struct json_writer *w, const struct side *s)
{
	jw_kv_bool(w, "same_test", same(s, "cutoff") && same_data(s));
	jw_key(w, "differs");
	jw_open(w, '[');
	if (!same(s, "cutoff"))
		jw_cstr(w, "cutoff");
	if (!same_data(s))
		jw_cstr(w, "data");
	jw_close(w, ']');
}

static void write_metrics(struct json_writer *w, const struct forecast_measured *m, int64_t version)
{
	jw_open(w, '{');
	jw_kv_i64(w, "version", version);
	if (m->classification) {
		const struct learn_classification *c = m->classification;
		jw_kv_f64(w, "roc_auc", c->roc_auc);
		jw_kv_f64(w, "log_loss", c->log_loss);
		jw_kv_f64(w, "accuracy", c->accuracy);
		jw_kv_f64(w, "precision", c->precision);
		jw_kv_f64(w, "recall", c->recall);
		jw_kv_f64(w, "f1", c->f1);
	} else {
		jw_kv_f64(w, "r2", m->regression.r2);
		jw_kv_f64(w, "mse", m->regression.mse);
		jw_kv_f64(w, "mae", m->regression.mae);
	}
	jw_close(w, '}');
}

/*
 * Both on the later of the two days of test, on the present data: neither has learnt from what came after it. Where
 * that cannot be done the reason stands instead.
 */
static bool write_measured(struct request *q, struct json_writer *w, const struct models_scope *s,
			   const struct side *side, struct err *e)
{
	const char *a = text_of(side[0].body, "cutoff"), *b = text_of(side[1].body, "cutoff");
	const struct forecast_model models[2] = { side[0].model, side[1].model };
	struct forecast_measured got[2];
	struct err why = { 0 };
	struct forecast_measuring m = { .preset = s->preset,
					.cutoff = strcmp(a, b) > 0 ? a : b,
					.models = models,
					.n = 2,
					.cancel = request_cancel_flag(q) };
	if (!trained_threshold(api_db(q), api_caller(q)->org, s->customers.dataset.id, s->kind, &m.threshold, e))
		return false;
	bool done =
		forecast_measure(api_instance(q), api_db(q), &s->customers.dataset, &m, request_arena(q), got, &why);
	if (!done && why.kind != ERR_VALUE) {
		*e = why;
		return false;
	}
	jw_key(w, "measured");
	if (done) {
		bool first = forecast_not_worse(s->preset, &got[0], &got[1]);
		bool second = forecast_not_worse(s->preset, &got[1], &got[0]);
		jw_open(w, '{');
		jw_kv_cstr(w, "cutoff", m.cutoff);
		jw_kv_i64(w, "rows", got[0].rows);
		jw_kv_bool(w, "complete", got[0].complete);
		jw_key(w, "items");
		jw_open(w, '[');
		write_metrics(w, &got[0], side[0].trained.number);
		write_metrics(w, &got[1], side[1].trained.number);
		jw_close(w, ']');
		if (first != second)
			jw_kv_i64(w, "better", side[first ? 0 : 1].trained.number);
		else
			jw_kv_null(w, "better");
		jw_close(w, '}');
	} else {
		jw_null(w);
	}
	jw_kv_cstr(w, "not_measured", done ? NULL : why.message);
	return true;
}

/* -- coefficients -- */

struct change {
	const char *name;
	double a, b; /* NaN: it is not there */
};

static double moved(const struct change *c)
{
	return fabs((isnan(c->b) ? 0 : c->b) - (isnan(c->a) ? 0 : c->a));
}

static int most_first(const void *x, const void *y)
{
	double a = moved(x), b = moved(y);
	return a > b ? -1 : a < b;
}

static size_t add_side(struct change *list, size_t n, const json_t *features, bool second)
{
	size_t i;
	const json_t *f;
	json_array_foreach (features, i, f) {
		const char *name = json_string_value(json_object_get(f, "name"));
		double v = json_number_value(json_object_get(f, "coefficient"));
		size_t k = 0;
		if (!name)
			name = text_of(f, "column");
		while (k < n && strcmp(list[k].name, name) != 0)
			k++;
		if (k == n)
			list[n++] = (struct change){ name, NAN, NAN };
		*(second ? &list[k].b : &list[k].a) = v;
	}
	return n;
}

static void write_coefficients(struct json_writer *w, const struct side *s)
{
	struct change list[4 * CUSTOMER_FEATURES] = { 0 }; /* forecast_model_read takes no more of each */
	size_t n = add_side(list, 0, json_object_get(s[0].body, "features"), false);
	n = add_side(list, n, json_object_get(s[1].body, "features"), true);
	qsort(list, n, sizeof *list, most_first);
	jw_key(w, "coefficients");
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		jw_open(w, '{');
		jw_kv_cstr(w, "name", list[i].name);
		jw_kv_f64(w, "a", list[i].a);
		jw_kv_f64(w, "b", list[i].b);
		jw_kv_f64(w, "change", (isnan(list[i].b) ? 0 : list[i].b) - (isnan(list[i].a) ? 0 : list[i].a));
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static bool read_side(struct request *q, const struct models_scope *s, const char *param, struct side *ret,
		      struct err *e)
{
	int64_t number = 0;
	if (!request_query_i64(q, param, 1, INT32_MAX, &number, e))
		return false;
	if (number < 1)
		return err_field(e, ERR_VALUE, param, "the number of a version is wanted");
	return trained_find(api_db(q), api_caller(q)->org, s->customers.dataset.id, s->kind, number, request_arena(q),
			    &ret->trained, e) &&
	       json_read(str_of(ret->trained.body), LIMIT_JSON_BYTES, &ret->body, e) &&
	       forecast_model_read(ret->body, &ret->model, e);
}

static bool compare_get(struct request *q, struct response *r, struct err *e)
{
	CLEANUP(sides_free) struct sides both = { 0 };
	struct side *side = both.of;
	struct models_scope s;
	if (!models_scope(q, &s, e) || !read_side(q, &s, "a", &side[0], e) || !read_side(q, &s, "b", &side[1], e))
		return false;
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	jw_kv_cstr(w, "kind", s.kind);
	jw_key(w, "versions");
	jw_open(w, '[');
	write_side(w, &side[0]);
	write_side(w, &side[1]);
	jw_close(w, ']');
	write_differs(w, side);
	if (!write_measured(q, w, &s, side, e))
		return false;
	write_coefficients(w, side);
	jw_close(w, '}');
	return true;
}

static const struct route_param params[] = {
	{ "a", ROUTE_PARAM_I64, "The number of a version." },
	{ "b", ROUTE_PARAM_I64, "The number of another one." },
	{ "dataset", ROUTE_PARAM_STR, "Id or name; the newest with customers unless said." },
};
static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/models/{kind}/compare",
	  .handle = compare_get,
	  .permission = PERM_MODEL_READ,
	  .query = params,
	  .n_query = countof(params),
	  .summary =
		  "Two versions side by side: what each was trained with, both measured anew on the same customers of "
		  "the present data, and the coefficients, those that differ most first." },
};
const struct resource model_compare_resource = { "models", "Forecasts of sales and purchases", routes,
						 countof(routes) };
