#include "analysis/versions.h"

#include "analysis/cards.h"
#include "analysis/instance.h"
#include "analysis/publish.h"
#include "analysis/roles.h"
#include "base/limits.h"
#include "db/pool.h"
#include "model/audit.h"
#include "model/segment.h"
#include "model/trained.h"

#include <inttypes.h>
#include <stdio.h>

#define STORE_WAIT_MS 10000
#define CONTENT_BYTES (64 * MIB)

/* A new version of rows that are there already. */
struct remake {
	const struct caller *by;
	int64_t dataset;
	int64_t number; /* of the version whose rows it takes; 0 = the current one */
	const char *mode, *action;
	bool supersede;
	const struct import_role *roles;
	size_t n_roles;
	const struct import_watch *watch;
};

static bool read_source(struct db *db, struct arena *a, const struct remake *m, struct dataset_content *ret,
			struct err *e)
{
	struct dataset d;
	struct dataset_version v;
	if (!dataset_find_ready(db, a, m->by->org, m->dataset, &d, e))
		return false;
	if (!m->number)
		return dataset_content(db, a, m->by->org, d.current, ret, e);
	return dataset_version_find_number(db, a, m->by->org, m->dataset, m->number, &v, e) &&
	       dataset_content(db, a, m->by->org, v.id, ret, e);
}

static bool fill_and_publish(struct instance *in, struct db *db, const struct remake *m, int64_t version,
			     struct dataset_content *c, struct err *e)
{
	char detail[100];
	snprintf(detail, sizeof detail, "rows of version %" PRId64 ", %zu columns named", c->version.number,
		 m->n_roles);
	struct publish p = { .by = m->by,
			     .dataset = m->dataset,
			     .version = version,
			     .action = m->action,
			     .detail = detail,
			     .supersede = m->supersede,
			     .watch = m->watch };
	return version_fill(db, m->by->org, version, c->tables, c->n_tables, c->relations, c->n_relations, NULL, 0,
			    NULL, e) &&
	       publish_version(in, db, &p, e);
}

static bool remake(struct instance *in, struct db *db, const struct remake *m, int64_t *ret_version, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(CONTENT_BYTES);
	struct dataset_content c;
	int64_t dataset, version;
	/* Refused before anything is reserved; read again below, where nothing can change it any more. */
	if (!read_source(db, &a, m, &c, e) || !roles_apply(c.tables, c.n_tables, m->roles, m->n_roles, e))
		return false;
	struct version_begin b = { .org = m->by->org,
				   .user = m->by->user,
				   .dataset = m->dataset,
				   .mode = m->mode,
				   .files_json = c.version.files_json,
				   .drop_rejected = c.version.drop_rejected };
	if (!version_begin(db, &b, &dataset, &version, e))
		return false;
	if (!read_source(db, &a, m, &c, e) || !roles_apply(c.tables, c.n_tables, m->roles, m->n_roles, e) ||
	    !fill_and_publish(in, db, m, version, &c, e)) {
		publish_undo(in, m->by->org, version);
		return false;
	}
	*ret_version = version;
	return true;
}

bool versions_set_roles(struct instance *in, const struct caller *by, int64_t dataset, const struct import_role *roles,
			size_t n, const struct import_watch *w, int64_t *ret_version, struct err *e)
{
	struct remake m = { .by = by,
			    .dataset = dataset,
			    .mode = "roles",
			    .action = "dataset_roles",
			    .supersede = true,
			    .roles = roles,
			    .n_roles = n,
			    .watch = w };
	struct db *db = NULL;
	bool ok = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) && remake(in, db, &m, ret_version, e);
	db_pool_give(in->dbs, &db);
	return ok;
}

bool versions_activate(struct instance *in, const struct caller *by, int64_t dataset, int64_t number,
		       const struct import_watch *w, int64_t *ret_version, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(MIB);
	struct remake m = { .by = by,
			    .dataset = dataset,
			    .number = number,
			    .mode = "activate",
			    .action = "dataset_activate",
			    .watch = w };
	struct dataset_version v;
	struct db *db = NULL;
	bool ok = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) &&
		  dataset_version_find_number(db, &a, by->org, dataset, number, &v, e);
	if (ok && v.state == VERSION_CURRENT)
		*ret_version = v.id;
	else
		ok = ok && remake(in, db, &m, ret_version, e);
	db_pool_give(in->dbs, &db);
	return ok;
}

static bool remove_rows(struct db *db, const struct caller *by, int64_t dataset, struct segment_ids *gone,
			struct segment_ids *unused, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	return db_begin_tx(db, &tx, e) && dataset_remove_rows(db, by->org, dataset, gone, unused, e) &&
	       audit_add(db, by, "dataset_remove", "dataset", dataset, NULL, e) && db_commit_tx(&tx, e);
}

bool versions_remove_dataset(struct instance *in, const struct caller *by, int64_t dataset, struct err *e)
{
	CLEANUP(segment_ids_free) struct segment_ids gone = { 0 };
	CLEANUP(segment_ids_free) struct segment_ids unused = { 0 };
	struct db *db = NULL;
	bool ok = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) && remove_rows(db, by, dataset, &gone, &unused, e);
	for (size_t i = 0; ok && i < gone.n; i++)
		publish_forget(in, db, gone.p[i]);
	for (size_t i = 0; ok && i < unused.n; i++)
		segment_remove(in->segments, unused.p[i]);
	ok = ok && forecast_sweep(db, false, e);
	db_pool_give(in->dbs, &db);
	return ok;
}

bool versions_sweep(struct instance *in, struct db *db, size_t *ret_versions, size_t *ret_files, struct err *e)
{
	CLEANUP(segment_ids_free) struct segment_ids gone = { 0 };
	size_t files = 0;
	if (!version_sweep(db, &gone, e))
		return false;
	for (size_t i = 0; i < gone.n; i++)
		if (!cards_drop(db, gone.p[i], e))
			return false;
	if (!cards_sweep(db, e) || !forecast_sweep(db, true, e) || !segment_sweep(in->segments, db, &files, e))
		return false;
	if (ret_versions)
		*ret_versions = gone.n;
	if (ret_files)
		*ret_files = files;
	return true;
}
