#include "analysis/evaluate.h"

#include "analysis/evaluate_read.h"
#include "analysis/recommend_inner.h"
#include "base/clock.h"
#include "json/write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const leave_names[] = { "last-invoice", "last-day", "hash-item" };

const char *evaluate_leave_name(enum evaluate_leave l)
{
	return leave_names[l];
}

bool evaluate_leave_parse(struct str s, enum evaluate_leave *ret)
{
	for (enum evaluate_leave l = 0; l < countof(leave_names); l++) {
		if (str_is(s, leave_names[l])) {
			*ret = l;
			return true;
		}
	}
	return false;
}

/* What is learnt from, and what each customer is to be asked. */
struct trial {
	struct learn_history rest;
	uint64_t *hidden_at; /* n_customers + 1 */
	uint32_t *hidden;
	uint64_t n_rest, n_hidden;
	uint32_t *seen_place; /* of each product: where in the current row, + 1 */
};

static void trial_init(struct trial *t, const struct baskets *b)
{
	*t = (struct trial){ 0 };
	learn_history_init(&t->rest, b->n_customers, b->n_products, b->n);
	t->hidden_at = mem_zalloc(((size_t)b->n_customers + 1) * sizeof *t->hidden_at);
	t->hidden = mem_array(b->n ? b->n : 1, sizeof *t->hidden);
	t->seen_place = mem_zalloc(((size_t)b->n_products + 1) * sizeof *t->seen_place);
}

static void trial_free(struct trial *t)
{
	learn_history_free(&t->rest);
	free(t->hidden_at);
	free(t->hidden);
	free(t->seen_place);
}

/* Newest first, as rows of a history are. */
static void add_product(struct trial *t, uint64_t from, const struct basket_row *row)
{
	struct learn_history *h = &t->rest;
	uint32_t place = t->seen_place[row->product];
	if (place) {
		h->times[from + place - 1]++;
		h->first[from + place - 1] = row->day;
		return;
	}
	t->seen_place[row->product] = (uint32_t)(t->n_rest - from) + 1;
	h->product[t->n_rest] = row->product;
	h->times[t->n_rest] = 1;
	h->first[t->n_rest] = h->last[t->n_rest] = row->day;
	t->n_rest++;
}

static void end_customer(struct trial *t, uint32_t c, uint64_t from)
{
	for (uint64_t i = from; i < t->n_rest; i++)
		t->seen_place[t->rest.product[i]] = 0;
	t->rest.offset[c + 1] = t->n_rest;
	t->hidden_at[c + 1] = t->n_hidden;
}

/* A product that lies in several baskets of one day is hidden once. */
static void add_hidden(struct trial *t, uint64_t from, uint32_t product)
{
	for (uint64_t i = from; i < t->n_hidden; i++) {
		if (t->hidden[i] == product)
			return;
	}
	t->hidden[t->n_hidden++] = product;
}

/* The latest basket, or day, is hidden; a customer with one keeps it and is asked nothing. */
static void hide_last(struct trial *t, uint32_t c, const struct basket_row *rows, size_t n, bool day)
{
	uint64_t from = t->n_rest, hidden = t->n_hidden;
	const struct basket_row *last = &rows[n - 1];
	bool several = false;
	day = day && last->day != LEARN_DAY_NONE;
	for (size_t i = 0; i < n; i++)
		several |= day ? rows[i].day != last->day : rows[i].basket != last->basket;
	for (size_t i = n; i-- > 0;) {
		bool is_last = day ? rows[i].day == last->day : rows[i].basket == last->basket;
		if (several && is_last)
			add_hidden(t, hidden, rows[i].product);
		else
			add_product(t, from, &rows[i]);
	}
	end_customer(t, c, from);
}

static bool is_test(uint64_t i)
{
	return (i * UINT64_C(2654435761) & UINT32_MAX) < (uint64_t)(0.2 * 4294967296.0);
}

