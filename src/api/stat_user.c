/* POST /stat_user: one client for the bank's program: the next products, or the client's own data. */
#include "analysis/customer_view.h"
#include "analysis/recommend.h"
#include "api/scope.h"
#include "model/audit.h"

#include <math.h>
#include <stdio.h>

#define OFFERS 10

struct stat_body {
	int64_t action;
	json_t *id;
	struct str dataset;
};
static const struct json_field fields[] = {
	{ "index_action", JSON_FIELD_I64, offsetof(struct stat_body, action), true, 1, 2, NULL,
	  "1: next products; 2: the client's own data." },
	{ .name = "id_user",
	  .type = JSON_FIELD_ANY,
	  .offset = offsetof(struct stat_body, id),
	  .required = true,
	  .doc = "A text, or a whole number." },
	{ "dataset", JSON_FIELD_STR, offsetof(struct stat_body, dataset), false, 1, 200, NULL,
	  "The newest with customers unless said." },
};
static const struct json_table table = { "StatUser", fields, countof(fields) };

static bool id_of(struct arena *a, const json_t *v, struct str *ret, struct err *e)
{
	if (json_is_string(v))
		*ret = str_trim(str_n(json_string_value(v), json_string_length(v)));
	else if (json_is_integer(v))
		*ret = str_of(arena_printf(a, "%lld", (long long)json_integer_value(v)));
	else
		return err_field(e, ERR_VALUE, "id_user", "a text or a whole number is wanted");
	return ret->n > 0 || err_field(e, ERR_VALUE, "id_user", "the id is empty");
}

static double percent(double probability)
{
	return round(probability * 10000) / 100;
}

static void put_offers(struct json_writer *w, const struct recommend_list *l)
{
	jw_open(w, '{');
	jw_kv_i64(w, "index_result", 200);
	jw_kv_str(w, "FIO", l->name);
	jw_kv_str(w, "id_user", l->customer);
	jw_key(w, "product_take_future");
	jw_open(w, '{');
	for (size_t i = 0; i < l->n; i++) {
		char key[24];
		snprintf(key, sizeof key, "%zu", i + 1);
		jw_key(w, key);
		jw_open(w, '{');
		jw_kv_str(w, "name", l->items[i].name);
		jw_kv_f64(w, "percent", percent(l->items[i].probability));
		if (l->items[i].linked)
			jw_kv_bool(w, "linked", true);
		jw_close(w, '}');
	}
	jw_close(w, '}');
	jw_close(w, '}');
}

/* A base without purchases has clients, but nothing to offer them. */
static bool next_products(struct request *q, struct response *r, const struct customers_scope *s, struct str id,
			  struct err *e)
{
	struct recommend_list l = { 0 };
	struct customer c;
	if (!caller_must(api_caller(q), PERM_RECOMMEND, e) ||
	    !customer_find(api_db(q), &s->set, id, request_arena(q), &c, e))
		return false;
	if (s->set.products && !recommend_customer(api_instance(q), api_db(q), s->set.org, s->dataset.id,
						   s->set.version, id, OFFERS, RECOMMEND_AUTO, request_arena(q), &l, e))
		return false;
	l.customer = c.id;
	l.name = c.name;
	put_offers(response_json(r, 200), &l);
	return true;
}

static bool own_data(struct request *q, struct response *r, const struct customers_scope *s, struct str id,
		     struct err *e)
{
	struct customer c;
	bool open = caller_may(api_caller(q), PERM_CONTACT);
	if (!customer_find(api_db(q), &s->set, id, request_arena(q), &c, e))
		return false;
	if (open && !audit_add_str(api_db(q), api_caller(q), "contact_read", "customer", c.id, NULL, e))
		return false;
	return customer_stat_user_json(response_json(r, 200), api_db(q), &s->set, &c, open, e);
}

static bool stat_user(struct request *q, struct response *r, struct err *e)
{
	struct stat_body body = { 0 };
	struct customers_scope s;
	struct str id;
	if (!request_json(q, &table, &body, e) || !id_of(request_arena(q), body.id, &id, e) ||
	    !customers_scope_named(q, body.dataset, &s, e))
		return false;
	return body.action == 1 ? next_products(q, r, &s, id, e) : own_data(q, r, &s, id, e);
}

static const struct route routes[] = {
	{ .method = "POST",
	  .path = "/stat_user",
	  .handle = stat_user,
	  .permission = PERM_CUSTOMER_READ,
	  .body = &table,
	  .summary = "One client: next products with percentages (index_action 1), or own data (2)." },
};
const struct resource stat_user_resource = { "bank", "The bank's interface", routes, countof(routes) };
