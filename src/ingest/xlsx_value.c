#include "ingest/xlsx.h"

#include "base/clock.h"
#include "base/util.h"
#include "ingest/types.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DAYS_1900 (-25569) /* 1899-12-30, from which serials of 61 and more count */
#define DAYS_1904 (-24107)
#define LAST_SERIAL 2958466 /* 10000-01-01 */

static void add_fixed(double v, int decimals, struct buf *ret)
{
	char text[64];
	int n = snprintf(text, sizeof text, "%.*f", decimals, v);
	if (decimals > 0) {
		while (n > 0 && text[n - 1] == '0')
			n--;
		n -= n > 0 && text[n - 1] == '.';
	}
	buf_add(ret, text, (size_t)n);
}

void xlsx_number_text(struct str value, struct buf *ret)
{
	double v;
	bool plain = value.n <= 15;
	for (size_t i = 0; plain && i < value.n; i++)
		plain = (value.p[i] >= '0' && value.p[i] <= '9') || value.p[i] == '.' || value.p[i] == '-';
	if (plain || !str_to_f64(value, &v)) {
		buf_add_str(ret, value);
		return;
	}
	char text[40];
	snprintf(text, sizeof text, "%.15g", v);
	const char *e = strchr(text, 'e');
	long exponent = e ? strtol(e + 1, NULL, 10) : 0;
	if (!e)
		buf_adds(ret, text);
	else if (exponent >= 15 && exponent <= 20)
		add_fixed(v, 0, ret);
	else if (exponent < 0 && exponent >= -9)
		add_fixed(strtod(text, NULL), (int)(14 - exponent), ret);
	else
		buf_adds(ret, text);
}

static void put_digits(char *to, int64_t v, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		to[i] = (char)('0' + v % 10);
		v /= 10;
	}
}

/* Serials are met by the million: 16 digits and a point divide exactly once, without strtod. */
static bool read_serial(struct str value, double *ret)
{
	static const double powers[] = { 1,   1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7, 1e8,
					 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16 };
	struct number n;
	bool simple = value_number(value, '.', &n) && n.exact && !n.grouped && !n.negative;
	if (!simple || n.digits >= (UINT64_C(1) << 53) || n.scale >= countof(powers))
		return str_to_f64(value, ret);
	*ret = (double)n.digits / powers[n.scale];
	return true;
}

/* "10:05:09", ".250" after it where ms are not whole seconds. */
static size_t put_time(char *to, int64_t ms)
{
	memcpy(to, "00:00:00", 8);
	put_digits(to, ms / 3600000, 2);
	put_digits(to + 3, ms / 60000 % 60, 2);
	put_digits(to + 6, ms / 1000 % 60, 2);
	if (ms % 1000 == 0)
		return 8;
	to[8] = '.';
	put_digits(to + 9, ms % 1000, 3);
	return 12;
}

/* "30:07:00", "-1:30:00" as "-01:30:00": hours of more than a day, as the program shows them. */
static void add_elapsed(double days, struct buf *ret)
{
	char text[32];
	double size = fabs(days);
	int64_t ms = (int64_t)(size * 86400000.0 + 0.5);
	int n = snprintf(text, sizeof text, "%s%02lld:%02d:%02d", days < 0 && ms ? "-" : "", (long long)(ms / 3600000),
			 (int)(ms / 60000 % 60), (int)(ms / 1000 % 60));
	buf_add(ret, text, (size_t)n);
	if (ms % 1000)
		buf_addf(ret, ".%03d", (int)(ms % 1000));
}

void xlsx_date_text(struct str value, enum xlsx_kind kind, bool from_1904, struct buf *ret)
{
	double serial;
	char text[32] = "0000-00-00 ";
	if (kind == XLSX_ELAPSED && read_serial(value, &serial) && fabs(serial) < LAST_SERIAL) {
		add_elapsed(serial, ret);
		return;
	}
	if (!read_serial(value, &serial) || serial < 0 || serial >= LAST_SERIAL || (serial < 1 && kind == XLSX_DATE)) {
		xlsx_number_text(value, ret);
		return;
	}
	double whole = floor(serial);
	/* A serial has 15 digits: milliseconds are the finest that is not noise. */
	int64_t ms = (int64_t)((serial - whole) * 86400000.0 + 0.5);
	int64_t days = (int64_t)whole + ms / 86400000, year;
	ms %= 86400000;
	if (kind == XLSX_TIME && days == 0) {
		buf_add(ret, text, put_time(text, ms));
		return;
	}
	/* Excel keeps a 29 February 1900 that never was. */
	days += from_1904 ? DAYS_1904 : days < 60 ? DAYS_1900 + 1 : DAYS_1900;
	int month, day;
	clock_civil_from_days(days, &year, &month, &day);
	put_digits(text, year, 4);
	put_digits(text + 5, month, 2);
	put_digits(text + 8, day, 2);
	buf_add(ret, text, ms ? 11 + put_time(text + 11, ms) : 10);
}

/* Letters of the code that are not in quotes, brackets or behind an escape. */
enum xlsx_kind xlsx_format_kind(struct str code)
{
	bool date = false, time = false, month = false;
	for (size_t i = 0; i < code.n; i++) {
		char c = code.p[i];
		if (c == '"') {
			for (i++; i < code.n && code.p[i] != '"';)
				i++;
		} else if (c == '\\' || c == '_' || c == '*') {
			i++;
		} else if (c == '[') {
			size_t from = i + 1;
			while (i < code.n && code.p[i] != ']')
				i++;
			char first = from < code.n ? code.p[from] | 32 : 0;
			bool elapsed = i == from + 1 || (i == from + 2 && (code.p[from + 1] | 32) == first);
			if (elapsed && (first == 'h' || first == 'm' || first == 's'))
				return XLSX_ELAPSED;
		} else if (c == ';') {
			break;
		} else if ((c | 32) == 'g' && str_starts(str_n(code.p + i, code.n - i), STR("General"))) {
			return XLSX_NUMBER;
		} else if (strchr("dDyY", c)) {
			date = true;
		} else if (strchr("hHsS", c)) {
			time = true;
		} else if ((c | 32) == 'm') {
			month = true;
		} else if (c == '0' || c == '#' || c == '?') {
			if (!time)
				return XLSX_NUMBER;
		}
	}
	if (date || (month && !time))
		return XLSX_DATE;
	return time ? XLSX_TIME : XLSX_NUMBER;
}

enum xlsx_kind xlsx_builtin_kind(long id)
{
	if ((id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58))
		return XLSX_DATE;
	if (id == 46)
		return XLSX_ELAPSED;
	return (id >= 18 && id <= 21) || id == 45 ? XLSX_TIME : XLSX_NUMBER;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

size_t xlsx_unescape(char *p, size_t n)
{
	if (!memmem(p, n, "_x", 2))
		return n;
	size_t to = 0;
	for (size_t i = 0; i < n;) {
		unsigned code = 0;
		bool escape = i + 7 <= n && p[i] == '_' && p[i + 1] == 'x' && p[i + 6] == '_';
		for (size_t k = 2; escape && k < 6; k++) {
			int digit = hex_digit(p[i + k]);
			escape = digit >= 0;
			code = code * 16 + (unsigned)(digit & 15);
		}
		if (escape && code < 0x80 && code) {
			p[to++] = (char)code;
			i += 7;
		} else {
			p[to++] = p[i++];
		}
	}
	return to;
}
