#include "analysis/forecast_model.h"

#include "base/limits.h"
#include "json/read.h"

#include <math.h>
#include <stdlib.h>
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
	w->share = w->missing ? json_number_value(json_object_get(o, "share")) : 0;
	if (!(w->share >= 0 && w->share <= 1))
		return err_field(e, ERR_VALUE, "share", "a share of the model file is not between 0 and 1");
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

/* What one weight adds to the score. */
static double added(const struct forecast_weight *w, double x)
{
	if (w->missing)
		return isfinite(x) ? 0 : w->coefficient;
	if (!isfinite(x))
		return 0;
	return w->coefficient * (learn_transformed(w->log ? LEARN_LOG : LEARN_PLAIN, x) - w->mean) / w->scale;
}

double forecast_model_value(const struct forecast_model *m, double score)
{
	return forecast_value(m->preset == PRESET_PURCHASE, m->preset == PRESET_SALES, m->variant, score);
}

double forecast_model_ask(const struct forecast_model *m, const double features[CUSTOMER_FEATURES])
{
	double score = m->intercept;
	for (size_t i = 0; i < m->n; i++)
		score += added(&m->weights[i], features[m->weights[i].feature]);
	return forecast_model_value(m, score);
}

static int strongest_first(const void *a, const void *b)
{
	const struct forecast_part *x = a, *y = b;
	double p = fabs(x->contribution), q = fabs(y->contribution);
	if (p != q)
		return p > q ? -1 : 1;
	return (int)x->feature - (int)y->feature;
}

void forecast_model_explain(const struct forecast_model *m, const double features[CUSTOMER_FEATURES],
			    struct forecast_parts *ret)
{
	*ret = (struct forecast_parts){ .score = m->intercept, .average = m->intercept };
	for (enum customer_feature f = 0; f < CUSTOMER_FEATURES; f++) {
		struct forecast_part p = { .feature = f, .value = features[f], .typical = NAN };
		for (size_t i = 0; i < m->n; i++) {
			const struct forecast_weight *w = &m->weights[i];
			if (w->feature != f)
				continue;
			if (!w->missing)
				p.typical = w->log ? copysign(expm1(fabs(w->mean)), w->mean) : w->mean;
			p.contribution += added(w, p.value) - w->coefficient * w->share;
			ret->average += w->coefficient * w->share;
		}
		if (!forecast_model_needs(m, f))
			continue;
		ret->score += p.contribution;
		ret->part[ret->n++] = p;
	}
	ret->score += ret->average - m->intercept;
	qsort(ret->part, ret->n, sizeof ret->part[0], strongest_first);
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
