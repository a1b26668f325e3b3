#include "ingest/types.h"

#include "base/util.h"

#define LONG_DIGITS 12 /* accounts, tax numbers, phones with country code */
#define EXACT_DIGITS 18
#define SURELY_TEXT 20000
#define UNIT_LETTERS 6

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void raise(uint8_t *most, uint8_t v)
{
	if (v > *most)
		*most = v;
}

/* -?[0-9]+: most cells of most tables. */
static bool add_integer(struct infer *f, struct str s)
{
	size_t from = s.p[0] == '-' ? 1 : 0, n = s.n - from;
	if (!n || n > 60)
		return false;
	for (size_t i = from; i < s.n; i++) {
		if (!is_digit(s.p[i]))
			return false;
	}
	f->integers++;
	f->dot++;
	f->comma++;
	f->leading_zero += n > 1 && s.p[from] == '0';
	f->long_digits += n >= LONG_DIGITS;
	f->phone_like += s.n == 11 && (s.p[0] == '7' || s.p[0] == '8');
	f->plain_long += n > EXACT_DIGITS;
	if (!from && n >= 6 && n <= 14)
		infer_add_plain(f, s);
	raise(&f->dot_digits, (uint8_t)n);
	raise(&f->comma_digits, (uint8_t)n);
	return true;
}

/* -?[0-9]+.[0-9]+ that cannot be thousands: 829.64. Most of what is not whole. */
static bool add_plain_decimal(struct infer *f, struct str s)
{
	size_t from = s.p[0] == '-' ? 1 : 0, point = str_find(s, '.');
	size_t whole = point - from, scale = s.n - MIN(point + 1, s.n);
	if (point >= s.n || point <= from || !scale || scale == 3 || s.n > EXACT_DIGITS ||
	    (whole > 1 && s.p[from] == '0'))
		return false;
	for (size_t i = from; i < s.n; i++) {
		if (!is_digit(s.p[i]) && i != point)
			return false;
	}
	while (scale && s.p[point + scale] == '0')
		scale--;
	if (s.n == 7 && point == 2)
		infer_add_plain(f, s);
	f->dot++;
	f->dot_only++;
	raise(&f->dot_scale, (uint8_t)scale);
	raise(&f->dot_digits, (uint8_t)(whole == 1 && s.p[from] == '0' ? 0 : whole));
	return true;
}

/* Some digit, and no more letters together than a unit has: the cheap test before the thorough one. */
static bool worth_reading(struct str s)
{
	size_t letters = 0;
	bool digit = false, dash = false;
	for (size_t i = 0; i < s.n; i++) {
		letters += (s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z';
		digit = digit || is_digit(s.p[i]);
		dash = dash || s.p[i] == '-';
	}
	return letters <= UNIT_LETTERS && (digit || dash);
}

static bool add_number(struct infer *f, struct str s)
{
	struct number dot, comma;
	bool as_dot = value_number(s, '.', &dot), as_comma = value_number(s, ',', &comma);
	if (as_dot) {
		f->dot++;
		raise(&f->dot_scale, dot.scale);
		raise(&f->dot_digits, dot.whole_digits);
	}
	if (as_comma) {
		f->comma++;
		raise(&f->comma_scale, comma.scale);
		raise(&f->comma_digits, comma.whole_digits);
	}
	if (as_dot && as_comma && (dot.scale != comma.scale || dot.digits != comma.digits)) {
		bool has_comma = memchr(s.p, ',', s.n) != NULL;
		f->either += has_comma;
		f->either_dot += !has_comma;
	}
	f->dot_only += as_dot && !as_comma;
	f->comma_only += as_comma && !as_dot;
	if (as_dot || as_comma) {
		const struct number *n = as_dot ? &dot : &comma;
		f->integers += as_dot && as_comma && !dot.scale && !comma.scale;
		f->exponents += n->exponent;
		f->currencies |= n->currency ? UINT32_C(1) << n->currency : 0;
		f->units |= n->unit ? UINT32_C(1) << n->unit : 0;
		f->with_unit += n->unit > 0;
		f->inexact += !n->exact;
		f->leading_zero += n->leading_zero;
		f->phone_like += s.p[0] == '+' && n->text_digits >= 7;
	}
	return as_dot || as_comma;
}

static bool add_moment(struct infer *f, struct str s)
{
	struct moment dmy, mdy;
	bool as_dmy = value_moment(s, ORDER_DMY, &dmy), as_mdy = value_moment(s, ORDER_MDY, &mdy);
	if (!as_dmy && !as_mdy)
		return false;
	const struct moment *m = as_dmy ? &dmy : &mdy;
	f->dmy += as_dmy;
	f->mdy += as_mdy;
	f->ymd += m->year_first || m->named;
	f->slashed += !m->year_first && !m->named && !m->dotted;
	f->with_time += m->usec != 0;
	return true;
}

static bool add_time(struct infer *f, struct str s)
{
	int64_t usec;
	bool time = (s.p[1] == ':' || s.p[2] == ':') && value_time(s, &usec);
	f->times += time;
	return time;
}

/* 85123A, C536379, A-17: letters and digits, no blank. */
static bool is_code(struct str s)
{
	bool letter = false, digit = false;
	if (s.n > 40)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ' ')
			return false;
		digit = digit || is_digit(s.p[i]);
		letter = letter || (s.p[i] | 32) >= 'a' || (signed char)s.p[i] < 0;
	}
	return letter && digit;
}

