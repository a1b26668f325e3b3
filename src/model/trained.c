#include "model/trained.h"

#include "base/clock.h"
#include "base/ids.h"
#include "db/db.h"
#include "model/audit.h"

#include <stdio.h>

#define MILLION 1000000.0

static bool not_trained(struct err *e)
{
	return err_set(e, ERR_NOT_FOUND, "not_trained", "there is no such model: train one first");
}

static bool serve_it(struct db *db, int64_t org, int64_t dataset, const char *kind, int64_t id, struct err *e)
{
	return db_exec(db, e,
		       "INSERT INTO model_choice (dataset, kind, org, active, threshold) VALUES (?1, ?2, ?3, ?4, ?5) "
		       "ON CONFLICT (dataset, kind) DO UPDATE SET active = excluded.active",
		       "isiii", dataset, kind, org, id, (int64_t)(TRAINED_THRESHOLD_USUAL * MILLION));
}

static bool forget_oldest(struct db *db, int64_t dataset, const char *kind, int64_t newest, struct err *e)
{
	return db_exec(db, e,
		       "DELETE FROM model WHERE dataset = ?1 AND kind = ?2 AND number <= ?3 AND id NOT IN "
		       "(SELECT active FROM model_choice WHERE dataset = ?1 AND kind = ?2)",
		       "isi", dataset, kind, newest - TRAINED_KEPT);
}

bool trained_add(struct db *db, const struct caller *by, const struct trained_new *m, int64_t *ret_number,
		 struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t number = 0, there = 0, id = m->id ? m->id : id_new();
	char detail[160];
	bool found;
	if (!caller_must(by, PERM_MODEL_WRITE, e) || !db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &there, &found, e, "SELECT 1 FROM dataset WHERE id = ?1 AND org = ?2", "ii", m->dataset,
			  by->org))
		return false;
	if (!found)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such data set.");
	if (!db_query_i64(db, &number, NULL, e,
			  "SELECT coalesce(max(number), 0) + 1 FROM model WHERE dataset = ?1 AND kind = ?2", "is",
			  m->dataset, m->kind) ||
	    !db_exec(db, e,
		     "INSERT INTO model (id, org, dataset, kind, number, body, created_at, created_by, cause, verdict, "
		     "due) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
		     "iiisiSiissi", id, by->org, m->dataset, m->kind, number, m->body, clock_now(), by->user, m->cause,
		     m->verdict, m->due) ||
	    (m->serve && !serve_it(db, by->org, m->dataset, m->kind, id, e)) ||
	    !forget_oldest(db, m->dataset, m->kind, number, e))
		return false;
	snprintf(detail, sizeof detail, "{\"kind\":\"%s\",\"version\":%lld,\"cause\":\"%s\",\"serves\":%s}", m->kind,
		 (long long)number, m->cause, m->serve ? "true" : "false");
	*ret_number = number;
	return audit_add(db, by, "model_add", "dataset", m->dataset, detail, e) && db_commit_tx(&tx, e);
}

#define TRAINED_COLUMNS                                                                      \
	"SELECT m.id, m.number, m.created_at, m.created_by, m.body, coalesce(u.email, ''), " \
	"coalesce(c.active, 0) = m.id, m.cause, m.verdict FROM model m "                     \
	"LEFT JOIN user_account u ON u.id = m.created_by "                                   \
	"LEFT JOIN model_choice c ON c.dataset = m.dataset AND c.kind = m.kind "             \
	"WHERE m.org = ?1 AND m.dataset = ?2 AND m.kind = ?3 "

static void read_row(struct db_stmt *s, int64_t dataset, struct arena *a, struct trained *ret)
{
	ret->dataset = dataset;
	ret->id = db_col_i64(s, 0);
	ret->number = db_col_i64(s, 1);
	ret->created_at = db_col_i64(s, 2);
	ret->created_by = db_col_i64(s, 3);
	ret->body = arena_str(a, db_col_str(s, 4)).p;
	ret->created_by_email = arena_str(a, db_col_str(s, 5)).p;
	ret->active = db_col_i64(s, 6) != 0;
	ret->cause = arena_str(a, db_col_str(s, 7)).p;
	ret->verdict = arena_str(a, db_col_str(s, 8)).p;
}

