#include "job/queue.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "model/job_record.h"

#include <stdio.h>
#include <stdlib.h>

#define STORE_WAIT_MS 30000

bool job_state_ended(enum job_state s)
{
	return s == JOB_DONE || s == JOB_FAILED || s == JOB_CANCELLED;
}

struct job *job_queue_find(struct job_queue *q, int64_t org, int64_t id)
{
	for (struct job *j = q->jobs; j; j = j->next)
		if (j->info.id == id && j->info.org == org)
			return j;
	return NULL;
}

void job_queue_touch(struct job *j)
{
	j->info.seq++;
	pthread_cond_broadcast(&j->queue->changed);
}

static void job_free(struct job *j)
{
	if (j->free_pending && j->spec.free_ctx)
		j->spec.free_ctx(j->spec.ctx);
	free(j->result);
	free(j);
}

/* Forgets the oldest ended jobs beyond what is remembered. */
static void forget_old(struct job_queue *q)
{
	for (struct job **at = &q->jobs; *at && q->ended > JOBS_REMEMBERED;) {
		struct job *j = *at;
		if (!j->info.ended_at || !job_state_ended(j->info.state)) {
			at = &j->next;
			continue;
		}
		*at = j->next;
		q->ended--;
		job_free(j);
	}
}

static void log_job(const struct job_info *i, const char *event)
{
	struct log_line l;
	log_begin(&l, i->state == JOB_FAILED ? LOG_WARN : LOG_INFO, event);
	log_id(&l, "job", i->id);
	log_cstr(&l, "kind", i->kind);
	log_id(&l, "org", i->org);
	log_cstr(&l, "state", job_state_name(i->state));
	if (i->ended_at && i->started_at)
		log_i64(&l, "took_us", i->ended_at - i->started_at);
	/* The sentence may quote a file, so the log has the code alone. */
	if (i->error.kind != ERR_NONE)
		log_cstr(&l, "code", err_code(&i->error));
	log_end(&l);
}

static void log_store_failure(int64_t id, const struct err *why)
{
	struct log_line l;
	log_begin(&l, LOG_ERROR, "job_not_noted");
	log_id(&l, "job", id);
	log_err(&l, why);
	log_end(&l);
}

typedef bool note_fn(struct db *db, const struct job_info *i, const char *result, struct err *e);

/* Without the lock. What cannot be noted is logged: at the next start the job counts as interrupted. */
static void note(struct job_queue *q, note_fn *write, const struct job_info *i, const char *result)
{
	struct db *db = NULL;
	struct err e = { 0 };
	if (!db_pool_take(q->dbs, STORE_WAIT_MS, &db, &e) || !write(db, i, result, &e))
		log_store_failure(i->id, &e);
	db_pool_give(q->dbs, &db);
}

static bool note_started(struct db *db, const struct job_info *i, const char *result, struct err *e)
{
	return job_record_started(db, i, e);
}

void job_queue_end(struct job *j, enum job_state state, const struct err *why)
{
	struct job_queue *q = j->queue;
	struct job_info last = j->info;
	last.state = state;
	last.ended_at = clock_now();
	if (state == JOB_DONE)
		last.progress = 1;
	if (why)
		last.error = *why;
	/* First the store, then the watchers: who was told that it is done must find it done after a crash. */
	pthread_mutex_unlock(&q->lock);
	note(q, job_record_ended, &last, j->result);
	log_job(&last, "job_ended");
	if (j->spec.free_ctx)
		j->spec.free_ctx(j->spec.ctx);
	pthread_mutex_lock(&q->lock);
	j->free_pending = false;
	last.seq = j->info.seq;
	j->info = last;
	q->ended++;
	job_queue_touch(j);
}

static void run(struct job *j)
{
	struct job_queue *q = j->queue;
	struct err e = { 0 };
	j->info.state = JOB_RUNNING;
	j->info.started_at = clock_now();
	struct job_info started = j->info;
	job_queue_touch(j);
	pthread_mutex_unlock(&q->lock);
	note(q, note_started, &started, NULL);
	bool good = j->spec.run(j, j->spec.ctx, &e);
	pthread_mutex_lock(&q->lock);
	if (good) {
		job_queue_end(j, JOB_DONE, NULL);
	} else if (e.kind == ERR_CANCELLED && j->asked_to_cancel) {
		job_queue_end(j, JOB_CANCELLED, NULL);
	} else {
		if (e.kind == ERR_CANCELLED && q->stopping)
			err_set(&e, ERR_UNAVAILABLE, "interrupted", "the server was stopped before this was done");
		if (e.kind == ERR_NONE)
			err_set(&e, ERR_INTERNAL, NULL, "the job failed without saying why");
		job_queue_end(j, JOB_FAILED, &e);
	}
	forget_old(q);
}

static size_t running_of(const struct job_queue *q, int64_t org)
{
	size_t n = 0;
	for (const struct job *j = q->jobs; j; j = j->next)
		n += j->info.org == org && j->info.state == JOB_RUNNING;
	return n;
}

/* The oldest job of the organisation that has the fewest running, so that one cannot keep the others waiting. */
static struct job *next_job(struct job_queue *q)
{
	struct job *best = NULL;
	size_t best_running = SIZE_MAX;
	for (struct job *j = q->jobs; j; j = j->next) {
		if (j->info.state != JOB_QUEUED || j->asked_to_cancel)
			continue;
		size_t running = running_of(q, j->info.org);
		if (running < best_running) {
			best = j;
			best_running = running;
		}
	}
	return best;
}

