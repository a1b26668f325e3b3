/*
 * One text as a date or a moment: three numbers with one separator, year first or last, or the month by its name; then
 * perhaps a time.
 */
#include "ingest/types.h"

#include "base/clock.h"
#include "base/util.h"

/* Two-digit years up to this one are of this century. */
#define CENTURY_PIVOT 50

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Up to `most` digits; returns how many. */
static size_t take_digits(struct str *s, size_t most, int *ret)
{
	int v = 0;
	size_t n = 0;
	while (n < most && n < s->n && is_digit(s->p[n]))
		v = v * 10 + (s->p[n++] - '0');
	*s = str_n(s->p + n, s->n - n);
	*ret = v;
	return n;
}

static bool take_char(struct str *s, char c)
{
	if (!s->n || s->p[0] != c)
		return false;
	*s = str_n(s->p + 1, s->n - 1);
	return true;
}

static bool set_date(struct moment *m, int year, size_t year_digits, int month, int day)
{
	if (year_digits == 2)
		year += year < CENTURY_PIVOT ? 2000 : 1900;
	if (year < 1000 || !clock_valid_date(year, month, day))
		return false;
	m->days = (int32_t)clock_days_from_civil(year, month, day);
	return true;
}

static bool take_numbers(struct str *s, enum date_order order, struct moment *m)
{
	int a, b, c, year, month, day;
	size_t a_n = take_digits(s, 4, &a);
	char separator = s->n ? s->p[0] : 0;
	if (!a_n || a_n == 3 || (separator != '-' && separator != '.' && separator != '/'))
		return false;
	if (!take_char(s, separator) || !take_digits(s, 2, &b) || !take_char(s, separator))
		return false;
	size_t c_n = take_digits(s, 4, &c);
	m->year_first = a_n == 4;
	m->dotted = separator == '.';
	if (a_n == 4) {
		if (c_n != 1 && c_n != 2)
			return false;
		year = a;
		month = b;
		day = c;
		c_n = 4;
	} else {
		if ((c_n != 4 && c_n != 2) || order == ORDER_YMD)
			return false;
		year = c;
		month = order == ORDER_DMY ? b : a;
		day = order == ORDER_DMY ? a : b;
	}
	return !(s->n && is_digit(s->p[0])) && set_date(m, year, c_n, month, day);
}

static bool is_name(char c)
{
	return (c | 32) >= 'a' ? (c | 32) <= 'z' : (signed char)c < 0;
}

/* A name of a month and the point of a short one. */
static bool take_month(struct str *s, int *ret)
{
	size_t n = 0;
	while (n < s->n && is_name(s->p[n]) && !str_starts(str_n(s->p + n, s->n - n), STR("\xc2\xa0")))
		n++;
	*ret = n ? value_month(str_n(s->p, n)) : 0;
	*s = str_n(s->p + n, s->n - n);
	take_char(s, '.');
	return *ret > 0;
}

/* One blank, -, . or /, and blanks after it. */
static bool take_separator(struct str *s)
{
	struct str rest = str_trim(*s);
	if (rest.n == s->n && !take_char(&rest, '-') && !take_char(&rest, '/') && !take_char(&rest, ',') &&
	    !take_char(&rest, '.'))
		return false;
	take_char(&rest, ',');
	*s = str_trim(rest);
	return true;
}

/* 5 марта 2026 г., 5-Mar-26, March 5, 2026 */
static bool take_named(struct str *s, struct moment *m)
{
	int day = 0, month, year;
	bool ok = is_digit(s->p[0]) ? take_digits(s, 2, &day) && (take_separator(s), take_month(s, &month))
				    : take_month(s, &month) && take_separator(s) && take_digits(s, 2, &day);
	/* "мар.26": the point of the short form is all that stands between. */
	bool pointed = ok && s->p[-1] == '.';
	if (!ok || (!take_separator(s) && !pointed))
		return false;
	size_t n = take_digits(s, 4, &year);
	if ((n != 2 && n != 4) || (s->n && is_digit(s->p[0])) || !set_date(m, year, n, month, day))
		return false;
	m->named = true;
	struct str rest = str_trim(*s);
	static const struct str words[] = { STR("года"), STR("год"), STR("г."),    STR("г"),
					    STR("roku"), STR("r."),  STR("година") };
	for (size_t i = 0; i < countof(words); i++) {
		if (str_starts(rest, words[i])) {
			*s = str_n(rest.p + words[i].n, rest.n - words[i].n);
			break;
		}
	}
	return true;
}

static bool take_text(struct str *s, struct str text)
{
	if (!str_starts(*s, text))
		return false;
	*s = str_n(s->p + text.n, s->n - text.n);
	return true;
}

