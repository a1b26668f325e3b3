/* Versions that wait to be looked at: confirmed, corrected, thrown away, expired. */
#include "analysis/versions.h"

#include "analysis/changes.h"
#include "analysis/column_names.h"
#include "analysis/instance.h"
#include "analysis/publish.h"
#include "analysis/roles.h"
#include "base/log.h"
#include "db/pool.h"
#include "model/audit.h"
#include "model/segment.h"
#include "json/read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define STORE_WAIT_MS 10000
#define CONTENT_BYTES (64 * MIB)

static bool make_current(struct instance *in, struct db *db, const struct caller *by, const struct dataset_version *v,
			 const struct import_watch *w, struct err *e)
{
	char detail[120];
	snprintf(detail, sizeof detail, "{\"version\":%" PRId64 ",\"rows\":%" PRId64 ",\"rejects\":%" PRId64 "}",
		 v->number, v->rows, v->rejects);
	struct publish p = { .by = by,
			     .dataset = v->dataset,
			     .version = v->id,
			     .action = publish_action(v->mode),
			     .detail = detail,
			     .watch = w };
	if (!version_claim(db, by->org, v->id, e))
		return false;
	if (publish_version(in, db, &p, e))
		return true;
	/* It waits as before; what cannot be written now is put right at the next start. */
	struct err why = { 0 };
	publish_forget(in, db, v->id);
	if (!version_unclaim(db, by->org, v->id, &why)) {
		struct log_line l;
		log_begin(&l, LOG_ERROR, "confirm_not_undone");
		log_id(&l, "version", v->id);
		log_err(&l, &why);
		log_end(&l);
	}
	return false;
}

bool versions_confirm(struct instance *in, const struct caller *by, int64_t dataset, int64_t number,
		      const struct import_watch *w, int64_t *ret_version, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(MIB);
	struct dataset_version v;
	struct db *db = NULL;
	bool ok = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) &&
		  dataset_version_find_number(db, &a, by->org, dataset, number, &v, e) &&
		  (v.state == VERSION_CURRENT || make_current(in, db, by, &v, w, e));
	db_pool_give(in->dbs, &db);
	if (ok)
		*ret_version = v.id;
	return ok;
}

static bool correct(struct db *db, const struct caller *by, int64_t dataset, int64_t number,
		    const struct import_role *roles, size_t n, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(CONTENT_BYTES);
	CLEANUP(db_tx_end) struct db *tx = NULL;
	struct dataset_version v;
	struct dataset_content c;
	if (!db_begin_tx(db, &tx, e) || !dataset_version_find_number(db, &a, by->org, dataset, number, &v, e) ||
	    !dataset_content(db, &a, by->org, v.id, &c, e) || !roles_apply(c.tables, c.n_tables, roles, n, e))
		return false;
	for (size_t i = 0; i < c.n_tables; i++)
		if (!version_set_roles(db, by->org, v.id, &c.tables[i], e))
			return false;
	return db_commit_tx(&tx, e);
}

bool versions_correct(struct instance *in, const struct caller *by, int64_t dataset, int64_t number,
		      const struct import_role *roles, size_t n, struct err *e)
{
	struct db *db = NULL;
	bool ok = roles_check(roles, n, e) && db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) &&
		  correct(db, by, dataset, number, roles, n, e);
	db_pool_give(in->dbs, &db);
	return ok;
}

static bool rename_columns(struct db *db, const struct caller *by, int64_t dataset, int64_t number,
			   const struct column_rename *renames, size_t n, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(CONTENT_BYTES);
	CLEANUP(str_freep) char *text = NULL;
	CLEANUP(json_decrefp_) json_t *changes = NULL;
	CLEANUP(db_tx_end) struct db *tx = NULL;
	struct dataset_version v;
	struct dataset_content c;
	if (!db_begin_tx(db, &tx, e) || !dataset_version_find_number(db, &a, by->org, dataset, number, &v, e))
		return false;
	if (v.state != VERSION_READY)
		return version_not_ready(db, by->org, v.id, e);
	if (!dataset_content(db, &a, by->org, v.id, &c, e))
		return false;
	if (v.changes_json[0] && !json_read(str_of(v.changes_json), CHANGES_BYTES, &changes, e))
		return false;
	if (!column_names_set(db, &a, &c, renames, n, changes, e))
		return false;
	if (changes) {
		text = json_dumps(changes, JSON_COMPACT);
		if (!text || strlen(text) > CHANGES_BYTES)
			return err_set(e, ERR_LIMIT, NULL, "What changes is too long to be told.");
		if (!version_set_changes(db, by->org, v.id, str_of(text), e))
			return false;
	}
	return db_commit_tx(&tx, e);
}

bool versions_rename(struct instance *in, const struct caller *by, int64_t dataset, int64_t number,
		     const struct column_rename *renames, size_t n, struct err *e)
{
	struct db *db = NULL;
	bool ok =
		db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) && rename_columns(db, by, dataset, number, renames, n, e);
	db_pool_give(in->dbs, &db);
	return ok;
}

/* The rows go in one transaction with their line in the audit log, then the files. */
static bool discard(struct instance *in, struct db *db, const struct caller *by, int64_t version, const char *action,
		    bool *ret_gone, struct err *e)
{
	CLEANUP(segment_ids_free) struct segment_ids unused = { 0 };
	CLEANUP(arena_free) struct arena a = ARENA_INIT(MIB);
	struct dataset_version v;
	{
		CLEANUP(db_tx_end) struct db *tx = NULL;
		if (!db_begin_tx(db, &tx, e) || !dataset_version_find(db, &a, by->org, version, &v, e) ||
		    !version_discard(db, by->org, version, VERSION_READY, &unused, ret_gone, e) ||
		    (*ret_gone && !audit_add(db, by, action, "dataset", v.dataset, NULL, e)) || !db_commit_tx(&tx, e))
			return false;
	}
	if (*ret_gone)
		publish_forget(in, db, version);
	for (size_t i = 0; i < unused.n; i++)
		segment_remove(in->segments, unused.p[i]);
	return true;
}

bool versions_throw_away(struct instance *in, const struct caller *by, int64_t dataset, int64_t number, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(MIB);
	struct dataset_version v;
	struct db *db = NULL;
	bool gone = false;
	bool ok = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) &&
		  dataset_version_find_number(db, &a, by->org, dataset, number, &v, e) &&
		  discard(in, db, by, v.id, "dataset_discard", &gone, e);
	if (ok && !gone)
		ok = version_not_ready(db, by->org, v.id, e);
	db_pool_give(in->dbs, &db);
	return ok;
}

bool versions_expire(struct instance *in, struct db *db, int64_t now, size_t *ret_versions, struct err *e)
{
	for (size_t n = 0;; n++) {
		int64_t org, version;
		bool found, gone;
		if (!version_find_expired(db, now, &org, &version, &found, e))
			return false;
		if (ret_versions)
			*ret_versions = n;
		if (!found)
			return true;
		struct caller by = caller_local(org, false);
		if (!discard(in, db, &by, version, "dataset_expired", &gone, e))
			return false;
	}
}
