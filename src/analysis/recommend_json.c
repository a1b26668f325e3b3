/* Recommenders as JSON: one customer's list, how good it is, links and proposals. */
#include "analysis/recommend_inner.h"
#include "base/clock.h"
#include "base/limits.h"
#include "json/write.h"

#include <math.h>
#include <stdlib.h>

#define LIST_BYTES (8 * MIB)
#define PROPOSALS 50
#define PROPOSAL_LIFT 1.1
#define PROPOSAL_CONFIDENCE 0.1F

static double round4(double v)
{
	return round(v * 10000) / 10000;
}

/* What a percentage speaks of. */
const char *recommend_horizon(const struct learn_next *x)
{
	switch (x->hide) {
	case LEARN_HIDE_LATEST:
		return "next_purchase_day";
	case LEARN_HIDE_NEWEST:
		return "later";
	case LEARN_HIDE_ITEM:
		break;
	}
	return "same_basket";
}

static void model_json(struct json_writer *w, const struct recommender *r, const struct recommend_list *l)
{
	jw_key(w, "model");
	jw_open(w, '{');
	jw_kv_cstr(w, "method", recommend_method_name(l->method));
	jw_kv_cstr(w, "new_items", recommend_method_name(l->new_items));
	jw_kv_cstr(w, "horizon", recommend_horizon(&r->next));
	jw_kv_id(w, "version", r->kept.version);
	jw_kv_time(w, "trained_at", r->trained_at);
	jw_kv_i64(w, "customers", r->trained_on);
	jw_kv_i64(w, "products", (int64_t)r->products.n);
	jw_kv_f64(w, "hit_rate_at_10", round4(learn_hit_rate(&r->next.served)));
	jw_kv_f64(w, "map_at_7", round4(learn_map(&r->next.served)));
	jw_kv_bool(w, "calibrated", r->next.calibrated[r->next.new_items]);
	jw_close(w, '}');
}

static void reason_json(struct json_writer *w, const struct recommend_reason *r)
{
	static const char *const kinds[] = { "also", "then", "both", "repeat", "similar", "popular", "linked" };
	jw_open(w, '{');
	jw_kv_cstr(w, "kind", kinds[r->kind]);
	if (r->had.p)
		jw_kv_str(w, "had", r->had);
	if (r->too.p)
		jw_kv_str(w, "too", r->too);
	if (r->count)
		jw_kv_i64(w, "count", r->count);
	if (r->of)
		jw_kv_i64(w, "of", r->of);
	if (r->days) {
		char day[CLOCK_TEXT];
		clock_format(r->last_day * USEC_PER_DAY, day);
		day[10] = 0;
		jw_kv_i64(w, "days", r->days);
		jw_kv_cstr(w, "last", day);
	}
	jw_close(w, '}');
}

void recommend_reasons_json(struct json_writer *w, const struct recommend_item *item)
{
	jw_key(w, "why");
	jw_open(w, '[');
	for (size_t i = 0; i < item->n_why; i++)
		jw_str(w, item->why[i]);
	jw_close(w, ']');
	jw_key(w, "why_parts");
	jw_open(w, '[');
	for (size_t i = 0; i < item->n_why; i++)
		reason_json(w, &item->reasons[i]);
	jw_close(w, ']');
}

static void item_json(struct json_writer *w, const struct recommend_item *item)
{
	jw_open(w, '{');
	jw_kv_str(w, "product", item->name);
	jw_kv_str(w, "code", item->code);
	jw_kv_f64(w, "probability", round4(item->probability));
	jw_kv_bool(w, "linked", item->linked);
	jw_kv_bool(w, "repeat", item->owned);
	recommend_reasons_json(w, item);
	jw_close(w, '}');
}

bool recommend_customer_json(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
			     struct str customer, size_t limit, enum recommend_method method, struct buf *ret,
			     struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(LIST_BYTES);
	struct json_writer w = json_writer(ret);
	struct recommend_list l;
	struct recommender *r;
	if (!recommend_serve(inst, db, org, dataset, version, customer, limit, method, &a, &l, &r, e))
		return false;
	jw_open(&w, '{');
	jw_kv_str(&w, "customer", l.customer);
	jw_kv_str(&w, "name", l.name);
	jw_key(&w, "items");
	jw_open(&w, '[');
	for (size_t i = 0; i < l.n; i++)
		item_json(&w, &l.items[i]);
	jw_close(&w, ']');
	model_json(&w, r, &l);
	jw_close(&w, '}');
	recommender_give(inst, r);
	return true;
}

static void figures_json(struct json_writer *w, const struct learn_figures *f)
{
	jw_kv_i64(w, "users", (int64_t)f->users);
	jw_kv_f64(w, "hit_rate_at_10", round4(learn_hit_rate(f)));
	jw_kv_f64(w, "hit_rate_error", round4(learn_hit_rate_error(f)));
	jw_kv_f64(w, "map_at_7", round4(learn_map(f)));
	jw_kv_f64(w, "map_error", round4(learn_map_error(f)));
}

