#include "api/customers_forecasts.h"

#include "analysis/forecast.h"

_Static_assert((int)NAME_FORECAST == (int)PRESET_SALES && (int)NAME_PROBABILITY == (int)PRESET_PURCHASE &&
		       (int)NAME_VALUES == (int)PRESETS,
	       "what is forecast of customers in lists are the presets");

bool customers_forecasts_filter(struct request *q, struct name_filter *f, bool *ret_any, struct err *e)
{
	const struct {
		const char *name;
		double *to;
	} bounds[] = {
		{ "forecast_min", &f->value[NAME_FORECAST].min },
		{ "forecast_max", &f->value[NAME_FORECAST].max },
		{ "probability_min", &f->value[NAME_PROBABILITY].min },
		{ "probability_max", &f->value[NAME_PROBABILITY].max },
	};
	int64_t decile = 0;
	for (size_t i = 0; i < countof(bounds); i++) {
		if (!request_query_f64(q, bounds[i].name, bounds[i].to, e))
			return false;
		*ret_any |= request_query_has(q, bounds[i].name);
	}
	if (!request_query_i64(q, "decile", 1, NAME_DECILES, &decile, e))
		return false;
	f->decile = (int)decile;
	*ret_any |= decile > 0;
	return true;
}

bool customers_forecasts_find(struct request *q, const struct customers_scope *s, struct name_query *query,
			      struct customers_forecasts *ret, struct err *e)
{
	static const char *const what[NAME_VALUES] = { "sales", "purchases" };
	const struct dataset *d = &s->dataset;
	*ret = (struct customers_forecasts){ 0 };
	for (enum name_value v = 0; v < NAME_VALUES; v++) {
		const char *kind = forecast_preset_name((enum forecast_preset)v);
		if (!forecast_run_newest(api_db(q), d->org, d->id, kind, &ret->run[v], &ret->there[v], e))
			return false;
		if (ret->there[v])
			query->runs[v] = ret->run[v].id;
		else if (name_query_needs(query, v))
			return err_set(e, ERR_VALUE, "not_forecast",
				       "there are no forecasts of %s for these customers yet: train the model first "
				       "(POST /api/v1/models/%s/train, or the page Forecasts)",
				       what[v], kind);
	}
	return !ret->there[NAME_PROBABILITY] ||
	       trained_threshold(api_db(q), d->org, d->id, forecast_preset_name(PRESET_PURCHASE), &ret->threshold, e);
}

void customers_forecasts_json(struct json_writer *w, const struct customers_forecasts *f)
{
	jw_open(w, '{');
	for (enum name_value v = 0; v < NAME_VALUES; v++) {
		const struct forecast_run *run = &f->run[v];
		jw_key(w, forecast_preset_name((enum forecast_preset)v));
		if (!f->there[v]) {
			jw_null(w);
			continue;
		}
		jw_open(w, '{');
		if (run->number)
			jw_kv_i64(w, "model", run->number);
		else
			jw_kv_null(w, "model");
		jw_kv_time(w, "as_of", run->as_of);
		jw_kv_time(w, "made_at", run->made_at);
		jw_kv_i64(w, "customers", run->customers);
		if (v == NAME_PROBABILITY)
			jw_kv_f64(w, "threshold", f->threshold);
		jw_close(w, '}');
	}
	jw_close(w, '}');
}
