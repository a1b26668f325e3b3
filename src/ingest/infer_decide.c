/* The type of a column, from what its values could be. */
#include "ingest/types.h"

#include "base/util.h"

#define EXACT_DIGITS 18
#define SAID_TOLERATES 10 /* one in so many */

uint64_t infer_tolerated(uint64_t values, bool said)
{
	uint64_t tolerated = MAX(values / 100, values >= 20 ? UINT64_C(1) : UINT64_C(0));
	return said ? MAX(tolerated, values / SAID_TOLERATES) : tolerated;
}

static bool decide_moment(const struct infer *f, uint64_t needed, struct column_type *t)
{
	uint64_t best = MAX(f->dmy, f->mdy);
	if (!best || best < needed)
		return false;
	t->type = f->with_time ? TYPE_TIMESTAMP : TYPE_DATE;
	if (f->ymd == best) {
		t->order = ORDER_YMD;
	} else {
		t->order = f->mdy > f->dmy ? ORDER_MDY : ORDER_DMY;
		t->date_ambiguous = f->mdy == f->dmy && f->slashed;
	}
	return true;
}

/* Whether , is the decimal mark. Where every value reads both ways, what the file's dialect suggests. */
static bool decide_comma(const struct infer *f, const struct infer_hint *hint)
{
	if (f->comma_only != f->dot_only)
		return f->comma_only > f->dot_only;
	if (f->either_dot && hint->mark_told && hint->typed_in)
		return hint->decimal_comma;
	return f->either && f->comma_scale >= f->dot_scale && hint->decimal_comma;
}

/* The mark of numbers that nothing tells how to read: neither this column nor another one. */
static char ambiguous_mark(const struct infer *f, const struct infer_hint *hint)
{
	if (f->comma_only != f->dot_only || hint->mark_told)
		return 0;
	if (f->either)
		return ',';
	return f->either_dot && hint->typed_in ? '.' : 0;
}

/* Accounts and phones: long numbers without a fraction. A workbook writes 100000000000.00 as one, too: what has a
 * fraction besides tells that they are amounts. */
static bool says_number_of_something(const struct infer *f, uint64_t fractions, uint64_t values)
{
	uint64_t long_ones = MAX(f->long_digits, f->phone_like);
	return long_ones * 100 >= values ? long_ones >= fractions : f->plain_long > fractions;
}

/* Sums that cannot be added: the column stays text, and says why. */
static bool decide_kinds(const struct infer *f, const struct infer_hint *hint, uint64_t needed, struct column_type *t)
{
	uint64_t numbers = f->dot + f->comma_only;
	bool enough = numbers && numbers >= needed;
	t->several_currencies = enough && f->currencies & (f->currencies - 1);
	t->several_units = enough && hint->column && f->with_unit && !infer_units_agree(f, numbers);
	if (t->several_currencies || t->several_units || (f->with_unit && !hint->column))
		return false;
	for (uint8_t i = 0; i < 32; i++)
		t->unit = f->units >> i & 1 ? i : t->unit;
	return enough;
}

static bool decide_number(const struct infer *f, const struct infer_hint *hint, uint64_t values, uint64_t needed,
			  struct column_type *t)
{
	bool comma = decide_comma(f, hint);
	uint64_t numbers = comma ? f->comma : f->dot;
	uint8_t scale = comma ? f->comma_scale : f->dot_scale, digits = comma ? f->comma_digits : f->dot_digits;
	if (!decide_kinds(f, hint, needed, t))
		return false;
	if (numbers < needed) { /* 1.5 and 1,5 in one column, and none that reads either way */
		if (f->either || f->either_dot)
			return false;
		t->both_marks = true;
		scale = MAX(f->dot_scale, f->comma_scale);
		digits = MAX(f->dot_digits, f->comma_digits);
	}
	if (f->leading_zero || says_number_of_something(f, comma ? f->comma_only : f->dot_only, values))
		return false;
	if (scale == 0 && f->codes)
		return false;
	t->decimal = comma ? ',' : '.';
	t->mark_ambiguous = ambiguous_mark(f, hint);
	bool too_long = f->inexact || scale + digits > NUMBER_DIGITS || (!scale && digits > EXACT_DIGITS);
	if (too_long && !f->exponents)
		return false; /* as text it keeps every digit */
	t->scale = too_long ? 0 : scale;
	if (too_long)
		t->type = TYPE_DOUBLE;
	else if (!scale)
		t->type = TYPE_BIGINT;
	else
		t->type = scale + digits > EXACT_DIGITS ? TYPE_WIDE : TYPE_DECIMAL;
	return true;
}

/* What is to be known of a column that stays text. */
static void mark_text(const struct infer *f, const struct infer_hint *hint, uint64_t values, struct column_type *t)
{
	t->rounded = f->exponents &&
		     (hint->keep_text || f->phone_like || f->long_digits || f->leading_zero || f->plain_long);
	t->marked = values > 1 && f->marked == values && f->marked_digits;
}

struct column_type infer_decide(const struct infer *f, const struct infer_hint *hint)
{
	struct column_type t = { .type = TYPE_VARCHAR, .decimal = '.', .order = ORDER_DMY };
	uint64_t values = f->values - f->missing_words;
	if (!values) {
		t.untyped = true;
		return t;
	}
	uint64_t needed = values - infer_tolerated(values, false);
	if (hint->keep_text) {
		mark_text(f, hint, values, &t);
		return t;
	}
	bool both = f->yes && f->no && f->booleans + f->yes + f->no == values;
	if (both || (f->booleans && f->booleans >= needed)) {
		t.type = TYPE_BOOLEAN;
		t.yes_no = both;
		return t;
	}
	if (f->times && f->times >= needed) {
		t.type = TYPE_TIME;
		return t;
	}
	uint64_t needed_dates = values - infer_tolerated(values, hint->says_date);
	uint64_t needed_numbers = values - infer_tolerated(values, hint->says_number);
	if (infer_serials(f, hint, needed_dates, &t) || decide_moment(f, needed_dates, &t) ||
	    (hint->column && infer_plain_dates(f, hint, needed, &t)) ||
	    decide_number(f, hint, values, needed_numbers, &t))
		return t;
	mark_text(f, hint, values, &t);
	return t;
}
