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

/* Reasons before the strongest are chosen. */
#define CANDIDATES 4
struct candidates {
	struct recommend_reason items[CANDIDATES];
	size_t n;
};

static double share_of(const struct recommend_reason *reason)
{
	return reason->of ? (double)reason->count / reason->of : 0;
}

/* Kept while they come best first; equal ones in the order they came. */
static void add(struct candidates *all, struct recommend_reason reason)
{
	size_t at = all->n;
	if (all->n == CANDIDATES || reason.count < RULE_CLIENTS || share_of(&reason) < RULE_SHARE)
		return;
	for (; at > 0 && share_of(&all->items[at - 1]) < share_of(&reason); at--)
		all->items[at] = all->items[at - 1];
	all->items[at] = reason;
	all->n++;
}

/* Two products that speak for it together, where they say more than each alone. */
static void add_both(const struct recommender *r, struct learn_row row, uint32_t product, struct candidates *all)
{
	const struct learn_both *both;
	const struct learn_pair *rule = learn_triples_find(&r->next.models.triples, row, product, &both);
	if (rule)
		add(all, (struct recommend_reason){ .kind = REASON_BOTH,
						    .count = rule->count,
						    .of = both->customers,
						    .had = name_of(r, both->a),
						    .too = name_of(r, both->b) });
}

/* The two products of the customer that speak for it most. */
static void add_rules(const struct recommender *r, struct learn_row row, uint32_t product, struct candidates *all)
{
	const struct learn_next *x = &r->next;
	const struct learn_pair *best[2] = { NULL, NULL };
	uint32_t from[2] = { 0, 0 };
	for (size_t i = 0; i < row.n; i++) {
		if (row.product[i] == product)
			continue;
		const struct learn_pair *p = learn_pairs_find(&x->models.rules, row.product[i], product);
		if (!p || p->count < RULE_CLIENTS)
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
	for (size_t k = 0; k < 2 && best[k]; k++)
		add(all, (struct recommend_reason){ .kind = x->order == LEARN_PAIRS_THEN ? REASON_THEN : REASON_ALSO,
						    .count = best[k]->count,
						    .of = x->models.popularity.customers[from[k]],
						    .had = name_of(r, from[k]) });
}

static void add_similar(const struct recommender *r, const struct learn_offer *o, struct candidates *all)
{
	uint32_t near = MIN(r->next.models.similar.options.neighbours, r->next.models.similar.refs.n_customers);
	add(all, (struct recommend_reason){ .kind = REASON_SIMILAR, .count = o->near, .of = near });
}

static char *sentence(const struct recommend_reason *reason, struct str takes, struct arena *a)
{
	switch (reason->kind) {
	case REASON_ALSO:
	case REASON_THEN:
		return arena_printf(a, "%u of %u clients who took " SAY_NAME " %s " SAY_NAME, reason->count, reason->of,
				    STR_ARG(reason->had), reason->kind == REASON_THEN ? "then took" : "also took",
				    STR_ARG(takes));
	case REASON_BOTH:
		return arena_printf(a, "%u of %u clients who took " SAY_NAME " and " SAY_NAME " took " SAY_NAME,
				    reason->count, reason->of, STR_ARG(reason->had), STR_ARG(reason->too),
				    STR_ARG(takes));
	case REASON_SIMILAR:
		return arena_printf(a, "%u of the %u clients most like this one have it", reason->count, reason->of);
	case REASON_POPULAR:
		return arena_printf(a, "%u of %u clients have it", reason->count, reason->of);
	case REASON_REPEAT:
	case REASON_LINKED:
		break;
	}
	return NULL;
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

/* The strongest first. What does not raise the share that the product has among all clients is no reason for it. */
void recommend_why(const struct recommender *r, const struct recommend_input *in, const struct learn_offer *o,
		   struct arena *a, struct recommend_item *ret)
{
	const struct learn_popularity *p = &r->next.models.popularity;
	struct candidates all = { .n = 0 };
	struct recommend_reason popular = { .kind = REASON_POPULAR };
	if (o->method == LEARN_METHOD_REPEAT) {
		say_repeat(in->customer.row, o->product, a, ret);
		return;
	}
	if (o->product < p->n_products) {
		popular.count = p->customers[o->product];
		popular.of = p->n_customers;
	}
	add_similar(r, o, &all);
	add_both(r, in->customer.row, o->product, &all);
	add_rules(r, in->customer.row, o->product, &all);
	struct str takes = name_of(r, o->product);
	for (size_t i = 0; i < all.n && share_of(&all.items[i]) > share_of(&popular); i++)
		say(ret, &all.items[i], sentence(&all.items[i], takes, a));
	if (ret->n_why < 2 && popular.count)
		say(ret, &popular, sentence(&popular, takes, a));
}
