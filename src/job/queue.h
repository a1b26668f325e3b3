/* What the two files of the queue share: running (queue.c) and watching (watch.c). Not for others. */
#pragma once

#include "db/pool.h"
#include "job/job.h"

#include <pthread.h>

#define JOBS_REMEMBERED 256 /* ended ones that are answered without asking the store */

struct job {
	struct job *next;
	struct job_queue *queue;
	struct job_spec spec;
	struct job_info info; /* under the queue's lock */
	char *result;         /* JSON; under the lock */
	_Atomic bool cancel;
	bool asked_to_cancel; /* by a person, not by the end of the server */
	bool free_pending;    /* ctx is still to be freed */
};

struct job_queue {
	struct db_pool *dbs;
	pthread_mutex_t lock;
	pthread_cond_t work;    /* there is something to run, or the queue ends */
	pthread_cond_t changed; /* some job changed; clock: CLOCK_MONOTONIC */
	struct job *jobs;       /* oldest first: queued, running and the last ended */
	size_t waiting, ended;
	bool stopping;
	size_t n_threads;
	pthread_t *threads;
};

/* With the lock held. */
struct job *job_queue_find(struct job_queue *q, int64_t org, int64_t id);
/* With the lock held: the job moved on; wakes those who watch. */
void job_queue_touch(struct job *j);
/* Whether it is over. */
bool job_state_ended(enum job_state s);
/* With the lock held: a queued job that will not run. Unlocks while it writes to the store. */
void job_queue_end(struct job *j, enum job_state state, const struct err *why);
