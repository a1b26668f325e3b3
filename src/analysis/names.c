#include "analysis/names.h"

#include "analysis/names_index.h"
#include "base/utf8.h"

#include <stdlib.h>

#define LIMIT_QUERY_BYTES 1000
#define SMALL 20000 /* customers; a smaller index is built anew after an edit, which takes milliseconds */
#define MOST 32     /* indexes, however small */

struct name_index_cache {
	pthread_mutex_t lock;    /* all below */
	pthread_mutex_t loading; /* one load at a time: two callers want the same index */
	struct name_index *items[MOST];
	size_t n, max_bytes;
	uint64_t clock;
};

struct name_index_cache *name_index_cache_new(size_t max_bytes)
{
	struct name_index_cache *c = mem_zalloc(sizeof *c);
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->loading, NULL);
	c->max_bytes = max_bytes;
	return c;
}

void name_index_cache_free(struct name_index_cache **c)
{
	if (!*c)
		return;
	for (size_t i = 0; i < (*c)->n; i++)
		name_index_free((*c)->items[i]);
	pthread_mutex_destroy(&(*c)->lock);
	pthread_mutex_destroy(&(*c)->loading);
	free(*c);
	*c = NULL;
}

/* refs counts users, and 1 for being listed. All called with the lock held. */
static void unref(struct name_index *x)
{
	if (--x->refs == 0)
		name_index_free(x);
}

static struct name_index *listed(struct name_index_cache *c, int64_t version)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->items[i]->version == version) {
			c->items[i]->used = ++c->clock;
			return c->items[i];
		}
	}
	return NULL;
}

static void unlist(struct name_index_cache *c, size_t i)
{
	struct name_index *x = c->items[i];
	c->items[i] = c->items[--c->n];
	unref(x);
}

static void make_room(struct name_index_cache *c, size_t bytes)
{
	for (;;) {
		size_t held = bytes, oldest = 0;
		for (size_t i = 0; i < c->n; i++) {
			held += c->items[i]->bytes;
			if (c->items[i]->used < c->items[oldest]->used)
				oldest = i;
		}
		if (!c->n || (held <= c->max_bytes && c->n < MOST))
			return;
		unlist(c, oldest);
	}
}

static struct name_index *take_listed(struct name_index_cache *c, int64_t version)
{
	pthread_mutex_lock(&c->lock);
	struct name_index *x = listed(c, version);
	if (x)
		x->refs++;
	pthread_mutex_unlock(&c->lock);
	return x;
}

static bool take(struct name_index_cache *c, struct db *db, const struct card_set *set, struct name_index **ret,
		 struct err *e)
{
	struct name_index *x = take_listed(c, set->version);
	if (x) {
		*ret = x;
		return true;
	}
	pthread_mutex_lock(&c->loading);
	x = take_listed(c, set->version);
	bool was_listed = x != NULL, done = was_listed || name_index_build(db, set, &x, e);
	if (done && !was_listed) {
		pthread_mutex_lock(&c->lock);
		make_room(c, x->bytes);
		x->refs = 2;
		x->used = ++c->clock;
		c->items[c->n++] = x;
		pthread_mutex_unlock(&c->lock);
	}
	pthread_mutex_unlock(&c->loading);
	if (done)
		*ret = x;
	return done;
}

static void give(struct name_index_cache *c, struct name_index *x)
{
	pthread_mutex_lock(&c->lock);
	unref(x);
	pthread_mutex_unlock(&c->lock);
}

bool names_warm(struct name_index_cache *c, struct db *db, const struct card_set *set, struct err *e)
{
	struct name_index *x;
	if (!take(c, db, set, &x, e))
		return false;
	give(c, x);
	return true;
}

static bool load_values(struct name_index *x, struct db *db, const struct card_set *set,
			const int64_t runs[NAME_VALUES], struct err *e)
{
	for (enum name_value v = 0; v < NAME_VALUES; v++) {
		if (runs[v] && !name_values_load(x, db, set, v, runs[v], e))
			return false;
	}
	return true;
}

bool names_warm_forecasts(struct name_index_cache *c, struct db *db, const struct card_set *set,
			  const int64_t runs[NAME_VALUES], struct err *e)
{
	struct name_index *x;
	if (!take(c, db, set, &x, e))
		return false;
	bool done = load_values(x, db, set, runs, e);
	give(c, x);
	return done;
}

