#include "model/retrain.h"

#include "base/clock.h"
#include "db/db.h"
#include "model/audit.h"
#include "model/cron.h"
#include "model/read.h"

#include <math.h>
#include <stdio.h>

#define COLUMNS                                                                                                       \
	"s.org, s.dataset, s.kind, s.schedule, s.zone, s.after_version, s.activate, s.l2, coalesce(s.next_run, 0), "  \
	"s.last_run, s.next_cause, s.due, s.last_number, s.last_code, s.last_error, s.set_at, coalesce(u.email, '') " \
	"FROM model_schedule s LEFT JOIN user_account u ON u.id = s.set_by "
#define OPEN_ORG "NOT EXISTS (SELECT 1 FROM org o WHERE o.id = s.org AND o.closed_at IS NOT NULL) "

static void read_row(struct db_stmt *s, struct arena *a, struct retrain *ret)
{
	*ret = (struct retrain){ .org = db_col_i64(s, 0),
				 .dataset = db_col_i64(s, 1),
				 .kind = read_text(a, s, 2),
				 .schedule = read_text(a, s, 3),
				 .zone = read_text(a, s, 4),
				 .after_version = db_col_i64(s, 5) != 0,
				 .wait = str_is(db_col_str(s, 6), "wait"),
				 .l2 = db_col_f64(s, 7),
				 .next_run = db_col_i64(s, 8),
				 .last_run = db_col_i64(s, 9),
				 .next_cause = read_text(a, s, 10),
				 .due = db_col_i64(s, 11),
				 .last_number = db_col_i64(s, 12),
				 .last_code = read_text(a, s, 13),
				 .last_error = read_text(a, s, 14),
				 .set_at = db_col_i64(s, 15),
				 .set_by = read_text(a, s, 16) };
}

static bool take_away(struct db *db, const struct caller *by, const struct retrain *r, const char *detail,
		      struct err *e)
{
	return db_exec(db, e, "DELETE FROM model_schedule WHERE dataset = ?1 AND kind = ?2", "is", r->dataset,
		       r->kind) &&
	       audit_add(db, by, "model_schedule_off", "dataset", r->dataset, detail, e);
}

/* What is at work, and what was, stays as it is. */
static bool put(struct db *db, const struct caller *by, const struct retrain *r, int64_t next, const char *detail,
		struct err *e)
{
	return db_exec(db, e,
		       "INSERT INTO model_schedule (dataset, kind, org, schedule, zone, after_version, activate, l2, "
		       "next_run, set_at, set_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
		       "ON CONFLICT (dataset, kind) DO UPDATE SET schedule = excluded.schedule, zone = excluded.zone, "
		       "after_version = excluded.after_version, activate = excluded.activate, l2 = excluded.l2, "
		       "next_run = excluded.next_run, next_cause = 'schedule', set_at = excluded.set_at, "
		       "set_by = excluded.set_by, last_code = '', last_error = ''",
		       "isissisdoii", r->dataset, r->kind, by->org, r->schedule, r->zone, (int64_t)r->after_version,
		       r->wait ? "wait" : "better", r->l2, next, clock_now(), by->user) &&
	       audit_add(db, by, "model_schedule", "dataset", r->dataset, detail, e);
}

bool retrain_set(struct db *db, const struct caller *by, const struct retrain *r, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t next = 0, there = 0;
	char detail[96];
	bool found;
	if (!(r->l2 >= 0) || !isfinite(r->l2))
		return err_field(e, ERR_VALUE, "l2", "the penalty is a number from 0 on");
	if (!caller_must(by, PERM_MODEL_WRITE, e) || !zone_check(str_of(r->zone), e) ||
	    !cron_next_text(r->schedule, r->zone, clock_now(), &next, e) || !db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &there, &found, e, "SELECT 1 FROM dataset WHERE id = ?1 AND org = ?2", "ii", r->dataset,
			  by->org))
		return false;
	if (!found)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such data set.");
	snprintf(detail, sizeof detail, "{\"kind\":\"%s\"}", r->kind);
	bool off = !r->schedule[0] && !r->after_version;
	return (off ? take_away(db, by, r, detail, e) : put(db, by, r, next, detail, e)) && db_commit_tx(&tx, e);
}

/* The first row of the statement, which it ends. */
static bool first_row(struct db_stmt *s, struct arena *a, struct retrain *ret, bool *ret_found, struct err *e)
{
	if (!db_step(s, ret_found, e))
		return false;
	if (*ret_found)
		read_row(s, a, ret);
	return read_fits(a, e);
}

bool retrain_find(struct db *db, int64_t org, int64_t dataset, const char *kind, struct arena *a, struct retrain *ret,
		  bool *ret_found, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e, "SELECT " COLUMNS "WHERE s.org = ?1 AND s.dataset = ?2 AND s.kind = ?3", "iis", org,
			dataset, kind) &&
	       first_row(s, a, ret, ret_found, e);
}

