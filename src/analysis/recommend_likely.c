/* Who is most likely to take a product. */
#include "analysis/recommend_lists.h"

#include "analysis/recommend_inner.h"
#include "json/write.h"

#include <math.h>
#include <stdlib.h>

#define CARD_BYTES (32 * MIB)
#define LIST_BYTES (64 * MIB)
#define MIN_TIMES 2 /* as in a customer's list */

struct finding {
	const struct recommender *r;
	uint32_t product;
	bool new_only;
	struct likely_list *list;
	const _Atomic bool *cancel;
};

/* a before b */
static bool likelier(const struct likely_entry *a, const struct likely_entry *b)
{
	if (a->probability != b->probability)
		return a->probability > b->probability;
	if (a->score != b->score)
		return a->score > b->score;
	return a->no < b->no;
}

/* A heap with the least likely of the kept ones on top. */
static void sift_down(struct likely_entry *heap, size_t n, size_t i)
{
	for (;;) {
		size_t worst = i, l = 2 * i + 1, r = l + 1;
		if (l < n && likelier(&heap[worst], &heap[l]))
			worst = l;
		if (r < n && likelier(&heap[worst], &heap[r]))
			worst = r;
		if (worst == i)
			return;
		struct likely_entry t = heap[i];
		heap[i] = heap[worst];
		heap[worst] = t;
		i = worst;
	}
}

static void keep(struct likely_list *l, struct likely_entry x)
{
	l->expected += x.probability;
	if (l->n < LIKELY_MOST) {
		if (l->n == l->cap)
			l->entries = mem_realloc(l->entries, (l->cap = MAX((size_t)256, l->cap * 2)) * sizeof x);
		l->entries[l->n++] = x;
		for (size_t i = l->n / 2; l->n == LIKELY_MOST && i-- > 0;)
			sift_down(l->entries, l->n, i);
	} else if (likelier(&x, &l->entries[0])) {
		l->entries[0] = x;
		sift_down(l->entries, l->n, 0);
	}
}

static int by_likelihood(const void *a, const void *b)
{
	return likelier(a, b) ? -1 : likelier(b, a);
}

/* Attributes are read only where they count. */
static bool find_one(void *ctx, const struct customer *c, struct err *e)
{
	struct finding *f = ctx;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(CARD_BYTES);
	struct recommend_input in;
	struct learn_offer o;
	struct customer light = *c;
	if (f->cancel && *f->cancel)
		return err_set(e, ERR_CANCELLED, NULL, "looking at the customers was cancelled");
	if (f->r->next.listing != LEARN_METHOD_SOFTMAX)
		light.data = STR("{}");
	if (!recommend_input_of(f->r, &light, &a, &in, e))
		return false;
	in.customer.numeric = in.numeric;
	in.customer.category = in.category;
	f->list->customers++;
	if (learn_next_one(&f->r->next, &in.customer, f->product, MIN_TIMES, &o) &&
	    !(f->new_only && o.method == LEARN_METHOD_REPEAT))
		keep(f->list, (struct likely_entry){ c->no, o.score, (float)o.probability, o.method });
	return true;
}

static bool make(const struct recommender *r, struct db *db, uint32_t product, const struct likely_ask *ask,
		 struct likely_list *ret, struct err *e)
{
	struct likely_list l = { .product = product, .new_only = ask->new_only };
	struct finding f = { r, product, ask->new_only, &l, ask->cancel };
	if (!customer_scan(db, &r->set, 0, r->set.customers, find_one, &f, e)) {
		free(l.entries);
		return false;
	}
	if (l.n)
		qsort(l.entries, l.n, sizeof *l.entries, by_likelihood);
	*ret = l;
	return true;
}

static struct likely_list *kept_list(struct recommender_lists *k, uint32_t product, bool new_only)
{
	for (size_t i = 0; i < k->n; i++) {
		if (k->likely[i].product == product && k->likely[i].new_only == new_only)
			return &k->likely[i];
	}
	return NULL;
}

/* With the lock held, which also keeps two from computing at a time; in the place of the one not asked for longest. */
static struct likely_list *take_list(struct recommender *r, struct db *db, uint32_t product,
				     const struct likely_ask *ask, struct err *e)
{
	struct recommender_lists *k = &r->lists;
	struct likely_list *found = kept_list(k, product, ask->new_only), made;
	if (!found) {
		if (!make(r, db, product, ask, &made, e))
			return NULL;
		size_t at = k->n;
		if (k->n == countof(k->likely)) {
			at = 0;
			for (size_t i = 1; i < k->n; i++)
				at = k->likely[i].used < k->likely[at].used ? i : at;
			free(k->likely[at].entries);
		} else {
			k->n++;
		}
		k->likely[at] = made;
		found = &k->likely[at];
	}
	found->used = ++k->clock;
	return found;
}

