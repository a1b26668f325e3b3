/* Reports: named figures that are sent, and the figures themselves as JSON and as a picture. */
#include "api/report_body.h"
#include "job/clock.h"

static bool reports_list(struct request *q, struct response *r, struct err *e)
{
	struct api_page asked;
	struct report *items;
	if (!api_page_read(q, &asked, e))
		return false;
	struct page page = { .after = asked.after, .limit = asked.limit };
	if (!report_list(api_db(q), api_caller(q)->org, &page, request_arena(q), &items, e))
		return false;
	struct json_writer *w = api_list_begin(r);
	for (size_t i = 0; i < page.n; i++)
		report_json(w, &items[i]);
	api_list_end(w, page.next, page.total);
	return true;
}

static bool of_path(struct request *q, struct report *ret, struct err *e)
{
	return report_find(api_db(q), api_caller(q)->org, request_param(q, "name"), request_arena(q), ret, e);
}

static bool answer(struct request *q, struct response *r, int status, struct str name, struct err *e)
{
	struct report made;
	if (!report_find(api_db(q), api_caller(q)->org, name, request_arena(q), &made, e))
		return false;
	report_json(response_json(r, status), &made);
	job_clock_wake(api_instance(q)->clock);
	return true;
}

static bool reports_create(struct request *q, struct response *r, struct err *e)
{
	struct report report = report_default(api_caller(q)->org);
	int64_t id;
	return report_body_read(q, &report_new_table, &report, e) &&
	       report_create(api_db(q), api_caller(q), &report, &id, e) && answer(q, r, 201, str_of(report.name), e);
}

static bool reports_get(struct request *q, struct response *r, struct err *e)
{
	struct report report;
	if (!of_path(q, &report, e))
		return false;
	report_json(response_json(r, 200), &report);
	return true;
}

static bool reports_change(struct request *q, struct response *r, struct err *e)
{
	struct report report;
	return of_path(q, &report, e) && report_body_read(q, &report_change_table, &report, e) &&
	       report_change(api_db(q), api_caller(q), &report, e) && answer(q, r, 200, str_of(report.name), e);
}

static bool reports_delete(struct request *q, struct response *r, struct err *e)
{
	struct report report;
	if (!of_path(q, &report, e) || !report_delete(api_db(q), api_caller(q), report.id, e))
		return false;
	response_no_content(r);
	return true;
}

