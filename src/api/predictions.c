/* Forecasts with the model that serves: of customers, of features, of everybody; and what was forecast of one. */
#include "api/models.h"

#include <math.h>
#include <string.h>

#define CUSTOMERS_MOST 10000 /* forecast in one request; everybody is a job */
#define HISTORY_MOST 100

struct predict_body {
	struct str dataset;
	json_t *customers, *features;
};
static const struct json_field predict_fields[] = {
	{ "dataset", JSON_FIELD_STR, offsetof(struct predict_body, dataset), false, 0, 1024, NULL, "Id or name." },
	{ "customers", JSON_FIELD_ANY, offsetof(struct predict_body, customers), false, 0, 0, NULL,
	  "Ids of up to 10 000 customers; what is forecast is kept with its date." },
	{ "features", JSON_FIELD_ANY, offsetof(struct predict_body, features), false, 0, 0, NULL,
	  "Values by feature name instead, as of a customer that is not there; null or absent = not known." },
};
static const struct json_table predict_table = { "Prediction", predict_fields, countof(predict_fields) };

static void write_value(struct json_writer *w, const struct models_scope *s, double value, double threshold)
{
	if (s->preset == PRESET_SALES) {
		jw_kv_f64(w, "forecast", round(value * 100) / 100);
	} else {
		jw_kv_f64(w, "probability", value);
		jw_kv_bool(w, "decision", value >= threshold);
	}
}

static bool read_features(const json_t *given, const struct forecast_model *m, double *ret, struct err *e)
{
	const char *key;
	json_t *v, *o = (json_t *)given;
	if (!json_is_object(given))
		return err_field(e, ERR_VALUE, "features", "features are an object of numbers");
	for (enum customer_feature f = 0; f < CUSTOMER_FEATURES; f++)
		ret[f] = NAN;
	json_object_foreach (o, key, v) {
		enum customer_feature f = 0;
		while (f < CUSTOMER_FEATURES && strcmp(key, customer_feature_name(f)) != 0)
			f++;
		if (f == CUSTOMER_FEATURES || (!json_is_number(v) && !json_is_null(v)))
			return err_field(e, ERR_VALUE, "features", "\"%.100s\" is no feature, or no number", key);
		ret[f] = json_is_null(v) ? NAN : json_number_value(v);
	}
	return true;
}

static bool predict_features(struct request *q, struct response *r, const struct models_scope *s, const json_t *given,
			     double threshold, struct err *e)
{
	struct forecast_model m;
	struct trained t;
	double features[CUSTOMER_FEATURES];
	if (!forecast_model_serving(api_db(q), &s->customers.dataset, s->preset, request_arena(q), &m, &t, e) ||
	    !read_features(given, &m, features, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	write_value(w, s, forecast_model_ask(&m, features), threshold);
	jw_close(w, '}');
	return true;
}

static bool check_customers(const json_t *list, struct err *e)
{
	size_t i;
	const json_t *v;
	if (!json_is_array(list) || !json_array_size(list) || json_array_size(list) > CUSTOMERS_MOST)
		return err_field(e, ERR_VALUE, "customers", "customers are a list of 1 to %d ids", CUSTOMERS_MOST);
	json_array_foreach (list, i, v) {
		if (!json_is_string(v))
			return err_field(e, ERR_VALUE, "customers", "the id of a customer is a text");
	}
	return true;
}

static bool predict_customers(struct request *q, struct response *r, const struct models_scope *s, const json_t *list,
			      double threshold, struct err *e)
{
	struct forecast_run run;
	size_t i;
	const json_t *v;
	if (!check_customers(list, e) || !forecast_customers(api_instance(q), api_db(q), &s->customers.dataset,
							     s->preset, list, request_cancel_flag(q), &run, e))
		return false;
	struct json_writer *w = api_list_begin(r);
	json_array_foreach (list, i, v) {
		struct str id = str_n(json_string_value(v), json_string_length(v));
		double value;
		bool known;
		if (!forecast_value_of(api_db(q), run.id, id, &value, &known, e))
			return false;
		jw_open(w, '{');
		jw_kv_str(w, "customer", id);
		if (known) {
			jw_kv_time(w, "as_of", run.as_of);
			write_value(w, s, value, threshold);
		} else {
			jw_kv_cstr(w, "error", "not_known"); /* before the day that it is forecast from */
		}
		jw_close(w, '}');
	}
	api_list_end(w, 0, (int64_t)json_array_size(list));
	return true;
}

static bool predict_post(struct request *q, struct response *r, struct err *e)
{
	struct predict_body b = { 0 };
	struct models_scope s;
	double threshold;
	int64_t job;
	if (!request_json(q, &predict_table, &b, e) || !models_scope_named(q, b.dataset, &s, e) ||
	    !trained_threshold(api_db(q), api_caller(q)->org, s.customers.dataset.id, s.kind, &threshold, e))
		return false;
	if (b.customers && b.features)
		return err_field(e, ERR_VALUE, "features", "customers or features are wanted, not both");
	if (b.features)
		return predict_features(q, r, &s, b.features, threshold, e);
	if (b.customers)
		return predict_customers(q, r, &s, b.customers, threshold, e);
	if (!forecasting_start(api_instance(q), api_caller(q), s.customers.dataset.id, s.preset, &job, e))
		return false;
	models_answer_job(r, job);
	return true;
}

/* {"sales":[{"made_at","as_of","model","forecast"}],"purchase":[{…,"probability","decision"}]} */
static bool forecasts_get(struct request *q, struct response *r, struct err *e)
{
	struct models_scope s = { 0 };
	struct str id = request_param(q, "customer");
	struct forecast_point *p[PRESETS];
	size_t n[PRESETS];
	double threshold;
	if (!customers_scope(q, &s.customers, e))
		return false;
	int64_t org = api_caller(q)->org, dataset = s.customers.dataset.id;
	if (!trained_threshold(api_db(q), org, dataset, forecast_preset_name(PRESET_PURCHASE), &threshold, e))
		return false;
	for (enum forecast_preset k = 0; k < PRESETS; k++) {
		if (!forecast_history(api_db(q), org, dataset, forecast_preset_name(k), id, HISTORY_MOST,
				      request_arena(q), &p[k], &n[k], e))
			return false;
	}
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	for (s.preset = 0; s.preset < PRESETS; s.preset++) {
		jw_key(w, forecast_preset_name(s.preset));
		jw_open(w, '[');
		for (size_t i = 0; i < n[s.preset]; i++) {
			jw_open(w, '{');
			jw_kv_time(w, "made_at", p[s.preset][i].made_at);
			jw_kv_time(w, "as_of", p[s.preset][i].as_of);
			if (p[s.preset][i].number)
				jw_kv_i64(w, "model", p[s.preset][i].number);
			else
				jw_kv_null(w, "model");
			write_value(w, &s, p[s.preset][i].value, threshold);
			jw_close(w, '}');
		}
		jw_close(w, ']');
	}
	jw_close(w, '}');
	return true;
}

static const struct route routes[] = {
	{ .method = "POST",
	  .path = "/api/v1/models/{kind}/predict",
	  .handle = predict_post,
	  .permission = PERM_MODEL_WRITE,
	  .body = &predict_table,
	  .summary = "Forecast of customers, or of features; neither: of everybody, a job." },
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/customers/{customer}/forecasts",
	  .handle = forecasts_get,
	  .permission = PERM_CUSTOMER_READ,
	  .summary = "What was forecast of this customer, newest first." },
};
const struct resource predictions_resource = { "models", "Forecasts of sales and purchases", routes, countof(routes) };
