/* What is expected of the customers, at one look. */
#include "analysis/dashboard.h"

#include "api/scope.h"

static bool dashboard_get(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope s;
	struct str dataset = { 0 };
	return request_query_str(q, "dataset", &dataset, e) && customers_scope_named(q, dataset, &s, e) &&
	       dashboard_json(api_db(q), &s.dataset, &s.set, request_arena(q), response_json(r, 200), e);
}

static const struct route_param params[] = {
	{ "dataset", ROUTE_PARAM_STR, "Id or name; the newest with customers unless said." },
};
static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/dashboard",
	  .handle = dashboard_get,
	  .permission = PERM_DASHBOARD,
	  .query = params,
	  .n_query = countof(params),
	  .summary = "Clients, mean forecast, share above the threshold, monthly sales with the months to come." },
};
const struct resource dashboard_resource = { "dashboard", "Forecasts at one look", routes, countof(routes) };
