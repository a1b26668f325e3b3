#include "analysis/recommend.h"

#include "analysis/recommend_inner.h"
#include "base/limits.h"

#define SCRATCH_BYTES (64 * MIB)

static const struct {
	const char *name;
	enum learn_method learn;
} methods[RECOMMEND_METHODS] = {
	[RECOMMEND_AUTO] = { "auto", LEARN_METHOD_AUTO },
	[RECOMMEND_SIMILAR] = { "similar", LEARN_METHOD_SIMILAR },
	[RECOMMEND_RULES] = { "rules", LEARN_METHOD_RULES },
	[RECOMMEND_ITEM] = { "item", LEARN_METHOD_ITEM },
	[RECOMMEND_EASE] = { "ease", LEARN_METHOD_EASE },
	[RECOMMEND_SOFTMAX] = { "softmax", LEARN_METHOD_SOFTMAX },
	[RECOMMEND_BLEND] = { "blend", LEARN_METHOD_BLEND },
	[RECOMMEND_POPULARITY] = { "popularity", LEARN_METHOD_POPULARITY },
	[RECOMMEND_REPEAT] = { "repeat", LEARN_METHOD_REPEAT },
};

const char *recommend_method_name(enum recommend_method m)
{
	return methods[m].name;
}

bool recommend_method_parse(struct str s, enum recommend_method *ret)
{
	for (enum recommend_method m = 0; m < RECOMMEND_METHODS; m++) {
		if (str_is(s, methods[m].name)) {
			*ret = m;
			return true;
		}
	}
	return false;
}

enum learn_method recommend_learn_method(enum recommend_method m)
{
	return methods[m].learn;
}

enum recommend_method recommend_method_of(enum learn_method learn)
{
	for (enum recommend_method m = 0; m < RECOMMEND_METHODS; m++) {
		if (methods[m].learn == learn)
			return m;
	}
	return RECOMMEND_AUTO;
}

static const struct product *product_coded(const struct recommender *r, struct str code)
{
	for (size_t i = 0; i < r->products.n; i++) {
		if (str_eq(r->products.items[i].code, code))
			return &r->products.items[i];
	}
	return NULL;
}

static const struct product *owned_coded(const struct recommender *r, struct learn_row row, struct str code)
{
	for (size_t i = 0; i < row.n; i++) {
		if (str_eq(r->products.items[row.product[i]].code, code))
			return &r->products.items[row.product[i]];
	}
	return NULL;
}

static bool listed_already(const struct recommend_list *l, struct str code)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->items[i].linked && str_eq(l->items[i].code, code))
			return true;
	}
	return false;
}

struct serving {
	const struct recommender *r;
	const struct recommend_input *in;
	struct learn_next_work *work;
	struct arena *arena;
};

/* What the administrator linked to something the customer has. */
static void add_links(const struct serving *s, const struct link_list *links, struct recommend_list *l, size_t room)
{
	struct learn_row row = s->in->customer.row;
	for (size_t i = 0; i < links->n && l->n < room; i++) {
		const struct product *from = owned_coded(s->r, row, links->items[i].from);
		if (!from || owned_coded(s->r, row, links->items[i].to) || listed_already(l, links->items[i].to))
			continue;
		const struct product *to = product_coded(s->r, links->items[i].to);
		struct recommend_item item = { .product = to ? to->no : UINT32_MAX,
					       .code = links->items[i].to,
					       .name = to ? to->name : links->items[i].to,
					       .linked = true };
		if (to)
			item.probability = learn_next_probability(&s->r->next, &s->in->customer, to->no, s->work);
		char *why = arena_printf(s->arena, "linked to \xe2\x80\x9c%.*s\xe2\x80\x9d, which the client has",
					 STR_ARG(from->name));
		if (why) {
			item.reasons[item.n_why] =
				(struct recommend_reason){ .kind = REASON_LINKED, .had = from->name };
			item.why[item.n_why++] = str_of(why);
		}
		l->items[l->n++] = item;
	}
}

static void add_offers(const struct serving *s, const struct learn_wish *wish, struct recommend_list *l)
{
	struct learn_offer offers[LEARN_CANDIDATES * 2];
	size_t n = learn_next_list(&s->r->next, &s->in->customer, wish, s->work, offers);
	for (size_t i = 0; i < n; i++) {
		const struct product *p = &s->r->products.items[offers[i].product];
		struct recommend_item *item = &l->items[l->n++];
		*item = (struct recommend_item){ .product = p->no,
						 .code = p->code,
						 .name = p->name,
						 .probability = offers[i].probability,
						 .owned = offers[i].method == LEARN_METHOD_REPEAT };
		recommend_why(s->r, s->in, &offers[i], s->arena, item);
	}
}

