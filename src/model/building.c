#include "model/building.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "db/db.h"

#include <stdio.h>
#include <stdlib.h>

void segment_ids_add(struct segment_ids *s, int64_t id)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 16;
		s->p = mem_realloc(s->p, s->cap * sizeof *s->p);
	}
	s->p[s->n++] = id;
}

void segment_ids_free(struct segment_ids *s)
{
	free(s->p);
	*s = (struct segment_ids){ 0 };
}

static bool add_dataset(struct db *db, const struct version_begin *b, int64_t dataset, int64_t version, struct err *e)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(64 * LIMIT_DATASET_NAME_BYTES);
	struct str name = str_trim(b->name);
	struct err why = { 0 };
	if (!dataset_name_check(name, e))
		return false;
	utf8_fold(&folded, name);
	if (!folded.n)
		return err_field(e, ERR_VALUE, "name", "The name has no letter or digit.");
	if (db_exec(db, &why,
		    "INSERT INTO dataset (id, org, name, name_folded, current_version, building_version, last_number, "
		    "created_at, created_by) VALUES (?1, ?2, ?3, ?4, 0, ?5, 1, ?6, ?7)",
		    "iiSSiii", dataset, b->org, name, buf_str(&folded), version, clock_now(), b->user))
		return true;
	if (why.kind == ERR_CONFLICT) {
		err_set(e, ERR_CONFLICT, "name_taken", "There is a data set named \"%.*s\" already.", STR_ARG(name));
		if (e)
			snprintf(e->field, sizeof e->field, "name");
		return false;
	}
	if (e)
		*e = why;
	return false;
}

/* Takes the data set's one place for a version being built. */
static bool claim_dataset(struct db *db, const struct version_begin *b, int64_t version, struct err *e)
{
	int64_t building = 0, waiting = 0;
	bool found = false;
	if (!db_exec(db, e,
		     "UPDATE dataset SET building_version = ?1, last_number = last_number + 1 WHERE id = ?2 "
		     "AND org = ?3 AND building_version = 0 AND current_version <> 0",
		     "iii", version, b->dataset, b->org))
		return false;
	if (db_changes(db) == 1)
		return true;
	if (!db_query_i64(db, &building, &found, e, "SELECT building_version FROM dataset WHERE id = ?1 AND org = ?2",
			  "ii", b->dataset, b->org))
		return false;
	if (!found)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such data set.");
	if (!db_query_i64(db, &waiting, NULL, e, "SELECT number FROM dataset_version WHERE id = ?1 AND state = 'ready'",
			  "i", building))
		return false;
	if (waiting)
		return err_set(e, ERR_CONFLICT, "version_waiting",
			       "Version %lld of this data set waits to be checked; confirm it or throw it away first.",
			       (long long)waiting);
	return err_set(e, ERR_CONFLICT, "import_running", "Another version of this data set is being made just now.");
}

bool version_begin(struct db *db, const struct version_begin *b, int64_t *ret_dataset, int64_t *ret_version,
		   struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t dataset = b->dataset ? b->dataset : id_new();
	int64_t version = id_new();
	if (!db_begin_tx(db, &tx, e))
		return false;
	if (!(b->dataset ? claim_dataset(db, b, version, e) : add_dataset(db, b, dataset, version, e)))
		return false;
	if (!db_exec(db, e,
		     "INSERT INTO dataset_version (id, org, dataset, number, state, mode, parent, files, created_at, "
		     "created_by, rejected_rows) SELECT ?1, org, id, last_number, 'building', ?2, current_version, "
		     "?3, ?4, ?5, ?6 FROM dataset WHERE id = ?7",
		     "issiisi", version, b->mode, b->files_json, clock_now(), b->user,
		     b->drop_rejected ? "drop" : "keep", dataset) ||
	    !db_commit_tx(&tx, e))
		return false;
	*ret_dataset = dataset;
	*ret_version = version;
	return true;
}

bool version_publish(struct db *db, int64_t org, int64_t version, bool supersede, int64_t *ret_before, struct err *e)
{
	int64_t dataset = 0, before = 0;
	bool found = false;
	if (!db_query_i64(db, &dataset, &found, e,
			  "SELECT dataset FROM dataset_version WHERE id = ?1 AND org = ?2 AND state IN ('building', "
			  "'confirming')",
			  "ii", version, org))
		return false;
	if (!found)
		return err_set(e, ERR_CONFLICT, "version_gone", "The version that was being made is gone.");
	if (!db_query_i64(db, &before, NULL, e, "SELECT current_version FROM dataset WHERE id = ?1", "i", dataset))
		return false;
	if (before && supersede) {
		struct segment_ids none = { 0 };
		bool ok = version_delete_rows(db, before, &none, e);
		bool shared = !none.n;
		segment_ids_free(&none);
		if (!ok)
			return false;
		if (!shared)
			return err_set(e, ERR_INTERNAL, NULL,
				       "A correction does not hold the rows of what it replaces.");
	} else if (before && !db_exec(db, e, "UPDATE dataset_version SET state = 'old' WHERE id = ?1", "i", before)) {
		return false;
	}
	if (!db_exec(db, e, "UPDATE dataset_version SET state = 'current', expires_at = 0 WHERE id = ?1", "i",
		     version) ||
	    !db_exec(db, e, "UPDATE dataset SET current_version = ?1, building_version = 0 WHERE id = ?2", "ii",
		     version, dataset))
		return false;
	if (ret_before)
		*ret_before = before;
	return true;
}
