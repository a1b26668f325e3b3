#include "app/warm.h"

#include "analysis/forecast_run.h"
#include "analysis/instance.h"
#include "analysis/names.h"
#include "analysis/recommend.h"
#include "analysis/spending.h"
#include "analysis/versions.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "db/pool.h"
#include "model/customer.h"
#include "model/dataset.h"
#include "model/org.h"
#include "model/session.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define STORE_WAIT_MS 10000
#define WARM_ARENA (64 * MIB)
#define SWEEP_EVERY_SECONDS 3600

struct warming {
	struct instance *inst;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	_Atomic bool stop;
};

/* The search index and the spending of one data set, when it has customers. */
static bool warm_customers(struct warming *w, struct db *db, const struct dataset *d, bool *ret_customers,
			   struct err *e)
{
	struct card_set set;
	*ret_customers = card_set_find(db, d->org, d->current, &set, e);
	if (!*ret_customers)
		return e->kind == ERR_NOT_FOUND;
	return names_warm(w->inst->names, db, &set, e) && forecasts_warm(w->inst, db, &set, e) &&
	       spending_warm(w->inst, db, &set, e);
}

/* Search in every data set; next products, which take seconds to learn, of the newest one with customers. */
static bool warm_org(struct warming *w, struct db *db, struct arena *a, int64_t org, struct err *e)
{
	struct dataset *items;
	const struct dataset *newest = NULL;
	size_t n;
	if (!dataset_list_ready(db, a, org, &items, &n, e))
		return false;
	/* Oldest first, so that the newest stay when not all fit. */
	for (size_t i = 0; i < n && !atomic_load(&w->stop); i++) {
		bool customers;
		if (!warm_customers(w, db, &items[i], &customers, e))
			return false;
		newest = customers ? &items[i] : newest;
	}
	if (!newest || atomic_load(&w->stop))
		return true;
	/* Nothing to learn from is no failure. */
	return recommender_warm(w->inst, db, org, newest->id, newest->current, e) || e->kind == ERR_VALUE;
}

static bool warm_all(struct warming *w, struct db *db, struct arena *a, struct err *e)
{
	struct org bank, *orgs;
	struct page page = { .limit = LIMIT_PAGE };
	if (!org_find_bank(db, a, &bank, e))
		return false;
	struct caller by = caller_local(bank.id, true);
	do {
		page.after = page.next;
		if (!org_list(db, &by, &page, a, &orgs, e))
			return false;
		for (size_t i = 0; i < page.n && !atomic_load(&w->stop); i++)
			if (!warm_org(w, db, a, orgs[i].id, e))
				return false;
	} while (page.next && !atomic_load(&w->stop));
	return true;
}

static void with_store(struct warming *w, bool first)
{
	struct arena a = ARENA_INIT(WARM_ARENA);
	struct db *db = NULL;
	struct err e = { 0 };
	bool good = db_pool_take(w->inst->dbs, STORE_WAIT_MS, &db, &e) && session_sweep(db, clock_now(), &e) &&
		    versions_expire(w->inst, db, clock_now(), NULL, &e) && (!first || warm_all(w, db, &a, &e));
	db_pool_give(w->inst->dbs, &db);
	arena_free(&a);
	if (!good) {
		struct log_line l;
		log_begin(&l, LOG_WARN, "housekeeping_failed");
		log_err(&l, &e);
		log_end(&l);
	}
}

static void *warming_thread(void *arg)
{
	struct warming *w = arg;
	with_store(w, true);
	pthread_mutex_lock(&w->lock);
	while (!atomic_load(&w->stop)) {
		int64_t until = clock_now() / USEC_PER_SEC + SWEEP_EVERY_SECONDS;
		struct timespec t = { .tv_sec = (time_t)until };
		if (pthread_cond_timedwait(&w->wake, &w->lock, &t) == 0)
			continue;
		pthread_mutex_unlock(&w->lock);
		with_store(w, false);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

void warming_start(struct instance *in, struct warming **ret)
{
	struct warming *w = mem_zalloc(sizeof *w);
	w->inst = in;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	if (pthread_create(&w->thread, NULL, warming_thread, w) != 0) {
		/* Nothing depends on it: the first request waits a little longer. */
		free(w);
		w = NULL;
	}
	*ret = w;
}

void warming_stop(struct warming **wp)
{
	struct warming *w = *wp;
	if (!w)
		return;
	*wp = NULL;
	pthread_mutex_lock(&w->lock);
	atomic_store(&w->stop, true);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->wake);
	free(w);
}
