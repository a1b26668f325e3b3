#include "analysis/widen.h"

#include "base/util.h"

#include <stdio.h>
#include <string.h>

#define SHORT_DIGITS 18 /* of a DECIMAL that takes eight bytes, and of BIGINT as it is read from files */
#define LONG_DIGITS 38
#define DOUBLE_DIGITS 15 /* that come back as they went in */

/* An exact number: digits that its type has, and those before the point that its values need. */
struct exact {
	int digits, scale, whole;
};

/* "-0012.50" needs two. */
static int whole_digits(const char *bound)
{
	bound += strspn(bound, "-0");
	return (int)strspn(bound, "0123456789");
}

static bool exact_of(const struct dataset_column *c, struct exact *ret)
{
	struct exact x = { .digits = SHORT_DIGITS };
	if (strcmp(c->type, "BIGINT") != 0 && sscanf(c->type, "DECIMAL(%d,%d)", &x.digits, &x.scale) != 2)
		return false;
	x.whole = c->min && c->max ? MAX(whole_digits(c->min), whole_digits(c->max)) : x.digits - x.scale;
	*ret = x;
	return true;
}

static bool is_double(const struct dataset_column *c)
{
	return !strcmp(c->type, "DOUBLE");
}

static bool is_day(const struct dataset_column *c)
{
	return !strcmp(c->type, "DATE") || !strcmp(c->type, "TIMESTAMP");
}

static const char *join_exact(struct arena *a, const char *own, const struct exact *x, const struct exact *y)
{
	int scale = MAX(x->scale, y->scale), whole = MAX(x->whole, y->whole);
	if (scale == x->scale && whole <= x->digits - x->scale)
		return own;
	if (whole + scale > LONG_DIGITS)
		return "VARCHAR";
	return arena_printf(a, "DECIMAL(%d,%d)", whole + scale > SHORT_DIGITS ? LONG_DIGITS : SHORT_DIGITS, scale);
}

const char *widen_type(struct arena *a, const struct dataset_column *x, const struct dataset_column *y)
{
	struct exact n, m;
	if (!strcmp(x->type, y->type) || !y->non_null)
		return x->type;
	if (!x->non_null)
		return y->type;
	bool exact_x = exact_of(x, &n), exact_y = exact_of(y, &m);
	if (exact_x && exact_y)
		return join_exact(a, x->type, &n, &m);
	const struct exact *other = exact_x ? &n : exact_y ? &m : NULL;
	if (other && (is_double(x) || is_double(y)))
		return other->whole + other->scale <= DOUBLE_DIGITS ? "DOUBLE" : "VARCHAR";
	return is_day(x) && is_day(y) ? "TIMESTAMP" : "VARCHAR";
}
