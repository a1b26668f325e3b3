/* Trained models of sales and purchases: versions, which one serves, the threshold, the file. */
#include "api/models.h"
#include "analysis/forecast_file.h"
#include "base/limits.h"
#include "base/log.h"

#include <stdlib.h>

bool models_scope_named(struct request *q, struct str dataset, struct models_scope *ret, struct err *e)
{
	if (!forecast_preset_parse(request_param(q, "kind"), &ret->preset))
		return err_set(e, ERR_NOT_FOUND, NULL, "there are models of sales and of purchase");
	ret->kind = forecast_preset_name(ret->preset);
	return customers_scope_named(q, dataset, &ret->customers, e);
}

bool models_scope(struct request *q, struct models_scope *ret, struct err *e)
{
	struct str dataset = { 0 };
	return request_query_str(q, "dataset", &dataset, e) && models_scope_named(q, dataset, ret, e);
}

/* {"version","active","created_at","created_by", and then what the training says} */
static void write_model(struct json_writer *w, const struct trained *t)
{
	struct str body = str_of(t->body);
	jw_open(w, '{');
	jw_kv_i64(w, "version", t->number);
	jw_kv_bool(w, "active", t->active);
	jw_kv_time(w, "created_at", t->created_at);
	jw_kv_cstr(w, "created_by", t->created_by_email[0] ? t->created_by_email : NULL);
	jw_kv_cstr(w, "cause", t->cause);
	jw_kv_cstr(w, "verdict", t->verdict[0] ? t->verdict : NULL);
	jw_key(w, "model");
	jw_raw(w, body);
	jw_close(w, '}');
}

