#include "ingest/types.h"

#include "base/clock.h"
#include "base/util.h"

#include <math.h>
#include <stdio.h>

static const char *const type_names[] = {
	[TYPE_VARCHAR] = "VARCHAR",     [TYPE_BOOLEAN] = "BOOLEAN", [TYPE_BIGINT] = "BIGINT",
	[TYPE_DECIMAL] = "DECIMAL",     [TYPE_DOUBLE] = "DOUBLE",   [TYPE_DATE] = "DATE",
	[TYPE_TIMESTAMP] = "TIMESTAMP",
};

void column_type_name(const struct column_type *t, char ret[TYPE_NAME_BYTES])
{
	if (t->type == TYPE_DECIMAL)
		snprintf(ret, TYPE_NAME_BYTES, "DECIMAL(18,%d)", t->scale);
	else
		snprintf(ret, TYPE_NAME_BYTES, "%s", type_names[t->type]);
}

bool column_type_parse(struct str name, struct column_type *ret)
{
	struct column_type t = { .decimal = '.', .order = ORDER_DMY };
	struct str decimal = STR("DECIMAL(18,");
	int64_t scale;
	if (str_starts(name, decimal) && str_ends(name, STR(")"))) {
		if (!str_to_i64(str_n(name.p + decimal.n, name.n - decimal.n - 1), &scale) || scale < 0 || scale > 18)
			return false;
		t.type = TYPE_DECIMAL;
		t.scale = (uint8_t)scale;
		*ret = t;
		return true;
	}
	for (size_t i = 0; i < countof(type_names); i++) {
		if (i != TYPE_DECIMAL && str_is(name, type_names[i])) {
			t.type = (enum value_type)i;
			*ret = t;
			return true;
		}
	}
	return false;
}

bool value_missing(struct str text)
{
	static const struct str words[] = {
		STR("NULL"), STR("null"), STR("Null"), STR("NA"),         STR("N/A"),    STR("n/a"),
		STR("#N/A"), STR("#Н/Д"), STR("NaN"),  STR("nan"),        STR("NaT"),    STR("None"),
		STR("none"), STR("н/д"),  STR("Н/Д"),  STR("нет данных"), STR("-"),      STR("--"),
		STR("—"),    STR("–"),    STR("\\N"),  STR("(null)"),     STR("<NULL>"), STR("brak"),
	};
	if (!text.n)
		return true;
	if (text.n > 20 || (text.p[0] >= '0' && text.p[0] <= '9'))
		return false;
	for (size_t i = 0; i < countof(words); i++) {
		if (str_eq(text, words[i]))
			return true;
	}
	return false;
}

bool value_boolean(struct str text, bool *ret)
{
	static const struct {
		struct str word;
		bool value;
	} words[] = {
		{ STR("true"), true },   { STR("false"), false }, { STR("ИСТИНА"), true }, { STR("ЛОЖЬ"), false },
		{ STR("истина"), true }, { STR("ложь"), false },  { STR("PRAWDA"), true }, { STR("FAŁSZ"), false },
		{ STR("prawda"), true }, { STR("fałsz"), false },
	};
	if (text.n < 4 || text.n > 12)
		return false;
	for (size_t i = 0; i < countof(words); i++) {
		if (str_ieq(text, words[i].word)) {
			*ret = words[i].value;
			return true;
		}
	}
	return false;
}

static const uint64_t powers[19] = {
	UINT64_C(1),
	UINT64_C(10),
	UINT64_C(100),
	UINT64_C(1000),
	UINT64_C(10000),
	UINT64_C(100000),
	UINT64_C(1000000),
	UINT64_C(10000000),
	UINT64_C(100000000),
	UINT64_C(1000000000),
	UINT64_C(10000000000),
	UINT64_C(100000000000),
	UINT64_C(1000000000000),
	UINT64_C(10000000000000),
	UINT64_C(100000000000000),
	UINT64_C(1000000000000000),
	UINT64_C(10000000000000000),
	UINT64_C(100000000000000000),
	UINT64_C(1000000000000000000),
};

