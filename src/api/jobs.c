/* Long work: how far it is, as JSON and as events; cancelling it. */
#include "api/api.h"
#include "base/limits.h"
#include "job/job.h"

#include <stdlib.h>

#define EVENT_WAIT_MS 1000

static void write_fields(struct json_writer *w, const struct job_info *j)
{
	jw_kv_id(w, "id", j->id);
	jw_kv_cstr(w, "kind", j->kind);
	jw_kv_cstr(w, "state", job_state_name(j->state));
	jw_kv_f64(w, "progress", j->progress);
	jw_kv_cstr(w, "message", j->message);
	jw_key(w, "error");
	if (j->error.kind == ERR_NONE)
		jw_null(w);
	else
		api_error_json(w, &j->error);
	if (j->object)
		jw_kv_id(w, "object", j->object);
	jw_kv_time(w, "created_at", j->created_at);
	jw_kv_time(w, "started_at", j->started_at ? j->started_at : INT64_MIN);
	jw_kv_time(w, "ended_at", j->ended_at ? j->ended_at : INT64_MIN);
}

/* result: JSON text, or NULL. */
static void write_job(struct json_writer *w, const struct job_info *j, const char *result)
{
	jw_open(w, '{');
	write_fields(w, j);
	jw_key(w, "result");
	jw_raw(w, result ? str_of(result) : STR("null"));
	jw_close(w, '}');
}

static bool list_row(void *ctx, const struct job_info *j, struct err *e)
{
	struct {
		struct json_writer *w;
		int64_t last, n;
	} *list = ctx;
	jw_open(list->w, '{');
	write_fields(list->w, j);
	jw_close(list->w, '}');
	list->last = j->id;
	list->n++;
	return true;
}

static bool jobs_list(struct request *q, struct response *r, struct err *e)
{
	struct api_page page;
	struct {
		struct json_writer *w;
		int64_t last, n;
	} list = { 0 };
	int64_t total;
	if (!api_page_read(q, &page, e))
		return false;
	list.w = api_list_begin(r);
	if (!job_list(api_instance(q)->jobs, api_db(q), api_caller(q)->org, page.after, (int)page.limit, list_row,
		      &list, &total, e))
		return false;
	api_list_end(list.w, list.n == page.limit ? list.last : 0, total);
	return true;
}

static bool jobs_get(struct request *q, struct response *r, struct err *e)
{
	struct job_queue *jobs = api_instance(q)->jobs;
	int64_t org = api_caller(q)->org, id;
	struct job_info j;
	CLEANUP(str_freep) char *result = NULL;
	if (!request_param_id(q, "id", &id, e) || !job_find(jobs, api_db(q), org, id, &j, e))
		return false;
	if (j.ended_at && !job_result(jobs, api_db(q), org, id, &result, e))
		return false;
	write_job(response_json(r, 200), &j, result);
	return true;
}

static bool jobs_cancel(struct request *q, struct response *r, struct err *e)
{
	struct job_queue *jobs = api_instance(q)->jobs;
	int64_t org = api_caller(q)->org, id;
	struct job_info j;
	if (!request_param_id(q, "id", &id, e) || !job_find(jobs, api_db(q), org, id, &j, e))
		return false;
	/* Whoever may load data may stop any job; others their own. */
	if (j.user != api_caller(q)->user && !caller_must(api_caller(q), PERM_DATASET_WRITE, e))
		return false;
	if (!job_cancel(jobs, api_db(q), org, id, e) || !job_find(jobs, api_db(q), org, id, &j, e))
		return false;
	write_job(response_json(r, 202), &j, NULL);
	return true;
}

static bool send_event(struct request *q, struct response *r, const struct job_info *j, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_JOB_RESULT_BYTES + 64 * KIB);
	CLEANUP(str_freep) char *result = NULL;
	struct json_writer w = json_writer(&b);
	struct db *db;
	if (j->ended_at) {
		if (!api_db_take(q, &db, e) ||
		    !job_result(api_instance(q)->jobs, db, api_caller(q)->org, j->id, &result, e))
			return false;
		api_db_release(q);
	}
	write_job(&w, j, result);
	return response_sse(r, j->ended_at ? "end" : "progress", buf_str(&b), e);
}

/* One event at once, one a change (several may fall together), and `end` as the last. */
static bool jobs_events(struct request *q, struct response *r, struct err *e)
{
	struct job_queue *jobs = api_instance(q)->jobs;
	int64_t org = api_caller(q)->org, id;
	uint64_t seen = 0;
	struct job_info j;
	if (!request_param_id(q, "id", &id, e) || !job_find(jobs, api_db(q), org, id, &j, e))
		return false;
	api_db_release(q);
	if (!response_sse_begin(r, e))
		return false;
	for (;;) {
		if (j.seq != seen && !send_event(q, r, &j, e))
			return false;
		seen = j.seq;
		if (j.ended_at || request_gone(q) || request_stopping(q))
			return response_end(r, e);
		if (!job_wait(jobs, org, id, seen, EVENT_WAIT_MS, request_cancel_flag(q), &j, e))
			return false;
	}
}

static const struct route_param page_params[] = { API_PAGE_PARAMS };

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/jobs",
	  .answer = "Page:Job",
	  .handle = jobs_list,
	  .permission = PERM_DATASET_READ | PERM_VOUCHER,
	  .summary = "Long work of the organisation, newest first.",
	  .query = page_params,
	  .n_query = countof(page_params) },
	{ .method = "GET",
	  .path = "/api/v1/jobs/{id}",
	  .answer = "Job",
	  .handle = jobs_get,
	  .permission = PERM_DATASET_READ | PERM_VOUCHER,
	  .summary = "How far one is; `result` and `error` once it has ended." },
	{ .method = "GET",
	  .path = "/api/v1/jobs/{id}/events",
	  .handle = jobs_events,
	  .flags = ROUTE_STREAM | ROUTE_SSE,
	  .permission = PERM_DATASET_READ | PERM_VOUCHER,
	  .summary = "The same as server-sent events: `progress` at each change, `end` at the end." },
	{ .method = "DELETE",
	  .path = "/api/v1/jobs/{id}",
	  .answer = "Job",
	  .handle = jobs_cancel,
	  .permission = PERM_DATASET_WRITE | PERM_VOUCHER,
	  .summary = "Asks it to stop; 409 when it has ended." },
};

const struct resource jobs_resource = { "jobs", "Long work with progress.", routes, countof(routes) };