/* On the test half; `chosen_by` is the MAP on the validation half, by which the choice was made. */
static void methods_json(struct json_writer *w, const struct learn_next *x)
{
	jw_key(w, "methods");
	jw_open(w, '[');
	for (enum recommend_method m = RECOMMEND_SIMILAR; m <= RECOMMEND_POPULARITY; m++) {
		enum learn_method learn = recommend_learn_method(m);
		if (!learn_next_has(x, learn))
			continue;
		jw_open(w, '{');
		jw_kv_cstr(w, "method", recommend_method_name(m));
		figures_json(w, &x->figures[learn]);
		jw_kv_f64(w, "chosen_by", round4(learn_map(&x->validation[learn])));
		jw_kv_bool(w, "serves", learn == x->new_items);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_key(w, "repeats");
	jw_open(w, '{');
	figures_json(w, &x->figures[LEARN_METHOD_REPEAT]);
	jw_close(w, '}');
}

static void options_json(struct json_writer *w, const struct learn_next *x)
{
	jw_key(w, "chosen");
	jw_open(w, '{');
	jw_kv_f64(w, "ease_lambda", x->ease.lambda);
	jw_kv_f64(w, "ease_decay", round4((double)x->ease.decay));
	jw_kv_i64(w, "ease_products", x->models.ease.n);
	jw_kv_f64(w, "repeat_recency", round4((double)x->recent));
	jw_key(w, "blend");
	if (learn_next_has(x, LEARN_METHOD_BLEND)) {
		jw_open(w, '{');
		jw_kv_cstr(w, "of", recommend_method_name(recommend_method_of(x->mix.a)));
		jw_kv_cstr(w, "with", recommend_method_name(recommend_method_of(x->mix.b)));
		jw_kv_f64(w, "share", round4((double)x->mix.share));
		jw_close(w, '}');
	} else {
		jw_null(w);
	}
	jw_close(w, '}');
}

static void calibration_json(struct json_writer *w, const struct learn_next *x)
{
	jw_key(w, "calibration");
	jw_open(w, '[');
	for (int i = 0; i < LEARN_CALIBRATION_BINS; i++) {
		const struct learn_bin *b = &x->reliability.bins[i];
		jw_open(w, '{');
		jw_kv_f64(w, "from", (double)i / LEARN_CALIBRATION_BINS);
		jw_kv_f64(w, "to", (double)(i + 1) / LEARN_CALIBRATION_BINS);
		jw_kv_i64(w, "offers", (int64_t)b->n);
		jw_kv_f64(w, "predicted", round4(b->predicted));
		jw_kv_f64(w, "observed", round4(b->observed));
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void attributes_json(struct json_writer *w, const struct recommender *r)
{
	jw_key(w, "attributes");
	jw_open(w, '[');
	for (uint32_t i = 0; i < NUMERICS + r->plan.n_numbers + r->plan.n; i++) {
		jw_open(w, '{');
		jw_kv_cstr(w, "name", attribute_name(&r->plan, i));
		jw_kv_i64(w, "weight", (int64_t)r->next.models.similar.weights[i]);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_kv_f64(w, "attributes_share", round4((double)r->next.blend));
}

bool recommender_json(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
		      struct buf *ret, struct err *e)
{
	struct json_writer w = json_writer(ret);
	struct recommender *r;
	if (!recommender_take(inst, db, org, version, &r, e))
		return false;
	const struct learn_next *x = &r->next;
	jw_open(&w, '{');
	jw_kv_cstr(&w, "method", "auto");
	jw_kv_cstr(&w, "new_items", recommend_method_name(recommend_method_of(x->new_items)));
	figures_json(&w, &x->served);
	jw_kv_i64(&w, "items", (int64_t)r->products.n);
	jw_key(&w, "popularity");
	jw_open(&w, '{');
	figures_json(&w, &x->popularity_served);
	jw_close(&w, '}');
	jw_kv_cstr(&w, "held_out", learn_hide_name(x->hide));
	jw_kv_cstr(&w, "horizon", recommend_horizon(x));
	methods_json(&w, x);
	options_json(&w, x);
	calibration_json(&w, x);
	attributes_json(&w, r);
	jw_kv_i64(&w, "asked", x->n_measured);
	jw_kv_id(&w, "version", r->kept.version);
	jw_kv_i64(&w, "bytes", (int64_t)r->kept.bytes);
	jw_kv_i64(&w, "customers", r->trained_on);
	jw_kv_i64(&w, "rows", (int64_t)x->n_entries);
	jw_kv_time(&w, "trained_at", r->trained_at);
	jw_kv_f64(&w, "seconds", r->seconds);
	jw_kv_f64(&w, "processor_seconds", r->processor_seconds);
	jw_close(&w, '}');
	recommender_give(inst, r);
	return true;
}

struct proposal {
	uint32_t from, to, count;
	double support, confidence, lift;
};

static int by_worth(const void *a, const void *b)
{
	const struct proposal *x = a, *y = b;
	/* Leverage: how many more clients took both than by chance. */
	double p = (double)x->count * (1 - 1 / x->lift), q = (double)y->count * (1 - 1 / y->lift);
	if (p != q)
		return p > q ? -1 : 1;
	return x->from != y->from ? (x->from < y->from ? -1 : 1) : (x->to < y->to ? -1 : x->to > y->to);
}

static struct proposal proposal_of(const struct learn_popularity *p, uint32_t from, const struct learn_pair *pair)
{
	struct proposal r = { .from = from, .to = pair->to, .count = pair->count };
	r.support = (double)pair->count / p->n_customers;
	r.confidence = (double)pair->count / p->customers[from];
	r.lift = r.confidence * p->n_customers / p->customers[pair->to];
	return r;
}

/* The best pairs; of the two directions of a pair the one of the higher confidence. */
static size_t propose(const struct learn_next *x, struct proposal **ret)
{
	const struct learn_pairs *rules = &x->models.rules;
	const struct learn_popularity *p = &x->models.popularity;
	uint32_t least = MAX(3U, p->n_customers / 1000);
	size_t n = 0, cap = 256;
	struct proposal *all = mem_array(cap, sizeof *all);
	for (uint32_t from = 0; from < rules->n_products; from++) {
		for (uint64_t at = rules->offset[from]; at < rules->offset[from + 1]; at++) {
			const struct learn_pair *pair = &rules->pair[at];
			if (pair->count < least || pair->score < PROPOSAL_CONFIDENCE)
				continue;
			struct proposal one = proposal_of(p, from, pair);
			const struct learn_pair *back = learn_pairs_find(rules, pair->to, from);
			bool other_way =
				back && (back->score > pair->score || (back->score == pair->score && pair->to < from));
			if (one.lift < PROPOSAL_LIFT || other_way)
				continue;
			if (n == cap)
				all = mem_realloc(all, (cap *= 2) * sizeof *all);
			all[n++] = one;
		}
	}
	qsort(all, n, sizeof *all, by_worth);
	*ret = all;
	return n;
}

static void name_json(struct json_writer *w, const char *code_key, const char *name_key, const struct recommender *r,
		      uint32_t product)
{
	jw_kv_str(w, code_key, r->products.items[product].code);
	jw_kv_str(w, name_key, r->products.items[product].name);
}

static void proposals_json(struct json_writer *w, const struct recommender *r, const struct link_list *links)
{
	struct proposal *all;
	size_t n = propose(&r->next, &all), given = 0;
	for (size_t i = 0; i < n && given < PROPOSALS; i++) {
		struct str from = r->products.items[all[i].from].code, to = r->products.items[all[i].to].code;
		bool there = false;
		for (size_t k = 0; k < links->n && !there; k++)
			there = str_eq(links->items[k].from, from) && str_eq(links->items[k].to, to);
		if (there)
			continue;
		given++;
		jw_open(w, '{');
		name_json(w, "from", "from_name", r, all[i].from);
		name_json(w, "to", "to_name", r, all[i].to);
		jw_kv_i64(w, "customers", all[i].count);
		jw_kv_f64(w, "support", round4(all[i].support));
		jw_kv_f64(w, "confidence", round4(all[i].confidence));
		jw_kv_f64(w, "lift", round4(all[i].lift));
		jw_close(w, '}');
	}
	free(all);
}

bool recommend_links_json(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
			  struct buf *ret, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(LIST_BYTES);
	struct json_writer w = json_writer(ret);
	struct link_list links;
	struct recommender *r = NULL;
	struct err untrained = { 0 };
	if (!link_load(db, org, dataset, &a, &links, e))
		return false;
	/* Without purchases there is nothing to propose; the table can be kept all the same. */
	if (!recommender_take(inst, db, org, version, &r, &untrained) && untrained.kind != ERR_VALUE &&
	    untrained.kind != ERR_NOT_FOUND) {
		*e = untrained;
		return false;
	}
	jw_open(&w, '{');
	jw_key(&w, "items");
	jw_open(&w, '[');
	for (size_t i = 0; i < links.n; i++) {
		jw_open(&w, '{');
		jw_kv_str(&w, "from", links.items[i].from);
		jw_kv_str(&w, "to", links.items[i].to);
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	jw_key(&w, "proposals");
	jw_open(&w, '[');
	if (r)
		proposals_json(&w, r, &links);
	jw_close(&w, ']');
	jw_close(&w, '}');
	recommender_give(inst, r);
	return true;
}
