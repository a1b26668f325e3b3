#include "api/warehouse.h"

#include "base/clock.h"

#define WAIT_MS 1000
#define EARLY_MS 600

static bool outcome(const struct job_info *j, struct err *e)
{
	if (j->state == JOB_DONE)
		return true;
	if (j->error.kind != ERR_NONE) {
		if (e)
			*e = j->error;
		return false;
	}
	return err_set(e, ERR_CANCELLED, NULL, "The job was cancelled.");
}

static void cancel_job(struct request *q, int64_t job)
{
	struct db *db;
	if (api_db_take(q, &db, NULL))
		(void)!job_cancel(api_instance(q)->jobs, db, api_caller(q)->org, job, NULL);
}

bool job_outcome(struct request *q, int64_t job, bool cancel, struct job_info *ret_info, struct err *e)
{
	struct job_info j = { 0 };
	api_db_release(q);
	for (uint64_t seen = 0; !j.ended_at; seen = j.seq) {
		if (!job_wait(api_instance(q)->jobs, api_caller(q)->org, job, seen, WAIT_MS, request_cancel_flag(q), &j,
			      e))
			return false;
		if (!j.ended_at && request_gone(q)) {
			if (cancel)
				cancel_job(q, job);
			return err_set(e, ERR_CANCELLED, NULL, "The client went away.");
		}
	}
	*ret_info = j;
	return outcome(&j, e);
}

bool job_early_outcome(struct request *q, int64_t job, struct err *e)
{
	struct job_info j = { 0 };
	int64_t until = clock_monotonic() + EARLY_MS * 1000;
	api_db_release(q);
	for (uint64_t seen = 0;; seen = j.seq) {
		int64_t left = (until - clock_monotonic()) / 1000;
		if (left <= 0)
			return true;
		if (!job_wait(api_instance(q)->jobs, api_caller(q)->org, job, seen, (int)left, request_cancel_flag(q),
			      &j, e))
			return false;
		if (j.ended_at)
			return outcome(&j, e);
		if (request_gone(q))
			return true;
	}
}

void job_answer(struct response *r, int64_t dataset, const char *name, int64_t job)
{
	struct json_writer *w = response_json(r, 202);
	response_headerf(r, "Location", "/api/v1/jobs/%lld", (long long)job);
	jw_open(w, '{');
	jw_key(w, "dataset");
	jw_open(w, '{');
	jw_kv_id(w, "id", dataset);
	jw_kv_cstr(w, "name", name);
	jw_close(w, '}');
	jw_key(w, "job");
	jw_open(w, '{');
	jw_kv_id(w, "id", job);
	jw_close(w, '}');
	jw_close(w, '}');
}
