/*
 * What is kept in memory of versions of data sets (an index, a trained model): made when it is first asked for, one at
 * a time, shared by all who use it, and within a number of bytes; what nobody has asked for longest goes first. One
 * that is in use when it goes lives on until it is given back.
 *
 * What is kept has a struct version_item as its first member. Any thread.
 */
#pragma once

#include "base/err.h"
#include "base/util.h"

#include <pthread.h>

#define VERSION_CACHE_MOST 64

struct version_item {
	int64_t version;
	size_t bytes;
	/* of the cache, under its lock */
	int refs; /* users, and 1 for being listed */
	uint64_t used;
};

struct version_cache {
	pthread_mutex_t lock;   /* all below */
	pthread_mutex_t making; /* who makes one, or changes what stands in one; taken before `lock` */
	struct version_item *items[VERSION_CACHE_MOST];
	size_t n, most, max_bytes;
	uint64_t clock;
	void (*free_item)(struct version_item *x);
};

/* most: items, however small; at most VERSION_CACHE_MOST. */
void version_cache_init(struct version_cache *c, size_t most, size_t max_bytes,
			void (*free_item)(struct version_item *x));
/* Everything was given back. */
void version_cache_end(struct version_cache *c);

/* The one that is kept, for the caller to give back; NULL. */
struct version_item *version_cache_take(struct version_cache *c, int64_t version);
/* The same for one that was found by another way, with the lock held. */
struct version_item *version_cache_ref(struct version_cache *c, struct version_item *x);
/* A new one, with `making` held: kept from now on, and the caller's to give back. */
void version_cache_add(struct version_cache *c, struct version_item *x);
void version_cache_give(struct version_cache *c, struct version_item *x);
/* The one that is kept, or made now. */
typedef bool version_make(void *ctx, struct version_item **ret, struct err *e);
MUST_CHECK bool version_cache_get(struct version_cache *c, int64_t version, version_make *make, void *ctx,
				  struct version_item **ret, struct err *e);
/* It has grown, or shrunk. */
void version_cache_resize(struct version_cache *c, struct version_item *x, size_t bytes);
void version_cache_forget(struct version_cache *c, int64_t version);

/* For a look of less than a microsecond: with the lock held until version_cache_look_end(); NULL (and no lock) when it
 * is not kept or somebody else has the lock. */
struct version_item *version_cache_look(struct version_cache *c, int64_t version);
void version_cache_look_end(struct version_cache *c);
