/* Taking versions away, and with them the segments that nothing else uses. */
#include "model/building.h"

#include "base/limits.h"
#include "db/db.h"

/* The ids that a statement yields in its first column. */
static bool collect(struct db_stmt *s, struct segment_ids *ret, struct err *e)
{
	for (bool row;;) {
		if (!db_step(s, &row, e))
			return false;
		if (!row)
			return true;
		segment_ids_add(ret, db_col_i64(s, 0));
	}
}

static bool only_here(struct db *db, int64_t version, struct segment_ids *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(
		       db, &s, e,
		       "SELECT DISTINCT ts.segment FROM table_segment ts JOIN dataset_table t ON t.id = ts.table_id "
		       "WHERE t.version = ?1 AND NOT EXISTS (SELECT 1 FROM table_segment o "
		       "JOIN dataset_table ot ON ot.id = o.table_id WHERE o.segment = ts.segment AND ot.version <> ?1)",
		       "i", version) &&
	       collect(s, ret, e);
}

static bool delete_content(struct db *db, int64_t version, struct segment_ids *unused, struct err *e)
{
	static const char *const statements[] = {
		"DELETE FROM reject WHERE version = ?1",
		"DELETE FROM dataset_relation WHERE version = ?1",
		"DELETE FROM table_segment WHERE table_id IN (SELECT id FROM dataset_table WHERE version = ?1)",
		"DELETE FROM dataset_column WHERE table_id IN (SELECT id FROM dataset_table WHERE version = ?1)",
		"DELETE FROM dataset_table WHERE version = ?1",
	};
	size_t from = unused->n;
	if (!only_here(db, version, unused, e))
		return false;
	for (size_t i = 0; i < countof(statements); i++)
		if (!db_exec(db, e, statements[i], "i", version))
			return false;
	for (size_t i = from; i < unused->n; i++)
		if (!db_exec(db, e, "DELETE FROM segment WHERE id = ?1", "i", unused->p[i]))
			return false;
	return true;
}

bool version_delete_rows(struct db *db, int64_t version, struct segment_ids *unused, struct err *e)
{
	return delete_content(db, version, unused, e) &&
	       db_exec(db, e, "DELETE FROM dataset_version WHERE id = ?1", "i", version);
}

bool version_empty(struct db *db, int64_t org, int64_t version, struct err *e)
{
	CLEANUP(segment_ids_free) struct segment_ids unused = { 0 };
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t id = 0;
	bool found = false;
	if (!db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &id, &found, e,
			  "SELECT id FROM dataset_version WHERE id = ?1 AND org = ?2 AND state = 'building'", "ii",
			  version, org))
		return false;
	if (!found)
		return err_set(e, ERR_CONFLICT, "version_gone", "The version that was being made is gone.");
	return delete_content(db, version, &unused, e) && db_commit_tx(&tx, e);
}

bool version_discard(struct db *db, int64_t org, int64_t version, enum version_state from, struct segment_ids *unused,
		     bool *ret_gone, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t dataset = 0;
	bool found = false;
	if (!db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &dataset, &found, e,
			  "SELECT dataset FROM dataset_version WHERE id = ?1 AND org = ?2 AND state = ?3", "iis",
			  version, org, version_state_name(from)))
		return false;
	if (ret_gone)
		*ret_gone = found;
	if (!found)
		return true;
	return version_delete_rows(db, version, unused, e) &&
	       db_exec(db, e, "UPDATE dataset SET building_version = 0 WHERE id = ?1 AND building_version = ?2", "ii",
		       dataset, version) &&
	       db_exec(db, e, "DELETE FROM dataset WHERE id = ?1 AND current_version = 0", "i", dataset) &&
	       db_commit_tx(&tx, e);
}

bool version_prune(struct db *db, int64_t org, int64_t dataset, struct segment_ids *gone, struct segment_ids *unused,
		   struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	size_t from = gone->n;
	if (!db_begin_tx(db, &tx, e))
		return false;
	{
		CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
		if (!db_query(db, &s, e,
			      "SELECT id FROM dataset_version WHERE dataset = ?1 AND org = ?2 AND state = 'old' "
			      "ORDER BY number DESC LIMIT 1000 OFFSET ?3",
			      "iii", dataset, org, (int64_t)LIMIT_VERSIONS_KEPT - 1) ||
		    !collect(s, gone, e))
			return false;
	}
	for (size_t i = from; i < gone->n; i++)
		if (!version_delete_rows(db, gone->p[i], unused, e))
			return false;
	return db_commit_tx(&tx, e);
}

bool dataset_remove_rows(struct db *db, int64_t org, int64_t dataset, struct segment_ids *gone,
			 struct segment_ids *unused, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	size_t from = gone->n;
	int64_t building = 0, waiting = 0;
	bool found = false;
	if (!db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &building, &found, e, "SELECT building_version FROM dataset WHERE id = ?1 AND org = ?2",
			  "ii", dataset, org))
		return false;
	if (!found)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such data set.");
	if (building &&
	    !db_query_i64(db, &waiting, NULL, e, "SELECT id FROM dataset_version WHERE id = ?1 AND state = 'ready'",
			  "i", building))
		return false;
	if (building && !waiting)
		return err_set(e, ERR_CONFLICT, "import_running",
			       "A version of this data set is being made just now; cancel that first.");
	{
		CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
		if (!db_query(db, &s, e, "SELECT id FROM dataset_version WHERE dataset = ?1", "i", dataset) ||
		    !collect(s, gone, e))
			return false;
	}
	for (size_t i = from; i < gone->n; i++)
		if (!version_delete_rows(db, gone->p[i], unused, e))
			return false;
	return db_exec(db, e, "DELETE FROM dataset WHERE id = ?1", "i", dataset) && db_commit_tx(&tx, e);
}

bool version_sweep(struct db *db, struct segment_ids *gone, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	CLEANUP(segment_ids_free) struct segment_ids unused = { 0 };
	size_t from = gone->n;
	if (!db_begin_tx(db, &tx, e))
		return false;
	{
		CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
		if (!db_query(db, &s, e, "SELECT id FROM dataset_version WHERE state = 'building'", "") ||
		    !collect(s, gone, e))
			return false;
	}
	for (size_t i = from; i < gone->n; i++)
		if (!version_delete_rows(db, gone->p[i], &unused, e))
			return false;
	return db_exec(db, e, "UPDATE dataset_version SET state = 'ready' WHERE state = 'confirming'", "") &&
	       db_exec(db, e,
		       "UPDATE dataset SET building_version = 0 WHERE building_version <> 0 AND NOT EXISTS (SELECT 1 "
		       "FROM dataset_version v WHERE v.id = dataset.building_version)",
		       "") &&
	       db_exec(db, e, "DELETE FROM dataset WHERE current_version = 0 AND building_version = 0", "") &&
	       db_exec(db, e,
		       "DELETE FROM segment WHERE NOT EXISTS (SELECT 1 FROM table_segment WHERE segment = segment.id)",
		       "") &&
	       db_commit_tx(&tx, e);
}
