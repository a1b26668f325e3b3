/* What was forecast, beside customers in lists: which run is told, its bounds as parameters. For this layer only. */
#pragma once

#include "analysis/names.h"
#include "api/scope.h"
#include "model/trained.h"

struct customers_forecasts {
	struct forecast_run run[NAME_VALUES];
	bool there[NAME_VALUES];
	double threshold; /* the chance from which a customer is taken for a buyer */
};

/* forecast_min, forecast_max, probability_min, probability_max, decile. */
bool customers_forecasts_filter(struct request *q, struct name_filter *ret, bool *ret_any, struct err *e);
/*
 * The newest runs over all customers, and into the query. ERR_VALUE where the order or a bound asks for what was never
 * forecast.
 */
bool customers_forecasts_find(struct request *q, const struct customers_scope *s, struct name_query *query,
			      struct customers_forecasts *ret, struct err *e);
/* {"sales":{"model","as_of","made_at","customers"} or null, "purchase":{…,"threshold"} or null} */
void customers_forecasts_json(struct json_writer *w, const struct customers_forecasts *f);

#define CUSTOMERS_FORECAST_PARAMS                                                                                  \
	{ "forecast_min", ROUTE_PARAM_F64, "Only customers who are expected to spend at least this in 30 days." }, \
		{ "forecast_max", ROUTE_PARAM_F64, "At most this." },                                              \
		{ "probability_min", ROUTE_PARAM_F64,                                                              \
		  "Only customers who buy within 14 days with at least this chance, 0 to 1." },                    \
		{ "probability_max", ROUTE_PARAM_F64, "At most this chance." },                                    \
	{                                                                                                          \
		"decile", ROUTE_PARAM_I64,                                                                         \
			"1 to 10: only that tenth of the customers by expected spend; 1 is the tenth with the "    \
			"highest."                                                                                 \
	}