bool retrain_due(struct db *db, int64_t now, struct arena *a, struct retrain *ret, bool *ret_found, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e,
			"SELECT " COLUMNS "WHERE s.next_run <= ?1 AND " OPEN_ORG "ORDER BY s.next_run LIMIT 1", "i",
			now) &&
	       first_row(s, a, ret, ret_found, e);
}

bool retrain_next_due(struct db *db, int64_t *ret, struct err *e)
{
	int64_t due = INT64_MAX;
	if (!db_query_i64(db, &due, NULL, e,
			  "SELECT s.next_run FROM model_schedule s WHERE s.next_run IS NOT NULL AND " OPEN_ORG
			  "ORDER BY s.next_run LIMIT 1",
			  ""))
		return false;
	*ret = due;
	return true;
}

bool retrain_take(struct db *db, const struct retrain *r, int64_t now, bool *ret_mine, struct err *e)
{
	int64_t next = 0;
	struct err why;
	/* A zone that the machine no longer knows ends the schedule; this run is made. */
	if (!cron_next_text(r->schedule, r->zone, now, &next, &why))
		next = 0;
	if (!db_exec(db, e,
		     "UPDATE model_schedule SET next_run = ?4, next_cause = 'schedule', due = ?3, job = 0 "
		     "WHERE dataset = ?1 AND kind = ?2 AND next_run = ?3",
		     "isio", r->dataset, r->kind, r->next_run, next))
		return false;
	*ret_mine = db_changes(db) == 1;
	return true;
}

bool retrain_put_off(struct db *db, const struct retrain *r, int64_t until, struct err *e)
{
	return db_exec(db, e,
		       "UPDATE model_schedule SET next_run = ?4 WHERE dataset = ?1 AND kind = ?2 AND next_run = ?3",
		       "isii", r->dataset, r->kind, r->next_run, until);
}

bool retrain_job(struct db *db, const struct retrain *r, int64_t job, struct err *e)
{
	return db_exec(db, e, "UPDATE model_schedule SET job = ?4 WHERE dataset = ?1 AND kind = ?2 AND due = ?3",
		       "isii", r->dataset, r->kind, r->next_run, job);
}

bool retrain_done(struct db *db, int64_t dataset, const char *kind, int64_t due, int64_t number, const struct err *why,
		  struct err *e)
{
	const char *text = !why                                ? ""
			   : err_http_status(why->kind) == 500 ? "something went wrong on the server"
							       : why->message;
	return db_exec(db, e,
		       "UPDATE model_schedule SET due = 0, job = 0, tries = 0, last_run = ?4, last_number = ?5, "
		       "last_code = ?6, last_error = ?7 WHERE dataset = ?1 AND kind = ?2 AND due = ?3",
		       "isiiiss", dataset, kind, due, clock_now(), number, why ? err_code(why) : "", text);
}

bool retrain_data_changed(struct db *db, int64_t dataset, struct err *e)
{
	return db_exec(db, e,
		       "UPDATE model_schedule SET next_run = ?2, next_cause = 'new_version' WHERE dataset = ?1 AND "
		       "after_version = 1",
		       "ii", dataset, clock_now());
}

bool retrain_recover(struct db *db, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t now = clock_now();
	return db_begin_tx(db, &tx, e) &&
	       /* Its model is there: all that was left to do was to say so. */
	       db_exec(db, e,
		       "UPDATE model_schedule SET last_run = ?1, last_code = '', last_error = '', last_number = "
		       "(SELECT max(m.number) FROM model m WHERE m.dataset = model_schedule.dataset "
		       "AND m.kind = model_schedule.kind AND m.due = model_schedule.due), due = 0, job = 0, tries = 0 "
		       "WHERE due <> 0 AND EXISTS (SELECT 1 FROM model m WHERE m.dataset = model_schedule.dataset "
		       "AND m.kind = model_schedule.kind AND m.due = model_schedule.due)",
		       "i", now) &&
	       /* A person ended it, or it was begun often enough. */
	       db_exec(db, e,
		       "UPDATE model_schedule SET last_run = ?1, last_number = 0, last_code = 'interrupted', "
		       "last_error = 'it was interrupted', due = 0, job = 0, tries = 0 WHERE due <> 0 "
		       "AND (tries + 1 >= ?2 OR EXISTS (SELECT 1 FROM job j WHERE j.id = model_schedule.job "
		       "AND j.state = 'cancelled'))",
		       "ii", now, (int64_t)RETRAIN_TRIES) &&
	       db_exec(db, e,
		       "UPDATE model_schedule SET next_run = ?1, tries = tries + 1, due = 0, job = 0 WHERE due <> 0",
		       "i", now) &&
	       db_commit_tx(&tx, e);
}
