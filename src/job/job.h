/*
 * Long work with progress: imports, training, backups, schedules.
 *
 * A job runs on a thread of the queue (bounded number; more wait as `queued`), reports progress, can be
 * cancelled, and is kept in the store, so that it is still known after a restart: what was running then is
 * `failed` with the code `interrupted`. The queue knows nothing of what a job does. Functions may be called
 * from any thread.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "model/job_record.h"

#include <stdatomic.h>

struct db;
struct db_pool;
struct job;
struct job_queue;

/* Runs on a job thread; ctx belongs to the job. false = failed (or cancelled, with ERR_CANCELLED). */
typedef bool job_run(struct job *j, void *ctx, struct err *e);

struct job_spec {
	const char *kind;  /* "import", "load_db", "backup", …: a literal */
	int64_t org, user; /* 0 = none */
	int64_t object;    /* what it works on, such as a data set; 0 = none */
	job_run *run;
	void *ctx;
	void (*free_ctx)(void *ctx); /* called once, whatever happens; may be NULL */
};

struct job_queue *job_queue_new(struct db_pool *dbs, size_t threads);
/* Cancels what runs, waits for it, frees. Takes NULL. */
void job_queue_free(struct job_queue **q);

void job_queue_counts(struct job_queue *q, size_t *ret_queued, size_t *ret_running);

bool job_start(struct job_queue *q, const struct job_spec *spec, int64_t *ret_id, struct err *e);

/* For the job itself. The message is for a person: what is being done now. */
void job_progress(struct job *j, double fraction, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
const _Atomic bool *job_cancel_flag(struct job *j);
/* The server ends: what is cancelled now is not what a person wanted. */
bool job_interrupted(struct job *j);
int64_t job_id(const struct job *j);
/* A JSON object that is kept with the job and shown as `result`. */
void job_set_result(struct job *j, struct str json);

/* For those who watch; another organisation's job is ERR_NOT_FOUND. */
bool job_find(struct job_queue *q, struct db *db, int64_t org, int64_t id, struct job_info *ret, struct err *e);
/* The result JSON of a finished job into *ret (malloc; the caller frees), NULL when there is none. */
bool job_result(struct job_queue *q, struct db *db, int64_t org, int64_t id, char **ret, struct err *e);
/* Newest first, from those older than `before` (0 = from the newest); *ret_total counts all of org. */
bool job_list(struct job_queue *q, struct db *db, int64_t org, int64_t before, int limit, job_row *row, void *ctx,
	      int64_t *ret_total, struct err *e);
/* ERR_CONFLICT when it has ended already. */
bool job_cancel(struct job_queue *q, struct db *db, int64_t org, int64_t id, struct err *e);
/* Waits until seq is no longer `seen`, the job has ended, *cancel is set, or milliseconds have passed. cancel may be
 * NULL. */
bool job_wait(struct job_queue *q, int64_t org, int64_t id, uint64_t seen, int milliseconds, const _Atomic bool *cancel,
	      struct job_info *ret, struct err *e);
