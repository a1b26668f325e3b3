/* The indexes of spending that were used last, within a number of bytes. */
#include "analysis/spending_inner.h"

#include <stdlib.h>

#define MOST 64 /* versions */

struct spending_cache {
	struct version_cache kept;
};

static struct spending_index *index_of(struct version_item *x)
{
	return (struct spending_index *)x;
}

static void free_item(struct version_item *x)
{
	spending_index_free(index_of(x));
}

struct spending_cache *spending_cache_new(size_t max_bytes)
{
	struct spending_cache *c = mem_zalloc(sizeof *c);
	version_cache_init(&c->kept, MOST, max_bytes, free_item);
	return c;
}

void spending_cache_free(struct spending_cache **c)
{
	if (!*c)
		return;
	version_cache_end(&(*c)->kept);
	free(*c);
	*c = NULL;
}

struct source {
	struct db *db;
	const struct card_set *set;
};

static bool make(void *ctx, struct version_item **ret, struct err *e)
{
	const struct source *s = ctx;
	struct spending_index *x;
	if (!spending_index_build(s->db, s->set, &x, e))
		return false;
	*ret = &x->kept;
	return true;
}

bool spending_take(struct spending_cache *c, struct db *db, const struct card_set *set, struct spending_index **ret,
		   struct err *e)
{
	struct source s = { db, set };
	struct version_item *x;
	if (!version_cache_get(&c->kept, set->version, make, &s, &x, e))
		return false;
	*ret = index_of(x);
	return true;
}

void spending_give(struct spending_cache *c, struct spending_index *x)
{
	version_cache_give(&c->kept, &x->kept);
}

bool spending_take_years(struct instance *in, struct db *db, const struct card_set *set, struct spending_index **ret,
			 struct err *e)
{
	struct spending_cache *c = in->spending;
	struct spending_index *x;
	if (!spending_take(c, db, set, &x, e))
		return false;
	pthread_mutex_lock(&c->kept.making);
	bool there = x->has_years, done = there || spending_index_years(x, in, db, set, e);
	if (done && !there)
		version_cache_resize(&c->kept, &x->kept, spending_index_bytes(x));
	pthread_mutex_unlock(&c->kept.making);
	if (!done) {
		spending_give(c, x);
		return false;
	}
	*ret = x;
	return true;
}

struct spending_index *spending_look(struct spending_cache *c, int64_t version)
{
	struct spending_index *x = index_of(version_cache_look(&c->kept, version));
	if (!x || pthread_rwlock_tryrdlock(&x->lock) == 0)
		return x;
	version_cache_look_end(&c->kept);
	return NULL;
}

void spending_look_end(struct spending_cache *c, struct spending_index *x)
{
	pthread_rwlock_unlock(&x->lock);
	version_cache_look_end(&c->kept);
}

void spending_forget(struct spending_cache *c, int64_t version)
{
	version_cache_forget(&c->kept, version);
}

void spending_edit(struct spending_cache *c, int64_t version, const struct customer *card)
{
	/* Waits for a load that may have read the card as it was. */
	pthread_mutex_lock(&c->kept.making);
	struct spending_index *x = index_of(version_cache_take(&c->kept, version));
	bool kept = true;
	if (x) {
		pthread_rwlock_wrlock(&x->lock);
		kept = spending_index_put(x, card);
		pthread_rwlock_unlock(&x->lock);
		spending_give(c, x);
	}
	if (!kept)
		spending_forget(c, version);
	pthread_mutex_unlock(&c->kept.making);
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
