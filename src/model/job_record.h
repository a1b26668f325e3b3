/*
 * Jobs as the store keeps them (job/ runs them). Every statement about them is in job_record.c; the connection is the
 * caller's.
 */
#pragma once

#include "db/db.h"

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED };
const char *job_state_name(enum job_state s);

struct job_info {
	int64_t id, org, user, object;
	char kind[32];
	enum job_state state;
	double progress; /* 0..1, never goes back */
	char message[200];
	struct err error;                         /* kind ERR_NONE when there is none */
	int64_t created_at, started_at, ended_at; /* microseconds UTC; 0 = not yet */
	uint64_t seq;                             /* grows with every change */
};

/* One row a job. False ends the list with its error. */
typedef bool job_row(void *ctx, const struct job_info *job, struct err *e);

/* At the start, before any job: what the last process left queued or running has failed, `interrupted`. */
bool job_recover(struct db *db, int64_t *ret_jobs, struct err *e);
bool job_record_insert(struct db *db, const struct job_info *j, struct err *e);
bool job_record_started(struct db *db, const struct job_info *j, struct err *e);
/* Notes how it ended and drops the oldest finished jobs of the organisation beyond LIMIT_JOBS_KEPT. */
bool job_record_ended(struct db *db, const struct job_info *j, const char *result, struct err *e);
bool job_record_find(struct db *db, int64_t org, int64_t id, struct job_info *ret, struct err *e);
bool job_record_result(struct db *db, int64_t org, int64_t id, char **ret, struct err *e);
bool job_record_list(struct db *db, int64_t org, int64_t before, int limit, job_row *row, void *ctx, struct err *e);
bool job_record_total(struct db *db, int64_t org, int64_t *ret, struct err *e);
