#include "model/job_record.h"

#include "base/clock.h"
#include "base/limits.h"

#include <stdio.h>

static const char *const state_names[] = {
	[JOB_QUEUED] = "queued", [JOB_RUNNING] = "running",     [JOB_DONE] = "done",
	[JOB_FAILED] = "failed", [JOB_CANCELLED] = "cancelled",
};

const char *job_state_name(enum job_state s)
{
	return state_names[s];
}

bool job_record_insert(struct db *db, const struct job_info *j, struct err *e)
{
	return db_exec(db, e,
		       "INSERT INTO job (id, org, user_id, object, kind, state, created_at) "
		       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		       "iioossi", j->id, j->org, j->user, j->object, j->kind, state_names[j->state], j->created_at);
}

bool job_record_started(struct db *db, const struct job_info *j, struct err *e)
{
	return db_exec(db, e, "UPDATE job SET state = ?2, started_at = ?3 WHERE id = ?1", "isi", j->id,
		       state_names[j->state], j->started_at);
}

bool job_record_ended(struct db *db, const struct job_info *j, const char *result, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	if (!db_begin_tx(db, &tx, e))
		return false;
	if (!db_exec(db, e,
		     "UPDATE job SET state = ?2, progress = ?3, message = ?4, error_kind = ?5, error_code = ?6, "
		     "error_field = ?7, error_message = ?8, result = ?9, ended_at = ?10 WHERE id = ?1",
		     "isdsissssi", j->id, state_names[j->state], j->progress, j->message, (int64_t)j->error.kind,
		     j->error.code, j->error.field, j->error.message, result, j->ended_at))
		return false;
	if (!db_exec(
		    db, e,
		    "DELETE FROM job WHERE org = ?1 AND ended_at > 0 AND id < (SELECT MIN(id) FROM (SELECT id FROM job "
		    "WHERE org = ?1 AND ended_at > 0 ORDER BY id DESC LIMIT ?2) AS kept)",
		    "ii", j->org, (int64_t)LIMIT_JOBS_KEPT))
		return false;
	return db_commit_tx(&tx, e);
}

bool job_recover(struct db *db, int64_t *ret_jobs, struct err *e)
{
	if (!db_exec(db, e,
		     "UPDATE job SET state = 'failed', error_kind = ?1, error_code = 'interrupted', error_message = "
		     "'The server was stopped before this was done', ended_at = ?2 "
		     "WHERE state IN ('queued', 'running')",
		     "ii", (int64_t)ERR_UNAVAILABLE, clock_now()))
		return false;
	*ret_jobs = db_changes(db);
	return true;
}

#define JOB_COLUMNS                                                                                       \
	"id, org, user_id, object, kind, state, progress, message, error_kind, error_code, error_field, " \
	"error_message, created_at, started_at, ended_at"

static void copy_text(char *to, size_t cap, struct str s)
{
	snprintf(to, cap, "%.*s", STR_ARG(s));
}

static void read_row(struct db_stmt *s, struct job_info *ret)
{
	struct job_info j = { .id = db_col_i64(s, 0), .org = db_col_i64(s, 1), .user = db_col_i64(s, 2) };
	struct str state = db_col_str(s, 5);
	int64_t kind = db_col_i64(s, 8);
	j.object = db_col_i64(s, 3);
	copy_text(j.kind, sizeof j.kind, db_col_str(s, 4));
	j.state = JOB_FAILED;
	for (size_t i = 0; i < countof(state_names); i++)
		if (str_is(state, state_names[i]))
			j.state = (enum job_state)i;
	j.progress = db_col_f64(s, 6);
	copy_text(j.message, sizeof j.message, db_col_str(s, 7));
	/* A number that a later program wrote is still a failure of some kind. */
	j.error.kind = kind >= 0 && kind < ERR_KINDS ? (enum err_kind)kind : ERR_INTERNAL;
	copy_text(j.error.code, sizeof j.error.code, db_col_str(s, 9));
	copy_text(j.error.field, sizeof j.error.field, db_col_str(s, 10));
	copy_text(j.error.message, sizeof j.error.message, db_col_str(s, 11));
	j.created_at = db_col_i64(s, 12);
	j.started_at = db_col_i64(s, 13);
	j.ended_at = db_col_i64(s, 14);
	j.seq = j.ended_at ? UINT64_MAX : 1;
	*ret = j;
}

static bool no_such_job(struct err *e)
{
	return err_set(e, ERR_NOT_FOUND, NULL, "there is no such job");
}

bool job_record_find(struct db *db, int64_t org, int64_t id, struct job_info *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_query(db, &s, e, "SELECT " JOB_COLUMNS " FROM job WHERE org = ?1 AND id = ?2", "ii", org, id) ||
	    !db_step(s, &row, e))
		return false;
	if (!row)
		return no_such_job(e);
	read_row(s, ret);
	return true;
}

bool job_record_result(struct db *db, int64_t org, int64_t id, char **ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_query(db, &s, e, "SELECT result FROM job WHERE org = ?1 AND id = ?2", "ii", org, id) ||
	    !db_step(s, &row, e))
		return false;
	if (!row)
		return no_such_job(e);
	*ret = NULL;
	if (!db_col_null(s, 0)) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_JOB_RESULT_BYTES + 1);
		buf_add_str(&b, db_col_str(s, 0));
		*ret = buf_take(&b, NULL);
	}
	return true;
}

bool job_record_list(struct db *db, int64_t org, int64_t before, int limit, job_row *row, void *ctx, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	if (!db_query(db, &s, e, "SELECT " JOB_COLUMNS " FROM job WHERE org = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
		      "iii", org, before ? before : INT64_MAX, (int64_t)limit))
		return false;
	for (;;) {
		struct job_info j;
		bool more;
		if (!db_step(s, &more, e))
			return false;
		if (!more)
			return true;
		read_row(s, &j);
		if (!row(ctx, &j, e))
			return false;
	}
}

bool job_record_total(struct db *db, int64_t org, int64_t *ret, struct err *e)
{
	return db_query_i64(db, ret, NULL, e, "SELECT COUNT(*) FROM job WHERE org = ?1", "i", org);
}
