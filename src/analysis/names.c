#include "analysis/names.h"

#include "analysis/names_index.h"
#include "base/utf8.h"

#include <stdlib.h>

#define LIMIT_QUERY_BYTES 1000
#define SMALL 20000 /* customers; a smaller index is built anew after an edit, which takes milliseconds */
#define MOST 32     /* indexes, however small */

struct name_index_cache {
	struct version_cache kept;
};

static struct name_index *index_of(struct version_item *x)
{
	return (struct name_index *)x;
}

static void free_item(struct version_item *x)
{
	name_index_free(index_of(x));
}

struct name_index_cache *name_index_cache_new(size_t max_bytes)
{
	struct name_index_cache *c = mem_zalloc(sizeof *c);
	version_cache_init(&c->kept, MOST, max_bytes, free_item);
	return c;
}

void name_index_cache_free(struct name_index_cache **c)
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
	struct name_index *x;
	if (!name_index_build(s->db, s->set, &x, e))
		return false;
	*ret = &x->kept;
	return true;
}

static bool take(struct name_index_cache *c, struct db *db, const struct card_set *set, struct name_index **ret,
		 struct err *e)
{
	struct source s = { db, set };
	struct version_item *x;
	if (!version_cache_get(&c->kept, set->version, make, &s, &x, e))
		return false;
	*ret = index_of(x);
	return true;
}

static void give(struct name_index_cache *c, struct name_index *x)
{
	version_cache_give(&c->kept, &x->kept);
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
	version_cache_forget(&c->kept, version);
}

void names_edit(struct name_index_cache *c, int64_t version, const struct customer *card)
{
	/* Waits for a load that may have read the card as it was. */
	pthread_mutex_lock(&c->kept.making);
	struct name_index *x = index_of(version_cache_take(&c->kept, version));
	bool kept = true;
	if (x) {
		pthread_rwlock_wrlock(&x->lock);
		kept = x->n > SMALL && name_index_edit(x, card);
		pthread_rwlock_unlock(&x->lock);
		give(c, x);
	}
	if (!kept)
		names_forget(c, version);
	pthread_mutex_unlock(&c->kept.making);
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
