/* Trainings that happen by themselves: by the clock, or after each new version of the data. */
#include "api/models.h"
#include "job/clock.h"
#include "model/retrain.h"

#include <string.h>

static void write_last(struct json_writer *w, const struct retrain *r)
{
	jw_key(w, "last");
	if (!r->last_run) {
		jw_null(w);
		return;
	}
	jw_open(w, '{');
	jw_kv_time(w, "at", r->last_run);
	if (r->last_number)
		jw_kv_i64(w, "version", r->last_number);
	else
		jw_kv_null(w, "version");
	jw_kv_cstr(w, "code", r->last_code[0] ? r->last_code : NULL);
	jw_kv_cstr(w, "error", r->last_error[0] ? r->last_error : NULL);
	jw_close(w, '}');
}

static bool answer(struct request *q, struct response *r, const struct models_scope *s, struct err *e)
{
	struct retrain t = { .schedule = "", .zone = "UTC", .l2 = 1, .set_by = "" };
	bool found;
	if (!retrain_find(api_db(q), api_caller(q)->org, s->customers.dataset.id, s->kind, request_arena(q), &t, &found,
			  e))
		return false;
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	jw_kv_bool(w, "on", found);
	jw_kv_cstr(w, "schedule", t.schedule);
	jw_kv_cstr(w, "zone", t.zone);
	jw_kv_bool(w, "after_version", t.after_version);
	jw_kv_cstr(w, "activate", t.wait ? "wait" : "better");
	jw_kv_f64(w, "l2", t.l2);
	if (t.next_run)
		jw_kv_time(w, "next_run", t.next_run);
	else
		jw_kv_null(w, "next_run");
	jw_kv_bool(w, "running", t.due != 0);
	write_last(w, &t);
	jw_kv_cstr(w, "set_by", t.set_by[0] ? t.set_by : NULL);
	jw_close(w, '}');
	return true;
}

static bool schedule_get(struct request *q, struct response *r, struct err *e)
{
	struct models_scope s;
	return models_scope(q, &s, e) && answer(q, r, &s, e);
}

struct schedule_body {
	struct str dataset, schedule, zone, activate;
	bool after_version;
	double l2;
};
static const char *const rules[] = { "better", "wait", NULL };
static const struct json_field schedule_fields[] = {
	{ "dataset", JSON_FIELD_STR, offsetof(struct schedule_body, dataset), false, 0, 1024, NULL,
	  "Id or name; the newest with customers unless said." },
	{ "schedule", JSON_FIELD_STR, offsetof(struct schedule_body, schedule), false, 0, 200, NULL,
	  "A cron expression: minute hour day month weekday, such as 0 3 * * 1; empty: not by the clock." },
	{ "zone", JSON_FIELD_STR, offsetof(struct schedule_body, zone), false, 1, 63, NULL,
	  "The clock that it is read by, such as Europe/Warsaw; UTC unless said." },
	{ "after_version", JSON_FIELD_BOOL, offsetof(struct schedule_body, after_version), false, 0, 0, NULL,
	  "Also after every new version of the data." },
	{ "activate", JSON_FIELD_STR, offsetof(struct schedule_body, activate), false, 0, 0, rules,
	  "better (unless said): it serves when, on the same newest customers, its error is not larger than that of "
	  "the version that serves; wait: a person lets it serve." },
	{ "l2", JSON_FIELD_F64, offsetof(struct schedule_body, l2), false, 0, 0, NULL,
	  "The penalty on large coefficients, from 0 on; 1 unless said." },
};
static const struct json_table schedule_table = { "ModelSchedule", schedule_fields, countof(schedule_fields) };

static bool schedule_put(struct request *q, struct response *r, struct err *e)
{
	struct schedule_body b = { .zone = STR("UTC"), .activate = STR("better"), .l2 = 1 };
	struct models_scope s;
	struct arena *a = request_arena(q);
	if (!request_json(q, &schedule_table, &b, e) || !models_scope_named(q, b.dataset, &s, e))
		return false;
	struct retrain t = { .dataset = s.customers.dataset.id,
			     .kind = s.kind,
			     .schedule = arena_strndup(a, b.schedule.p, str_trim(b.schedule).n ? b.schedule.n : 0),
			     .zone = arena_strndup(a, b.zone.p, b.zone.n),
			     .after_version = b.after_version,
			     .wait = str_is(b.activate, "wait"),
			     .l2 = b.l2 };
	if (!t.schedule || !t.zone)
		return err_set(e, ERR_LIMIT, NULL, "The request takes too much memory.");
	if (!retrain_set(api_db(q), api_caller(q), &t, e) || !answer(q, r, &s, e))
		return false;
	job_clock_wake(api_instance(q)->clock);
	return true;
}

static const struct route_param dataset_param[] = {
	{ "dataset", ROUTE_PARAM_STR, "Id or name; the newest with customers unless said." },
};
static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/models/{kind}/schedule",
	  .handle = schedule_get,
	  .answer = "Retraining",
	  .permission = PERM_MODEL_READ,
	  .query = dataset_param,
	  .n_query = countof(dataset_param),
	  .summary = "When the model is trained by itself, the next time and how the last one ended." },
	{ .method = "PUT",
	  .path = "/api/v1/models/{kind}/schedule",
	  .handle = schedule_put,
	  .answer = "Retraining",
	  .permission = PERM_MODEL_WRITE,
	  .body = &schedule_table,
	  .summary = "Train it by the clock, after each new version of the data, or both; neither: not any more. What "
		     "was missed while no server ran is made up for once. The old version serves meanwhile." },
};
const struct resource model_schedule_resource = { "models", "Forecasts of sales and purchases", routes,
						  countof(routes) };
