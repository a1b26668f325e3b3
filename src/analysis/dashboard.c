#include "analysis/dashboard.h"

#include "analysis/forecast.h"
#include "base/clock.h"
#include "base/limits.h"
#include "learn/trend.h"
#include "model/dataset.h"
#include "model/trained.h"
#include "json/read.h"

#include <math.h>
#include <stdio.h>

#define MONTHS_AHEAD 6
#define COMPLETE_DAYS 2 /* a month is complete when its last purchase is this near to its end */

struct series {
	double *value;
	int64_t first; /* month: year × 12 + month - 1 */
	size_t n;
};

static bool read_month(const json_t *o, int64_t *ret_month, double *ret_value)
{
	const char *month = json_string_value(json_object_get(o, "month"));
	const char *amount = json_string_value(json_object_get(json_object_get(o, "revenue"), "amount"));
	int year, number;
	if (!month || !amount || sscanf(month, "%4d-%2d", &year, &number) != 2) /* NOLINT(cert-err34-c): our own text */
		return false;
	*ret_month = (int64_t)year * 12 + number - 1;
	return str_to_f64(str_of(amount), ret_value);
}

/* Revenue by month, months without any as 0. */
static bool read_series(const json_t *stats, struct arena *a, struct series *ret)
{
	const json_t *months = json_object_get(stats, "by_month"), *one;
	int64_t last, month;
	double value;
	size_t i, n = json_array_size(months);
	*ret = (struct series){ 0 };
	if (!n || !read_month(json_array_get(months, 0), &ret->first, &value) ||
	    !read_month(json_array_get(months, n - 1), &last, &value) || last < ret->first || last - ret->first > 2400)
		return false;
	ret->n = (size_t)(last - ret->first) + 1;
	ret->value = arena_array(a, ret->n, sizeof *ret->value);
	if (!ret->value)
		return false;
	for (size_t k = 0; k < ret->n; k++)
		ret->value[k] = 0;
	json_array_foreach (months, i, one) {
		if (read_month(one, &month, &value) && month >= ret->first && month <= last)
			ret->value[month - ret->first] = value;
	}
	return true;
}

static void month_text(int64_t month, char ret[16])
{
	snprintf(ret, 16, "%04lld-%02lld", (long long)(month / 12) % 10000, (long long)(month % 12) + 1);
}

/* Whether the data reach the end of their last month. */
static bool last_is_complete(const json_t *stats, const struct series *s)
{
	const char *text = json_string_value(json_object_get(stats, "last_purchase"));
	int year, month, day;
	int64_t after = s->first + (int64_t)s->n;
	if (!text || sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3) /* NOLINT(cert-err34-c): our own text */
		return false;
	int64_t end = clock_days_from_civil(after / 12, (int)(after % 12) + 1, 1);
	return end - clock_days_from_civil(year, month, day) <= COMPLETE_DAYS;
}

static double cents(double v)
{
	return round(v * 100) / 100;
}

