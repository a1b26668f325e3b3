/* Trainings and forecasts of everybody, as jobs. */
#include "analysis/forecast_run.h"
#include "base/limits.h"
#include "db/pool.h"
#include "job/job.h"
#include "model/dataset.h"
#include "json/write.h"

#include <stdlib.h>
#include <string.h>

#define STORE_WAIT_MS 10000
#define REPORT_BYTES (8 * MIB)
#define JOB_ARENA (64 * MIB)

struct training {
	struct instance *in;
	struct caller by;
	int64_t dataset;
	enum forecast_preset preset;
	char *cutoff, *email, *address; /* the texts of `by`, which outlive the request */
	double l2;
	bool train; /* else forecast with what serves */
	struct job *job;
};

static void free_training(void *ctx)
{
	struct training *t = ctx;
	free(t->cutoff);
	free(t->email);
	free(t->address);
	free(t);
}

static void progress(void *ctx, double fraction)
{
	struct training *t = ctx;
	job_progress(t->job, 0.05 + 0.6 * fraction, "training");
}

static bool train(struct training *t, struct db *db, const struct dataset *d, struct arena *a, int64_t *ret_number,
		  struct err *e)
{
	CLEANUP(buf_free) struct buf body = BUF_INIT(REPORT_BYTES);
	struct forecast_report r = { 0 };
	double threshold;
	if (!trained_threshold(db, d->org, d->id, forecast_preset_name(t->preset), &threshold, e))
		return false;
	struct forecast_preset_options o = { .preset = t->preset,
					     .cutoff = t->cutoff,
					     .l2 = t->l2,
					     .threshold = threshold,
					     .cancel = job_cancel_flag(t->job),
					     .progress = progress,
					     .progress_ctx = t };
	if (!forecast_preset(t->in, db, d->org, d, &o, a, &r, e))
		return false;
	forecast_json(&r, &body);
	if (body.failed)
		return err_set(e, ERR_LIMIT, NULL, "the model is too large");
	return trained_add(db, &t->by, d->id, r.preset, buf_str(&body), true, ret_number, e);
}

static void set_result(struct job *j, int64_t number, const struct forecast_run *run)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(KIB);
	struct json_writer w = json_writer(&b);
	jw_open(&w, '{');
	jw_kv_cstr(&w, "kind", run->kind);
	if (number)
		jw_kv_i64(&w, "version", number);
	jw_kv_i64(&w, "customers", run->customers);
	jw_close(&w, '}');
	job_set_result(j, buf_str(&b));
}

static bool work(struct training *t, struct db *db, struct arena *a, struct err *e)
{
	struct dataset d;
	struct forecast_run run;
	int64_t number = 0;
	if (!dataset_find_ready(db, a, t->by.org, t->dataset, &d, e) || (t->train && !train(t, db, &d, a, &number, e)))
		return false;
	job_progress(t->job, 0.7, "forecasting");
	if (!forecast_customers(t->in, db, d.org, &d, t->preset, NULL, job_cancel_flag(t->job), &run, e))
		return false;
	set_result(t->job, number, &run);
	return true;
}

static bool run(struct job *j, void *ctx, struct err *e)
{
	struct training *t = ctx;
	struct db *db = NULL;
	struct arena a = ARENA_INIT(JOB_ARENA);
	t->job = j;
	job_progress(j, 0.02, "reading purchases");
	bool done = db_pool_take(t->in->dbs, STORE_WAIT_MS, &db, e) && work(t, db, &a, e);
	db_pool_give(t->in->dbs, &db);
	arena_free(&a);
	return done;
}

struct looking {
	int64_t dataset;
	const char *kind;
	bool found;
};

static bool on_job(void *ctx, const struct job_info *j, struct err *e)
{
	struct looking *l = ctx;
	bool open = j->state == JOB_QUEUED || j->state == JOB_RUNNING;
	l->found |= open && j->object == l->dataset && strcmp(j->kind, l->kind) == 0;
	return true;
}

static bool start(struct instance *in, struct db *db, const struct caller *by, const struct dataset *d,
		  struct training *t, const char *kind, int64_t *ret_job, struct err *e)
{
	struct looking l = { d->id, kind, false };
	int64_t total;
	t->in = in;
	t->by = *by;
	t->by.email = t->email = mem_strdup(by->email);
	t->by.address = t->address = mem_strdup(by->address);
	t->dataset = d->id;
	struct job_spec spec = { .kind = kind,
				 .org = by->org,
				 .user = by->user,
				 .object = d->id,
				 .run = run,
				 .ctx = t,
				 .free_ctx = free_training };
	bool good = caller_must(by, PERM_MODEL_WRITE, e) &&
		    job_list(in->jobs, db, by->org, 0, LIMIT_PAGE, on_job, &l, &total, e) &&
		    (!l.found || err_set(e, ERR_CONFLICT, "already_training",
					 "this model is being trained already: wait for it or cancel it"));
	if (!good) {
		free_training(t);
		return false;
	}
	return job_start(in->jobs, &spec, ret_job, e);
}

bool training_start(struct instance *in, struct db *db, const struct caller *by, const struct dataset *d,
		    const struct training_request *r, int64_t *ret_job, struct err *e)
{
	static const char *const kinds[PRESETS] = { "train_sales", "train_purchase" };
	struct training *t = mem_zalloc(sizeof *t);
	t->preset = r->preset;
	t->cutoff = r->cutoff ? mem_strdup(r->cutoff) : NULL;
	t->l2 = r->l2;
	t->train = true;
	return start(in, db, by, d, t, kinds[r->preset], ret_job, e);
}

bool forecasting_start(struct instance *in, struct db *db, const struct caller *by, const struct dataset *d,
		       enum forecast_preset preset, int64_t *ret_job, struct err *e)
{
	static const char *const kinds[PRESETS] = { "forecast_sales", "forecast_purchase" };
	struct training *t = mem_zalloc(sizeof *t);
	t->preset = preset;
	return start(in, db, by, d, t, kinds[preset], ret_job, e);
}
