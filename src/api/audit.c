/* Who did what, when, from where. */
#include "model/audit.h"
#include "api/api.h"
#include "base/clock.h"

static bool read_time(struct request *q, const char *name, int64_t *ret, struct err *e)
{
	struct str text = { 0 };
	if (!request_query_str(q, name, &text, e))
		return false;
	return !text.p || clock_parse(text, ret) ||
	       err_field(e, ERR_VALUE, name, "%s is a time such as 2026-01-31T00:00:00Z, or a date", name);
}

static void write_event(struct json_writer *w, const struct audit_event *a)
{
	jw_open(w, '{');
	jw_kv_id(w, "id", a->id);
	jw_kv_time(w, "at", a->at);
	jw_key(w, "user");
	if (a->user)
		jw_id(w, a->user);
	else
		jw_null(w);
	jw_kv_cstr(w, "email", a->email);
	jw_kv_cstr(w, "action", a->action);
	jw_kv_cstr(w, "object_kind", a->object_kind);
	jw_kv_cstr(w, "object_id", a->object_id);
	jw_kv_cstr(w, "address", a->address);
	jw_key(w, "detail");
	jw_raw(w, a->detail[0] ? str_of(a->detail) : STR("null"));
	jw_close(w, '}');
}

static bool audit_get(struct request *q, struct response *r, struct err *e)
{
	struct api_page asked;
	struct audit_filter filter = { 0 };
	struct audit_event *items;
	if (!api_page_read(q, &asked, e) || !request_query_str(q, "action", &filter.action, e) ||
	    !request_query_str(q, "object_kind", &filter.object_kind, e) ||
	    !request_query_id(q, "user", &filter.user, e) || !read_time(q, "since", &filter.since, e) ||
	    !read_time(q, "until", &filter.until, e))
		return false;
	struct page page = { .after = asked.after, .limit = asked.limit };
	if (!audit_list(api_db(q), api_caller(q), &filter, &page, request_arena(q), &items, e))
		return false;
	struct json_writer *w = api_list_begin(r);
	for (size_t i = 0; i < page.n; i++)
		write_event(w, &items[i]);
	api_list_end(w, page.next, page.total);
	return true;
}

static const struct route_param params[] = {
	API_PAGE_PARAMS,
	{ "action", ROUTE_PARAM_STR, "Only this action, as `user.create`." },
	{ "object_kind", ROUTE_PARAM_STR, "Only about this kind of object." },
	{ "user", ROUTE_PARAM_ID, "Only by this account." },
	{ "since", ROUTE_PARAM_STR, "From this time on." },
	{ "until", ROUTE_PARAM_STR, "Before this time." },
};

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/audit",
	  .answer = "Page:AuditEvent",
	  .handle = audit_get,
	  .permission = PERM_AUDIT,
	  .summary = "What was done in the organisation, newest first.",
	  .query = params,
	  .n_query = countof(params) },
};

const struct resource audit_resource = { "audit", "The audit log.", routes, countof(routes) };
