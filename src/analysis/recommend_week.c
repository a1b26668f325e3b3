/* What to offer this week: every customer's first offers, added up by product. */
#include "analysis/recommend_lists.h"

#include "analysis/recommend_inner.h"
#include "base/clock.h"
#include "base/limits.h"
#include "learn/repeat.h"
#include "json/read.h"
#include "json/write.h"

#include <math.h>
#include <stdlib.h>

#define CARD_BYTES (32 * MIB)
#define LIST_BYTES (64 * MIB)
#define MIN_TIMES 2
#define WEEK_DAYS 7
#define OLD_DAYS 31 /* data that end longer ago are looked at as of their end */

struct adding {
	struct recommender *r;
	struct learn_next_work work;
	struct week_list *week;
	int64_t seen, wanted;
	const _Atomic bool *cancel;
};

static void add_offer(struct adding *d, struct learn_row row, const struct learn_offer *o)
{
	struct week_entry *x = &d->week->entries[o->product];
	x->clients++;
	x->expected += o->probability;
	for (size_t i = 0; i < row.n && o->method == LEARN_METHOD_REPEAT; i++) {
		double gap = row.product[i] == o->product ? learn_repeat_gap(row, i) : -1;
		double due = gap > 0 ? (double)row.last[i] + gap - d->week->as_of : -1;
		x->again += row.product[i] == o->product;
		x->due += gap > 0 && due >= 0 && due < WEEK_DAYS;
	}
}

static bool add_customer(void *ctx, const struct customer *c, struct err *e)
{
	struct adding *d = ctx;
	int64_t all = d->r->set.customers;
	if (d->cancel && *d->cancel)
		return err_set(e, ERR_CANCELLED, NULL, "looking at the customers was cancelled");
	if (d->seen++ * d->wanted / (all ? all : 1) < d->week->looked_at)
		return true;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(CARD_BYTES);
	struct recommend_input in;
	struct learn_offer offers[WEEK_OFFERS];
	if (!recommend_input_of(d->r, c, &a, &in, e))
		return false;
	in.customer.numeric = in.numeric;
	in.customer.category = in.category;
	d->week->looked_at++;
	if (!in.customer.row.n) /* nobody's customer yet: nothing to expect */
		return true;
	struct learn_wish wish = { LEARN_METHOD_AUTO, WEEK_OFFERS, false, MIN_TIMES, true };
	size_t n = learn_next_list(&d->r->next, &in.customer, &wish, &d->work, offers);
	for (size_t i = 0; i < n; i++)
		add_offer(d, in.customer.row, &offers[i]);
	return true;
}

static bool see_last(void *ctx, const struct customer *c, struct err *e)
{
	int64_t *last = ctx;
	if (c->last_at != TIME_NONE)
		*last = MAX(*last, c->last_at);
	return true;
}

static int by_expected(const void *a, const void *b)
{
	const struct week_entry *x = a, *y = b;
	if (x->expected != y->expected)
		return x->expected > y->expected ? -1 : 1;
	return x->product < y->product ? -1 : x->product > y->product;
}

static bool make(struct recommender *r, struct db *db, const _Atomic bool *cancel, struct week_list *ret, struct err *e)
{
	int64_t last = TIME_NONE, today = clock_now() / USEC_PER_DAY;
	struct week_list week = { .n = r->products.n };
	if (!customer_scan_light(db, &r->set, see_last, &last, e))
		return false;
	int64_t day = last == TIME_NONE ? today : last / USEC_PER_DAY;
	week.as_of = (int32_t)(today - day > OLD_DAYS || day > today ? day : today);
	week.entries = mem_zalloc((week.n ? week.n : 1) * sizeof *week.entries);
	for (size_t i = 0; i < week.n; i++)
		week.entries[i].product = (uint32_t)i;
	int64_t wanted = MIN(r->set.customers, (int64_t)WEEK_CUSTOMERS);
	struct adding d = { .r = r, .week = &week, .wanted = wanted, .cancel = cancel };
	learn_next_work_init(&r->next, &d.work);
	bool done = customer_scan(db, &r->set, 0, r->set.customers, add_customer, &d, e);
	learn_next_work_free(&d.work);
	if (!done) {
		free(week.entries);
		return false;
	}
	qsort(week.entries, week.n, sizeof *week.entries, by_expected);
	week.made = true;
	*ret = week;
	return true;
}

/* With the lock held. */
static bool copy(const struct recommender *r, size_t limit, struct arena *a, struct week_answer *ret)
{
	const struct week_list *week = &r->lists.week;
	double scale = week->looked_at ? (double)r->set.customers / (double)week->looked_at : 1;
	struct week_answer answer = { .customers = r->set.customers,
				      .looked_at = week->looked_at,
				      .horizon = recommend_horizon(&r->next) };
	clock_format(week->as_of * USEC_PER_DAY, answer.as_of);
	answer.as_of[10] = 0;
	answer.items = arena_array(a, MIN(limit, week->n) + 1, sizeof *answer.items);
	for (size_t i = 0; answer.items && i < MIN(limit, week->n) && week->entries[i].clients > 0; i++) {
		const struct week_entry *x = &week->entries[i];
		const struct product *p = &r->products.items[x->product];
		answer.items[answer.n++] = (struct week_offer){ .code = arena_str(a, p->code),
								.name = arena_str(a, p->name),
								.clients = (int64_t)round(x->clients * scale),
								.expected = x->expected * scale,
								.again = (int64_t)round(x->again * scale),
								.due = (int64_t)round(x->due * scale) };
	}
	*ret = answer;
	return !a->failed;
}

bool recommend_week(struct instance *inst, struct db *db, int64_t org, int64_t version, size_t limit,
		    const _Atomic bool *cancel, struct arena *a, struct week_answer *ret, struct err *e)
{
	struct recommender *r;
	if (!recommender_take(inst, db, org, version, &r, e))
		return false;
	pthread_mutex_lock(&r->lists.lock);
	bool done = r->lists.week.made || make(r, db, cancel, &r->lists.week, e);
	if (done && !copy(r, limit, a, ret))
		done = err_set(e, ERR_LIMIT, NULL, "the list is too long");
	pthread_mutex_unlock(&r->lists.lock);
	recommender_give(inst, r);
	return done;
}

bool recommend_week_json(struct instance *inst, struct db *db, int64_t org, int64_t version, size_t limit,
			 const _Atomic bool *cancel, struct buf *ret, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(LIST_BYTES);
	struct json_writer w = json_writer(ret);
	struct week_answer week;
	if (!recommend_week(inst, db, org, version, limit, cancel, &a, &week, e))
		return false;
	jw_open(&w, '{');
	jw_kv_cstr(&w, "as_of", week.as_of);
	jw_kv_i64(&w, "customers", week.customers);
	jw_kv_i64(&w, "looked_at", week.looked_at);
	jw_kv_i64(&w, "offers_each", WEEK_OFFERS);
	jw_kv_cstr(&w, "horizon", week.horizon);
	jw_key(&w, "items");
	jw_open(&w, '[');
	for (size_t i = 0; i < week.n; i++) {
		jw_open(&w, '{');
		jw_kv_str(&w, "product", week.items[i].name);
		jw_kv_str(&w, "code", week.items[i].code);
		jw_kv_i64(&w, "clients", week.items[i].clients);
		jw_kv_f64(&w, "expected", round(week.items[i].expected * 10) / 10);
		jw_kv_i64(&w, "again", week.items[i].again);
		jw_kv_i64(&w, "due", week.items[i].due);
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	jw_close(&w, '}');
	return true;
}
