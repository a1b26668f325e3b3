#include "analysis/query_cache.h"

#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 4096
#define ANSWER_COLUMNS_BYTES (256 * KIB)

struct query_cache {
	pthread_mutex_t lock; /* also of the reference counts */
	size_t bytes, max_bytes;
	struct query_answer *newest, *oldest;
	struct query_answer *buckets[BUCKETS];
};

struct query_cache *query_cache_new(size_t max_bytes)
{
	struct query_cache *c = mem_zalloc(sizeof *c);
	pthread_mutex_init(&c->lock, NULL);
	c->max_bytes = max_bytes;
	return c;
}

static size_t bytes_of(const struct query_answer *a)
{
	return sizeof *a + a->key.cap + a->arena.used + a->rows.cap;
}

static void answer_free(struct query_answer *a)
{
	buf_free(&a->key);
	buf_free(&a->rows);
	arena_free(&a->arena);
	free(a);
}

struct query_answer *query_answer_new(void)
{
	struct query_answer *a = mem_zalloc(sizeof *a);
	a->key = BUF_INIT(MIB);
	a->rows = BUF_INIT(QUERY_CACHE_ENTRY_BYTES);
	a->arena = ARENA_INIT(ANSWER_COLUMNS_BYTES);
	a->refs = 1;
	return a;
}

/* FNV-1a: keys are our own text, and a collision costs one comparison. */
static struct query_answer **bucket_of(struct query_cache *c, struct str key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * UINT64_C(0x100000001b3);
	return &c->buckets[(h ^ (h >> 32)) % BUCKETS];
}

static void list_remove(struct query_cache *c, struct query_answer *a)
{
	if (a->newer)
		a->newer->older = a->older;
	else
		c->newest = a->older;
	if (a->older)
		a->older->newer = a->newer;
	else
		c->oldest = a->newer;
	a->newer = a->older = NULL;
}

static void list_first(struct query_cache *c, struct query_answer *a)
{
	a->older = c->newest;
	a->newer = NULL;
	if (c->newest)
		c->newest->newer = a;
	else
		c->oldest = a;
	c->newest = a;
}

static void release_locked(struct query_answer *a)
{
	if (--a->refs == 0)
		answer_free(a);
}

static void evict_oldest(struct query_cache *c)
{
	struct query_answer *a = c->oldest;
	struct query_answer **at = bucket_of(c, buf_str(&a->key));
	while (*at && *at != a)
		at = &(*at)->next;
	if (*at)
		*at = a->next;
	c->oldest = a->newer;
	if (c->oldest)
		c->oldest->older = NULL;
	else
		c->newest = NULL;
	a->newer = NULL;
	c->bytes -= bytes_of(a);
	release_locked(a);
}

void query_cache_free(struct query_cache **c)
{
	if (!*c)
		return;
	while ((*c)->oldest)
		evict_oldest(*c);
	pthread_mutex_destroy(&(*c)->lock);
	free(*c);
	*c = NULL;
}

static struct query_answer *find(struct query_cache *c, struct str key)
{
	struct query_answer *a = *bucket_of(c, key);
	while (a && !str_eq(buf_str(&a->key), key))
		a = a->next;
	return a;
}

struct query_answer *query_cache_get(struct query_cache *c, struct str key)
{
	pthread_mutex_lock(&c->lock);
	struct query_answer *a = find(c, key);
	if (a) {
		a->refs++;
		list_remove(c, a);
		list_first(c, a);
	}
	pthread_mutex_unlock(&c->lock);
	return a;
}

void query_cache_put(struct query_cache *c, struct query_answer *a)
{
	size_t bytes = bytes_of(a);
	if (bytes > c->max_bytes)
		return;
	pthread_mutex_lock(&c->lock);
	if (!find(c, buf_str(&a->key))) {
		struct query_answer **at = bucket_of(c, buf_str(&a->key));
		a->next = *at;
		*at = a;
		a->refs++;
		c->bytes += bytes;
		list_first(c, a);
		while (c->bytes > c->max_bytes && c->oldest && c->oldest != a)
			evict_oldest(c);
	}
	pthread_mutex_unlock(&c->lock);
}

void query_answer_release(struct query_cache *c, struct query_answer *a)
{
	if (!a)
		return;
	if (!c) {
		answer_free(a);
		return;
	}
	pthread_mutex_lock(&c->lock);
	release_locked(a);
	pthread_mutex_unlock(&c->lock);
}
