/* What one customer bought and did, row by row. */
#include "analysis/purchases.h"
#include "analysis/activity.h"

#include "api/scope.h"

static bool purchases_list(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope s;
	struct customer c;
	struct api_page page;
	int64_t total = 0;
	if (!api_page_read(q, &page, e) || !customers_scope(q, &s, e) ||
	    !customer_find(api_db(q), &s.set, request_param(q, "customer"), request_arena(q), &c, e))
		return false;
	struct json_writer *w = api_list_begin(r);
	if (!purchases_json(api_instance(q), api_db(q), &s.set, c.id, page.after, page.limit, request_cancel_flag(q), w,
			    &total, e))
		return false;
	api_list_end(w, page.after + page.limit < total ? page.after + page.limit : 0, total);
	return true;
}

static bool activity_list(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope s;
	struct customer c;
	struct api_page asked;
	if (!api_page_read(q, &asked, e) || !customers_scope(q, &s, e) ||
	    !customer_find(api_db(q), &s.set, request_param(q, "customer"), request_arena(q), &c, e))
		return false;
	struct activity_page page = { .skip = asked.after, .limit = asked.limit };
	struct json_writer *w = api_list_begin(r);
	if (!activity_json(api_instance(q), api_db(q), &s.set, c.id, &page, request_cancel_flag(q), w, e))
		return false;
	api_list_end(w, page.skip + page.limit < page.total ? page.skip + page.limit : 0, page.total);
	return true;
}

static const struct route_param params[] = { API_PAGE_PARAMS };
static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/customers/{customer}/purchases",
	  .answer = "Page:Purchase",
	  .handle = purchases_list,
	  .permission = PERM_CUSTOMER_READ,
	  .query = params,
	  .n_query = countof(params),
	  .summary = "Purchases of one customer, newest first; those left out of the analyses say why." },
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/customers/{customer}/activity",
	  .answer = "Page:Activity",
	  .handle = activity_list,
	  .permission = PERM_CUSTOMER_READ,
	  .query = params,
	  .n_query = countof(params),
	  .summary = "Visits and the like of one customer, newest first; empty where the data have none." },
};
const struct resource purchases_resource = { "customers", "Customers of a data set", routes, countof(routes) };
