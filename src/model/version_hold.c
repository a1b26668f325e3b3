/* Versions that wait for a person: kept, claimed by who confirms, corrected, expired. */
#include "model/building.h"

#include "db/db.h"

bool version_hold(struct db *db, int64_t org, int64_t version, int64_t expires_at, struct err *e)
{
	if (!db_exec(db, e,
		     "UPDATE dataset_version SET state = 'ready', expires_at = ?3 WHERE id = ?1 AND org = ?2 AND state "
		     "= 'building'",
		     "iii", version, org, expires_at))
		return false;
	return db_changes(db) == 1 ||
	       err_set(e, ERR_CONFLICT, "version_gone", "The version that was being made is gone.");
}

bool version_not_ready(struct db *db, int64_t org, int64_t version, struct err *e)
{
	int64_t confirming = 0;
	bool found = false;
	if (!db_query_i64(db, &confirming, &found, e,
			  "SELECT CASE WHEN state = 'confirming' THEN 1 ELSE 0 END FROM dataset_version WHERE id = ?1 "
			  "AND org = ?2",
			  "ii", version, org))
		return false;
	if (!found)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such version of the data set.");
	if (confirming)
		return err_set(e, ERR_CONFLICT, "confirm_running", "This version is being confirmed just now.");
	return err_set(e, ERR_CONFLICT, "not_waiting", "This version does not wait to be confirmed.");
}

bool version_claim(struct db *db, int64_t org, int64_t version, struct err *e)
{
	if (!db_exec(db, e,
		     "UPDATE dataset_version SET state = 'confirming' WHERE id = ?1 AND org = ?2 AND state = 'ready'",
		     "ii", version, org))
		return false;
	return db_changes(db) == 1 || version_not_ready(db, org, version, e);
}

bool version_unclaim(struct db *db, int64_t org, int64_t version, struct err *e)
{
	return db_exec(db, e,
		       "UPDATE dataset_version SET state = 'ready' WHERE id = ?1 AND org = ?2 AND state = 'confirming'",
		       "ii", version, org);
}

bool version_set_changes(struct db *db, int64_t org, int64_t version, struct str json, struct err *e)
{
	return db_exec(db, e,
		       "UPDATE dataset_version SET changes = ?3 WHERE id = ?1 AND org = ?2 AND state IN ('building', "
		       "'ready')",
		       "iiS", version, org, json);
}

bool version_set_roles(struct db *db, int64_t org, int64_t version, const struct dataset_table *t, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t ready = 0;
	if (!db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &ready, NULL, e,
			  "SELECT 1 FROM dataset_version v JOIN dataset_table t ON t.version = v.id WHERE v.id = ?1 "
			  "AND v.org = ?2 AND v.state = 'ready' AND t.id = ?3",
			  "iii", version, org, t->id))
		return false;
	if (!ready)
		return version_not_ready(db, org, version, e);
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct dataset_column *c = &t->columns[i];
		if (!db_exec(db, e,
			     "UPDATE dataset_column SET role = ?3, confidence = ?4, reason = ?5, by_person = ?6 WHERE "
			     "table_id = ?1 AND position = ?2",
			     "iisdsi", t->id, c->position, c->role, c->confidence, c->reason, (int64_t)c->by_person))
			return false;
	}
	return db_commit_tx(&tx, e);
}

static bool rename_column(struct db *db, int64_t version, const struct dataset_table *t, const struct dataset_column *c,
			  const char *before, struct err *e)
{
	return db_exec(db, e,
		       "UPDATE dataset_column SET name = ?3, header = ?4, stored_name = ?5 WHERE table_id = ?1 AND "
		       "position = ?2",
		       "iisss", t->id, c->position, c->name, c->header, c->stored) &&
	       db_exec(db, e,
		       "UPDATE reject SET column_name = ?4 WHERE version = ?1 AND table_id = ?2 AND "
		       "column_name = ?3",
		       "iiss", version, t->id, before, c->name) &&
	       db_exec(db, e,
		       "UPDATE dataset_relation SET from_column = ?4 WHERE version = ?1 AND from_table = ?2 AND "
		       "from_column = ?3",
		       "isss", version, t->name, before, c->name) &&
	       db_exec(db, e,
		       "UPDATE dataset_relation SET to_column = ?4 WHERE version = ?1 AND to_table = ?2 AND to_column "
		       "= ?3",
		       "isss", version, t->name, before, c->name);
}

bool version_set_names(struct db *db, int64_t org, int64_t version, const struct dataset_table *t,
		       const char *const *before, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t open = 0;
	if (!db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &open, NULL, e,
			  "SELECT 1 FROM dataset_version v JOIN dataset_table t ON t.version = v.id WHERE v.id = ?1 "
			  "AND v.org = ?2 AND v.state IN ('building', 'ready') AND t.id = ?3",
			  "iii", version, org, t->id))
		return false;
	if (!open)
		return version_not_ready(db, org, version, e);
	for (size_t i = 0; i < t->n_columns; i++)
		if (strcmp(t->columns[i].name, before[i]) != 0 &&
		    !rename_column(db, version, t, &t->columns[i], before[i], e))
			return false;
	return db_commit_tx(&tx, e);
}

bool version_find_expired(struct db *db, int64_t now, int64_t *ret_org, int64_t *ret_version, bool *ret_found,
			  struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	if (!db_query(db, &s, e,
		      "SELECT org, id FROM dataset_version WHERE state = 'ready' AND expires_at < ?1 LIMIT 1", "i",
		      now) ||
	    !db_step(s, ret_found, e))
		return false;
	if (*ret_found) {
		*ret_org = db_col_i64(s, 0);
		*ret_version = db_col_i64(s, 1);
	}
	return true;
}
