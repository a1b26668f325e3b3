/* Organisations: the bank's administrators make and close those of partners. */
#include "api/api.h"
#include "model/org.h"

static void write_org(struct json_writer *w, const struct org *o)
{
	jw_open(w, '{');
	jw_kv_id(w, "id", o->id);
	jw_kv_cstr(w, "name", o->name);
	jw_kv_bool(w, "bank", o->is_bank);
	jw_kv_i64(w, "people", o->people);
	jw_kv_time(w, "created_at", o->created_at);
	jw_kv_time(w, "closed_at", o->closed_at ? o->closed_at : INT64_MIN);
	jw_close(w, '}');
}

static bool answer_org(struct request *q, struct response *r, int status, int64_t id, struct err *e)
{
	struct org o;
	if (!org_find(api_db(q), api_caller(q), id, request_arena(q), &o, e))
		return false;
	struct json_writer *w = response_json(r, status);
	jw_open(w, '{');
	jw_key(w, "org");
	write_org(w, &o);
	jw_close(w, '}');
	return true;
}

static bool orgs_list(struct request *q, struct response *r, struct err *e)
{
	struct api_page asked;
	struct org *items;
	if (!api_page_read(q, &asked, e))
		return false;
	struct page page = { .after = asked.after, .limit = asked.limit };
	if (!org_list(api_db(q), api_caller(q), &page, request_arena(q), &items, e))
		return false;
	struct json_writer *w = api_list_begin(r);
	for (size_t i = 0; i < page.n; i++)
		write_org(w, &items[i]);
	api_list_end(w, page.next, page.total);
	return true;
}

static bool orgs_get(struct request *q, struct response *r, struct err *e)
{
	int64_t id;
	return request_param_id(q, "id", &id, e) && answer_org(q, r, 200, id, e);
}

struct org_body {
	struct str name;
};
static const struct json_field org_fields[] = {
	{ "name", JSON_FIELD_STR, offsetof(struct org_body, name), true, 1, ORG_NAME_BYTES, NULL, "Its name." },
};
static const struct json_table org_table = { "NewOrg", org_fields, countof(org_fields) };

static bool orgs_create(struct request *q, struct response *r, struct err *e)
{
	struct org_body body;
	int64_t id;
	return request_json(q, &org_table, &body, e) && org_create(api_db(q), api_caller(q), body.name, &id, e) &&
	       answer_org(q, r, 201, id, e);
}

struct org_change_body {
	bool closed;
};
static const struct json_field org_change_fields[] = {
	{ "closed", JSON_FIELD_BOOL, offsetof(struct org_change_body, closed), true, 0, 0, NULL,
	  "true: its people are let in no more; its data stay." },
};
static const struct json_table org_change_table = { "OrgChange", org_change_fields, countof(org_change_fields) };

static bool orgs_change(struct request *q, struct response *r, struct err *e)
{
	struct org_change_body body;
	int64_t id;
	if (!request_param_id(q, "id", &id, e) || !request_json(q, &org_change_table, &body, e))
		return false;
	if (!body.closed)
		return err_field(e, ERR_VALUE, "closed", "a closed organisation cannot be opened again");
	return org_close(api_db(q), api_caller(q), id, e) && answer_org(q, r, 200, id, e);
}

static const struct route_param page_params[] = { API_PAGE_PARAMS };

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/orgs",
	  .answer = "Page:Org",
	  .handle = orgs_list,
	  .permission = PERM_PEOPLE | PERM_ORGS,
	  .summary = "Organisations: all for the bank, its own for a partner.",
	  .query = page_params,
	  .n_query = countof(page_params) },
	{ .method = "POST",
	  .path = "/api/v1/orgs",
	  .handle = orgs_create,
	  .permission = PERM_ORGS,
	  .body = &org_table,
	  .summary = "Make a partner's organisation." },
	{ .method = "GET",
	  .path = "/api/v1/orgs/{id}",
	  .handle = orgs_get,
	  .permission = PERM_PEOPLE | PERM_ORGS,
	  .summary = "One organisation." },
	{ .method = "PATCH",
	  .path = "/api/v1/orgs/{id}",
	  .handle = orgs_change,
	  .permission = PERM_ORGS,
	  .body = &org_change_table,
	  .summary = "Close it." },
};

const struct resource orgs_resource = { "orgs", "The bank and its partners.", routes, countof(routes) };