static void *worker(void *arg)
{
	struct job_queue *q = arg;
	pthread_mutex_lock(&q->lock);
	while (!q->stopping) {
		struct job *j = next_job(q);
		if (j) {
			q->waiting--;
			run(j);
		} else {
			pthread_cond_wait(&q->work, &q->lock);
		}
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

struct job_queue *job_queue_new(struct db_pool *dbs, size_t threads)
{
	struct job_queue *q = mem_zalloc(sizeof *q);
	pthread_condattr_t monotonic;
	q->dbs = dbs;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->work, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&q->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	q->threads = mem_array(threads, sizeof *q->threads);
	for (size_t i = 0; i < threads; i++)
		if (pthread_create(&q->threads[q->n_threads], NULL, worker, q) == 0)
			q->n_threads++;
	if (q->n_threads == 0)
		log_event(LOG_ERROR, "no_job_threads", "the machine gives no thread for jobs");
	return q;
}

void job_queue_free(struct job_queue **qp)
{
	struct job_queue *q = *qp;
	if (!q)
		return;
	*qp = NULL;
	pthread_mutex_lock(&q->lock);
	q->stopping = true;
	for (struct job *j = q->jobs; j; j = j->next)
		atomic_store(&j->cancel, true);
	pthread_cond_broadcast(&q->work);
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
	for (size_t i = 0; i < q->n_threads; i++)
		pthread_join(q->threads[i], NULL);
	pthread_mutex_lock(&q->lock);
	struct err why;
	err_set(&why, ERR_UNAVAILABLE, "interrupted", "the server was stopped before this was done");
	for (struct job *j = q->jobs; j; j = j->next)
		if (j->info.state == JOB_QUEUED && !j->info.ended_at)
			job_queue_end(j, JOB_FAILED, &why);
	pthread_mutex_unlock(&q->lock);
	while (q->jobs) {
		struct job *j = q->jobs;
		q->jobs = j->next;
		job_free(j);
	}
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->work);
	pthread_cond_destroy(&q->changed);
	free(q->threads);
	free(q);
}

static void append(struct job_queue *q, struct job *j)
{
	struct job **at = &q->jobs;
	while (*at)
		at = &(*at)->next;
	*at = j;
}

/* A place in the queue, kept for the caller until it appends its job or gives the place back. */
static bool reserve(struct job_queue *q, struct err *e)
{
	bool good = false;
	pthread_mutex_lock(&q->lock);
	if (q->stopping || q->n_threads == 0) {
		err_set(e, ERR_UNAVAILABLE, NULL, "the server is stopping");
	} else if (q->waiting >= LIMIT_JOBS_WAITING) {
		err_set(e, ERR_UNAVAILABLE, NULL, "%d jobs are waiting already; try again later", LIMIT_JOBS_WAITING);
		e->retry_after = 30;
	} else {
		q->waiting++;
		good = true;
	}
	pthread_mutex_unlock(&q->lock);
	return good;
}

bool job_start(struct job_queue *q, const struct job_spec *spec, int64_t *ret_id, struct err *e)
{
	struct job *j = mem_zalloc(sizeof *j);
	struct db *db = NULL;
	j->queue = q;
	j->spec = *spec;
	j->info = (struct job_info){ .id = id_new(), .org = spec->org, .user = spec->user, .object = spec->object };
	j->info.created_at = clock_now();
	j->info.seq = 1;
	snprintf(j->info.kind, sizeof j->info.kind, "%s", spec->kind);
	j->free_pending = true;
	bool reserved = reserve(q, e);
	bool good = reserved && db_pool_take(q->dbs, STORE_WAIT_MS, &db, e) && job_record_insert(db, &j->info, e);
	db_pool_give(q->dbs, &db);
	if (good) {
		/* Once it is in the list it may run, end and be forgotten before this returns. */
		*ret_id = j->info.id;
		pthread_mutex_lock(&q->lock);
		append(q, j);
		pthread_cond_signal(&q->work);
		pthread_mutex_unlock(&q->lock);
		return true;
	}
	if (reserved) {
		pthread_mutex_lock(&q->lock);
		q->waiting--;
		pthread_mutex_unlock(&q->lock);
	}
	job_free(j);
	return false;
}

void job_progress(struct job *j, double fraction, const char *fmt, ...)
{
	char message[sizeof j->info.message] = "";
	va_list ap;
	va_start(ap, fmt);
	if (fmt)
		vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&j->queue->lock);
	bool moved = fraction > j->info.progress;
	if (moved)
		j->info.progress = MIN(fraction, 1.0);
	if (fmt && strcmp(message, j->info.message) != 0) {
		memcpy(j->info.message, message, sizeof message);
		moved = true;
	}
	if (moved)
		job_queue_touch(j);
	pthread_mutex_unlock(&j->queue->lock);
}

const _Atomic bool *job_cancel_flag(struct job *j)
{
	return &j->cancel;
}

bool job_interrupted(struct job *j)
{
	pthread_mutex_lock(&j->queue->lock);
	bool ret = j->queue->stopping && !j->asked_to_cancel;
	pthread_mutex_unlock(&j->queue->lock);
	return ret;
}

int64_t job_id(const struct job *j)
{
	return j->info.id;
}

void job_set_result(struct job *j, struct str json)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_JOB_RESULT_BYTES);
	buf_add_str(&b, json);
	if (b.failed)
		return; /* a result that large belongs elsewhere */
	pthread_mutex_lock(&j->queue->lock);
	free(j->result);
	j->result = buf_take(&b, NULL);
	pthread_mutex_unlock(&j->queue->lock);
}
