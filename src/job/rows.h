/* The jobs in the store. Every statement about them is in rows.c; the connection is the caller's. */
#pragma once

#include "db/db.h"
#include "job/job.h"

bool job_rows_insert(struct db *db, const struct job_info *j, struct err *e);
bool job_rows_started(struct db *db, const struct job_info *j, struct err *e);
/* Notes how it ended and drops the oldest finished jobs of the organisation beyond LIMIT_JOBS_KEPT. */
bool job_rows_ended(struct db *db, const struct job_info *j, const char *result, struct err *e);
bool job_rows_find(struct db *db, int64_t org, int64_t id, struct job_info *ret, struct err *e);
bool job_rows_result(struct db *db, int64_t org, int64_t id, char **ret, struct err *e);
bool job_rows_list(struct db *db, int64_t org, int64_t before, int limit, job_row *row, void *ctx, struct err *e);
bool job_rows_total(struct db *db, int64_t org, int64_t *ret, struct err *e);
