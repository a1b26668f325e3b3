/* What was forecast: runs and their values. */
#include "base/clock.h"
#include "base/ids.h"
#include "db/db.h"
#include "model/customer_key.h"
#include "model/trained.h"

#include <math.h>

/* Values removed in one transaction: other writers wait no longer than for these. */
#define DROP_STEP 20000

bool forecast_run_begin(struct db *db, struct forecast_run *run, struct err *e)
{
	run->id = id_new();
	run->made_at = clock_now();
	return db_exec(
		db, e,
		"INSERT INTO forecast_run (id, org, dataset, kind, model, version, as_of, made_at, whole, ready, "
		"customers, total) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, 0, 0)",
		"iiisiiiii", run->id, run->org, run->dataset, run->kind, run->model, run->version, run->as_of,
		run->made_at, (int64_t)run->whole);
}

bool forecast_value_put(struct db *db, const struct forecast_run *run, struct str customer, double value, struct err *e)
{
	return db_exec(db, e, "INSERT INTO forecast_value (run, customer, value) VALUES (?1, ?2, ?3)", "iSd", run->id,
		       customer, value);
}

bool forecast_value_of(struct db *db, int64_t run, struct str customer, double *ret, bool *ret_found, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	*ret = NAN;
	if (!db_query(db, &s, e, "SELECT value FROM forecast_value WHERE run = ?1 AND customer = ?2", "iS", run,
		      customer) ||
	    !db_step(s, ret_found, e))
		return false;
	if (*ret_found)
		*ret = db_col_f64(s, 0);
	return true;
}

bool forecast_run_drop(struct db *db, int64_t run, struct err *e)
{
	/* Invisible first, gone last, so that a sweep finds what an interruption left. */
	if (!db_exec(db, e, "UPDATE forecast_run SET ready = 0 WHERE id = ?1", "i", run))
		return false;
	do {
		if (!db_exec(db, e,
			     "DELETE FROM forecast_value WHERE run = ?1 AND customer IN (SELECT customer FROM "
			     "forecast_value WHERE run = ?1 LIMIT ?2)",
			     "ii", run, (int64_t)DROP_STEP))
			return false;
	} while (db_changes(db) > 0);
	return db_exec(db, e, "DELETE FROM forecast_run WHERE id = ?1", "i", run);
}

bool forecast_run_publish(struct db *db, const struct forecast_run *run, struct err *e)
{
	return db_exec(db, e, "UPDATE forecast_run SET ready = 1, model = ?2, customers = ?3, total = ?4 WHERE id = ?1",
		       "iiid", run->id, run->model, run->customers, run->total);
}

bool forecast_run_prune(struct db *db, const struct forecast_run *run, struct err *e)
{
	for (;;) {
		int64_t oldest = 0;
		bool found;
		if (!db_query_i64(
			    db, &oldest, &found, e,
			    "SELECT id FROM forecast_run WHERE dataset = ?1 AND kind = ?2 AND ready = 1 AND whole = ?3 "
			    "ORDER BY id DESC LIMIT 1 OFFSET ?4",
			    "isii", run->dataset, run->kind, (int64_t)run->whole,
			    (int64_t)(run->whole ? RUNS_KEPT : RUNS_SOME_KEPT)))
			return false;
		if (!found)
			return true;
		if (!forecast_run_drop(db, oldest, e))
			return false;
	}
}

static bool drop_unfinished(struct db *db, struct err *e)
{
	for (;;) {
		int64_t run = 0;
		bool found;
		if (!db_query_i64(db, &run, &found, e, "SELECT id FROM forecast_run WHERE ready = 0 LIMIT 1", ""))
			return false;
		if (!found)
			return true;
		if (!forecast_run_drop(db, run, e))
			return false;
	}
}

/* From one run to the next by the key: values may be millions, runs are few. */
bool forecast_sweep(struct db *db, bool starting, struct err *e)
{
	if (starting && !drop_unfinished(db, e))
		return false;
	for (int64_t run = 0;;) {
		int64_t there = 0;
		bool found;
		if (!db_query_i64(db, &run, &found, e,
				  "SELECT run FROM forecast_value WHERE run > ?1 ORDER BY run LIMIT 1", "i", run))
			return false;
		if (!found)
			return true;
		if (!db_query_i64(db, &there, &found, e, "SELECT 1 FROM forecast_run WHERE id = ?1", "i", run) ||
		    (!found && !forecast_run_drop(db, run, e)))
			return false;
	}
}

bool forecast_run_newest(struct db *db, int64_t org, int64_t dataset, const char *kind, struct forecast_run *ret,
			 bool *ret_found, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	if (!db_query(
		    db, &s, e,
		    "SELECT r.id, r.model, r.version, r.as_of, r.made_at, r.customers, r.total, coalesce(m.number, 0) "
		    "FROM forecast_run r LEFT JOIN model m ON m.id = r.model WHERE r.org = ?1 AND r.dataset = ?2 AND "
		    "r.kind = ?3 AND r.ready = 1 AND r.whole = 1 ORDER BY r.id DESC LIMIT 1",
		    "iis", org, dataset, kind) ||
	    !db_step(s, ret_found, e))
		return false;
	if (!*ret_found)
		return true;
	*ret = (struct forecast_run){ .id = db_col_i64(s, 0),
				      .org = org,
				      .dataset = dataset,
				      .model = db_col_i64(s, 1),
				      .version = db_col_i64(s, 2),
				      .as_of = db_col_i64(s, 3),
				      .made_at = db_col_i64(s, 4),
				      .customers = db_col_i64(s, 5),
				      .kind = kind,
				      .whole = true,
				      .total = db_col_f64(s, 6),
				      .number = db_col_i64(s, 7) };
	return true;
}