/* 2024年3月1日 */
static bool take_han(struct str *s, struct moment *m)
{
	int year, month, day;
	m->year_first = true;
	return take_digits(s, 4, &year) == 4 && take_text(s, STR("年")) && take_digits(s, 2, &month) &&
	       take_text(s, STR("月")) && take_digits(s, 2, &day) && take_text(s, STR("日")) &&
	       set_date(m, year, 4, month, day);
}

static bool take_date(struct str *s, enum date_order order, struct moment *m)
{
	struct str whole = *s;
	if (s->n > 4 && s->p[4] == '\xe5')
		return take_han(s, m);
	if (is_digit(s->p[0]) && take_numbers(s, order, m))
		return true;
	*s = whole;
	*m = (struct moment){ 0 };
	return take_named(s, m);
}

static bool take_fraction(struct str *s, int64_t *usec)
{
	if (!s->n || (s->p[0] != '.' && s->p[0] != ','))
		return true;
	struct str rest = str_n(s->p + 1, s->n - 1);
	int64_t unit = USEC_PER_SEC / 10;
	size_t n = 0;
	while (n < rest.n && is_digit(rest.p[n])) {
		*usec += unit * (rest.p[n] - '0');
		unit /= 10;
		n++;
	}
	*s = str_n(rest.p + n, rest.n - n);
	return n > 0 && n <= 9;
}

static bool take_half(struct str *s, int *hour)
{
	struct str rest = str_trim(*s);
	if (rest.n < 2 || (rest.p[1] | 32) != 'm' || ((rest.p[0] | 32) != 'a' && (rest.p[0] | 32) != 'p'))
		return true;
	if (*hour < 1 || *hour > 12)
		return false;
	*hour = *hour % 12 + ((rest.p[0] | 32) == 'p' ? 12 : 0);
	*s = str_n(rest.p + 2, rest.n - 2);
	return true;
}

/* Z, +03, +03:00, +0300: the moment is kept in UTC. */
static bool take_zone(struct str *s, int64_t *usec)
{
	int hours, minutes = 0;
	struct str rest = str_trim(*s);
	static const struct {
		struct str name;
		int hours;
	} names[] = { { STR("Z"), 0 },   { STR("UTC"), 0 }, { STR("GMT"), 0 },
		      { STR("MSK"), 3 }, { STR("МСК"), 3 }, { STR("мск"), 3 } };
	for (size_t i = 0; i < countof(names); i++) {
		if (str_eq(rest, names[i].name)) {
			*usec -= names[i].hours * INT64_C(3600) * USEC_PER_SEC;
			s->n = 0;
			return true;
		}
	}
	bool minus = rest.n && rest.p[0] == '-';
	if (!take_char(&rest, '+') && !take_char(&rest, '-'))
		return true;
	if (take_digits(&rest, 2, &hours) != 2)
		return false;
	take_char(&rest, ':');
	if (rest.n && take_digits(&rest, 2, &minutes) != 2)
		return false;
	int64_t offset = (hours * INT64_C(60) + minutes) * 60 * USEC_PER_SEC;
	*usec += minus ? offset : -offset;
	*s = rest;
	return true;
}

/* 14:05, 9:30:15.250, 2:05 PM */
static bool take_clock(struct str *s, struct moment *m)
{
	int hour, minute, second = 0;
	int64_t usec = 0;
	if (!take_digits(s, 2, &hour) || !take_char(s, ':') || take_digits(s, 2, &minute) != 2)
		return false;
	if (take_char(s, ':') && (take_digits(s, 2, &second) != 2 || !take_fraction(s, &usec)))
		return false;
	if (!take_half(s, &hour) || hour > 23 || minute > 59 || second > 59)
		return false;
	usec += (hour * INT64_C(3600) + minute * 60 + second) * USEC_PER_SEC;
	m->timed = true;
	m->usec = usec;
	return true;
}

static bool take_time(struct str *s, struct moment *m)
{
	return take_clock(s, m) && take_zone(s, &m->usec);
}

bool value_time(struct str text, int64_t *ret_usec)
{
	struct moment m = { 0 };
	struct str s = text;
	if (s.n < 4 || s.n > 24 || !is_digit(s.p[0]) || !take_clock(&s, &m) || s.n)
		return false;
	*ret_usec = m.usec;
	return true;
}

bool value_moment(struct str text, enum date_order order, struct moment *ret)
{
	struct moment m = { 0 };
	struct str s = text;
	if (s.n < 6 || s.n > 64 || !take_date(&s, order, &m))
		return false;
	if (s.n) {
		if (!take_char(&s, 'T') && !take_char(&s, ' ') && !take_char(&s, ','))
			return false;
		s = str_trim(s);
		if (str_is(s, "г.") || str_is(s, "г"))
			s.n = 0;
		else if (!take_time(&s, &m))
			return false;
	}
	if (s.n)
		return false;
	*ret = m;
	return true;
}
