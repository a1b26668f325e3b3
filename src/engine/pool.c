#include "engine/pool.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "engine/pool_internal.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct engine_pool {
	struct engine_pool_options o;
	int64_t idle; /* microseconds */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* an engine became ready or went, or the pool ends */
	struct engine *engines; /* starting or ready */
	size_t n;
	bool ends;
	pthread_t janitor;
	bool has_janitor;
};

const struct engine_pool_options *pool_options(const struct engine_pool *p)
{
	return &p->o;
}

static void engine_free(struct engine *en)
{
	if (!en)
		return;
	engine_close(&en->proc);
	relations_forget(en);
	pthread_mutex_destroy(&en->control);
	free(en);
}

/* Takes en out of the list. The pool is locked. */
static void unlink_engine(struct engine_pool *p, struct engine *en)
{
	for (struct engine **at = &p->engines; *at; at = &(*at)->next) {
		if (*at == en) {
			*at = en->next;
			p->n--;
			break;
		}
	}
	en->state = ENGINE_DEAD;
	pthread_cond_broadcast(&p->changed);
}

/* The same for one that nobody uses; the caller frees it once the pool is unlocked. */
static struct engine *longest_unused(struct engine_pool *p)
{
	struct engine *best = NULL;
	for (struct engine *en = p->engines; en; en = en->next)
		if (en->state == ENGINE_READY && en->refs == 0 && (!best || en->last_used < best->last_used))
			best = en;
	return best;
}

/* Waits for a change, in slices so that a cancel flag is seen. The pool is locked. */
static void wait_change(struct engine_pool *p, int64_t usec)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	int64_t nanos = until.tv_nsec + usec % USEC_PER_SEC * 1000;
	until.tv_sec += usec / USEC_PER_SEC + nanos / 1000000000;
	until.tv_nsec = nanos % 1000000000;
	pthread_cond_timedwait(&p->changed, &p->lock, &until);
}