static double number_double(const struct number *n)
{
	double v = n->approx;
	if (n->exact && n->digits < (UINT64_C(1) << 53) && n->scale < countof(powers)) {
		v = (double)n->digits / (double)powers[n->scale]; /* both exact below 2^53 and 10^22: rounded once */
	} else if (n->exact) {
		char text[48];
		snprintf(text, sizeof text, "%llue-%d", (unsigned long long)n->digits, n->scale);
		if (!str_to_f64(str_of(text), &v))
			v = 0;
	}
	return n->negative ? -v : v;
}

/* digits × 10^(scale - n->scale) as a signed 64-bit number below 10^18. */
static bool number_scaled(const struct number *n, uint8_t scale, int64_t *ret)
{
	if (!n->exact || n->scale > scale || scale - n->scale > 18)
		return false;
	uint64_t v;
	if (__builtin_mul_overflow(n->digits, powers[scale - n->scale], &v) || v >= powers[18])
		return false;
	*ret = n->negative ? -(int64_t)v : (int64_t)v;
	return true;
}

static enum value_result read_number(const struct column_type *t, struct str text, union value *ret)
{
	struct number n;
	int64_t v;
	if (!value_number(text, t->decimal, &n))
		return value_missing(text) ? VALUE_MISSING : VALUE_MISFIT;
	if (n.leading_zero)
		return VALUE_MISFIT;
	if (t->type == TYPE_DOUBLE) {
		ret->real = number_double(&n);
		return isfinite(ret->real) ? VALUE_OK : VALUE_MISFIT;
	}
	if (!number_scaled(&n, t->type == TYPE_DECIMAL ? t->scale : 0, &v))
		return VALUE_MISFIT;
	ret->bigint = v;
	return VALUE_OK;
}

static enum value_result read_moment(const struct column_type *t, struct str text, union value *ret)
{
	struct moment m;
	if (!value_moment(text, t->order, &m))
		return value_missing(text) ? VALUE_MISSING : VALUE_MISFIT;
	if (t->type == TYPE_DATE) {
		if (m.usec)
			return VALUE_MISFIT;
		ret->days = m.days;
	} else {
		ret->bigint = (int64_t)m.days * USEC_PER_DAY + m.usec;
	}
	return VALUE_OK;
}

enum value_result value_read(const struct column_type *t, struct str text, union value *ret)
{
	if (!text.n)
		return VALUE_MISSING;
	switch (t->type) {
	case TYPE_BIGINT:
	case TYPE_DECIMAL:
	case TYPE_DOUBLE:
		return read_number(t, text, ret);
	case TYPE_DATE:
	case TYPE_TIMESTAMP:
		return read_moment(t, text, ret);
	case TYPE_BOOLEAN:
		if (value_boolean(text, &ret->boolean))
			return VALUE_OK;
		return value_missing(text) ? VALUE_MISSING : VALUE_MISFIT;
	case TYPE_VARCHAR:
		break;
	}
	return VALUE_MISFIT;
}

const char *value_misfit_reason(const struct column_type *t, struct str text)
{
	struct number n;
	struct moment m;
	switch (t->type) {
	case TYPE_BIGINT:
		if (value_number(text, t->decimal, &n))
			return n.leading_zero ? "a leading zero, in a column of whole numbers"
					      : "not a whole number of at most 18 digits";
		return "not a whole number";
	case TYPE_DECIMAL:
		return value_number(text, t->decimal, &n) ? "more digits than the column's numbers have"
							  : "not a number";
	case TYPE_DOUBLE:
		return "not a number";
	case TYPE_DATE:
		return value_moment(text, t->order, &m) ? "a time, in a column of dates" : "not a date";
	case TYPE_TIMESTAMP:
		return "not a date and time";
	case TYPE_BOOLEAN:
		return "neither true nor false";
	case TYPE_VARCHAR:
		break;
	}
	return "not readable";
}

bool value_contradicts(const struct column_type *t, struct str text)
{
	struct infer f = { 0 };
	infer_add(&f, text);
	switch (t->type) {
	case TYPE_BIGINT:
		return f.dot || f.comma || f.codes || f.phone_like || f.leading_zero;
	case TYPE_DECIMAL:
	case TYPE_DOUBLE:
		return f.dot || f.comma || f.phone_like || f.leading_zero;
	case TYPE_DATE:
	case TYPE_TIMESTAMP:
		return f.dmy || f.mdy || f.ymd;
	case TYPE_BOOLEAN:
	case TYPE_VARCHAR:
		break;
	}
	return false;
}
