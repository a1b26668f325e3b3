#include "job/clock.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "db/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define STORE_WAIT_MS 10000
#define LOOK_USEC (30 * USEC_PER_SEC)
#define TROUBLE_USEC (5 * USEC_PER_SEC)
#define LEAST_USEC INT64_C(1000)

struct job_clock {
	struct db_pool *dbs;
	const struct clock_source *sources;
	size_t n_sources;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	_Atomic bool stop;
	bool news;
	pthread_t thread;
};

/* How long until it is to be looked at again. */
static int64_t look_at(struct job_clock *c, const struct clock_source *s, struct db *db)
{
	struct err e = { 0 };
	int64_t due = INT64_MAX;
	bool found = true, good = true;
	while (good && found && !atomic_load(&c->stop))
		good = s->run_due(s->ctx, db, &found, &e);
	good = good && s->next_due(db, &due, &e);
	if (good)
		return due == INT64_MAX ? LOOK_USEC : MIN(MAX(due - clock_now(), LEAST_USEC), LOOK_USEC);
	struct log_line l;
	log_begin(&l, LOG_ERROR, "schedule");
	log_err(&l, &e);
	log_end(&l);
	return TROUBLE_USEC;
}

static int64_t look(struct job_clock *c)
{
	struct db *db = NULL;
	struct err e = { 0 };
	int64_t wait = LOOK_USEC;
	if (!db_pool_take(c->dbs, STORE_WAIT_MS, &db, &e)) {
		log_event(LOG_ERROR, "schedule", "the store is busy");
		return TROUBLE_USEC;
	}
	for (size_t i = 0; i < c->n_sources; i++)
		wait = MIN(wait, look_at(c, &c->sources[i], db));
	db_pool_give(c->dbs, &db);
	return wait;
}

static void *clock_thread(void *arg)
{
	struct job_clock *c = arg;
	while (!atomic_load(&c->stop)) {
		int64_t until = look(c) + clock_now();
		struct timespec t = { (time_t)(until / USEC_PER_SEC), (long)(until % USEC_PER_SEC * 1000) };
		pthread_mutex_lock(&c->lock);
		if (!c->news && !atomic_load(&c->stop))
			pthread_cond_timedwait(&c->wake, &c->lock, &t);
		c->news = false;
		pthread_mutex_unlock(&c->lock);
	}
	return NULL;
}

bool job_clock_start(struct db_pool *dbs, const struct clock_source *sources, size_t n, struct job_clock **ret,
		     struct err *e)
{
	struct job_clock *c = mem_zalloc(sizeof *c);
	c->dbs = dbs;
	c->sources = sources;
	c->n_sources = n;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, NULL);
	if (pthread_create(&c->thread, NULL, clock_thread, c) != 0) {
		free(c);
		return err_set(e, ERR_UNAVAILABLE, NULL, "no thread for schedules");
	}
	*ret = c;
	return true;
}

void job_clock_wake(struct job_clock *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->news = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

void job_clock_stop(struct job_clock **cp)
{
	struct job_clock *c = *cp;
	if (!c)
		return;
	*cp = NULL;
	atomic_store(&c->stop, true);
	job_clock_wake(c);
	pthread_join(c->thread, NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->wake);
	free(c);
}
