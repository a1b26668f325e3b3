/* What lists are asked for: the order and the bounds, as they stand in the address. */
#include "analysis/names.h"

#include "base/clock.h"

bool name_sort_parse(struct str s, enum name_sort *ret, bool *ret_descending)
{
	static const char *const names[NAME_SORTS] = { "file", "name", "spend",    "purchases",
						       "last", "age",  "forecast", "probability" };
	bool descending = s.n && s.p[0] == '-';
	if (descending)
		s = str_n(s.p + 1, s.n - 1);
	for (enum name_sort i = 0; i < NAME_SORTS; i++) {
		if (str_is(s, names[i])) {
			*ret = i;
			*ret_descending = descending;
			return true;
		}
	}
	return false;
}

static bool amount(struct str s, int64_t *ret)
{
	double v;
	if (!str_to_f64(s, &v) || fabs(v) > 9e14)
		return false;
	*ret = llround(v * MONEY_SCALE);
	return true;
}

static bool day(struct str s, int64_t *ret)
{
	int64_t at;
	if (s.n != 10 || !clock_parse(s, &at))
		return false;
	int64_t days = at / USEC_PER_DAY;
	*ret = at < 0 && at % USEC_PER_DAY ? days - 1 : days;
	return true;
}

static bool whole(struct str s, int64_t *ret)
{
	return str_to_i64(s, ret) && *ret > INT64_MIN / 2 && *ret < INT64_MAX / 2;
}

/* One condition, name:operator:value, as in the preview of rows. */
static bool condition(struct str s, struct name_filter *f)
{
	const struct {
		struct str name;
		bool (*read)(struct str s, int64_t *ret);
		int64_t *min, *max;
	} rows[] = {
		{ STR("spend"), amount, &f->min_spend, &f->max_spend },
		{ STR("purchases"), whole, &f->min_purchases, &f->max_purchases },
		{ STR("age"), whole, &f->min_age, &f->max_age },
		{ STR("last"), day, &f->min_last_day, &f->max_last_day },
	};
	struct str name, op;
	int64_t v;
	if (!str_split(&s, ':', &name) || !str_split(&s, ':', &op))
		return false;
	size_t i = 0;
	while (i < countof(rows) && !str_eq(str_trim(name), rows[i].name))
		i++;
	if (i == countof(rows) || !rows[i].read(str_trim(s), &v))
		return false;
	bool at_least = str_is(op, "eq") || str_is(op, "ge") || str_is(op, "gt");
	bool at_most = str_is(op, "eq") || str_is(op, "le") || str_is(op, "lt");
	if (at_least)
		*rows[i].min = MAX(*rows[i].min, v + str_is(op, "gt"));
	if (at_most)
		*rows[i].max = MIN(*rows[i].max, v - str_is(op, "lt"));
	return at_least || at_most;
}

bool name_filter_parse(struct str s, struct name_filter *ret, struct err *e)
{
	struct name_filter f = NAME_FILTER_NONE;
	struct str part;
	while (s.n && str_split(&s, ',', &part)) {
		if (!condition(part, &f))
			return err_field(e, ERR_VALUE, "filter",
					 "conditions such as "
					 "age:ge:30,spend:gt:1000.50,purchases:lt:5,last:le:2024-01-31 are wanted");
	}
	*ret = f;
	return true;
}

bool name_query_needs(const struct name_query *q, enum name_value v)
{
	static const enum name_sort sorts[NAME_VALUES] = { NAME_SORT_FORECAST, NAME_SORT_PROBABILITY };
	return q->sort == sorts[v] || q->filter.value[v].min > -INFINITY || q->filter.value[v].max < INFINITY ||
	       (v == NAME_FORECAST && q->filter.decile);
}