/* Both sides come in the order of the id: the look-ups go through the cards' index from its beginning to its end. */
bool forecast_values(struct db *db, int64_t run, int64_t slot,
		     bool (*each)(void *ctx, int64_t no, double value, struct err *e), void *ctx, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	if (!db_query(db, &s, e,
		      "SELECT coalesce(c.key, -1), v.value FROM forecast_value v LEFT JOIN customer c ON c.slot = ?2 "
		      "AND c.id = v.customer WHERE v.run = ?1 ORDER BY v.customer",
		      "ii", run, slot))
		return false;
	for (;;) {
		bool row;
		if (!db_step(s, &row, e))
			return false;
		if (!row)
			return true;
		int64_t key = db_col_i64(s, 0);
		if (!each(ctx, key < 0 ? -1 : key % CARD_NUMBERS, db_col_f64(s, 1), e))
			return false;
	}
}

bool forecast_count_from(struct db *db, int64_t run, double from, int64_t *ret, struct err *e)
{
	*ret = 0;
	return db_query_i64(db, ret, NULL, e, "SELECT count(*) FROM forecast_value WHERE run = ?1 AND value >= ?2",
			    "id", run, from);
}

bool forecast_history(struct db *db, int64_t org, int64_t dataset, const char *kind, struct str customer, size_t most,
		      struct arena *a, struct forecast_point **ret, size_t *ret_n, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct forecast_point *list = arena_array(a, most + 1, sizeof *list);
	*ret_n = 0;
	*ret = list;
	if (!list)
		return err_set(e, ERR_LIMIT, NULL, "the history is too long");
	if (!db_query(db, &s, e,
		      "SELECT r.made_at, r.as_of, v.value, coalesce(m.number, 0), r.version FROM forecast_run r JOIN "
		      "forecast_value v ON v.run = r.id AND v.customer = ?4 LEFT JOIN model m ON m.id = r.model WHERE "
		      "r.org = ?1 AND r.dataset = ?2 AND r.kind = ?3 AND r.ready = 1 "
		      "ORDER BY r.id DESC LIMIT ?5",
		      "iisSi", org, dataset, kind, customer, (int64_t)most))
		return false;
	for (;;) {
		bool row;
		if (!db_step(s, &row, e))
			return false;
		if (!row)
			return true;
		list[(*ret_n)++] = (struct forecast_point){ db_col_i64(s, 0), db_col_i64(s, 1), db_col_f64(s, 2),
							    db_col_i64(s, 3), db_col_i64(s, 4) };
	}
}

static bool read_groups(struct db_stmt *s, struct forecast_group ret[FORECAST_DECILES], struct err *e)
{
	for (size_t i = 0; i < FORECAST_DECILES; i++)
		ret[i] = (struct forecast_group){ 0 };
	for (;;) {
		bool row;
		if (!db_step(s, &row, e))
			return false;
		if (!row)
			return true;
		int64_t at = db_col_i64(s, 0);
		if (at >= 0 && at < FORECAST_DECILES)
			ret[at] = (struct forecast_group){ db_col_i64(s, 1), db_col_f64(s, 2), db_col_f64(s, 3),
							   db_col_f64(s, 4) };
	}
}

bool forecast_deciles(struct db *db, int64_t run, struct forecast_group ret[FORECAST_DECILES], struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e,
			"SELECT tile - 1, count(*), min(value), max(value), sum(value) FROM (SELECT value, ntile(10) "
			"OVER (ORDER BY value DESC, customer) AS tile FROM forecast_value WHERE run = ?1) AS ranked "
			"GROUP BY tile",
			"i", run) &&
	       read_groups(s, ret, e);
}

bool forecast_bands(struct db *db, int64_t run, struct forecast_group ret[FORECAST_DECILES], struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e,
			"SELECT band, count(*), min(value), max(value), sum(value) FROM (SELECT value, CASE "
			"WHEN value >= 0.9 THEN 9 WHEN value >= 0.8 THEN 8 WHEN value >= 0.7 THEN 7 "
			"WHEN value >= 0.6 THEN 6 WHEN value >= 0.5 THEN 5 WHEN value >= 0.4 THEN 4 "
			"WHEN value >= 0.3 THEN 3 WHEN value >= 0.2 THEN 2 WHEN value >= 0.1 THEN 1 ELSE 0 END AS band "
			"FROM forecast_value WHERE run = ?1) AS chances GROUP BY band",
			"i", run) &&
	       read_groups(s, ret, e);
}