void names_forget(struct name_index_cache *c, int64_t version)
{
	pthread_mutex_lock(&c->lock);
	for (size_t i = c->n; i-- > 0;) {
		if (c->items[i]->version == version)
			unlist(c, i);
	}
	pthread_mutex_unlock(&c->lock);
}

void names_edit(struct name_index_cache *c, int64_t version, const struct customer *card)
{
	/* Waits for a load that may have read the card as it was. */
	pthread_mutex_lock(&c->loading);
	struct name_index *x = take_listed(c, version);
	bool kept = true;
	if (x) {
		pthread_rwlock_wrlock(&x->lock);
		kept = x->n > SMALL && name_index_edit(x, card);
		pthread_rwlock_unlock(&x->lock);
		give(c, x);
	}
	if (!kept)
		names_forget(c, version);
	pthread_mutex_unlock(&c->loading);
}

static bool test_bit(const uint64_t *bits, uint64_t i)
{
	return (bits[i / 64] >> (i % 64)) & 1;
}

/* The customer at a position of the list; added ones follow those of the index. */
static uint32_t at_position(const struct name_index *x, const uint32_t *order, bool descending, uint32_t n, uint64_t at)
{
	uint64_t place = descending ? n - 1 - at : at;
	return order && place < x->n ? order[place] : (uint32_t)place;
}

/* File order, ascending: whole words of the bitmap are skipped. */
static uint64_t next_set(const uint64_t *bits, uint64_t at, uint64_t n)
{
	while (at < n) {
		uint64_t left = bits[at / 64] >> (at % 64);
		if (left)
			return at + (uint64_t)__builtin_ctzll(left);
		at = (at / 64 + 1) * 64;
	}
	return n;
}

static void fill(struct name_index *x, const struct name_query *q, const uint64_t *bits, uint32_t n,
		 struct name_page *p)
{
	const uint32_t *order = name_index_order(x, q->sort);
	bool plain = !order && !q->descending;
	for (uint64_t at = q->after > 0 ? (uint64_t)q->after : 0; at < n; at++) {
		if (plain) {
			at = next_set(bits, at, n);
			if (at >= n)
				return;
		}
		uint32_t no = at_position(x, order, q->descending, n, at);
		if (!test_bit(bits, no))
			continue;
		if (p->n == q->limit) {
			p->next = (int64_t)at;
			return;
		}
		p->forecasts[p->n] = name_values_of(x, no);
		p->nos[p->n++] = no;
	}
}

/* By what cards say, not by what was forecast. */
static bool is_bounded(const struct name_filter *f)
{
	struct name_filter none = NAME_FILTER_NONE;
	return memcmp(f, &none, offsetof(struct name_filter, value)) != 0;
}

bool names_find(struct name_index_cache *c, struct db *db, const struct card_set *set, const struct name_query *q,
		struct arena *a, struct name_page *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(8 * LIMIT_QUERY_BYTES);
	size_t most = q->limit ? q->limit : 1;
	struct name_page page = { arena_array(a, most, sizeof *page.nos),
				  arena_array(a, most, sizeof *page.forecasts) };
	struct name_index *x;
	if (q->q.n > LIMIT_QUERY_BYTES)
		return err_field(e, ERR_VALUE, "q", "at most %d bytes", LIMIT_QUERY_BYTES);
	utf8_fold(&folded, q->q);
	if (!page.nos || !page.forecasts)
		return err_set(e, ERR_LIMIT, NULL, "the page is too large");
	if (!take(c, db, set, &x, e))
		return false;
	if (!load_values(x, db, set, q->runs, e)) {
		give(c, x);
		return false;
	}
	uint32_t n;
	pthread_rwlock_rdlock(&x->lock);
	uint64_t *bits = name_index_match(x, buf_str(&folded), &n);
	if (is_bounded(&q->filter))
		name_index_filter(x, &q->filter, bits);
	name_values_filter(x, &q->filter, bits, n);
	for (size_t i = 0; i < ((size_t)n + 63) / 64; i++)
		page.total += __builtin_popcountll(bits[i]);
	fill(x, q, bits, n, &page);
	pthread_rwlock_unlock(&x->lock);
	free(bits);
	give(c, x);
	*ret = page;
	return true;
}