/* Customer c is basket c: of the test part item c mod n is hidden. One of a single item is asked nothing. */
static void hide_item(struct trial *t, uint32_t c, const struct basket_row *rows, size_t n)
{
	uint64_t from = t->n_rest;
	bool asked = is_test(c) && n > 1;
	for (size_t i = n; i-- > 0;) {
		if (asked && i == c % n)
			t->hidden[t->n_hidden++] = rows[i].product;
		else
			add_product(t, from, &rows[i]);
	}
	end_customer(t, c, from);
}

static void hide(struct trial *t, const struct baskets *b, enum evaluate_leave leave)
{
	for (size_t from = 0, end; from < b->n; from = end) {
		uint32_t c = b->rows[from].customer;
		for (end = from; end < b->n && b->rows[end].customer == c; end++)
			;
		switch (leave) {
		case EVALUATE_LAST_INVOICE:
		case EVALUATE_LAST_DAY:
			hide_last(t, c, b->rows + from, end - from, leave == EVALUATE_LAST_DAY);
			break;
		case EVALUATE_HASH_ITEM:
			hide_item(t, c, b->rows + from, end - from);
			break;
		}
	}
}

/* Baskets of the test part are asked with what is left of them, but nothing is learnt from them. */
static void learnable(const struct trial *t, enum evaluate_leave leave, struct learn_history *ret)
{
	const struct learn_history *h = &t->rest;
	uint64_t n = 0;
	learn_history_init(ret, h->n_customers, h->n_products, learn_history_entries(h));
	for (uint32_t c = 0; c < h->n_customers; c++) {
		struct learn_row row = learn_history_row(h, c);
		if (leave != EVALUATE_HASH_ITEM || !is_test(c)) {
			memcpy(ret->product + n, row.product, row.n * sizeof *row.product);
			memcpy(ret->times + n, row.times, row.n * sizeof *row.times);
			memcpy(ret->first + n, row.first, row.n * sizeof *row.first);
			memcpy(ret->last + n, row.last, row.n * sizeof *row.last);
			n += row.n;
		}
		ret->offset[c + 1] = n;
	}
}

static size_t still_hidden(const struct trial *t, uint32_t c, bool new_only, uint32_t *ret)
{
	struct learn_row row = learn_history_row(&t->rest, c);
	size_t n = 0;
	for (uint64_t i = t->hidden_at[c]; i < t->hidden_at[c + 1]; i++) {
		bool had = false;
		for (size_t k = 0; k < row.n && new_only && !had; k++)
			had = row.product[k] == t->hidden[i];
		if (!had)
			ret[n++] = t->hidden[i];
	}
	return n;
}

/*
 * A single method is measured as it is, over all products, owned ones among them unless new_only; `auto` as it is
 * served, except that a product taken once counts as a candidate for a repeat. Returns how many; of `auto` offers is
 * filled too.
 */
static size_t offer(const struct learn_next *x, const struct learn_customer *c, const struct evaluate_options *o,
		    enum learn_method method, struct learn_next_work *w, struct learn_ranked *ret,
		    struct learn_offer *offers)
{
	struct learn_row skip = o->new_only ? c->row : (struct learn_row){ 0 };
	if (method == LEARN_METHOD_AUTO) {
		struct learn_wish wish = { method, LEARN_HIT_AT, o->new_only, 1 };
		size_t n = learn_next_list(x, c, &wish, w, offers);
		for (size_t i = 0; i < n; i++)
			ret[i] = (struct learn_ranked){ offers[i].product, offers[i].score };
		return n;
	}
	size_t n = learn_next_rank(x, c, method, skip, LEARN_HIT_AT, w, ret);
	return learn_rank_fill(&x->models.popularity, skip, LEARN_HIT_AT, ret, n);
}

struct measuring {
	const struct learn_next *x;
	const struct trial *t;
	const struct evaluate_options *o;
	struct learn_next_work work;
	uint32_t *hidden;
	struct learn_figures figures[RECOMMEND_METHODS];
	struct learn_reliability reliability;
};

