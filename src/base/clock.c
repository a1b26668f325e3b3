#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

int64_t clock_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_processor(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* Method: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": eras of 400 years that begin in March. */
int64_t clock_days_from_civil(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

void clock_civil_from_days(int64_t days, int64_t *y, int *m, int *d)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t doe = days - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	*d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*y = yoe + era * 400 + (*m <= 2);
}

bool clock_valid_date(int64_t y, int m, int d)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	if (y < 1 || y > 9999 || m < 1 || m > 12 || d < 1)
		return false;
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return d <= days[m - 1] + (m == 2 && leap ? 1 : 0);
}

static char *put_digits(char *to, int v, int n)
{
	for (int i = n; i-- > 0; v /= 10)
		to[i] = (char)('0' + v % 10);
	return to + n;
}

void clock_format(int64_t usec, char *ret)
{
	int64_t days = usec / USEC_PER_DAY, rest = usec % USEC_PER_DAY;
	if (rest < 0) {
		rest += USEC_PER_DAY;
		days--;
	}
	int64_t y;
	int m, d;
	clock_civil_from_days(days, &y, &m, &d);
	int seconds = (int)(rest / USEC_PER_SEC), fraction = (int)(rest % USEC_PER_SEC);
	const struct {
		int value, digits;
		char before;
	} parts[] = { { m, 2, '-' },
		      { d, 2, '-' },
		      { seconds / 3600, 2, 'T' },
		      { seconds / 60 % 60, 2, ':' },
		      { seconds % 60, 2, ':' },
		      { fraction, 6, '.' } };
	/* By hand, because each request has its time in the log. */
	char *at = y >= 0 && y <= 9999 ? put_digits(ret, (int)y, 4) : ret + snprintf(ret, 12, "%04d", (int)y);
	for (size_t i = 0; i < (fraction ? countof(parts) : countof(parts) - 1); i++) {
		*at++ = parts[i].before;
		at = put_digits(at, parts[i].value, parts[i].digits);
	}
	*at++ = 'Z';
	*at = 0;
}

static bool digits(struct str *s, size_t count, int *ret)
{
	int v = 0;
	if (s->n < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		v = v * 10 + (s->p[i] - '0');
	}
	*s = str_n(s->p + count, s->n - count);
	*ret = v;
	return true;
}

static bool take(struct str *s, char c)
{
	if (!s->n || s->p[0] != c)
		return false;
	*s = str_n(s->p + 1, s->n - 1);
	return true;
}

static bool parse_offset(struct str *s, int64_t *ret)
{
	int hours, minutes;
	*ret = 0;
	if (take(s, 'Z') || take(s, 'z'))
		return true;
	bool minus = s->n && s->p[0] == '-';
	if (!take(s, '-') && !take(s, '+'))
		return false;
	if (!digits(s, 2, &hours) || !take(s, ':') || !digits(s, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret = (hours * INT64_C(3600) + minutes * INT64_C(60)) * USEC_PER_SEC * (minus ? -1 : 1);
	return true;
}

bool clock_parse(struct str s, int64_t *ret)
{
	int y, m, d, hh, mm, ss, fraction = 0;
	int64_t offset;
	if (!digits(&s, 4, &y) || !take(&s, '-') || !digits(&s, 2, &m) || !take(&s, '-') || !digits(&s, 2, &d))
		return false;
	if (!clock_valid_date(y, m, d))
		return false;
	int64_t day = clock_days_from_civil(y, m, d) * USEC_PER_DAY;
	if (s.n == 0) {
		*ret = day;
		return true;
	}
	if (!take(&s, 'T') && !take(&s, 't') && !take(&s, ' '))
		return false;
	if (!digits(&s, 2, &hh) || !take(&s, ':') || !digits(&s, 2, &mm) || !take(&s, ':') || !digits(&s, 2, &ss))
		return false;
	if (hh > 23 || mm > 59 || ss > 59)
		return false;
	if (take(&s, '.')) {
		int scale = 100000, digit;
		size_t seen = 0;
		while (digits(&s, 1, &digit)) {
			fraction += digit * scale;
			scale /= 10;
			seen++;
		}
		if (!seen)
			return false;
	}
	if (!parse_offset(&s, &offset) || s.n)
		return false;
	*ret = day + (hh * INT64_C(3600) + mm * INT64_C(60) + ss) * USEC_PER_SEC + fraction - offset;
	return true;
}
