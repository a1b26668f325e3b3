/*
 * One text as a number. The common forms (12, -3.50) take the short way; the rest is stripped of brackets, signs,
 * currencies and the percent sign, and its thousands must stand in threes.
 */
#include "ingest/types.h"

#include "base/util.h"

#include <stdio.h>

#define EXACT_DIGITS 18

/* Written before or after a sum of money; the same number stands for the same money. */
static const struct {
	struct str sign;
	uint8_t currency;
} currencies[] = {
	{ STR("$"), 1 },    { STR("€"), 2 },    { STR("£"), 3 },     { STR("₽"), 4 },  { STR("¥"), 5 },
	{ STR("₴"), 6 },    { STR("₸"), 7 },    { STR("zł"), 8 },    { STR("руб."), 4 }, { STR("руб"), 4 },
	{ STR("р."), 4 },   { STR("р"), 4 },    { STR("ден."), 9 },  { STR("ден"), 9 },  { STR("грн"), 6 },
	{ STR("Kč"), 10 },  { STR("PLN"), 8 },  { STR("USD"), 1 },   { STR("EUR"), 2 },  { STR("GBP"), 3 },
	{ STR("RUB"), 4 },  { STR("RUR"), 4 },  { STR("MKD"), 9 },   { STR("CHF"), 11 }, { STR("UAH"), 6 },
	{ STR("KZT"), 7 },  { STR("CZK"), 10 }, { STR("HUF"), 12 },  { STR("SEK"), 13 }, { STR("NOK"), 14 },
	{ STR("DKK"), 15 }, { STR("BYN"), 16 }, { STR("RON"), 17 },  { STR("BGN"), 18 }, { STR("RSD"), 19 },
	{ STR("TRY"), 20 }, { STR("CNY"), 5 },  { STR("JPY"), 21 },  { STR("GEL"), 22 }, { STR("AMD"), 23 },
	{ STR("лв."), 18 }, { STR("лв"), 18 },  { STR("дин."), 19 }, { STR("тг"), 7 },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

size_t value_blank(struct str s)
{
	static const struct str blanks[] = { STR(" "), STR("\xc2\xa0"), STR("\xe2\x80\xaf"), STR("\xe2\x80\x89") };
	for (size_t i = 0; i < countof(blanks); i++) {
		if (str_starts(s, blanks[i]))
			return blanks[i].n;
	}
	return 0;
}

static struct str without_front(struct str s, size_t n)
{
	return str_n(s.p + n, s.n - n);
}

/* Which it was; 0 = none. */
static uint8_t take_currency(struct str *s)
{
	for (size_t i = 0; i < countof(currencies); i++) {
		struct str sign = currencies[i].sign;
		if (str_starts(*s, sign)) {
			*s = without_front(*s, sign.n);
			return currencies[i].currency;
		}
		if (str_ends(*s, sign)) {
			s->n -= sign.n;
			return currencies[i].currency;
		}
	}
	return 0;
}

static bool take_blank(struct str *s)
{
	size_t n = value_blank(*s);
	if (n) {
		*s = without_front(*s, n);
		return true;
	}
	static const struct str ends[] = { STR(" "), STR("\xc2\xa0"), STR("\xe2\x80\xaf"), STR("\xe2\x80\x89") };
	for (size_t i = 0; i < countof(ends); i++) {
		if (str_ends(*s, ends[i])) {
			s->n -= ends[i].n;
			return true;
		}
	}
	return false;
}

struct dressing {
	bool negative, plus, percent, brackets;
	uint8_t currency;
};

/* Takes off what stands around the digits; each thing once. */
static struct str undress(struct str s, struct dressing *d)
{
	*d = (struct dressing){ 0 };
	for (bool again = true; again && s.n;) {
		again = take_blank(&s);
		if (!s.n)
			break;
		if (s.p[0] == '(' && s.p[s.n - 1] == ')' && s.n > 2 && !d->brackets) {
			s = str_n(s.p + 1, s.n - 2);
			d->brackets = again = true;
		} else if (s.p[0] == '-' && !d->negative && !d->plus) {
			s = without_front(s, 1);
			d->negative = again = true;
		} else if (str_starts(s, STR("\xe2\x88\x92")) && !d->negative && !d->plus) {
			s = without_front(s, 3);
			d->negative = again = true;
		} else if (s.p[0] == '+' && !d->negative && !d->plus) {
			s = without_front(s, 1);
			d->plus = again = true;
		} else if (s.n > 1 && s.p[s.n - 1] == '-' && is_digit(s.p[s.n - 2]) && !d->negative && !d->plus) {
			s.n--;
			d->negative = again = true;
		} else if (s.n > 1 && s.p[s.n - 1] == '%' && !d->percent) {
			s.n--;
			d->percent = again = true;
		} else if ((s.p[0] < '0' || s.p[0] > '9' || s.p[s.n - 1] < '0' || s.p[s.n - 1] > '9') && !d->currency &&
			   (d->currency = take_currency(&s))) {
			again = true;
		}
	}
	return s;
}

#define POWER_37 ((unsigned __int128)UINT64_C(10000000000000000000) * UINT64_C(1000000000000000000))

/* The digits of a number in the making. */
struct digits {
	struct number *n;
	char text[96]; /* in C notation, for what is not exact */
	size_t text_n;
	bool overflow;
	int exponent;
};

static void add_digit(struct digits *d, char c)
{
	if (d->text_n < sizeof d->text - 1)
		d->text[d->text_n++] = c;
	if (c == '.')
		return;
	d->n->text_digits++;
	if (d->n->digits >= POWER_37)
		d->overflow = true;
	else
		d->n->digits = d->n->digits * 10 + (unsigned)(c - '0');
}

/* Whole part with thousands in threes behind one kind of separator. Returns false when they are not. */
static bool take_whole(struct str *s, char decimal, struct digits *d)
{
	size_t run = 0, groups = 0;
	char separator[4] = "";
	char other = decimal == '.' ? ',' : '.';
	while (s->n) {
		if (is_digit(s->p[0])) {
			if (++run > 40)
				return false;
			add_digit(d, s->p[0]);
			*s = without_front(*s, 1);
			continue;
		}
		size_t n = value_blank(*s);
		if (!n && (s->p[0] == other || s->p[0] == '\''))
			n = 1;
		if (!n && str_starts(*s, STR("\xe2\x80\x99")))
			n = 3;
		if (!n || s->n <= n || !is_digit(s->p[n]))
			break;
		if (!groups && run == 1 && d->n->digits == 0 && n == 1 && s->p[0] == other)
			return false; /* 0,125: nobody writes thousands of nothing */
		if (groups ? run != 3 || memcmp(separator, s->p, n) != 0 : run == 0 || run > 3)
			return false;
		memcpy(separator, s->p, n);
		*s = without_front(*s, n);
		groups++;
		run = 0;
	}
	if (groups && run != 3)
		return false;
	d->n->grouped = d->n->grouped || groups > 0;
	d->n->whole_digits = d->n->digits ? d->n->text_digits : 0;
	return true;
}

static bool take_exponent(struct str *s, struct digits *d, bool pointed)
{
	if (!s->n || (s->p[0] | 32) != 'e')
		return true;
	struct str rest = without_front(*s, 1);
	bool sign = rest.n && (rest.p[0] == '-' || rest.p[0] == '+');
	/* 12E4 is more often a code than a number. */
	if (!sign && !pointed)
		return false;
	size_t n = sign ? 1 : 0;
	while (n < rest.n && is_digit(rest.p[n]))
		n++;
	if (n == (sign ? 1u : 0u) || n > 5 || d->text_n + n + 1 >= sizeof d->text)
		return false;
	memcpy(d->text + d->text_n, s->p, n + 1);
	d->text_n += n + 1;
	d->n->exponent = true;
	for (size_t i = sign ? 1 : 0; i < n; i++)
		d->exponent = d->exponent * 10 + (rest.p[i] - '0');
	if (sign && rest.p[0] == '-')
		d->exponent = -d->exponent;
	*s = without_front(*s, n + 1);
	return true;
}

/* The zeros behind the point say nothing; an exponent moves the point while the digits stay within NUMBER_DIGITS. */
static bool settle(struct number *n, struct digits *d)
{
	int scale = n->scale - d->exponent;
	while (scale > 0 && n->digits && n->digits % 10 == 0) {
		n->digits /= 10;
		scale--;
	}
	for (; scale < 0 && n->digits && n->digits < POWER_37; scale++)
		n->digits *= 10;
	if (!n->digits)
		scale = 0;
	n->exact = !d->overflow && scale >= 0 && scale <= NUMBER_DIGITS;
	d->text[d->text_n] = 0;
	if (n->exact) {
		n->scale = (uint8_t)scale;
		if (n->exponent) {
			int digits = 0;
			for (unsigned __int128 v = n->digits; v; v /= 10)
				digits++;
			n->whole_digits = (uint8_t)MAX(digits - scale, 0);
		}
	}
	return n->exact || str_to_f64(str_n(d->text, d->text_n), &n->approx);
}

static bool read_long_way(struct str text, char decimal, struct number *ret)
{
	struct dressing dress;
	struct number n = { 0 };
	struct digits d = { .n = &n };
	struct str s = undress(text, &dress);
	n.unit = s.n && !is_digit(s.p[s.n - 1]) && !dress.currency ? value_take_unit(&s) : 0;
	if (!s.n && dress.currency && dress.negative) { /* "$-" is how a ledger writes nothing */
		*ret = (struct number){ .exact = true, .grouped = true };
		return true;
	}
	if (!s.n || (!is_digit(s.p[0]) && s.p[0] != decimal))
		return false;
	n.leading_zero = s.n > 1 && s.p[0] == '0' && is_digit(s.p[1]);
	n.currency = dress.currency;
	n.grouped = dress.currency || dress.percent || n.unit;
	if (!take_whole(&s, decimal, &d))
		return false;
	bool pointed = s.n && s.p[0] == decimal;
	if (pointed) {
		s = without_front(s, 1);
		add_digit(&d, '.');
		while (s.n && is_digit(s.p[0]) && n.scale < 40) {
			add_digit(&d, s.p[0]);
			n.scale++;
			s = without_front(s, 1);
		}
		if (!n.scale)
			return false;
	}
	if (!take_exponent(&s, &d, pointed) || s.n)
		return false;
	n.negative = dress.negative != dress.brackets;
	if (!settle(&n, &d))
		return false;
	if (dress.percent) {
		n.scale = (uint8_t)(n.scale + 2);
		n.whole_digits = (uint8_t)MAX(n.whole_digits - 2, 0);
		n.approx /= 100;
		n.exact = n.exact && n.scale <= NUMBER_DIGITS;
		while (n.exact && n.scale && n.digits % 10 == 0) {
			n.digits /= 10;
			n.scale--;
		}
	}
	*ret = n;
	return true;
}

bool value_number(struct str text, char decimal, struct number *ret)
{
	size_t at = text.n && text.p[0] == '-' ? 1 : 0, point = 0;
	if (text.n <= at || text.n > NUMBER_BYTES || text.n - at > EXACT_DIGITS)
		return text.n > at && text.n <= NUMBER_BYTES && read_long_way(text, decimal, ret);
	uint64_t digits = 0;
	bool negative = at, pointed = false;
	size_t whole_from = at;
	for (; at < text.n; at++) {
		char c = text.p[at];
		if (is_digit(c)) {
			digits = digits * 10 + (uint64_t)(c - '0');
		} else if (c == decimal && !pointed && at > whole_from) {
			pointed = true;
			point = at;
		} else {
			return read_long_way(text, decimal, ret);
		}
	}
	if (pointed && point + 1 == text.n)
		return false;
	size_t whole = (pointed ? point : text.n) - whole_from;
	struct number n = { .negative = negative, .exact = true };
	n.scale = (uint8_t)(pointed ? text.n - point - 1 : 0);
	n.whole_digits = (uint8_t)(whole == 1 && text.p[whole_from] == '0' ? 0 : whole);
	n.text_digits = (uint8_t)(whole + n.scale);
	n.leading_zero = whole > 1 && text.p[whole_from] == '0';
	while (n.scale && digits % 10 == 0) {
		digits /= 10;
		n.scale--;
	}
	n.digits = digits;
	*ret = n;
	return true;
}