static bool is_hidden(const struct measuring *m, size_t n_hidden, uint32_t product)
{
	for (size_t i = 0; i < n_hidden; i++) {
		if (m->hidden[i] == product)
			return true;
	}
	return false;
}

static void measure_customer(struct measuring *m, uint32_t c, size_t n_hidden)
{
	struct learn_ranked list[LEARN_HIT_AT];
	struct learn_offer offers[LEARN_HIT_AT];
	/* A customer learnt from is not its own neighbour. */
	struct learn_customer who = { .row = learn_history_row(&m->t->rest, c), .self = c };
	for (enum recommend_method k = 0; k < RECOMMEND_METHODS; k++) {
		enum learn_method method = recommend_learn_method(k);
		if (!learn_next_has(m->x, method))
			continue;
		size_t n = offer(m->x, &who, m->o, method, &m->work, list, offers);
		learn_figures_add(&m->figures[k], list, n, m->hidden, n_hidden);
		for (size_t i = 0; i < n && method == LEARN_METHOD_AUTO; i++)
			learn_reliability_add(&m->reliability, offers[i].probability,
					      is_hidden(m, n_hidden, offers[i].product));
	}
}

static bool measure(struct measuring *m, struct err *e)
{
	const struct learn_history *rest = &m->t->rest;
	m->hidden = mem_array(rest->n_products ? rest->n_products : 1, sizeof *m->hidden);
	bool done = true;
	learn_next_work_init(m->x, &m->work);
	for (uint32_t c = 0; c < rest->n_customers && done; c++) {
		size_t n_hidden = still_hidden(m->t, c, m->o->new_only, m->hidden);
		if (n_hidden)
			measure_customer(m, c, n_hidden);
		if (m->o->cancel && *m->o->cancel)
			done = err_set(e, ERR_CANCELLED, NULL, "the measurement was cancelled");
	}
	learn_reliability_end(&m->reliability);
	learn_next_work_free(&m->work);
	free(m->hidden);
	return done;
}

static struct evaluate_figures figures_of(const struct learn_figures *f)
{
	return (struct evaluate_figures){ learn_hit_rate(f), learn_map(f), learn_hit_rate_error(f),
					  learn_map_error(f) };
}

static bool not_cancelled(void *ctx, double done, const char *what)
{
	const struct evaluate_options *o = ctx;
	return !o->cancel || !*o->cancel;
}

static void take_figures(const struct measuring *m, const struct evaluate_options *o, struct evaluate_result *ret)
{
	for (enum recommend_method k = 0; k < RECOMMEND_METHODS; k++) {
		ret->has[k] = learn_next_has(m->x, recommend_learn_method(k));
		ret->all[k] = figures_of(&m->figures[k]);
	}
	ret->users = (int64_t)m->figures[RECOMMEND_POPULARITY].users;
	ret->items = m->x->n_products;
	ret->histories = m->x->models.popularity.n_customers;
	ret->model = ret->all[o->method];
	ret->popularity = ret->all[RECOMMEND_POPULARITY];
	ret->serves = recommend_method_of(m->x->new_items);
	ret->reliability = m->reliability;
}

static bool evaluate(const struct baskets *b, const struct evaluate_options *o, struct evaluate_result *ret,
		     struct err *e)
{
	struct trial t;
	struct learn_history learn;
	struct learn_next x = { 0 };
	struct measuring m = { .x = &x, .t = &t, .o = o };
	struct learn_watch watch = { not_cancelled, (void *)o };
	trial_init(&t, b);
	hide(&t, b, o->leave);
	learnable(&t, o->leave, &learn);
	bool done = learn_next_train(&learn, NULL, b->listed, &watch, &x)
			    ? measure(&m, e)
			    : err_set(e, ERR_CANCELLED, NULL, "the measurement was cancelled");
	if (done && !learn_next_has(&x, recommend_learn_method(o->method)))
		done = err_set(e, ERR_VALUE, "not_trained", "%s is not used on these data: %s",
			       recommend_method_name(o->method),
			       o->method == RECOMMEND_BLEND ? "no blend was better than the best method alone"
							    : "it is for few products");
	if (done)
		take_figures(&m, o, ret);
	learn_next_free(&x);
	learn_history_free(&learn);
	trial_free(&t);
	return done;
}