static bool may_be_number(char c)
{
	return is_digit(c) || c == '-' || c == '+' || c == '(' || c == '$' || c == '.' || c == ',' ||
	       (signed char)c < 0;
}

static bool is_letter(char c)
{
	return (c | 32) >= 'a' ? (c | 32) <= 'z' : (signed char)c < 0;
}

static bool has_digit(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (is_digit(s.p[i]))
			return true;
	}
	return false;
}

void infer_add(struct infer *f, struct str s)
{
	bool truth, yes_no;
	if (!s.n)
		return;
	f->values++;
	char c = s.p[0];
	struct moment serial;
	if (value_serial(s, 1900, &serial)) {
		f->serials++;
		f->serials_timed += serial.timed;
	}
	if ((is_digit(c) || c == '-') && (add_integer(f, s) || add_plain_decimal(f, s)))
		return;
	if (c == '#' && value_is_error(s)) { /* no value, whatever the others are; each is a reject */
		f->missing_words++;
		return;
	}
	if (c == '\'' && s.n > 1) {
		f->marked++;
		f->marked_digits += has_digit(s);
	}
	size_t word;
	enum missing missing = value_may_be_missing(s) ? value_missing_kind(s, &word) : MISSING_NO;
	if (missing != MISSING_NO) {
		f->missing_words++;
		f->missing_perhaps += missing == MISSING_PERHAPS;
		return;
	}
	f->pluses += s.n == 1 && c == '+';
	if (is_digit(c) && s.n >= 6 && add_moment(f, s))
		return;
	if (is_digit(c) && s.n >= 4 && add_time(f, s))
		return;
	if (!is_digit(c) && s.n >= 8 && s.n <= 64 && is_letter(c) && has_digit(s) && add_moment(f, s))
		return;
	if (s.n >= 6 && (is_digit(c) || (is_letter(c) && has_digit(s))) && infer_add_month(f, s))
		return;
	if (s.n <= NUMBER_BYTES && (may_be_number(c) || is_digit(s.p[s.n - 1])) && worth_reading(s) && add_number(f, s))
		return;
	if (value_boolean(s, &truth, &yes_no)) {
		f->booleans += !yes_no;
		f->yes += yes_no && truth;
		f->no += yes_no && !truth;
		return;
	}
	f->codes += is_code(s);
}

void infer_merge(struct infer *into, const struct infer *from)
{
	into->values += from->values;
	into->missing_words += from->missing_words;
	into->missing_perhaps += from->missing_perhaps;
	into->pluses += from->pluses;
	into->booleans += from->booleans;
	into->yes += from->yes;
	into->no += from->no;
	into->integers += from->integers;
	into->marked += from->marked;
	into->marked_digits += from->marked_digits;
	into->currencies |= from->currencies;
	into->units |= from->units;
	into->with_unit += from->with_unit;
	into->compact += from->compact;
	into->compact_timed += from->compact_timed;
	into->month_numbers += from->month_numbers;
	into->months += from->months;
	into->months_named += from->months_named;
	into->seconds += from->seconds;
	into->milliseconds += from->milliseconds;
	into->unread += from->unread;
	into->dot += from->dot;
	into->comma += from->comma;
	into->dot_only += from->dot_only;
	into->comma_only += from->comma_only;
	into->either += from->either;
	into->either_dot += from->either_dot;
	into->exponents += from->exponents;
	into->inexact += from->inexact;
	into->leading_zero += from->leading_zero;
	into->long_digits += from->long_digits;
	into->plain_long += from->plain_long;
	into->phone_like += from->phone_like;
	into->codes += from->codes;
	into->dmy += from->dmy;
	into->mdy += from->mdy;
	into->ymd += from->ymd;
	into->with_time += from->with_time;
	into->times += from->times;
	into->slashed += from->slashed;
	into->serials += from->serials;
	into->serials_timed += from->serials_timed;
	raise(&into->dot_scale, from->dot_scale);
	raise(&into->comma_scale, from->comma_scale);
	raise(&into->dot_digits, from->dot_digits);
	raise(&into->comma_digits, from->comma_digits);
}

bool infer_is_text(const struct infer *f)
{
	uint64_t numbers = MAX(f->dot, f->comma), dates = MAX(f->dmy, f->mdy);
	uint64_t typed = numbers + dates + f->times + f->booleans + f->yes + f->no;
	uint64_t other = f->values - MIN(f->missing_words + typed, f->values);
	return other > SURELY_TEXT && other > f->values / 2;
}
