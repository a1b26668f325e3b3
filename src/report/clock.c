/* The thread that runs schedules: sleeps until the next one, looks anew at least every half minute (clocks are set). */
#include "base/clock.h"
#include "base/log.h"
#include "db/pool.h"
#include "report/send.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define STORE_WAIT_MS 10000
#define LOOK_USEC (30 * USEC_PER_SEC)
#define TROUBLE_USEC (5 * USEC_PER_SEC)

struct report_clock {
	struct instance *inst;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	_Atomic bool stop;
	bool news;
	pthread_t thread;
};

static int64_t look(struct report_clock *c)
{
	struct db *db = NULL;
	struct err e = { 0 };
	int64_t due = INT64_MAX;
	bool found = true;
	bool good = db_pool_take(c->inst->dbs, STORE_WAIT_MS, &db, &e);
	while (good && found && !atomic_load(&c->stop))
		good = report_run_due(c->inst, db, &found, &e);
	good = good && report_next_due(db, &due, &e);
	db_pool_give(c->inst->dbs, &db);
	if (good)
		return due == INT64_MAX ? LOOK_USEC : MIN(MAX(due - clock_now(), INT64_C(1000)), LOOK_USEC);
	struct log_line l;
	log_begin(&l, LOG_ERROR, "schedule");
	log_err(&l, &e);
	log_end(&l);
	return TROUBLE_USEC;
}

static void *clock_thread(void *arg)
{
	struct report_clock *c = arg;
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

bool report_clock_start(struct instance *in, struct report_clock **ret, struct err *e)
{
	struct report_clock *c = mem_zalloc(sizeof *c);
	c->inst = in;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, NULL);
	if (pthread_create(&c->thread, NULL, clock_thread, c) != 0) {
		free(c);
		return err_set(e, ERR_UNAVAILABLE, NULL, "no thread for schedules");
	}
	*ret = c;
	return true;
}

void report_clock_wake(struct report_clock *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->news = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

void report_clock_stop(struct report_clock **cp)
{
	struct report_clock *c = *cp;
	if (!c)
		return;
	*cp = NULL;
	atomic_store(&c->stop, true);
	report_clock_wake(c);
	pthread_join(c->thread, NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->wake);
	free(c);
}