bool evaluate_recommend(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
			const struct evaluate_options *o, struct evaluate_result *ret, struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	struct baskets b = { 0 };
	int64_t began = clock_monotonic();
	struct evaluate_options options = *o;
	/* What lies in a basket already is not offered into it. */
	options.new_only |= o->leave == EVALUATE_HASH_ITEM;
	struct evaluate_result r = { .method = o->method, .leave = o->leave, .new_only = options.new_only };
	if (!ask_open(&q, inst, db, org, version, o->cancel, e) || !baskets_read(&q, o->exclude, &b, e))
		return false;
	bool done = evaluate(&b, &options, &r, e);
	baskets_free(&b);
	if (!done)
		return false;
	if (!r.users)
		return err_set(e, ERR_VALUE, "nothing_held_out",
			       "no customer has a purchase that could be hidden and guessed");
	r.seconds = (double)(clock_monotonic() - began) / USEC_PER_SEC;
	*ret = r;
	return true;
}

static void figures_json(struct json_writer *w, const struct evaluate_figures *f)
{
	jw_kv_f64(w, "hit_rate_at_10", round(f->hit_rate_at_10 * 1e6) / 1e6);
	jw_kv_f64(w, "map_at_7", round(f->map_at_7 * 1e6) / 1e6);
	jw_kv_f64(w, "hit_rate_error", round(f->hit_rate_error * 1e6) / 1e6);
	jw_kv_f64(w, "map_error", round(f->map_error * 1e6) / 1e6);
}

static void methods_json(struct json_writer *w, const struct evaluate_result *r)
{
	jw_key(w, "methods");
	jw_open(w, '[');
	for (enum recommend_method k = 0; k < RECOMMEND_METHODS; k++) {
		if (!r->has[k])
			continue;
		jw_open(w, '{');
		jw_kv_cstr(w, "method", recommend_method_name(k));
		figures_json(w, &r->all[k]);
		jw_kv_bool(w, "serves", k == r->serves);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void calibration_json(struct json_writer *w, const struct evaluate_result *r)
{
	jw_key(w, "calibration");
	jw_open(w, '[');
	for (int i = 0; i < LEARN_CALIBRATION_BINS; i++) {
		const struct learn_bin *b = &r->reliability.bins[i];
		jw_open(w, '{');
		jw_kv_f64(w, "from", (double)i / LEARN_CALIBRATION_BINS);
		jw_kv_f64(w, "to", (double)(i + 1) / LEARN_CALIBRATION_BINS);
		jw_kv_i64(w, "offers", (int64_t)b->n);
		jw_kv_f64(w, "predicted", round(b->predicted * 1e4) / 1e4);
		jw_kv_f64(w, "observed", round(b->observed * 1e4) / 1e4);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

void evaluate_json(const struct evaluate_result *r, struct buf *ret)
{
	struct json_writer w = json_writer(ret);
	jw_open(&w, '{');
	jw_kv_cstr(&w, "method", recommend_method_name(r->method));
	jw_kv_cstr(&w, "leave", evaluate_leave_name(r->leave));
	jw_kv_bool(&w, "new_only", r->new_only);
	jw_kv_i64(&w, "users", r->users);
	jw_kv_i64(&w, "items", r->items);
	jw_kv_i64(&w, "histories", r->histories);
	figures_json(&w, &r->model);
	jw_key(&w, "popularity");
	jw_open(&w, '{');
	figures_json(&w, &r->popularity);
	jw_close(&w, '}');
	methods_json(&w, r);
	calibration_json(&w, r);
	jw_kv_f64(&w, "seconds", r->seconds);
	jw_close(&w, '}');
}
