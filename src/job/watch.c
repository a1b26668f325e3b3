/* For those who look at jobs: one, many, waiting for a change, asking for the end. */
#include "base/clock.h"
#include "job/queue.h"
#include "model/job_record.h"

#include <errno.h>
#include <time.h>

#define CANCEL_POLL_MS 100
#define STORE_WAIT_MS 5000

/* A job in memory: queued, running or just ended. */
static bool find_live(struct job_queue *q, int64_t org, int64_t id, struct job_info *ret)
{
	pthread_mutex_lock(&q->lock);
	const struct job *j = job_queue_find(q, org, id);
	if (j)
		*ret = j->info;
	pthread_mutex_unlock(&q->lock);
	return j != NULL;
}

void job_queue_counts(struct job_queue *q, size_t *ret_queued, size_t *ret_running)
{
	*ret_queued = *ret_running = 0;
	pthread_mutex_lock(&q->lock);
	for (const struct job *j = q->jobs; j; j = j->next) {
		*ret_queued += j->info.state == JOB_QUEUED;
		*ret_running += j->info.state == JOB_RUNNING;
	}
	pthread_mutex_unlock(&q->lock);
}

bool job_find(struct job_queue *q, struct db *db, int64_t org, int64_t id, struct job_info *ret, struct err *e)
{
	return find_live(q, org, id, ret) || job_record_find(db, org, id, ret, e);
}

bool job_result(struct job_queue *q, struct db *db, int64_t org, int64_t id, char **ret, struct err *e)
{
	pthread_mutex_lock(&q->lock);
	const struct job *j = job_queue_find(q, org, id);
	bool live = j && job_state_ended(j->info.state);
	if (live)
		*ret = j->result ? mem_strdup(j->result) : NULL;
	pthread_mutex_unlock(&q->lock);
	return live || job_record_result(db, org, id, ret, e);
}

struct overlay {
	struct job_queue *q;
	job_row *row;
	void *ctx;
};

/* A row of the store, with what is newer in memory. */
static bool overlay_row(void *ctx, const struct job_info *stored, struct err *e)
{
	struct overlay *o = ctx;
	struct job_info live;
	bool found = find_live(o->q, stored->org, stored->id, &live);
	return o->row(o->ctx, found ? &live : stored, e);
}

bool job_list(struct job_queue *q, struct db *db, int64_t org, int64_t before, int limit, job_row *row, void *ctx,
	      int64_t *ret_total, struct err *e)
{
	struct overlay o = { q, row, ctx };
	return job_record_total(db, org, ret_total, e) && job_record_list(db, org, before, limit, overlay_row, &o, e);
}

bool job_cancel(struct job_queue *q, struct db *db, int64_t org, int64_t id, struct err *e)
{
	pthread_mutex_lock(&q->lock);
	struct job *j = job_queue_find(q, org, id);
	bool over = !j || job_state_ended(j->info.state);
	if (!over && !j->asked_to_cancel) {
		j->asked_to_cancel = true;
		atomic_store(&j->cancel, true);
		if (j->info.state == JOB_QUEUED) {
			q->waiting--;
			job_queue_end(j, JOB_CANCELLED, NULL);
		}
	}
	pthread_mutex_unlock(&q->lock);
	struct job_info stored;
	if (!over)
		return true;
	return job_record_find(db, org, id, &stored, e) &&
	       err_set(e, ERR_CONFLICT, "job_ended", "this job has ended already");
}

static void deadline_in(struct timespec *t, int64_t ms)
{
	int64_t ns = (clock_monotonic() + ms * 1000) * 1000;
	t->tv_sec = (time_t)(ns / 1000000000);
	t->tv_nsec = (long)(ns % 1000000000);
}

/* Waits for a change of the job while the lock is held; false when it is no longer in memory. */
static bool wait_live(struct job_queue *q, int64_t org, int64_t id, uint64_t seen, int64_t until,
		      const _Atomic bool *cancel, struct job_info *ret)
{
	for (;;) {
		const struct job *j = job_queue_find(q, org, id);
		if (!j)
			return false;
		int64_t left = (until - clock_monotonic()) / 1000;
		*ret = j->info;
		if (j->info.seq != seen || job_state_ended(j->info.state) || left <= 0 || q->stopping ||
		    (cancel && atomic_load(cancel)))
			return true;
		struct timespec t;
		deadline_in(&t, cancel ? MIN(left, CANCEL_POLL_MS) : left);
		pthread_cond_timedwait(&q->changed, &q->lock, &t);
	}
}

bool job_wait(struct job_queue *q, int64_t org, int64_t id, uint64_t seen, int milliseconds, const _Atomic bool *cancel,
	      struct job_info *ret, struct err *e)
{
	int64_t until = clock_monotonic() + (int64_t)milliseconds * 1000;
	pthread_mutex_lock(&q->lock);
	bool live = wait_live(q, org, id, seen, until, cancel, ret);
	pthread_mutex_unlock(&q->lock);
	if (live)
		return true;
	struct db *db = NULL;
	bool good = db_pool_take(q->dbs, STORE_WAIT_MS, &db, e) && job_record_find(db, org, id, ret, e);
	db_pool_give(q->dbs, &db);
	return good;
}
