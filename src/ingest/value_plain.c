/*
 * Dates that are written as one plain number, and months: 20260131, 20260131235959, 202601, seconds and milliseconds
 * since 1970; "2026-01", "01.2026", "Январь 2026". Numbers are dates only where the header says so, and then all of
 * them.
 */
#include "ingest/types.h"

#include "base/clock.h"
#include "base/util.h"
#include "ingest/period.h"

#define FIRST_YEAR 1900
#define LAST_YEAR 2100
#define FIRST_SECOND INT64_C(1000000000) /* 2001 */
#define LAST_SECOND INT64_C(4102444800)  /* 2100 */
#define MONTH_BYTES 32
#define FIRST_LOOKED_AT 64 /* a column without a month among these has none */

/* All of s, which holds at most 18 digits. */
static bool digits_of(struct str s, int64_t *ret)
{
	int64_t v = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*ret = v;
	return s.n > 0;
}

static bool day_of(int64_t year, int64_t month, int64_t day, struct moment *ret)
{
	if (year < FIRST_YEAR || year >= LAST_YEAR || !clock_valid_date((int)year, (int)month, (int)day))
		return false;
	*ret = (struct moment){ .days = (int32_t)clock_days_from_civil((int)year, (int)month, (int)day),
				.year_first = true };
	return true;
}

/* 20260131 or 20260131235959 */
static bool compact(struct str s, struct moment *ret)
{
	int64_t v, clock = 0;
	if ((s.n != 8 && s.n != 14) || !digits_of(s, &v))
		return false;
	if (s.n == 14) {
		clock = v % 1000000;
		v /= 1000000;
	}
	int64_t hour = clock / 10000, minute = clock / 100 % 100, second = clock % 100;
	if (hour > 23 || minute > 59 || second > 59 || !day_of(v / 10000, v / 100 % 100, v % 100, ret))
		return false;
	ret->usec = ((hour * 60 + minute) * 60 + second) * USEC_PER_SEC;
	ret->timed = s.n == 14;
	return true;
}

static bool month_number(struct str s, struct moment *ret)
{
	int64_t v;
	return s.n == 6 && digits_of(s, &v) && day_of(v / 100, v % 100, 1, ret);
}

static bool month_text(struct str s, struct moment *ret)
{
	struct period p;
	if (s.n < 6 || s.n > MONTH_BYTES || !period_parse(s, &p) || !p.year || !p.month)
		return false;
	return day_of(p.year, p.month, 1, ret);
}

/* per_second: 1 or 1000 */
static bool since_1970(struct str s, int64_t per_second, struct moment *ret)
{
	int64_t v;
	if (s.n != (per_second == 1 ? 10 : 13) || !digits_of(s, &v) || v < FIRST_SECOND * per_second ||
	    v >= LAST_SECOND * per_second)
		return false;
	int64_t usec = v * (USEC_PER_SEC / per_second);
	*ret = (struct moment){
		.days = (int32_t)(usec / USEC_PER_DAY), .usec = usec % USEC_PER_DAY, .timed = true, .year_first = true
	};
	return true;
}

bool value_plain_date(struct str text, enum plain_date plain, struct moment *ret)
{
	switch (plain) {
	case PLAIN_NONE:
		return false;
	case PLAIN_DAYS:
		return compact(text, ret);
	case PLAIN_MONTHS:
		return month_number(text, ret) || month_text(text, ret);
	case PLAIN_SECONDS:
		return since_1970(text, 1, ret);
	case PLAIN_MILLISECONDS:
		return since_1970(text, 1000, ret);
	}
	return false;
}

void infer_add_plain(struct infer *f, struct str s)
{
	struct moment m;
	switch (s.n) {
	case 6:
		f->month_numbers += month_number(s, &m);
		break;
	case 7: /* 12.2026; seven digits are not asked what they mean: that takes long */
		f->month_numbers += s.p[2] == '.' && month_text(s, &m);
		break;
	case 8:
		f->compact += compact(s, &m);
		break;
	case 10:
		f->seconds += since_1970(s, 1, &m);
		break;
	case 13:
		f->milliseconds += since_1970(s, 1000, &m);
		break;
	case 14:
		if (compact(s, &m)) {
			f->compact++;
			f->compact_timed++;
		}
		break;
	default:
		break;
	}
}

bool infer_add_month(struct infer *f, struct str s)
{
	struct moment m;
	bool digit = s.p[0] >= '0' && s.p[0] <= '9';
	if ((!f->months && f->values > FIRST_LOOKED_AT) || (digit && s.n != 7) || !month_text(s, &m))
		return false;
	f->months++;
	f->months_named += !digit;
	return true;
}

bool infer_plain_dates(const struct infer *f, const struct infer_hint *hint, uint64_t needed, struct column_type *t)
{
	uint64_t dates = MAX(f->dmy, f->mdy), said = hint->may_be_date && !hint->says_number;
	enum value_type type = TYPE_TIMESTAMP;
	if ((f->months && f->months_named >= needed) || (said && f->months + f->month_numbers >= needed)) {
		t->plain = PLAIN_MONTHS;
		type = TYPE_DATE;
	} else if (!said) {
		return false;
	} else if (f->compact && f->compact + dates >= needed) {
		t->plain = PLAIN_DAYS;
		type = f->compact_timed || f->with_time ? TYPE_TIMESTAMP : TYPE_DATE;
	} else if (f->seconds >= needed) {
		t->plain = PLAIN_SECONDS;
	} else if (f->milliseconds >= needed) {
		t->plain = PLAIN_MILLISECONDS;
	} else {
		return false;
	}
	t->type = type;
	t->order = f->mdy > f->dmy ? ORDER_MDY : f->dmy > f->ymd ? ORDER_DMY : ORDER_YMD;
	return true;
}
