/* Why a product is offered, in sentences that an employee can say aloud: counts of clients, never scores. */
#include "analysis/recommend_inner.h"
#include "base/clock.h"
#include "learn/repeat.h"

#include <math.h>
#include <stdio.h>

#define RULE_CLIENTS 3                          /* a rule needs so many */
#define RULE_SHARE 0.05                         /* and so large a share, to be worth saying */
#define SAY_NAME "\xe2\x80\x9c%.*s\xe2\x80\x9d" /* the name in quotation marks */

static void say(struct recommend_item *item, const struct recommend_reason *reason, char *text)
{
	if (!text || item->n_why == RECOMMEND_WHY)
		return;
	item->reasons[item->n_why] = *reason;
	item->why[item->n_why++] = str_of(text);
}

static struct str name_of(const struct recommender *r, uint32_t product)
{
	return product < r->products.n ? r->products.items[product].name : STR("");
}

/* Two products that speak for it together, where they say more than each alone. */
static void say_both(const struct recommender *r, struct learn_row row, uint32_t product, struct arena *a,
		     struct recommend_item *item)
{
	const struct learn_both *both;
	const struct learn_pair *rule = learn_triples_find(&r->next.models.triples, row, product, &both);
	if (!rule || rule->count < RULE_CLIENTS || (double)rule->score < RULE_SHARE)
		return;
	struct str had = name_of(r, both->a), too = name_of(r, both->b), takes = name_of(r, product);
	struct recommend_reason reason = {
		.kind = REASON_BOTH, .count = rule->count, .of = both->customers, .had = had, .too = too
	};
	say(item, &reason,
	    arena_printf(a, "%u of %u clients who took " SAY_NAME " and " SAY_NAME " took " SAY_NAME, rule->count,
			 both->customers, STR_ARG(had), STR_ARG(too), STR_ARG(takes)));
}

/* The two products of the customer that speak for it most. */
static void say_rules(const struct recommender *r, struct learn_row row, uint32_t product, struct arena *a,
		      struct recommend_item *item)
{
	const struct learn_next *x = &r->next;
	const struct learn_pair *best[2] = { NULL, NULL };
	uint32_t from[2] = { 0, 0 };
	for (size_t i = 0; i < row.n; i++) {
		if (row.product[i] == product)
			continue;
		const struct learn_pair *p = learn_pairs_find(&x->models.rules, row.product[i], product);
		if (!p || p->count < RULE_CLIENTS || (double)p->score < RULE_SHARE)
			continue;
		size_t at = !best[0] || p->score > best[0]->score ? 0 : !best[1] || p->score > best[1]->score ? 1 : 2;
		if (at == 0) {
			best[1] = best[0];
			from[1] = from[0];
		}
		if (at < 2) {
			best[at] = p;
			from[at] = row.product[i];
		}
	}
	for (size_t k = 0; k < 2 && best[k]; k++) {
		struct str had = name_of(r, from[k]), takes = name_of(r, product);
		struct recommend_reason reason = { .kind = x->order == LEARN_PAIRS_THEN ? REASON_THEN : REASON_ALSO,
						   .count = best[k]->count,
						   .of = x->models.popularity.customers[from[k]],
						   .had = had };
		say(item, &reason,
		    arena_printf(a, "%u of %u clients who took " SAY_NAME " %s " SAY_NAME, best[k]->count,
				 x->models.popularity.customers[from[k]], STR_ARG(had),
				 x->order == LEARN_PAIRS_THEN ? "then took" : "also took", STR_ARG(takes)));
	}
}

static void say_repeat(struct learn_row row, uint32_t product, struct arena *a, struct recommend_item *item)
{
	for (size_t i = 0; i < row.n; i++) {
		if (row.product[i] != product)
			continue;
		double gap = learn_repeat_gap(row, i);
		struct recommend_reason reason = { .kind = REASON_REPEAT,
						   .count = (uint32_t)lround((double)row.times[i]) };
		int64_t y;
		int m, d;
		if (gap >= 1) {
			clock_civil_from_days(row.last[i], &y, &m, &d);
			reason.days = (int64_t)round(gap);
			reason.last_day = (int32_t)row.last[i];
			say(item, &reason,
			    arena_printf(a, "took it %.0f times, about every %.0f days, last on %04lld-%02d-%02d",
					 (double)row.times[i], round(gap), (long long)y, m, d));
		} else {
			say(item, &reason, arena_printf(a, "took it %.0f times", (double)row.times[i]));
		}
	}
}

static void say_similar(const struct recommender *r, const struct learn_offer *o, size_t near, struct arena *a,
			struct recommend_item *item)
{
	if (!o->near || !near)
		return;
	struct recommend_reason reason = { .kind = REASON_SIMILAR, .count = o->near, .of = (uint32_t)near };
	say(item, &reason, arena_printf(a, "%u of the %zu clients most like this one have it", o->near, near));
}

static void say_popular(const struct recommender *r, uint32_t product, struct arena *a, struct recommend_item *item)
{
	const struct learn_popularity *p = &r->next.models.popularity;
	if (product >= p->n_products || !p->customers[product])
		return;
	struct recommend_reason reason = { .kind = REASON_POPULAR,
					   .count = p->customers[product],
					   .of = p->n_customers };
	say(item, &reason, arena_printf(a, "%u of %u clients have it", p->customers[product], p->n_customers));
}

void recommend_why(const struct recommender *r, const struct recommend_input *in, const struct learn_offer *o,
		   struct arena *a, struct recommend_item *ret)
{
	if (o->method == LEARN_METHOD_REPEAT) {
		say_repeat(in->customer.row, o->product, a, ret);
		return;
	}
	size_t near = MIN(r->next.models.similar.options.neighbours, r->next.models.similar.refs.n_customers);
	say_similar(r, o, near, a, ret);
	say_both(r, in->customer.row, o->product, a, ret);
	say_rules(r, in->customer.row, o->product, a, ret);
	if (ret->n_why < 2)
		say_popular(r, o->product, a, ret);
}
