/* Trainings and forecasts of everybody, as jobs: when somebody asks, and when their time has come. */
#include "analysis/forecast_measure.h"
#include "analysis/forecast_run.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "db/pool.h"
#include "job/job.h"
#include "model/dataset.h"
#include "model/retrain.h"
#include "json/write.h"

#include <stdlib.h>
#include <string.h>

#define STORE_WAIT_MS 10000
#define REPORT_BYTES (8 * MIB)
#define JOB_ARENA (64 * MIB)
#define PUT_OFF_USEC (60 * USEC_PER_SEC) /* while somebody trains the same */

const char *training_kind(enum forecast_preset p)
{
	static const char *const kinds[PRESETS] = { "train_sales", "train_purchase" };
	return kinds[p];
}

struct training {
	struct instance *in;
	struct caller by;
	int64_t dataset;
	enum forecast_preset preset;
	const char *claim;
	const char *cause;              /* a literal */
	char *cutoff, *email, *address; /* the texts of `by`, which outlive the request */
	double l2;
	int64_t due;
	bool train; /* else forecast with what serves */
	bool wait;
	struct job *job;
};

static void free_training(void *ctx)
{
	struct training *t = ctx;
	training_release(t->in, t->dataset, t->claim);
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

/* Trained by itself: whether it takes the place of what serves. */
static bool decide(struct training *t, struct db *db, const struct dataset *d, const char *cutoff,
		   struct trained_new *m, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(JOB_ARENA);
	struct forecast_model models[2];
	struct forecast_measured got[2];
	struct trained serving;
	struct err why = { 0 };
	if (!forecast_model_serving(db, d, t->preset, &a, &models[1], &serving, &why)) {
		if (why.kind != ERR_NOT_FOUND) {
			*e = why;
			return false;
		}
		m->verdict = t->wait ? "waits" : "first";
	} else if (t->wait) {
		m->verdict = "waits";
	} else {
		struct forecast_measuring q = { .preset = t->preset,
						.cutoff = cutoff,
						.models = models,
						.n = 2,
						.cancel = job_cancel_flag(t->job) };
		if (!forecast_model_parse(m->body, &models[0], e))
			return false;
		if (forecast_measure(t->in, db, d, &q, &a, got, &why))
			m->verdict = forecast_not_worse(t->preset, &got[0], &got[1]) ? "better" : "worse";
		else if (why.kind == ERR_VALUE) /* what serves weighs columns that these data no longer have */
			m->verdict = "better";
		else {
			*e = why;
			return false;
		}
	}
	m->serve = strcmp(m->verdict, "first") == 0 || strcmp(m->verdict, "better") == 0;
	return true;
}

static bool train(struct training *t, struct db *db, const struct dataset *d, struct arena *a, int64_t *ret_number,
		  struct forecast_run *ret, struct err *e)
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
	struct trained_new m = { .dataset = d->id,
				 .kind = r.preset,
				 .body = buf_str(&body),
				 .serve = true,
				 .cause = t->cause,
				 .verdict = "",
				 .due = t->due };
	if (t->due && !decide(t, db, d, r.cutoff, &m, e))
		return false;
	job_progress(t->job, 0.7, "forecasting");
	return forecast_keep(t->in, db, &t->by, d, &m, job_cancel_flag(t->job), ret_number, ret, e);
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

/* What was forecast, in memory for lists; done is done without it. */
static void warm(struct instance *in, struct db *db, const struct dataset *d)
{
	struct card_set set;
	struct err ignored = { 0 };
	if (card_set_find(db, d->org, d->current, &set, &ignored) && !forecasts_warm(in, db, &set, &ignored))
		log_event(LOG_WARN, "forecasts_not_warmed", "they are read when a list is first asked for");
}

static bool work(struct training *t, struct db *db, struct arena *a, int64_t *ret_number, struct err *e)
{
	struct dataset d;
	struct forecast_run run;
	if (!dataset_find_ready(db, a, t->by.org, t->dataset, &d, e))
		return false;
	if (t->train) {
		if (!train(t, db, &d, a, ret_number, &run, e))
			return false;
	} else {
		job_progress(t->job, 0.7, "forecasting");
		if (!forecast_customers(t->in, db, &d, t->preset, NULL, job_cancel_flag(t->job), &run, e))
			return false;
	}
	set_result(t->job, *ret_number, &run);
	warm(t->in, db, &d);
	return true;
}

/* A run of the clock has ended, unless the server does: then it is begun again at the next start. */
static void note_run(struct training *t, struct db *db, int64_t number, const struct err *why)
{
	struct err e = { 0 };
	if (!t->due || (why && why->kind == ERR_CANCELLED && job_interrupted(t->job)))
		return;
	if (retrain_done(db, t->dataset, forecast_preset_name(t->preset), t->due, number, why, &e))
		return;
	struct log_line l;
	log_begin(&l, LOG_WARN, "training_not_noted");
	log_err(&l, &e);
	log_end(&l);
}

static bool run(struct job *j, void *ctx, struct err *e)
{
	struct training *t = ctx;
	struct db *db = NULL;
	struct arena a = ARENA_INIT(JOB_ARENA);
	int64_t number = 0;
	t->job = j;
	job_progress(j, 0.02, "reading purchases");
	bool taken = db_pool_take(t->in->dbs, STORE_WAIT_MS, &db, e), done = taken && work(t, db, &a, &number, e);
	if (taken)
		note_run(t, db, number, done ? NULL : e);
	db_pool_give(t->in->dbs, &db);
	arena_free(&a);
	return done;
}

/* Takes t over, whatever comes of it. */
static bool start(struct instance *in, const struct caller *by, int64_t dataset, struct training *t, const char *kind,
		  int64_t *ret_job, struct err *e)
{
	if (!caller_must(by, PERM_MODEL_WRITE, e) || !training_claim(in, dataset, kind, e)) {
		free(t->cutoff);
		free(t);
		return false;
	}
	t->in = in;
	t->claim = kind;
	t->dataset = dataset;
	t->by = *by;
	t->by.email = t->email = mem_strdup(by->email);
	t->by.address = t->address = mem_strdup(by->address);
	struct job_spec spec = { .kind = kind,
				 .org = by->org,
				 .user = by->user,
				 .object = dataset,
				 .run = run,
				 .ctx = t,
				 .free_ctx = free_training };
	return job_start(in->jobs, &spec, ret_job, e);
}

bool training_start(struct instance *in, const struct caller *by, int64_t dataset, const struct training_request *r,
		    int64_t *ret_job, struct err *e)
{
	struct training *t = mem_zalloc(sizeof *t);
	t->preset = r->preset;
	t->cutoff = r->cutoff ? mem_strdup(r->cutoff) : NULL;
	t->l2 = r->l2;
	t->cause = r->cause ? r->cause : "person";
	t->due = r->due;
	t->wait = r->wait;
	t->train = true;
	return start(in, by, dataset, t, training_kind(r->preset), ret_job, e);
}

bool forecasting_start(struct instance *in, const struct caller *by, int64_t dataset, enum forecast_preset preset,
		       int64_t *ret_job, struct err *e)
{
	static const char *const kinds[PRESETS] = { "forecast_sales", "forecast_purchase" };
	struct training *t = mem_zalloc(sizeof *t);
	t->preset = preset;
	return start(in, by, dataset, t, kinds[preset], ret_job, e);
}

/* -- by the clock -- */

/* What is at fault ends this run; the next one is tried again. */
static bool begin(struct instance *in, struct db *db, const struct retrain *r, enum forecast_preset preset,
		  struct err *e)
{
	struct caller by = caller_local(r->org, false);
	struct err why = { 0 };
	struct training_request t = { .preset = preset,
				      .l2 = r->l2,
				      .cause = strcmp(r->next_cause, "new_version") == 0 ? "new_version" : "schedule",
				      .due = r->next_run,
				      .wait = r->wait };
	int64_t job;
	if (!training_start(in, &by, r->dataset, &t, &job, &why))
		return retrain_done(db, r->dataset, r->kind, r->next_run, 0, &why, e);
	return retrain_job(db, r, job, e);
}

bool training_run_due(struct instance *in, struct db *db, bool *ret_found, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(MIB);
	enum forecast_preset preset;
	struct retrain r;
	struct err busy = { 0 };
	bool mine;
	if (!retrain_due(db, clock_now(), &a, &r, ret_found, e) || !*ret_found)
		return e->kind == ERR_NONE;
	if (!forecast_preset_parse(str_of(r.kind), &preset))
		return err_set(e, ERR_INTERNAL, NULL, "a schedule of an unknown kind of model");
	/* Nobody else begins in between: what is claimed here is released just before it is claimed for the job. */
	if (!training_claim(in, r.dataset, training_kind(preset), &busy))
		return retrain_put_off(db, &r, clock_now() + PUT_OFF_USEC, e);
	training_release(in, r.dataset, training_kind(preset));
	if (!retrain_take(db, &r, clock_now(), &mine, e))
		return false;
	return !mine || begin(in, db, &r, preset, e);
}
