/*
 * A saved model of customers (`sales`, `purchase`): read from its JSON, asked for forecasts.
 *
 * The file is what a training gives (CONTRACT §7): "kind", "variant", "intercept" and for each feature "column" (the
 * name of a customer_feature), "coefficient", "mean", "scale", and "missing" with "share" (of the training rows without
 * a value; 0 when absent) or "transform" where they apply. It may come from a stranger: every number is checked, and
 * what is not a model is refused with what is wrong.
 */
#pragma once

#include "analysis/forecast.h"
#include "analysis/forecast_features.h"

#include <jansson.h>

struct forecast_weight {
	enum customer_feature feature;
	bool missing; /* the weight of having no value */
	bool log;
	double coefficient, mean, scale, share;
};

struct forecast_model {
	enum forecast_preset preset;
	enum forecast_variant variant;
	double intercept;
	struct forecast_weight weights[2 * CUSTOMER_FEATURES];
	size_t n;
};

/* ERR_VALUE, field: the part of the file. */
MUST_CHECK bool forecast_model_read(const json_t *body, struct forecast_model *ret, struct err *e);
/* The same from its text. */
MUST_CHECK bool forecast_model_parse(struct str body, struct forecast_model *ret, struct err *e);
/* features: a value each, NaN = not known. An amount of at least 0, or a chance. */
double forecast_model_ask(const struct forecast_model *m, const double features[CUSTOMER_FEATURES]);
/* Whether the data have the columns that it weighs, or its forecasts would be of something else. ERR_VALUE. */
MUST_CHECK bool forecast_model_fits(const struct forecast_model *m, const struct features_source *s, struct err *e);
/*
 * What moved a forecast away from that of the average training row: of each feature coefficient × (value − mean), the
 * weight of having no value included. In the units of the score, so that they add up exactly: score − average is the
 * sum.
 */
struct forecast_part {
	enum customer_feature feature;
	double value, typical; /* of this customer, NaN = not known; the mean, back from the transform */
	double contribution;
};
struct forecast_parts {
	double score, average;                        /* of this customer; the mean score of the training rows */
	struct forecast_part part[CUSTOMER_FEATURES]; /* the strongest first */
	size_t n;
};
void forecast_model_explain(const struct forecast_model *m, const double features[CUSTOMER_FEATURES],
			    struct forecast_parts *ret);
/* What comes of a score: an amount of at least 0, or a chance. */
double forecast_model_value(const struct forecast_model *m, double score);
/* Which features the model weighs. */
bool forecast_model_needs(const struct forecast_model *m, enum customer_feature f);