/* A copy of the wanted part, so that reading the cards does not hold the lock. */
static struct likely_entry *part_of(const struct likely_list *l, size_t skip, size_t limit, struct arena *a,
				    size_t *ret_n)
{
	*ret_n = skip < l->n ? MIN(limit, l->n - skip) : 0;
	struct likely_entry *part = arena_array(a, *ret_n + 1, sizeof *part);
	if (part && *ret_n)
		memcpy(part, l->entries + skip, *ret_n * sizeof *part);
	return part;
}

static const struct product *product_of(const struct recommender *r, struct str code)
{
	for (size_t i = 0; i < r->products.n; i++) {
		if (str_eq(r->products.items[i].code, code))
			return &r->products.items[i];
	}
	return NULL;
}

static bool reasons_of(const struct recommender *r, const struct customer *c, const struct likely_entry *entry,
		       uint32_t product, struct arena *a, struct likely_customer *ret, struct err *e)
{
	struct recommend_input in;
	struct learn_offer o = { product, entry->score, (double)entry->probability, entry->method, 0 };
	if (!recommend_input_of(r, c, a, &in, e))
		return false;
	recommend_why(r, &in, &o, a, &ret->item);
	return true;
}

static bool give_rows(const struct recommender *r, struct db *db, const struct likely_entry *part, size_t n,
		      uint32_t product, bool reasons, likely_row *row, void *ctx, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(arena_free) struct arena one = ARENA_INIT(CARD_BYTES);
		struct customer c;
		if (!customer_get(db, &r->set, part[i].no, &one, &c, e))
			return false;
		struct likely_customer l = { .id = c.id,
					     .name = c.name,
					     .probability = (double)part[i].probability,
					     .item = { .owned = part[i].method == LEARN_METHOD_REPEAT },
					     .purchases = c.purchases,
					     .last_at = c.last_at };
		if ((reasons && !reasons_of(r, &c, &part[i], product, &one, &l, e)) || !row(ctx, &l, e))
			return false;
	}
	return true;
}

static bool answer(struct recommender *r, struct db *db, const struct likely_ask *ask, struct arena *a,
		   struct likely_answer *ret, likely_row *row, void *ctx, struct err *e)
{
	const struct product *p = product_of(r, ask->product);
	if (!p)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no such product");
	pthread_mutex_lock(&r->lists.lock);
	struct likely_list *l = take_list(r, db, p->no, ask, e);
	size_t n = 0;
	struct likely_entry *part = l ? part_of(l, ask->skip, ask->limit, a, &n) : NULL;
	if (part)
		*ret = (struct likely_answer){ arena_str(a, p->code), arena_str(a, p->name), (int64_t)l->n,
					       l->customers, l->expected };
	pthread_mutex_unlock(&r->lists.lock);
	if (!l)
		return false;
	if (!part)
		return err_set(e, ERR_LIMIT, NULL, "the list is too long");
	return give_rows(r, db, part, n, p->no, ask->reasons, row, ctx, e);
}

bool recommend_likely(struct instance *inst, struct db *db, const struct likely_ask *ask, struct arena *a,
		      struct likely_answer *ret, likely_row *row, void *ctx, struct err *e)
{
	struct recommender *r;
	if (!recommender_take(inst, db, ask->org, ask->version, &r, e))
		return false;
	bool done = answer(r, db, ask, a, ret, row, ctx, e);
	recommender_give(inst, r);
	return done;
}

static bool row_json(void *ctx, const struct likely_customer *c, struct err *e)
{
	struct json_writer *w = ctx;
	jw_open(w, '{');
	jw_kv_str(w, "id", c->id);
	jw_kv_str(w, "name", c->name);
	jw_kv_f64(w, "probability", round(c->probability * 1e4) / 1e4);
	jw_kv_bool(w, "repeat", c->item.owned);
	jw_kv_i64(w, "purchases", c->purchases);
	recommend_reasons_json(w, &c->item);
	jw_close(w, '}');
	return true;
}

bool recommend_likely_json(struct instance *inst, struct db *db, const struct likely_ask *ask, struct buf *ret,
			   struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(LIST_BYTES);
	struct likely_answer about;
	struct json_writer w = json_writer(ret);
	size_t end = ask->skip + ask->limit;
	jw_open(&w, '{');
	jw_key(&w, "items");
	jw_open(&w, '[');
	if (!recommend_likely(inst, db, ask, &a, &about, row_json, &w, e))
		return false;
	jw_close(&w, ']');
	jw_kv_str(&w, "product", about.name);
	jw_kv_str(&w, "code", about.code);
	jw_kv_i64(&w, "customers", about.customers);
	jw_kv_f64(&w, "expected", round(about.expected * 10) / 10);
	jw_key(&w, "next");
	if ((int64_t)end < about.listed) {
		char next[32];
		snprintf(next, sizeof next, "%zu", end);
		jw_cstr(&w, next);
	} else {
		jw_null(&w);
	}
	jw_kv_i64(&w, "total", about.listed);
	jw_close(&w, '}');
	return true;
}
