/* The administrator's table of linked products, and pairs proposed for it. */
#include "model/link.h"

#include "analysis/recommend.h"
#include "api/scope.h"

static bool links_get(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope s;
	if (!customers_scope(q, &s, e))
		return false;
	response_json(r, 200);
	return recommend_links_json(api_instance(q), api_db(q), s.set.org, s.dataset.id, s.set.version, response_buf(r),
				    e);
}

struct links_body {
	json_t *items;
};
static const struct json_field links_fields[] = {
	{ .name = "items",
	  .type = JSON_FIELD_ANY,
	  .offset = offsetof(struct links_body, items),
	  .required = true,
	  .doc = "[{\"from\",\"to\"}]: codes of products; who has `from` is offered `to`" },
};
static const struct json_table links_table = { "ProductLinks", links_fields, countof(links_fields) };

static const struct json_field link_fields[] = {
	{ "from", JSON_FIELD_STR, offsetof(struct link, from), true, 1, 500, NULL, "Code of a product." },
	{ "to", JSON_FIELD_STR, offsetof(struct link, to), true, 1, 500, NULL, "Code of a product." },
};
static const struct json_table link_table = { "ProductLink", link_fields, countof(link_fields) };

static bool read_links(struct request *q, const json_t *items, struct link_list *ret, struct err *e)
{
	size_t i;
	json_t *v;
	if (!json_is_array(items))
		return err_field(e, ERR_VALUE, "items", "a list is wanted");
	if (json_array_size(items) > LIMIT_LINKS)
		return err_field(e, ERR_VALUE, "items", "at most %d links", LIMIT_LINKS);
	ret->items = arena_array(request_arena(q), json_array_size(items) + 1, sizeof *ret->items);
	if (!ret->items)
		return err_set(e, ERR_TOO_LARGE, NULL, "the list is too long");
	json_array_foreach (items, i, v) {
		struct link l = { 0 };
		if (!json_parse(v, &link_table, &l, e))
			return false;
		ret->items[ret->n++] = l;
	}
	return true;
}

static bool links_put(struct request *q, struct response *r, struct err *e)
{
	struct links_body body = { 0 };
	struct link_list links = { 0 };
	struct customers_scope s;
	if (!request_json(q, &links_table, &body, e) || !customers_scope(q, &s, e) ||
	    !read_links(q, body.items, &links, e) || !link_replace(api_db(q), api_caller(q), s.dataset.id, &links, e))
		return false;
	response_json(r, 200);
	return recommend_links_json(api_instance(q), api_db(q), s.set.org, s.dataset.id, s.set.version, response_buf(r),
				    e);
}

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/links",
	  .answer = "Links",
	  .handle = links_get,
	  .permission = PERM_RECOMMEND,
	  .summary = "Linked products, and pairs proposed with support, confidence and lift." },
	{ .method = "PUT",
	  .path = "/api/v1/datasets/{id}/links",
	  .handle = links_put,
	  .permission = PERM_LINKS,
	  .body = &links_table,
	  .summary = "Replace the table of linked products; self-links, doubles and circles are refused." },
};
const struct resource links_resource = { "linked products", "Products that follow one another", routes,
					 countof(routes) };