static bool models_get(struct request *q, struct response *r, struct err *e)
{
	struct models_scope s;
	struct api_page at;
	struct trained *list;
	double threshold;
	if (!api_page_read(q, &at, e) || !models_scope(q, &s, e))
		return false;
	struct page page = { .after = at.after, .limit = at.limit };
	if (!trained_list(api_db(q), api_caller(q), s.customers.dataset.id, s.kind, &page, request_arena(q), &list,
			  e) ||
	    !trained_threshold(api_db(q), api_caller(q)->org, s.customers.dataset.id, s.kind, &threshold, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	jw_key(w, "dataset");
	jw_open(w, '{');
	jw_kv_id(w, "id", s.customers.dataset.id);
	jw_kv_cstr(w, "name", s.customers.dataset.name);
	jw_close(w, '}');
	jw_kv_f64(w, "threshold", threshold);
	jw_key(w, "items");
	jw_open(w, '[');
	for (size_t i = 0; i < page.n; i++)
		write_model(w, &list[i]);
	api_list_end(w, page.next, page.total);
	return true;
}

struct train_body {
	struct str dataset, cutoff;
	double l2;
};
static const struct json_field train_fields[] = {
	{ "dataset", JSON_FIELD_STR, offsetof(struct train_body, dataset), false, 0, 1024, NULL,
	  "Id or name; the newest with customers unless said." },
	{ "cutoff", JSON_FIELD_STR, offsetof(struct train_body, cutoff), false, 10, 10, NULL,
	  "A day such as 2026-01-31; the last that the data allow unless said." },
	{ "l2", JSON_FIELD_F64, offsetof(struct train_body, l2), false, 0, 0, NULL,
	  "The penalty on large coefficients, from 0 on; 1 unless said." },
};
static const struct json_table train_table = { "Training", train_fields, countof(train_fields) };

void models_answer_job(struct response *r, int64_t job)
{
	struct json_writer *w = response_json(r, 202);
	response_headerf(r, "Location", "/api/v1/jobs/%lld", (long long)job);
	jw_open(w, '{');
	jw_key(w, "job");
	jw_open(w, '{');
	jw_kv_id(w, "id", job);
	jw_close(w, '}');
	jw_close(w, '}');
}

static bool train_post(struct request *q, struct response *r, struct err *e)
{
	struct train_body b = { .l2 = 1 };
	struct models_scope s;
	int64_t job;
	if (!request_json(q, &train_table, &b, e) || !models_scope_named(q, b.dataset, &s, e))
		return false;
	if (b.l2 < 0)
		return err_field(e, ERR_VALUE, "l2", "the penalty is a number from 0 on");
	struct training_request t = { .preset = s.preset, .l2 = b.l2 };
	if (b.cutoff.n)
		t.cutoff = arena_strndup(request_arena(q), b.cutoff.p, b.cutoff.n);
	if (!training_start(api_instance(q), api_caller(q), s.customers.dataset.id, &t, &job, e))
		return false;
	models_answer_job(r, job);
	return true;
}

struct active_body {
	struct str dataset;
	int64_t version;
};
static const struct json_field active_fields[] = {
	{ "dataset", JSON_FIELD_STR, offsetof(struct active_body, dataset), false, 0, 1024, NULL, "Id or name." },
	{ "version", JSON_FIELD_I64, offsetof(struct active_body, version), true, 1, INT32_MAX, NULL,
	  "The number of the version that serves from now on." },
};
static const struct json_table active_table = { "ActiveModel", active_fields, countof(active_fields) };

/* Another version serves: lists and cards show its forecasts as soon as the job is done. */
static void forecast_anew(struct request *q, const struct models_scope *s)
{
	struct err busy = { 0 };
	int64_t job;
	if (!forecasting_start(api_instance(q), api_caller(q), s->customers.dataset.id, s->preset, &job, &busy))
		log_event(LOG_INFO, "not_forecast_anew", "it is being done already, or too many jobs wait");
}

static bool active_put(struct request *q, struct response *r, struct err *e)
{
	struct active_body b = { 0 };
	struct models_scope s;
	struct trained t;
	if (!request_json(q, &active_table, &b, e) || !models_scope_named(q, b.dataset, &s, e) ||
	    !trained_activate(api_db(q), api_caller(q), s.customers.dataset.id, s.kind, b.version, e) ||
	    !trained_find(api_db(q), api_caller(q)->org, s.customers.dataset.id, s.kind, 0, request_arena(q), &t, e))
		return false;
	forecast_anew(q, &s);
	write_model(response_json(r, 200), &t);
	return true;
}

struct threshold_body {
	struct str dataset;
	double threshold;
};
static const struct json_field threshold_fields[] = {
	{ "dataset", JSON_FIELD_STR, offsetof(struct threshold_body, dataset), false, 0, 1024, NULL, "Id or name." },
	{ "threshold", JSON_FIELD_F64, offsetof(struct threshold_body, threshold), true, 0, 0, NULL,
	  "The chance, 0 to 1, from which a customer is taken for a buyer." },
};
static const struct json_table threshold_table = { "Threshold", threshold_fields, countof(threshold_fields) };

static bool threshold_put(struct request *q, struct response *r, struct err *e)
{
	struct threshold_body b = { 0 };
	struct models_scope s;
	if (!request_json(q, &threshold_table, &b, e) || !models_scope_named(q, b.dataset, &s, e) ||
	    !trained_threshold_set(api_db(q), api_caller(q), s.customers.dataset.id, s.kind, b.threshold, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	jw_kv_f64(w, "threshold", b.threshold);
	jw_close(w, '}');
	return true;
}

static bool file_get(struct request *q, struct response *r, struct err *e)
{
	struct models_scope s;
	struct trained t;
	int64_t number;
	if (!str_to_i64(request_param(q, "version"), &number) || number < 1)
		return err_set(e, ERR_NOT_FOUND, "not_trained", "there is no such model");
	if (!models_scope(q, &s, e) || !caller_must(api_caller(q), PERM_MODEL_READ, e) ||
	    !trained_find(api_db(q), api_caller(q)->org, s.customers.dataset.id, s.kind, number, request_arena(q), &t,
			  e))
		return false;
	CLEANUP(buf_free) struct buf file = BUF_INIT(LIMIT_JSON_BYTES * 2);
	if (!forecast_file_write(str_of(t.body), &file, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	response_headerf(r, "Content-Disposition", "attachment; filename=\"%s-%lld.model.json\"", s.kind,
			 (long long)number);
	jw_raw(w, buf_str(&file));
	return true;
}

/* A saved model as a new version that serves; what it was trained on stays in it. */
static bool file_post(struct request *q, struct response *r, struct err *e)
{
	struct models_scope s;
	struct forecast_model m;
	struct trained t;
	json_t *body;
	int64_t number;
	if (!models_scope(q, &s, e) || !request_json_any(q, &body, e) || !forecast_model_read(body, &m, e))
		return false;
	if (m.preset != s.preset)
		return err_field(e, ERR_VALUE, "kind", "this is a model of %s, not of %s",
				 forecast_preset_name(m.preset), s.kind);
	if (!forecast_file_check(body, e))
		return false;
	char *text = json_dumps(body, JSON_COMPACT);
	struct trained_new add = { .dataset = s.customers.dataset.id,
				   .kind = s.kind,
				   .body = str_of(text),
				   .serve = true,
				   .cause = "file",
				   .verdict = "" };
	bool done = trained_add(api_db(q), api_caller(q), &add, &number, e);
	free(text);
	if (!done || !trained_find(api_db(q), api_caller(q)->org, s.customers.dataset.id, s.kind, number,
				   request_arena(q), &t, e))
		return false;
	forecast_anew(q, &s);
	write_model(response_json(r, 201), &t);
	return true;
}

static const struct route_param dataset_param[] = {
	{ "dataset", ROUTE_PARAM_STR, "Id or name; the newest with customers unless said." },
};
static const struct route_param list_params[] = {
	API_PAGE_PARAMS,
	{ "dataset", ROUTE_PARAM_STR, "Id or name; the newest with customers unless said." },
};

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/models/{kind}",
	  .handle = models_get,
	  .permission = PERM_MODEL_READ,
	  .query = list_params,
	  .n_query = countof(list_params),
	  .summary = "Trainings of `sales` or `purchase`, newest first: metrics, features, which one serves." },
	{ .method = "POST",
	  .path = "/api/v1/models/{kind}/train",
	  .handle = train_post,
	  .permission = PERM_MODEL_WRITE,
	  .body = &train_table,
	  .summary = "Train anew: a job. The old model serves until it is done." },
	{ .method = "PUT",
	  .path = "/api/v1/models/{kind}/active",
	  .handle = active_put,
	  .permission = PERM_MODEL_WRITE,
	  .body = &active_table,
	  .summary = "Choose the version that serves." },
	{ .method = "PUT",
	  .path = "/api/v1/models/{kind}/threshold",
	  .handle = threshold_put,
	  .permission = PERM_MODEL_WRITE,
	  .body = &threshold_table,
	  .summary = "The chance from which a customer is taken for a buyer; 0.7 unless set." },
	{ .method = "GET",
	  .path = "/api/v1/models/{kind}/{version}/file",
	  .handle = file_get,
	  .permission = PERM_MODEL_READ,
	  .query = dataset_param,
	  .n_query = countof(dataset_param),
	  .summary = "The saved model, as JSON that can be put back here or elsewhere." },
	{ .method = "POST",
	  .path = "/api/v1/models/{kind}/file",
	  .handle = file_post,
	  .body_limit = LIMIT_JSON_BYTES,
	  .permission = PERM_MODEL_WRITE,
	  .query = dataset_param,
	  .n_query = countof(dataset_param),
	  .summary = "Put a saved model back: a new version, which serves." },
};
const struct resource models_resource = { "models", "Forecasts of sales and purchases", routes, countof(routes) };