static bool keep_texts(struct arena *a, struct recommend_list *l)
{
	for (size_t i = 0; i < l->n; i++) { /* the recommender may go before the list does */
		l->items[i].code = arena_str(a, l->items[i].code);
		l->items[i].name = arena_str(a, l->items[i].name);
	}
	return !a->failed;
}

static bool serve(struct recommender *r, struct db *db, int64_t dataset, struct str customer, size_t limit,
		  enum recommend_method method, struct arena *a, struct recommend_list *ret, struct err *e)
{
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(SCRATCH_BYTES);
	struct customer c;
	struct recommend_input in;
	struct link_list links;
	struct recommend_list l = { .method = method, .new_items = recommend_method_of(r->next.new_items) };
	if (method != RECOMMEND_AUTO && method != RECOMMEND_REPEAT)
		l.new_items = method;
	if (!learn_next_has(&r->next, recommend_learn_method(method)))
		return err_field(e, ERR_VALUE, "method", "%s is not used on these data: %s", methods[method].name,
				 method == RECOMMEND_BLEND ? "no blend was better than the best method alone"
							   : "it is for few products");
	if (!customer_find(db, &r->set, customer, a, &c, e) || !recommend_input_of(r, &c, &scratch, &in, e) ||
	    !link_load(db, r->set.org, dataset, &scratch, &links, e))
		return false;
	in.customer.numeric = in.numeric;
	in.customer.category = in.category;
	if ((int64_t)r->trained_on == r->set.customers) /* everybody was read, so numbers are places */
		in.customer.self = (uint32_t)c.no;
	limit = MIN(limit, (size_t)RECOMMEND_LIMIT);
	l.customer = c.id;
	l.name = c.name;
	l.items = arena_array(a, limit + links.n + 1, sizeof *l.items);
	if (!l.items)
		return err_set(e, ERR_LIMIT, NULL, "the list is too long");
	struct learn_next_work work;
	struct serving s = { r, &in, &work, a };
	struct learn_wish wish = { recommend_learn_method(method), limit, false, 2 };
	learn_next_work_init(&r->next, &work);
	add_offers(&s, &wish, &l);
	add_links(&s, &links, &l, limit + links.n);
	learn_next_work_free(&work);
	if (!keep_texts(a, &l))
		return err_set(e, ERR_LIMIT, NULL, "the list is too long");
	*ret = l;
	return true;
}

/* Who is no longer in the current version is not served from the one before. */
static bool is_there(const struct recommender *r, struct db *db, int64_t org, int64_t version, struct str customer,
		     struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(SCRATCH_BYTES);
	struct card_set set;
	struct customer c;
	return r->kept.version == version ||
	       (card_set_find(db, org, version, &set, e) && customer_find(db, &set, customer, &a, &c, e));
}

bool recommend_serve(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
		     struct str customer, size_t limit, enum recommend_method method, struct arena *a,
		     struct recommend_list *ret, struct recommender **ret_by, struct err *e)
{
	struct recommender *r;
	struct err unknown = { 0 };
	if (!recommender_take(inst, db, org, version, &r, e))
		return false;
	if (!is_there(r, db, org, version, customer, e)) {
		recommender_give(inst, r);
		return false;
	}
	if (serve(r, db, dataset, customer, limit, method, a, ret, &unknown)) {
		*ret_by = r;
		return true;
	}
	bool older = r->kept.version != version && unknown.kind == ERR_NOT_FOUND;
	recommender_give(inst, r);
	if (!older) {
		*e = unknown;
		return false;
	}
	/* The newest version is still being learned, and the one before does not know the customer. */
	if (!recommender_take_own(inst, db, org, version, NULL, &r, e))
		return false;
	if (serve(r, db, dataset, customer, limit, method, a, ret, e)) {
		*ret_by = r;
		return true;
	}
	recommender_give(inst, r);
	return false;
}

bool recommend_customer(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
			struct str customer, size_t limit, enum recommend_method method, struct arena *a,
			struct recommend_list *ret, struct err *e)
{
	struct recommender *r;
	if (!recommend_serve(inst, db, org, dataset, version, customer, limit, method, a, ret, &r, e))
		return false;
	recommender_give(inst, r);
	return true;
}
