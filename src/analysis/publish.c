#include "analysis/publish.h"

#include "analysis/cards.h"
#include "analysis/instance.h"
#include "analysis/names.h"
#include "analysis/recommend.h"
#include "analysis/relations.h"
#include "analysis/spending.h"
#include "base/log.h"
#include "db/pool.h"
#include "job/clock.h"
#include "model/audit.h"
#include "model/retrain.h"
#include "model/segment.h"

#include <stdatomic.h>

#define STORE_WAIT_MS 10000

void watch_progress(const struct import_watch *w, double fraction, const char *message)
{
	if (w && w->progress)
		w->progress(w->ctx, fraction, message);
}

bool watch_cancelled(const struct import_watch *w)
{
	return w && w->cancel && atomic_load(w->cancel);
}

bool watch_goes_on(const struct import_watch *w, struct err *e)
{
	return !watch_cancelled(w) || err_set(e, ERR_CANCELLED, NULL, "It was cancelled.");
}

const char *publish_action(const char *mode)
{
	static const char *const actions[][2] = {
		{ "create", "dataset_import" }, { "append", "dataset_append" }, { "replace", "dataset_replace" },
		{ "upsert", "dataset_upsert" }, { "roles", "dataset_roles" },   { "activate", "dataset_activate" }
	};
	for (size_t i = 0; i < countof(actions); i++)
		if (!strcmp(actions[i][0], mode))
			return actions[i][1];
	return "dataset_import";
}

static void cards_progress(void *ctx, double fraction)
{
	const struct publish *p = ctx;
	watch_progress(p->watch, p->from + (0.99 - p->from) * fraction, "finding customers and purchases");
}

void publish_forget_learned(struct instance *in, struct db *db, int64_t version)
{
	struct err e = { 0 };
	if (!cards_drop(db, version, &e)) {
		struct log_line l;
		log_begin(&l, LOG_WARN, "cards_not_dropped");
		log_id(&l, "version", version);
		log_err(&l, &e);
		log_end(&l);
	}
	if (in->recommenders)
		recommender_forget(in->recommenders, version);
}

static void forget_others(struct instance *in, int64_t version)
{
	if (in->names)
		names_forget(in->names, version);
	if (in->spending)
		spending_forget(in->spending, version);
	relations_drop_version(in->relations, version);
}

void publish_forget(struct instance *in, struct db *db, int64_t version)
{
	publish_forget_learned(in, db, version);
	forget_others(in, version);
}

static bool make_current(struct db *db, const struct publish *p, int64_t *ret_before, struct segment_ids *gone,
			 struct segment_ids *unused, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	return db_begin_tx(db, &tx, e) && version_publish(db, p->by->org, p->version, p->supersede, ret_before, e) &&
	       version_prune(db, p->by->org, p->dataset, gone, unused, e) && retrain_data_changed(db, p->dataset, e) &&
	       audit_add(db, p->by, p->action, "dataset", p->dataset, p->detail, e) && db_commit_tx(&tx, e);
}

/* What is kept in memory of a version, so that the first who asks a server does not wait. Nothing depends on it. */
static void warm(struct instance *in, struct db *db, const struct publish *p)
{
	struct card_set set;
	struct err ignored = { 0 };
	if (!in->jobs || !card_set_find(db, p->by->org, p->version, &set, &ignored))
		return;
	if (in->names && !names_warm(in->names, db, &set, &ignored))
		log_event(LOG_WARN, "names_not_warmed", "the search index is made when first asked for");
	if (in->spending && !spending_warm(in, db, &set, &ignored))
		log_event(LOG_WARN, "spending_not_warmed", "it is summed up when first asked for");
}

bool publish_version(struct instance *in, struct db *db, const struct publish *p, struct err *e)
{
	CLEANUP(segment_ids_free) struct segment_ids gone = { 0 };
	CLEANUP(segment_ids_free) struct segment_ids unused = { 0 };
	int64_t before = 0;
	if (!cards_build(in, db, p->by->org, p->dataset, p->version, p->watch ? p->watch->cancel : NULL, cards_progress,
			 (void *)p, e) ||
	    !watch_goes_on(p->watch, e) || !make_current(db, p, &before, &gone, &unused, e))
		return false;
	/* What was learned from the version before, with its cards, serves until the new one is learned. */
	if (before)
		forget_others(in, before);
	if (!recommender_learn_soon(in, db, p->by->org, p->by->user, p->dataset, p->version, before) && before)
		publish_forget_learned(in, db, before);
	for (size_t i = 0; i < gone.n; i++)
		publish_forget(in, db, gone.p[i]);
	for (size_t i = 0; i < unused.n; i++)
		segment_remove(in->segments, unused.p[i]);
	job_clock_wake(in->clock); /* trainings after a new version */
	warm(in, db, p);
	watch_progress(p->watch, 1, "done");
	return true;
}

static bool undo(struct instance *in, struct db *db, int64_t org, int64_t version, struct err *e)
{
	CLEANUP(segment_ids_free) struct segment_ids unused = { 0 };
	publish_forget(in, db, version);
	if (!version_discard(db, org, version, VERSION_BUILDING, &unused, NULL, e))
		return false;
	for (size_t i = 0; i < unused.n; i++)
		segment_remove(in->segments, unused.p[i]);
	return true;
}

void publish_undo(struct instance *in, int64_t org, int64_t version)
{
	struct err e = { 0 };
	struct db *db = NULL;
	bool ok = db_pool_take(in->dbs, STORE_WAIT_MS, &db, &e) && undo(in, db, org, version, &e);
	db_pool_give(in->dbs, &db);
	if (ok)
		return;
	struct log_line l;
	log_begin(&l, LOG_ERROR, "version_not_undone");
	log_id(&l, "version", version);
	log_err(&l, &e);
	log_end(&l);
}
