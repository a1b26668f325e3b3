/* From cards to a trained recommender. */
#include "analysis/recommend_inner.h"
#include "base/clock.h"
#include "base/limits.h"
#include "json/read.h"

#include <stdlib.h>

#define PRODUCT_BYTES (512 * MIB)
#define PLAN_CARDS 2000 /* cards that are looked at to see which columns describe customers */
#define CARD_BYTES (4 * MIB)

struct reading {
	struct recommender *r;
	struct learn_history *h;
	struct learn_attributes *attributes;
	uint64_t cap, used; /* entries of h */
	uint64_t seen, wanted;
	uint64_t planned;
};

static void make_room(struct learn_history *h, uint64_t *cap, uint64_t need)
{
	if (need <= *cap)
		return;
	*cap = need * 2;
	h->product = mem_realloc(h->product, *cap * sizeof *h->product);
	h->times = mem_realloc(h->times, *cap * sizeof *h->times);
	h->first = mem_realloc(h->first, *cap * sizeof *h->first);
	h->last = mem_realloc(h->last, *cap * sizeof *h->last);
}

static bool read_card(void *ctx, const struct customer *c, struct err *e)
{
	struct reading *d = ctx;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(CARD_BYTES);
	CLEANUP(json_decrefp_) json_t *data = NULL;
	struct customer_product *p;
	size_t n;
	/* Evenly spread: the card is taken when the share taken so far has fallen behind. */
	uint64_t all = (uint64_t)d->r->set.customers;
	if (d->h->n_customers >= d->wanted || d->seen++ * d->wanted / (all ? all : 1) < d->h->n_customers)
		return true;
	if (!customer_products_read(c->products, &a, &p, &n, e) || !json_read(c->data, LIMIT_ROW_BYTES, &data, e))
		return false;
	uint32_t who = d->h->n_customers++;
	make_room(d->h, &d->cap, d->used + n);
	uint64_t from = d->used;
	for (size_t i = 0; i < n; i++) {
		if (p[i].product >= d->h->n_products)
			continue;
		d->h->product[d->used] = p[i].product;
		d->h->times[d->used] = (float)p[i].times;
		d->h->first[d->used] = p[i].first_day;
		d->h->last[d->used++] = p[i].last_day;
	}
	d->h->offset[who + 1] = d->used;
	struct learn_row row = { d->h->product + from, d->h->times + from, d->h->first + from, d->h->last + from,
				 d->used - from };
	struct learn_attributes *t = d->attributes;
	attributes_of(&d->r->plan, c->age, data, row, t->numeric + (size_t)who * t->n_numeric,
		      t->category + (size_t)who * t->n_category);
	return true;
}

static bool plan_card(void *ctx, const struct customer *c, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *data = NULL;
	struct recommender *r = ctx;
	if (!json_read(c->data, LIMIT_ROW_BYTES, &data, e))
		return false;
	attribute_plan_see(&r->plan, data);
	return true;
}

static bool read_cards(struct db *db, struct recommender *r, struct learn_history *h,
		       struct learn_attributes *attributes, struct err *e)
{
	uint32_t wanted = (uint32_t)MIN(r->set.customers, (int64_t)TRAIN_CUSTOMERS);
	struct reading d = { .r = r, .h = h, .attributes = attributes, .wanted = wanted };
	learn_history_init(h, wanted, r->products.n ? (uint32_t)r->products.n : 0, 0);
	learn_attributes_init(attributes, wanted, NUMERICS + r->plan.n_numbers, r->plan.n);
	attributes->told_from = NUMERIC_PURCHASES;
	attributes->told_n = NUMERICS - NUMERIC_PURCHASES;
	h->n_customers = 0;
	if (!customer_scan(db, &r->set, 0, r->set.customers, read_card, &d, e))
		return false;
	attributes->n_customers = h->n_customers;
	return true;
}

static bool train(struct db *db, struct recommender *r, const struct learn_watch *watch, struct err *e)
{
	struct learn_history h = { 0 };
	struct learn_attributes attributes = { 0 };
	int64_t began = clock_monotonic(), worked = clock_processor();
	if (!product_load(db, &r->set, &r->arena, &r->products, e) ||
	    !customer_scan(db, &r->set, 0, PLAN_CARDS, plan_card, r, e))
		return false;
	attribute_plan_finish(&r->plan);
	bool done = read_cards(db, r, &h, &attributes, e);
	if (done && !learn_next_train(&h, &attributes, r->set.listed, watch, &r->next))
		done = err_set(e, ERR_CANCELLED, NULL, "learning the next products was cancelled");
	if (done) {
		r->trained_on = h.n_customers;
		r->trained_at = clock_now();
		r->seconds = (double)(clock_monotonic() - began) / USEC_PER_SEC;
		r->processor_seconds = (double)(clock_processor() - worked) / USEC_PER_SEC;
		r->kept.bytes = sizeof *r + learn_next_bytes(&r->next) + r->arena.used;
	}
	learn_history_free(&h);
	learn_attributes_free(&attributes);
	return done;
}

bool recommender_train(struct db *db, const struct card_set *set, const struct learn_watch *watch,
		       struct recommender **ret, struct err *e)
{
	if (!set->products)
		return err_set(e, ERR_VALUE, "no_purchases",
			       "this data set has no purchases of products to learn from");
	struct recommender *r = mem_zalloc(sizeof *r);
	r->kept.version = set->version;
	r->set = *set;
	r->arena = ARENA_INIT(PRODUCT_BYTES);
	pthread_mutex_init(&r->lists.lock, NULL);
	if (!train(db, r, watch, e)) {
		recommender_free(r);
		return false;
	}
	*ret = r;
	return true;
}

void recommender_free(struct recommender *r)
{
	if (!r)
		return;
	learn_next_free(&r->next);
	attribute_plan_free(&r->plan);
	for (size_t i = 0; i < r->lists.n; i++)
		free(r->lists.likely[i].entries);
	free(r->lists.week.entries);
	pthread_mutex_destroy(&r->lists.lock);
	arena_free(&r->arena);
	free(r);
}

bool recommend_input_of(const struct recommender *r, const struct customer *c, struct arena *a,
			struct recommend_input *ret, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *data = NULL;
	struct customer_product *p;
	size_t n, kept = 0;
	if (!customer_products_read(c->products, a, &p, &n, e) || !json_read(c->data, LIMIT_ROW_BYTES, &data, e))
		return false;
	uint32_t *product = arena_array(a, n ? n : 1, sizeof *product);
	float *times = arena_array(a, n ? n : 1, sizeof *times);
	int32_t *first = arena_array(a, n ? n : 1, sizeof *first), *last = arena_array(a, n ? n : 1, sizeof *last);
	if (!product || !times || !first || !last)
		return err_set(e, ERR_LIMIT, NULL, "the customer has too many products");
	for (size_t i = 0; i < n; i++) {
		if (p[i].product >= r->next.n_products)
			continue;
		product[kept] = p[i].product;
		times[kept] = (float)p[i].times;
		first[kept] = p[i].first_day;
		last[kept++] = p[i].last_day;
	}
	*ret = (struct recommend_input){ .customer = {
						 { product, times, first, last, kept }, NULL, NULL, UINT32_MAX } };
	attributes_of(&r->plan, c->age, data, ret->customer.row, ret->numeric, ret->category);
	return true;
}
