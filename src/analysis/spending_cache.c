/* The indexes of spending that were used last, within a number of bytes. */
#include "analysis/spending_inner.h"

#include <stdlib.h>

#define MOST 64 /* versions */

struct spending_cache {
	pthread_mutex_t lock;    /* all below */
	pthread_mutex_t loading; /* one load at a time: two callers want the same one */
	struct spending_index *items[MOST];
	size_t n, max_bytes;
	uint64_t clock;
};

struct spending_cache *spending_cache_new(size_t max_bytes)
{
	struct spending_cache *c = mem_zalloc(sizeof *c);
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->loading, NULL);
	c->max_bytes = max_bytes;
	return c;
}

void spending_cache_free(struct spending_cache **c)
{
	if (!*c)
		return;
	for (size_t i = 0; i < (*c)->n; i++)
		spending_index_free((*c)->items[i]);
	pthread_mutex_destroy(&(*c)->lock);
	pthread_mutex_destroy(&(*c)->loading);
	free(*c);
	*c = NULL;
}

/* refs counts users, and 1 for being listed. All called with the lock held. */
static void unref(struct spending_index *x)
{
	if (--x->refs == 0)
		spending_index_free(x);
}

static void unlist(struct spending_cache *c, size_t i)
{
	struct spending_index *x = c->items[i];
	c->items[i] = c->items[--c->n];
	unref(x);
}

/* The least used of the others go until `bytes` more and one more index fit. */
static void make_room(struct spending_cache *c, size_t bytes, const struct spending_index *keep)
{
	for (;;) {
		size_t held = bytes, oldest = SIZE_MAX;
		for (size_t i = 0; i < c->n; i++) {
			/* cppcheck-suppress nullPointerRedundantCheck ; no item is NULL, only keep may be */
			held += c->items[i]->bytes;
			if (c->items[i] != keep && (oldest == SIZE_MAX || c->items[i]->used < c->items[oldest]->used))
				oldest = i;
		}
		if (oldest == SIZE_MAX || (held <= c->max_bytes && c->n < MOST))
			return;
		unlist(c, oldest);
	}
}

static struct spending_index *take_listed(struct spending_cache *c, int64_t version)
{
	struct spending_index *found = NULL;
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->n && !found; i++) {
		if (c->items[i]->version == version)
			found = c->items[i];
	}
	if (found) {
		found->used = ++c->clock;
		found->refs++;
	}
	pthread_mutex_unlock(&c->lock);
	return found;
}

static void list(struct spending_cache *c, struct spending_index *x)
{
	pthread_mutex_lock(&c->lock);
	make_room(c, x->bytes, NULL);
	x->refs = 2;
	x->used = ++c->clock;
	c->items[c->n++] = x;
	pthread_mutex_unlock(&c->lock);
}

bool spending_take(struct spending_cache *c, struct db *db, const struct card_set *set, struct spending_index **ret,
		   struct err *e)
{
	struct spending_index *x = take_listed(c, set->version);
	if (x) {
		*ret = x;
		return true;
	}
	pthread_mutex_lock(&c->loading);
	x = take_listed(c, set->version);
	bool was_listed = x != NULL, done = was_listed || spending_index_build(db, set, &x, e);
	if (done && !was_listed)
		list(c, x);
	pthread_mutex_unlock(&c->loading);
	if (done)
		*ret = x;
	return done;
}

void spending_give(struct spending_cache *c, struct spending_index *x)
{
	pthread_mutex_lock(&c->lock);
	unref(x);
	pthread_mutex_unlock(&c->lock);
}

bool spending_take_years(struct instance *in, struct db *db, const struct card_set *set, struct spending_index **ret,
			 struct err *e)
{
	struct spending_cache *c = in->spending;
	struct spending_index *x;
	if (!spending_take(c, db, set, &x, e))
		return false;
	pthread_mutex_lock(&c->loading);
	bool there = x->has_years, done = there || spending_index_years(x, in, db, set, e);
	if (done && !there) {
		size_t bytes = spending_index_bytes(x);
		pthread_mutex_lock(&c->lock);
		make_room(c, bytes - x->bytes, x);
		x->bytes = bytes;
		pthread_mutex_unlock(&c->lock);
	}
	pthread_mutex_unlock(&c->loading);
	if (!done) {
		spending_give(c, x);
		return false;
	}
	*ret = x;
	return true;
}

struct spending_index *spending_look(struct spending_cache *c, int64_t version)
{
	if (pthread_mutex_trylock(&c->lock) != 0)
		return NULL;
	for (size_t i = 0; i < c->n; i++) {
		struct spending_index *x = c->items[i];
		if (x->version == version && pthread_rwlock_tryrdlock(&x->lock) == 0) {
			x->used = ++c->clock;
			return x;
		}
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

void spending_look_end(struct spending_cache *c, struct spending_index *x)
{
	pthread_rwlock_unlock(&x->lock);
	pthread_mutex_unlock(&c->lock);
}

void spending_forget(struct spending_cache *c, int64_t version)
{
	pthread_mutex_lock(&c->lock);
	for (size_t i = c->n; i-- > 0;) {
		if (c->items[i]->version == version)
			unlist(c, i);
	}
	pthread_mutex_unlock(&c->lock);
}

void spending_edit(struct spending_cache *c, int64_t version, const struct customer *card)
{
	/* Waits for a load that may have read the card as it was. */
	pthread_mutex_lock(&c->loading);
	struct spending_index *x = take_listed(c, version);
	bool kept = true;
	if (x) {
		pthread_rwlock_wrlock(&x->lock);
		kept = spending_index_put(x, card);
		pthread_rwlock_unlock(&x->lock);
		spending_give(c, x);
	}
	if (!kept)
		spending_forget(c, version);
	pthread_mutex_unlock(&c->loading);
}

bool spending_warm(struct instance *in, struct db *db, const struct card_set *set, struct err *e)
{
	struct spending_index *x;
	if (!set->has_amount)
		return true;
	if (!spending_take(in->spending, db, set, &x, e))
		return false;
	spending_give(in->spending, x);
	return true;
}
