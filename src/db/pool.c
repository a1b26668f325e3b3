#include "db/pool.h"

#include "base/clock.h"
#include "db/driver.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct db_gate {
	pthread_mutex_t lock;
	pthread_cond_t opened;
	bool taken;
};

struct db_pool {
	pthread_mutex_t lock;
	pthread_cond_t given;
	char *url;
	struct key key;
	bool has_key;
	unsigned flags;
	size_t max, open, idle; /* connections */
	struct db **list;       /* the idle ones, last given first taken */
	struct db_gate *gate;
};

static struct timespec after_ms(int64_t ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	int64_t ns = t.tv_nsec + ms % 1000 * 1000000;
	t.tv_sec += ms / 1000 + ns / 1000000000;
	t.tv_nsec = ns % 1000000000;
	return t;
}

static void cond_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
}

struct db_gate *db_gate_new(void)
{
	struct db_gate *g = mem_zalloc(sizeof *g);
	pthread_mutex_init(&g->lock, NULL);
	cond_init(&g->opened);
	return g;
}

void db_gate_free(struct db_gate **g)
{
	if (!*g)
		return;
	pthread_cond_destroy(&(*g)->opened);
	pthread_mutex_destroy(&(*g)->lock);
	free(*g);
	*g = NULL;
}

bool db_gate_lock(struct db_gate *g, struct err *e)
{
	struct timespec until = after_ms(DB_BUSY_SECONDS * 1000);
	int rc = 0;
	pthread_mutex_lock(&g->lock);
	while (g->taken && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&g->opened, &g->lock, &until);
	bool ok = !g->taken;
	if (ok)
		g->taken = true;
	pthread_mutex_unlock(&g->lock);
	if (!ok) {
		err_set(e, ERR_UNAVAILABLE, "store_busy", "The store is busy with another change; try again.");
		if (e)
			e->retry_after = 1;
	}
	return ok;
}

void db_gate_unlock(struct db_gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->taken = false;
	pthread_cond_signal(&g->opened);
	pthread_mutex_unlock(&g->lock);
}

static bool open_one(struct db_pool *pool, struct db **ret, struct err *e)
{
	if (!db_open(pool->url, pool->has_key ? &pool->key : NULL, pool->flags, ret, e))
		return false;
	(*ret)->gate = pool->gate;
	return true;
}

void db_pool_close(struct db_pool **pool)
{
	struct db_pool *p = *pool;
	if (!p)
		return;
	for (size_t i = 0; i < p->idle; i++)
		db_close(&p->list[i]);
	free(p->list);
	free(p->url);
	key_wipe(&p->key);
	db_gate_free(&p->gate);
	pthread_cond_destroy(&p->given);
	pthread_mutex_destroy(&p->lock);
	free(p);
	*pool = NULL;
}

bool db_pool_open(const char *url, const struct key *key, unsigned flags, size_t max, struct db_pool **ret,
		  struct err *e)
{
	CLEANUP(db_pool_close) struct db_pool *pool = mem_zalloc(sizeof *pool);
	pthread_mutex_init(&pool->lock, NULL);
	cond_init(&pool->given);
	pool->url = mem_strdup(url);
	pool->has_key = key != NULL;
	if (key)
		pool->key = *key;
	pool->flags = flags;
	pool->max = MAX(max, (size_t)1);
	pool->list = mem_array(pool->max, sizeof *pool->list);
	pool->gate = db_gate_new();
	if (!open_one(pool, &pool->list[0], e))
		return false;
	pool->open = pool->idle = 1;
	pool->flags = (flags & ~DB_CREATE) | DB_AGAIN;
	*ret = pool;
	pool = NULL;
	return true;
}

/* A place for a connection: an idle one (*ret) or the right to open one (*ret NULL). */
static bool take_place(struct db_pool *pool, int wait_ms, struct db **ret)
{
	struct timespec until = after_ms(wait_ms);
	int rc = 0;
	pthread_mutex_lock(&pool->lock);
	while (pool->idle == 0 && pool->open == pool->max && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&pool->given, &pool->lock, &until);
	bool ok = true;
	if (pool->idle)
		*ret = pool->list[--pool->idle];
	else if (pool->open < pool->max)
		pool->open++;
	else
		ok = false;
	pthread_mutex_unlock(&pool->lock);
	return ok;
}

bool db_pool_take(struct db_pool *pool, int wait_ms, struct db **ret, struct err *e)
{
	struct db *db = NULL;
	if (!take_place(pool, wait_ms, &db)) {
		err_set(e, ERR_UNAVAILABLE, NULL, "Every connection to the store is in use; try again.");
		if (e)
			e->retry_after = 1;
		return false;
	}
	if (!db && !open_one(pool, &db, e)) {
		pthread_mutex_lock(&pool->lock);
		pool->open--;
		pthread_cond_signal(&pool->given);
		pthread_mutex_unlock(&pool->lock);
		return false;
	}
	*ret = db;
	return true;
}

void db_pool_give(struct db_pool *pool, struct db **db)
{
	if (!*db)
		return;
	db_rollback_all(*db);
	pthread_mutex_lock(&pool->lock);
	pool->list[pool->idle++] = *db;
	pthread_cond_signal(&pool->given);
	pthread_mutex_unlock(&pool->lock);
	*db = NULL;
}