/* Puts idle engines to sleep. */
static void *janitor(void *arg)
{
	struct engine_pool *p = arg;
	pthread_mutex_lock(&p->lock);
	while (!p->ends) {
		int64_t now = clock_monotonic();
		struct engine *en = longest_unused(p);
		if (en && en->last_used + p->idle <= now) {
			unlink_engine(p, en);
			pthread_mutex_unlock(&p->lock);
			engine_free(en);
			pthread_mutex_lock(&p->lock);
		} else if (en) {
			wait_change(p, en->last_used + p->idle - now);
		} else {
			pthread_cond_wait(&p->changed, &p->lock);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct engine_pool *engine_pool_new(const struct engine_pool_options *o)
{
	struct engine_pool *p = mem_zalloc(sizeof *p);
	pthread_condattr_t attr;
	p->o = *o;
	if (!p->o.max_engines)
		p->o.max_engines = LIMIT_ENGINES;
	if (!p->o.segment_bytes)
		p->o.segment_bytes = LIMIT_ENGINE_SEGMENT_BYTES;
	p->idle = (o->idle_seconds ? o->idle_seconds : LIMIT_ENGINE_IDLE_SECONDS) * USEC_PER_SEC;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &attr);
	pthread_condattr_destroy(&attr);
	/* Without it engines only sleep when others need their place. */
	p->has_janitor = pthread_create(&p->janitor, NULL, janitor, p) == 0;
	return p;
}

void engine_pool_free(struct engine_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->ends = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	if (p->has_janitor)
		pthread_join(p->janitor, NULL);
	while (p->engines) {
		struct engine *en = p->engines;
		unlink_engine(p, en);
		engine_free(en);
	}
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static struct engine *find(struct engine_pool *p, int64_t org)
{
	struct engine *en = p->engines;
	while (en && en->org != org)
		en = en->next;
	return en;
}

/* Starts the process of en, which is in the list as starting. The pool is not locked. */
static bool start(struct engine_pool *p, struct engine *en, struct err *e)
{
	struct engine_process proc = { .pid = -1, .control = -1 };
	bool good = engine_spawn(&p->o.spawn, ENGINE_MODE_QUERY, &proc, e);
	pthread_mutex_lock(&p->lock);
	en->proc = proc;
	en->last_used = clock_monotonic();
	if (good) {
		en->state = ENGINE_READY;
		pthread_cond_broadcast(&p->changed);
	} else {
		unlink_engine(p, en);
	}
	pthread_mutex_unlock(&p->lock);
	if (!good)
		engine_free(en);
	return good;
}

/* A new engine in the list, with a reference; *ret_victim went for it. The pool is locked. NULL: all are busy. */
static struct engine *enlist(struct engine_pool *p, int64_t org, struct engine **ret_victim)
{
	if (p->n >= p->o.max_engines) {
		*ret_victim = longest_unused(p);
		if (!*ret_victim)
			return NULL;
		unlink_engine(p, *ret_victim);
	}
	struct engine *en = mem_zalloc(sizeof *en);
	en->org = org;
	en->refs = 1;
	en->proc = (struct engine_process){ .pid = -1, .control = -1 };
	pthread_mutex_init(&en->control, NULL);
	en->next = p->engines;
	p->engines = en;
	p->n++;
	return en;
}

struct engine *pool_acquire(struct engine_pool *p, int64_t org, const _Atomic bool *cancel, struct err *e)
{
	struct engine *victim = NULL;
	pthread_mutex_lock(&p->lock);
	struct engine *en = find(p, org);
	while (en && en->state == ENGINE_STARTING) {
		if (cancel && atomic_load(cancel)) {
			pthread_mutex_unlock(&p->lock);
			err_set(e, ERR_CANCELLED, NULL, "Cancelled.");
			return NULL;
		}
		wait_change(p, FRAME_CANCEL_USEC);
		en = find(p, org);
	}
	bool running = en;
	if (running)
		en->refs++;
	else
		en = enlist(p, org, &victim);
	pthread_mutex_unlock(&p->lock);
	engine_free(victim);
	if (!en) {
		err_set(e, ERR_UNAVAILABLE, "engines_busy", "All engines are busy; try again shortly.");
		if (e)
			e->retry_after = 1;
		return NULL;
	}
	return running || start(p, en, e) ? en : NULL;
}

void pool_release(struct engine_pool *p, struct engine *en)
{
	pthread_mutex_lock(&p->lock);
	en->last_used = clock_monotonic();
	bool gone = --en->refs == 0 && en->state == ENGINE_DEAD;
	if (en->refs == 0 && !gone)
		pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	if (gone)
		engine_free(en);
}

void pool_bury(struct engine_pool *p, struct engine *en)
{
	pthread_mutex_lock(&p->lock);
	if (en->state == ENGINE_READY) {
		int status = 0;
		pid_t pid = en->proc.pid;
		unlink_engine(p, en);
		engine_kill(&en->proc, &status);
		struct log_line l;
		log_begin(&l, LOG_WARN, "engine_stopped");
		log_id(&l, "org", en->org);
		log_i64(&l, "pid", pid);
		log_i64(&l, "status", status);
		log_end(&l);
	}
	pthread_mutex_unlock(&p->lock);
}

void engine_forget(struct engine_pool *p, int64_t org)
{
	pthread_mutex_lock(&p->lock);
	struct engine *en = find(p, org);
	while (en && en->state == ENGINE_STARTING) {
		wait_change(p, FRAME_CANCEL_USEC);
		en = find(p, org);
	}
	bool unused = en && en->refs == 0;
	if (en) {
		unlink_engine(p, en);
		engine_kill(&en->proc, NULL);
	}
	pthread_mutex_unlock(&p->lock);
	if (unused)
		engine_free(en);
}

static uint64_t rss_of(pid_t pid)
{
	char path[64];
	unsigned long pages = 0;
	snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(f);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

size_t engine_pool_stats(struct engine_pool *p, struct engine_stat *ret, size_t cap)
{
	size_t n = 0;
	pthread_mutex_lock(&p->lock);
	for (struct engine *en = p->engines; en; en = en->next, n++)
		if (n < cap)
			ret[n] = (struct engine_stat){ en->org, en->proc.pid,
						       en->proc.pid > 0 ? rss_of(en->proc.pid) : 0, en->refs };
	pthread_mutex_unlock(&p->lock);
	return n;
}
