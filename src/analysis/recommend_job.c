/* Learning the next products of a new version as a job, so that the first one who asks does not wait for it. */
#include "analysis/publish.h"
#include "analysis/recommend_inner.h"
#include "base/log.h"
#include "db/pool.h"
#include "job/job.h"
#include "model/customer.h"

#include <stdlib.h>

#define STORE_WAIT_MS 10000

struct learning {
	struct instance *in;
	int64_t org, dataset, version;
	int64_t before; /* serves meanwhile; 0 = none */
};

static bool stage(void *ctx, double done, const char *what)
{
	struct job *j = ctx;
	job_progress(j, done, "%s", what);
	return !*job_cancel_flag(j);
}

static bool run(struct job *j, void *ctx, struct err *e)
{
	struct learning *l = ctx;
	struct db *db = NULL;
	struct recommender *r = NULL;
	struct learn_watch watch = { stage, j };
	job_progress(j, 0.01, "reading the customers");
	bool good = db_pool_take(l->in->dbs, STORE_WAIT_MS, &db, e) &&
		    recommender_take_own(l->in, db, l->org, l->version, &watch, &r, e);
	recommender_give(l->in, r);
	db_pool_give(l->in->dbs, &db);
	/* Nothing to learn from, or a newer version has taken its place: neither is a failure. */
	return good || e->kind == ERR_VALUE || e->kind == ERR_NOT_FOUND;
}

static void end(void *ctx)
{
	struct learning *l = ctx;
	struct db *db = NULL;
	struct err e = { 0 };
	recommender_learning(l->in->recommenders, l->version, false);
	if (l->before && db_pool_take(l->in->dbs, STORE_WAIT_MS, &db, &e))
		publish_forget_learned(l->in, db, l->before); /* else the next start sweeps it */
	db_pool_give(l->in->dbs, &db);
	free(l);
}

bool recommender_learn_soon(struct instance *in, struct db *db, int64_t org, int64_t user, int64_t dataset,
			    int64_t version, int64_t before)
{
	struct err e = { 0 };
	struct card_set set;
	int64_t id;
	if (!in->jobs || !in->recommenders || !card_set_find(db, org, version, &set, &e) || !set.products)
		return false;
	struct learning *l = mem_zalloc(sizeof *l);
	*l = (struct learning){ in, org, dataset, version, before };
	struct job_spec spec = {
		.kind = "learn", .org = org, .user = user, .object = dataset, .run = run, .ctx = l, .free_ctx = end
	};
	recommender_learning(in->recommenders, version, true);
	if (job_start(in->jobs, &spec, &id, &e))
		return true;
	struct log_line line;
	log_begin(&line, LOG_WARN, "learning_not_started");
	log_id(&line, "version", version);
	log_err(&line, &e);
	log_end(&line);
	return true; /* the end of the job that did not begin has let `before` go */
}
