#include "analysis/forecast_model.h"

#include "base/limits.h"
#include "json/read.h"

#include <math.h>
#include <string.h>

static bool number(const json_t *o, const char *key, double *ret, struct err *e)
{
	const json_t *v = json_object_get(o, key);
	*ret = json_number_value(v);
	return (json_is_number(v) && isfinite(*ret)) ||
	       err_field(e, ERR_VALUE, key, "the model file has no number \"%s\" where one belongs", key);
}

static bool feature_named(const char *name, enum customer_feature *ret)
{
	for (enum customer_feature f = 0; name && f < CUSTOMER_FEATURES; f++) {
		if (strcmp(name, customer_feature_name(f)) == 0) {
			*ret = f;
			return true;
		}
	}
	return false;
}

static bool read_weight(const json_t *o, struct forecast_weight *w, struct err *e)
{
	const char *column = json_string_value(json_object_get(o, "column"));
	const char *transform = json_string_value(json_object_get(o, "transform"));
	if (!feature_named(column, &w->feature))
		return err_field(e, ERR_VALUE, "features",
				 "the model file weighs \"%s\", which is no feature of customers",
				 column ? column : "");
	w->missing = json_is_true(json_object_get(o, "missing"));
	w->log = transform && strcmp(transform, "log") == 0;
	if (transform && !w->log)
		return err_field(e, ERR_VALUE, "transform", "the model file has an unknown transform \"%s\"",
				 transform);
	if (!number(o, "coefficient", &w->coefficient, e) || !number(o, "mean", &w->mean, e) ||
	    !number(o, "scale", &w->scale, e))
		return false;
	return w->scale > 0 || err_field(e, ERR_VALUE, "scale", "a scale of the model file is not above 0");
}

bool forecast_model_read(const json_t *body, struct forecast_model *ret, struct err *e)
{
	const json_t *features = json_object_get(body, "features"), *one;
	const char *kind = json_string_value(json_object_get(body, "kind"));
	const char *variant = json_string_value(json_object_get(body, "variant"));
	size_t i;
	*ret = (struct forecast_model){ 0 };
	if (!kind || !forecast_preset_parse(str_of(kind), &ret->preset))
		return err_field(e, ERR_VALUE, "kind", "this is no saved model of sales or purchases");
	while (variant && ret->variant < VARIANTS && strcmp(variant, forecast_variant_name(ret->variant)) != 0)
		ret->variant++;
	if (!variant || ret->variant == VARIANTS)
		return err_field(e, ERR_VALUE, "variant", "the model file has an unknown variant");
	if (!json_is_array(features) || json_array_size(features) > countof(ret->weights))
		return err_field(e, ERR_VALUE, "features", "the model file has no list of at most %zu features",
				 countof(ret->weights));
	json_array_foreach (features, i, one) {
		if (!read_weight(one, &ret->weights[ret->n++], e))
			return false;
	}
	return number(body, "intercept", &ret->intercept, e);
}

bool forecast_model_parse(struct str body, struct forecast_model *ret, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *v = NULL;
	return json_read(body, LIMIT_JSON_BYTES, &v, e) && forecast_model_read(v, ret, e);
}

bool forecast_model_needs(const struct forecast_model *m, enum customer_feature f)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->weights[i].feature == f)
			return true;
	}
	return false;
}

double forecast_model_ask(const struct forecast_model *m, const double features[CUSTOMER_FEATURES])
{
	double score = m->intercept;
	for (size_t i = 0; i < m->n; i++) {
		const struct forecast_weight *w = &m->weights[i];
		double x = features[w->feature];
		if (w->missing)
			score += isfinite(x) ? 0 : w->coefficient;
		else if (isfinite(x))
			score += w->coefficient * (learn_transformed(w->log ? LEARN_LOG : LEARN_PLAIN, x) - w->mean) /
				 w->scale;
	}
	return forecast_value(m->preset == PRESET_PURCHASE, m->preset == PRESET_SALES, m->variant, score);
}

bool forecast_model_fits(const struct forecast_model *m, const struct features_source *s, struct err *e)
{
	for (enum customer_feature f = 0; f < CUSTOMER_FEATURES; f++) {
		if (forecast_model_needs(m, f) && !s->has[f])
			return err_set(e, ERR_VALUE, "features_missing",
				       "the model weighs %s, which these data do not have: train it anew",
				       customer_feature_name(f));
	}
	return true;
}