bool trained_list(struct db *db, const struct caller *by, int64_t dataset, const char *kind, struct page *page,
		  struct arena *a, struct trained **ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct trained *list = arena_array(a, (size_t)page->limit + 1, sizeof *list);
	page->n = 0;
	page->next = 0;
	if (!list)
		return err_set(e, ERR_LIMIT, NULL, "the list is too long");
	if (!caller_must(by, PERM_MODEL_READ, e) ||
	    !db_query_i64(db, &page->total, NULL, e,
			  "SELECT count(*) FROM model WHERE org = ?1 AND dataset = ?2 AND kind = ?3", "iis", by->org,
			  dataset, kind) ||
	    !db_query(db, &s, e, TRAINED_COLUMNS "AND (?4 = 0 OR m.number < ?4) ORDER BY m.number DESC LIMIT ?5",
		      "iisii", by->org, dataset, kind, page->after, page->limit + 1))
		return false;
	for (;;) {
		bool row;
		if (!db_step(s, &row, e))
			return false;
		if (!row)
			break;
		if ((int64_t)page->n == page->limit) {
			page->next = list[page->n - 1].number;
			break;
		}
		read_row(s, dataset, a, &list[page->n++]);
	}
	*ret = list;
	return !a->failed || err_set(e, ERR_LIMIT, NULL, "the list is too long");
}

bool trained_find(struct db *db, int64_t org, int64_t dataset, const char *kind, int64_t number, struct arena *a,
		  struct trained *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_query(db, &s, e, TRAINED_COLUMNS "AND (m.number = ?4 OR (?4 = 0 AND m.id = c.active)) LIMIT 1", "iisi",
		      org, dataset, kind, number) ||
	    !db_step(s, &row, e))
		return false;
	if (!row)
		return not_trained(e);
	read_row(s, dataset, a, ret);
	return !a->failed || err_set(e, ERR_LIMIT, NULL, "the model is too large");
}

bool trained_find_id(struct db *db, int64_t org, int64_t dataset, const char *kind, int64_t id, struct arena *a,
		     struct trained *ret, bool *ret_found, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	if (!db_query(db, &s, e, TRAINED_COLUMNS "AND m.id = ?4", "iisi", org, dataset, kind, id) ||
	    !db_step(s, ret_found, e))
		return false;
	if (*ret_found)
		read_row(s, dataset, a, ret);
	return !a->failed || err_set(e, ERR_LIMIT, NULL, "the model is too large");
}

bool trained_activate(struct db *db, const struct caller *by, int64_t dataset, const char *kind, int64_t number,
		      struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t id = 0;
	bool found;
	char detail[96];
	if (!caller_must(by, PERM_MODEL_WRITE, e) || !db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &id, &found, e,
			  "SELECT id FROM model WHERE org = ?1 AND dataset = ?2 AND kind = ?3 AND number = ?4", "iisi",
			  by->org, dataset, kind, number))
		return false;
	if (!found)
		return not_trained(e);
	snprintf(detail, sizeof detail, "{\"kind\":\"%s\",\"version\":%lld}", kind, (long long)number);
	return serve_it(db, by->org, dataset, kind, id, e) &&
	       audit_add(db, by, "model_activate", "dataset", dataset, detail, e) && db_commit_tx(&tx, e);
}

bool trained_threshold(struct db *db, int64_t org, int64_t dataset, const char *kind, double *ret, struct err *e)
{
	int64_t millionths = (int64_t)(TRAINED_THRESHOLD_USUAL * MILLION);
	if (!db_query_i64(db, &millionths, NULL, e,
			  "SELECT threshold FROM model_choice WHERE org = ?1 AND dataset = ?2 AND kind = ?3", "iis",
			  org, dataset, kind))
		return false;
	*ret = (double)millionths / MILLION;
	return true;
}

bool trained_threshold_set(struct db *db, const struct caller *by, int64_t dataset, const char *kind, double threshold,
			   struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t there = 0;
	bool found;
	char detail[96];
	if (!(threshold >= 0 && threshold <= 1))
		return err_field(e, ERR_VALUE, "threshold", "the threshold is a number between 0 and 1");
	if (!caller_must(by, PERM_MODEL_WRITE, e) || !db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &there, &found, e, "SELECT 1 FROM dataset WHERE id = ?1 AND org = ?2", "ii", dataset,
			  by->org))
		return false;
	if (!found)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such data set.");
	snprintf(detail, sizeof detail, "{\"kind\":\"%s\",\"threshold\":%.6f}", kind, threshold);
	return db_exec(db, e,
		       "INSERT INTO model_choice (dataset, kind, org, active, threshold) VALUES (?1, ?2, ?3, 0, ?4) "
		       "ON CONFLICT (dataset, kind) DO UPDATE SET threshold = excluded.threshold",
		       "isii", dataset, kind, by->org, (int64_t)(threshold * MILLION + 0.5)) &&
	       audit_add(db, by, "model_threshold", "dataset", dataset, detail, e) && db_commit_tx(&tx, e);
}
