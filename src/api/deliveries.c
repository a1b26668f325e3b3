/* The history of what was sent, and why what was not. */
#include "api/api.h"
#include "connect/sender.h"
#include "model/delivery.h"

static void delivery_json(struct json_writer *w, const struct delivery *d)
{
	bool waiting = strcmp(d->state, "waiting") == 0;
	jw_open(w, '{');
	jw_kv_id(w, "id", d->id);
	jw_kv_cstr(w, "report", d->report);
	jw_kv_cstr(w, "cause", d->cause);
	jw_key(w, "target");
	jw_open(w, '{');
	jw_kv_id(w, "id", d->target);
	jw_kv_cstr(w, "name", d->target_name);
	jw_kv_cstr(w, "kind", d->target_kind);
	jw_close(w, '}');
	jw_kv_cstr(w, "state", d->state);
	jw_kv_cstr(w, "reason", d->reason[0] ? d->reason : NULL);
	jw_kv_cstr(w, "reason_code", d->reason_code[0] ? d->reason_code : NULL);
	jw_kv_i64(w, "attempts", d->attempts);
	jw_kv_time(w, "next_at", waiting ? d->next_at : INT64_MIN);
	jw_kv_time(w, "created_at", d->created_at);
	jw_kv_time(w, "ended_at", d->ended_at ? d->ended_at : INT64_MIN);
	jw_close(w, '}');
}

static bool deliveries_list(struct request *q, struct response *r, struct err *e)
{
	struct api_page asked;
	struct delivery_filter f = { 0 };
	struct delivery *items;
	if (!api_page_read(q, &asked, e) || !request_query_str(q, "report", &f.report, e) ||
	    !request_query_str(q, "state", &f.state, e) || !request_query_id(q, "target", &f.target, e))
		return false;
	struct page page = { .after = asked.after, .limit = asked.limit };
	if (!delivery_list(api_db(q), api_caller(q)->org, &f, &page, request_arena(q), &items, e))
		return false;
	struct json_writer *w = api_list_begin(r);
	for (size_t i = 0; i < page.n; i++)
		delivery_json(w, &items[i]);
	api_list_end(w, page.next, page.total);
	return true;
}

static bool deliveries_retry(struct request *q, struct response *r, struct err *e)
{
	int64_t id;
	if (!request_param_id(q, "id", &id, e) || !delivery_retry(api_db(q), api_caller(q), id, e))
		return false;
	sender_wake(api_instance(q)->sender);
	response_no_content(r);
	return true;
}

static const struct route_param list_params[] = {
	API_PAGE_PARAMS,
	{ "report", ROUTE_PARAM_STR, "Of this report only." },
	{ "state", ROUTE_PARAM_STR, "waiting, sending, sent or failed." },
	{ "target", ROUTE_PARAM_ID, "To this target only." },
};

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/deliveries",
	  .handle = deliveries_list,
	  .permission = PERM_REPORT,
	  .query = list_params,
	  .n_query = countof(list_params),
	  .summary = "What was sent, newest first, and why what was not: reason_code is a word that stays.",
	  .answer = "Page:Delivery" },
	{ .method = "POST",
	  .path = "/api/v1/deliveries/{id}/retry",
	  .handle = deliveries_retry,
	  .permission = PERM_REPORT,
	  .summary = "Send anew what failed." },
};

const struct resource deliveries_resource = { "deliveries", "The outbox and its history.", routes, countof(routes) };