static bool reports_send(struct request *q, struct response *r, struct err *e)
{
	struct report report;
	struct send_result *sent = arena_new(request_arena(q), struct send_result);
	if (!sent)
		return err_set(e, ERR_LIMIT, NULL, "The request takes too much memory.");
	if (!of_path(q, &report, e) ||
	    !report_send(api_instance(q), api_db(q), &report, api_caller(q)->user, "now", request_arena(q), sent, e))
		return false;
	struct json_writer *w = response_json(r, 202);
	jw_open(w, '{');
	jw_key(w, "deliveries");
	jw_open(w, '[');
	for (size_t i = 0; i < sent->n; i++) {
		jw_open(w, '{');
		jw_kv_id(w, "id", sent->ids[i]);
		jw_kv_id(w, "target", sent->targets[i].id);
		jw_kv_cstr(w, "name", sent->targets[i].name);
		jw_kv_cstr(w, "kind", target_kind_name(sent->targets[i].kind));
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_close(w, '}');
	return true;
}

static bool show_figure(struct request *q, struct response *r, const struct report *report, struct err *e)
{
	struct figure f;
	if (!figure_make(api_instance(q), api_db(q), report, request_arena(q), &f, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	figure_json(w, &f);
	return true;
}

static bool show_chart(struct request *q, struct response *r, const struct report *report, struct err *e)
{
	CLEANUP(buf_free) struct buf png = BUF_INIT(CHART_PNG_BYTES);
	struct figure f;
	if (!figure_make(api_instance(q), api_db(q), report, request_arena(q), &f, e) || !figure_chart(&f, &png, e))
		return false;
	response_take(r, "image/png", &png);
	return true;
}

static bool reports_preview(struct request *q, struct response *r, struct err *e)
{
	struct report report;
	return of_path(q, &report, e) && show_figure(q, r, &report, e);
}

static bool reports_chart(struct request *q, struct response *r, struct err *e)
{
	struct report report;
	return of_path(q, &report, e) && show_chart(q, r, &report, e);
}

static bool of_query(struct request *q, struct report *ret, struct err *e)
{
	struct str figure = request_param(q, "figure");
	enum figure_kind kind;
	*ret = report_default(api_caller(q)->org);
	if (!figure_parse(figure, &kind))
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such figure.");
	ret->figure = figure_name(kind);
	return report_query_read(q, ret, e);
}

static bool figures_get(struct request *q, struct response *r, struct err *e)
{
	struct report report;
	return of_query(q, &report, e) && show_figure(q, r, &report, e);
}

static bool figures_chart(struct request *q, struct response *r, struct err *e)
{
	struct report report;
	return of_query(q, &report, e) && show_chart(q, r, &report, e);
}

static const struct route_param page_params[] = { API_PAGE_PARAMS };
static const struct route_param figure_params[] = {
	{ "dataset", ROUTE_PARAM_STR, "Id or name; the newest that fits unless said." },
	{ "year", ROUTE_PARAM_I64, "Of one year; 0 = all." },
	{ "per", ROUTE_PARAM_STR, "record or customer: what the mean is taken over." },
	{ "top", ROUTE_PARAM_I64, "How many customers, 1 to 100; 10 unless said." },
	{ "language", ROUTE_PARAM_STR, "en, ru, pl or mk." },
};

#define REPORT "/api/v1/reports/{name}"
static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/reports",
	  .handle = reports_list,
	  .permission = PERM_REPORT,
	  .summary = "The organisation's reports. last_error_code says in a word why the last run came to nothing.",
	  .answer = "Page:Report",
	  .query = page_params,
	  .n_query = countof(page_params) },
	{ .method = "POST",
	  .path = "/api/v1/reports",
	  .handle = reports_create,
	  .permission = PERM_REPORT,
	  .body = &report_new_table,
	  .summary = "Make a report: a figure, its targets, and when it is sent by itself.",
	  .answer = "Report" },
	{ .method = "GET",
	  .path = REPORT,
	  .handle = reports_get,
	  .permission = PERM_REPORT,
	  .summary = "One report, by name or id.",
	  .answer = "Report" },
	{ .method = "PATCH",
	  .path = REPORT,
	  .handle = reports_change,
	  .permission = PERM_REPORT,
	  .body = &report_change_table,
	  .summary = "Change it; what is not said stays.",
	  .answer = "Report" },
	{ .method = "DELETE",
	  .path = REPORT,
	  .handle = reports_delete,
	  .permission = PERM_REPORT,
	  .summary = "Remove it; what waits to be sent is still sent." },
	{ .method = "POST",
	  .path = REPORT "/send",
	  .handle = reports_send,
	  .permission = PERM_REPORT,
	  .summary = "Send it now, to all its targets; the deliveries say how that goes." },
	{ .method = "GET",
	  .path = REPORT "/preview",
	  .handle = reports_preview,
	  .permission = PERM_REPORT,
	  .summary = "What it would say now." },
	{ .method = "GET",
	  .path = REPORT "/chart",
	  .handle = reports_chart,
	  .permission = PERM_REPORT,
	  .summary = "Its chart, PNG." },
	{ .method = "GET",
	  .path = "/api/v1/figures/{figure}",
	  .handle = figures_get,
	  .permission = PERM_REPORT,
	  .query = figure_params,
	  .n_query = countof(figure_params),
	  .summary = "A figure as a table, without making a report of it." },
	{ .method = "GET",
	  .path = "/api/v1/figures/{figure}/chart",
	  .handle = figures_chart,
	  .permission = PERM_REPORT,
	  .query = figure_params,
	  .n_query = countof(figure_params),
	  .summary = "Its chart, PNG." },
};

const struct resource reports_resource = { "reports", "Figures that are sent, now or by the clock.", routes,
					   countof(routes) };
