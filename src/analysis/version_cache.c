#include "analysis/version_cache.h"

void version_cache_init(struct version_cache *c, size_t most, size_t max_bytes,
			void (*free_item)(struct version_item *x))
{
	size_t fit = most < VERSION_CACHE_MOST ? most : VERSION_CACHE_MOST;
	*c = (struct version_cache){ .most = fit, .max_bytes = max_bytes, .free_item = free_item };
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->making, NULL);
}

void version_cache_end(struct version_cache *c)
{
	for (size_t i = 0; i < c->n; i++)
		c->free_item(c->items[i]);
	pthread_mutex_destroy(&c->lock);
	pthread_mutex_destroy(&c->making);
}

/* These with the lock held. */

static void unref(struct version_cache *c, struct version_item *x)
{
	if (--x->refs == 0)
		c->free_item(x);
}

static void unlist(struct version_cache *c, size_t i)
{
	struct version_item *x = c->items[i];
	c->items[i] = c->items[--c->n];
	unref(c, x);
}

static struct version_item *listed(const struct version_cache *c, int64_t version)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->items[i]->version == version)
			return c->items[i];
	return NULL;
}

/* The least used go, but not `keep`, until `bytes` more and `items` more fit. */
static void make_room(struct version_cache *c, size_t bytes, size_t items, const struct version_item *keep)
{
	for (;;) {
		size_t held = bytes, oldest = SIZE_MAX;
		for (size_t i = 0; i < c->n; i++) {
			struct version_item *x = c->items[i];
			/* cppcheck-suppress nullPointerRedundantCheck ; no item is NULL, only keep may be */
			held += x->bytes;
			if (x != keep && (oldest == SIZE_MAX || x->used < c->items[oldest]->used))
				oldest = i;
		}
		if (oldest == SIZE_MAX || (held <= c->max_bytes && c->n + items <= c->most))
			return;
		unlist(c, oldest);
	}
}

struct version_item *version_cache_ref(struct version_cache *c, struct version_item *x)
{
	x->used = ++c->clock;
	x->refs++;
	return x;
}

/* These take it. */

struct version_item *version_cache_take(struct version_cache *c, int64_t version)
{
	pthread_mutex_lock(&c->lock);
	struct version_item *x = listed(c, version);
	if (x)
		version_cache_ref(c, x);
	pthread_mutex_unlock(&c->lock);
	return x;
}

void version_cache_add(struct version_cache *c, struct version_item *x)
{
	pthread_mutex_lock(&c->lock);
	make_room(c, x->bytes, 1, NULL);
	x->refs = 1;
	version_cache_ref(c, x);
	c->items[c->n++] = x;
	pthread_mutex_unlock(&c->lock);
}

void version_cache_give(struct version_cache *c, struct version_item *x)
{
	pthread_mutex_lock(&c->lock);
	unref(c, x);
	pthread_mutex_unlock(&c->lock);
}

bool version_cache_get(struct version_cache *c, int64_t version, version_make *make, void *ctx,
		       struct version_item **ret, struct err *e)
{
	struct version_item *x = version_cache_take(c, version);
	if (x) {
		*ret = x;
		return true;
	}
	pthread_mutex_lock(&c->making);
	x = version_cache_take(c, version); /* somebody else was faster */
	bool there = x != NULL, done = there || make(ctx, &x, e);
	if (done && !there)
		version_cache_add(c, x);
	pthread_mutex_unlock(&c->making);
	if (done)
		*ret = x;
	return done;
}

void version_cache_resize(struct version_cache *c, struct version_item *x, size_t bytes)
{
	pthread_mutex_lock(&c->lock);
	x->bytes = bytes;
	make_room(c, 0, 0, x);
	pthread_mutex_unlock(&c->lock);
}

void version_cache_forget(struct version_cache *c, int64_t version)
{
	pthread_mutex_lock(&c->lock);
	for (size_t i = c->n; i-- > 0;)
		if (c->items[i]->version == version)
			unlist(c, i);
	pthread_mutex_unlock(&c->lock);
}

struct version_item *version_cache_look(struct version_cache *c, int64_t version)
{
	if (pthread_mutex_trylock(&c->lock) != 0)
		return NULL;
	struct version_item *x = listed(c, version);
	if (x)
		x->used = ++c->clock;
	else
		pthread_mutex_unlock(&c->lock);
	return x;
}

void version_cache_look_end(struct version_cache *c)
{
	pthread_mutex_unlock(&c->lock);
}
