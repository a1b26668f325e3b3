/* Which features moved the newest forecast of a customer, and how far. */
#pragma once

#include "analysis/forecast_model.h"
#include "json/write.h"

struct db;
struct dataset;

/*
 * The features of the customer as of the day of the newest forecast, weighed by the model that made it. Of the version
 * of the data that it was made from while that is kept, else of the current one.
 *
 * null where nothing was forecast of the customer or the model is gone, else {"model","as_of","made_at","forecast" or
 * "probability", "average" (what the average training customer gets), "score","average_score",
 * "unit","features":[{"feature","value","typical","contribution","direction","strength"}]}: contributions add up to
 * score − average_score, in the unit: "money", "log_odds", or "root_of_money" (the variant by logarithms, whose score
 * is squared for the forecast). direction: "raises", "lowers" or "none"; strength: beside the strongest, 0 to 1.
 */
MUST_CHECK bool forecast_why_json(struct instance *in, struct db *db, const struct dataset *d,
				  enum forecast_preset preset, struct str customer, const _Atomic bool *cancel,
				  struct json_writer *w, struct err *e);
/* The figures of an explanation, inside an object that is open. */
void forecast_parts_json(struct json_writer *w, const struct forecast_model *m, const struct forecast_parts *p);
