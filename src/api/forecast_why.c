/* Which features moved the forecasts of a customer. */
#include "analysis/forecast_why.h"
#include "api/scope.h"

static bool why_get(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope s;
	struct customer c;
	if (!customers_scope(q, &s, e) ||
	    !customer_find(api_db(q), &s.set, request_param(q, "customer"), request_arena(q), &c, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	for (enum forecast_preset p = 0; p < PRESETS; p++) {
		jw_key(w, forecast_preset_name(p));
		if (!forecast_why_json(api_instance(q), api_db(q), &s.dataset, p, c.id, request_cancel_flag(q), w, e))
			return false;
	}
	jw_close(w, '}');
	return true;
}

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/customers/{customer}/forecasts/why",
	  .answer = "ForecastReasons",
	  .handle = why_get,
	  .permission = PERM_CUSTOMER_READ,
	  .summary = "Which features moved the newest forecasts of this customer, the strongest first: contributions "
		     "add up "
		     "to score - average_score." },
};
const struct resource forecast_why_resource = { "models", "Forecasts of sales and purchases", routes, countof(routes) };