static void write_trend(struct json_writer *w, const struct series *s, bool complete)
{
	struct trend t;
	char month[16];
	size_t n = complete ? s->n : s->n - 1;
	jw_open(w, '{');
	jw_key(w, "months");
	jw_open(w, '[');
	for (size_t i = 0; i < s->n; i++) {
		month_text(s->first + (int64_t)i, month);
		jw_open(w, '{');
		jw_kv_cstr(w, "month", month);
		jw_kv_f64(w, "revenue", s->value[i]);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	month_text(s->first + (int64_t)n, month);
	jw_kv_cstr(w, "incomplete", complete ? NULL : month);
	bool told = trend_forecast(s->value, n, MONTHS_AHEAD, &t);
	jw_kv_cstr(w, "method", told ? trend_method_name(t.method) : NULL);
	jw_key(w, "errors");
	jw_open(w, '{');
	for (enum trend_method m = 0; m < TREND_METHODS; m++)
		jw_kv_f64(w, trend_method_name(m), t.error[m]);
	jw_close(w, '}');
	jw_key(w, "forecast");
	jw_open(w, '[');
	for (size_t h = 0; told && h < t.n; h++) {
		month_text(s->first + (int64_t)(n + h), month);
		jw_open(w, '{');
		jw_kv_cstr(w, "month", month);
		jw_kv_f64(w, "value", cents(MAX(t.next[h].value, 0.0)));
		jw_kv_f64(w, "low", cents(MAX(t.next[h].low, 0.0)));
		jw_kv_f64(w, "high", cents(MAX(t.next[h].high, 0.0)));
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_close(w, '}');
}

static bool trend_json(struct db *db, const struct card_set *set, struct arena *a, struct json_writer *w, struct err *e)
{
	struct str stats, columns;
	struct series s;
	json_t *parsed = NULL;
	if (!card_set_texts(db, set->version, a, &stats, &columns, e) ||
	    !json_read(stats, LIMIT_JSON_BYTES, &parsed, e))
		return false;
	jw_key(w, "trend");
	if (set->has_amount && read_series(parsed, a, &s))
		write_trend(w, &s, last_is_complete(parsed, &s));
	else
		jw_null(w);
	json_decref(parsed);
	return true;
}

static void write_run(struct json_writer *w, const struct forecast_run *run)
{
	jw_kv_time(w, "as_of", run->as_of);
	jw_kv_time(w, "made_at", run->made_at);
	jw_kv_i64(w, "customers", run->customers);
}

static bool sales_json(struct db *db, const struct dataset *d, struct json_writer *w, struct err *e)
{
	struct forecast_run run;
	bool found;
	if (!forecast_run_newest(db, d->org, d->id, forecast_preset_name(PRESET_SALES), &run, &found, e))
		return false;
	jw_key(w, "sales");
	if (!found) {
		jw_null(w);
		return true;
	}
	jw_open(w, '{');
	write_run(w, &run);
	jw_kv_f64(w, "mean_forecast", run.customers ? cents(run.total / (double)run.customers) : 0);
	jw_kv_f64(w, "total_forecast", cents(run.total));
	jw_close(w, '}');
	return true;
}

static bool purchase_json(struct db *db, const struct dataset *d, struct json_writer *w, struct err *e)
{
	const char *kind = forecast_preset_name(PRESET_PURCHASE);
	struct forecast_run run;
	double threshold;
	int64_t above = 0;
	bool found;
	if (!forecast_run_newest(db, d->org, d->id, kind, &run, &found, e) ||
	    !trained_threshold(db, d->org, d->id, kind, &threshold, e) ||
	    (found && !forecast_count_from(db, run.id, threshold, &above, e)))
		return false;
	jw_key(w, "purchase");
	if (!found) {
		jw_null(w);
		return true;
	}
	double customers = (double)MAX(run.customers, INT64_C(1));
	jw_open(w, '{');
	write_run(w, &run);
	jw_kv_f64(w, "mean_probability", run.total / customers);
	jw_kv_f64(w, "threshold", threshold);
	jw_kv_i64(w, "above", above);
	jw_kv_f64(w, "share_above", (double)above / customers);
	jw_close(w, '}');
	return true;
}

bool dashboard_json(struct db *db, const struct dataset *d, const struct card_set *set, struct arena *a,
		    struct json_writer *w, struct err *e)
{
	jw_open(w, '{');
	jw_key(w, "dataset");
	jw_open(w, '{');
	jw_kv_id(w, "id", d->id);
	jw_kv_cstr(w, "name", d->name);
	jw_close(w, '}');
	jw_kv_i64(w, "clients", set->customers);
	jw_kv_cstr(w, "currency", set->currency[0] ? set->currency : NULL);
	if (!sales_json(db, d, w, e) || !purchase_json(db, d, w, e) || !trend_json(db, set, a, w, e))
		return false;
	jw_close(w, '}');
	return true;
}
