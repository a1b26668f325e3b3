#include "ingest/types.h"

#include "base/clock.h"
#include "base/util.h"

#include <math.h>
#include <stdio.h>

static const char *const type_names[] = {
	[TYPE_VARCHAR] = "VARCHAR", [TYPE_BOOLEAN] = "BOOLEAN",     [TYPE_BIGINT] = "BIGINT",
	[TYPE_DECIMAL] = "DECIMAL", [TYPE_WIDE] = "DECIMAL",        [TYPE_DOUBLE] = "DOUBLE",
	[TYPE_DATE] = "DATE",       [TYPE_TIMESTAMP] = "TIMESTAMP", [TYPE_TIME] = "TIME",
};

void column_type_name(const struct column_type *t, char ret[TYPE_NAME_BYTES])
{
	if (t->type == TYPE_DECIMAL || t->type == TYPE_WIDE)
		snprintf(ret, TYPE_NAME_BYTES, "DECIMAL(%d,%d)", t->type == TYPE_WIDE ? NUMBER_DIGITS : 18, t->scale);
	else
		snprintf(ret, TYPE_NAME_BYTES, "%s", type_names[t->type]);
}

bool column_type_parse(struct str name, struct column_type *ret)
{
	struct column_type t = { .decimal = '.', .order = ORDER_DMY };
	if (str_starts(name, STR("DECIMAL("))) {
		struct str rest = str_n(name.p + 8, name.n - 8), width;
		int64_t digits, scale;
		if (!str_ends(rest, STR(")")))
			return false;
		rest.n--;
		if (!str_split(&rest, ',', &width) || !rest.p || !str_to_i64(width, &digits) ||
		    !str_to_i64(rest, &scale) || digits < 1 || digits > NUMBER_DIGITS || scale < 0 || scale > digits)
			return false;
		t.type = digits > 18 ? TYPE_WIDE : TYPE_DECIMAL;
		t.scale = (uint8_t)scale;
		*ret = t;
		return true;
	}
	for (size_t i = 0; i < countof(type_names); i++) {
		if (i != TYPE_DECIMAL && i != TYPE_WIDE && str_is(name, type_names[i])) {
			t.type = (enum value_type)i;
			*ret = t;
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

#define POWER_19 (UINT64_C(10000000000000000000))

static double number_double(const struct number *n)
{
	double v = n->approx;
	if (n->exact && n->digits < (UINT64_C(1) << 53) && n->scale < countof(powers)) {
		v = (double)n->digits / (double)powers[n->scale]; /* both exact below 2^53 and 10^22: rounded once */
	} else if (n->exact) {
		char text[64];
		snprintf(text, sizeof text, "%llu%019llue-%d", (unsigned long long)(n->digits / POWER_19),
			 (unsigned long long)(n->digits % POWER_19), n->scale);
		if (!str_to_f64(str_of(text), &v))
			v = 0;
	}
	return n->negative ? -v : v;
}

/* digits × 10^(scale - n->scale), when it has at most `most` digits. */
static bool number_scaled(const struct number *n, uint8_t scale, int most, __int128 *ret)
{
	if (!n->exact || n->scale > scale)
		return false;
	unsigned __int128 v = n->digits, bound = most > 18 ? (unsigned __int128)POWER_19 * POWER_19 : powers[18];
	for (int left = scale - n->scale; left > 0 && v; left -= 18) {
		uint64_t power = powers[MIN(left, 18)];
		if (v >= bound || v > bound / power)
			return false;
		v *= power;
	}
	if (v >= bound)
		return false;
	*ret = n->negative ? -(__int128)v : (__int128)v;
	return true;
}

/* By the column's decimal mark, or by its own where the column has both. */
static bool number_of(const struct column_type *t, struct str text, struct number *ret)
{
	struct number other;
	bool read = value_number(text, t->decimal, ret);
	if (!t->both_marks || !value_number(text, t->decimal == '.' ? ',' : '.', &other))
		return read;
	if (read && (ret->digits != other.digits || ret->scale != other.scale))
		return false;
	*ret = other;
	return true;
}

static bool other_unit(const struct column_type *t, const struct number *n)
{
	return n->unit && n->unit != t->unit;
}

static enum value_result read_number(const struct column_type *t, struct str text, union value *ret)
{
	struct number n;
	__int128 v;
	if (!number_of(t, text, &n))
		return value_missing(text) ? VALUE_MISSING : VALUE_MISFIT;
	if (n.leading_zero || other_unit(t, &n))
		return VALUE_MISFIT;
	if (t->type == TYPE_DOUBLE) {
		ret->real = number_double(&n);
		return isfinite(ret->real) ? VALUE_OK : VALUE_MISFIT;
	}
	bool wide = t->type == TYPE_WIDE;
	if (!number_scaled(&n, t->type == TYPE_BIGINT ? 0 : t->scale, wide ? NUMBER_DIGITS : 18, &v))
		return VALUE_MISFIT;
	if (wide)
		ret->wide = v;
	else
		ret->bigint = (int64_t)v;
	return VALUE_OK;
}

static enum value_result read_moment(const struct column_type *t, struct str text, union value *ret)
{
	struct moment m;
	if (!value_moment(text, t->order, &m) && !(t->serials_from && value_serial(text, t->serials_from, &m)) &&
	    !value_plain_date(text, t->plain, &m))
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
	bool yes_no;
	if (!text.n)
		return VALUE_MISSING;
	switch (t->type) {
	case TYPE_BIGINT:
	case TYPE_DECIMAL:
	case TYPE_WIDE:
	case TYPE_DOUBLE:
		return read_number(t, text, ret);
	case TYPE_DATE:
	case TYPE_TIMESTAMP:
		return read_moment(t, text, ret);
	case TYPE_TIME:
		if (value_time(text, &ret->bigint))
			return VALUE_OK;
		return value_missing(text) ? VALUE_MISSING : VALUE_MISFIT;
	case TYPE_BOOLEAN:
		if (value_boolean(text, &ret->boolean, &yes_no))
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
		if (number_of(t, text, &n) && !other_unit(t, &n))
			return n.leading_zero ? "a leading zero, in a column of whole numbers"
					      : "not a whole number of at most 18 digits";
		return "not a whole number";
	case TYPE_DECIMAL:
	case TYPE_WIDE:
		return number_of(t, text, &n) && !other_unit(t, &n) ? "more digits than the column's numbers have"
								    : "not a number";
	case TYPE_DOUBLE:
		return "not a number";
	case TYPE_DATE:
		return value_moment(text, t->order, &m) ? "a time, in a column of dates" : "not a date";
	case TYPE_TIMESTAMP:
		return "not a date and time";
	case TYPE_TIME:
		return "not a time of the day";
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
	case TYPE_WIDE:
	case TYPE_DOUBLE:
		return f.dot || f.comma || f.phone_like || f.leading_zero;
	case TYPE_DATE:
	case TYPE_TIMESTAMP:
		return f.dmy || f.mdy || f.ymd;
	case TYPE_TIME:
		return false;
	case TYPE_BOOLEAN:
		return t->yes_no;
	case TYPE_VARCHAR:
		break;
	}
	return false;
}
