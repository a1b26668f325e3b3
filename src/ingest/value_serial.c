/*
 * Dates that a workbook keeps as what they are inside: numbers of days. A cell that lost its date style among cells
 * that have one, or a whole column under a header that says "date".
 */
#include "ingest/types.h"

#include "base/clock.h"

#include <math.h>

#define FIRST_SERIAL 10959 /* 1930 (counted from 1900), 1934 (from 1904) */
#define LAST_SERIAL 73415  /* 2101 */
#define DAYS_1900 (-25569)
#define DAYS_1904 (-24107)
#define SHARE 10 /* dates that look like dates: at least one in so many, where no header says it */

/* Five digits, and a fraction where there is one. Asked of every number of a file, so without strtod. */
static bool read_days(struct str s, double *ret)
{
	uint64_t v = 0;
	double unit = 1;
	if (s.n < 5 || s.n > 20 || (s.n > 5 && s.p[5] != '.') || s.n == 6)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (i == 5)
			continue;
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (i < 17) {
			v = v * 10 + (uint64_t)(s.p[i] - '0');
			unit *= i > 5 ? 10 : 1;
		}
	}
	*ret = (double)v / unit;
	return true;
}

bool value_serial(struct str text, int from_year, struct moment *ret)
{
	double serial;
	if (!read_days(text, &serial) || serial < FIRST_SERIAL || serial >= LAST_SERIAL)
		return false;
	double whole = floor(serial);
	int64_t ms = (int64_t)((serial - whole) * 86400000.0 + 0.5);
	ms = ms / 1000 * 1000 + (ms % 1000 >= 500 ? 1000 : 0); /* 15 digits of days: whole seconds are what is meant */
	*ret = (struct moment){ .days = (int32_t)whole + (from_year == 1904 ? DAYS_1904 : DAYS_1900),
				.usec = ms * 1000,
				.timed = ms != 0,
				.year_first = true };
	if (ret->usec >= USEC_PER_DAY) {
		ret->usec -= USEC_PER_DAY;
		ret->days++;
	}
	return true;
}

bool infer_serials(const struct infer *f, const struct infer_hint *hint, uint64_t needed, struct column_type *t)
{
	uint64_t dates = f->dmy > f->mdy ? f->dmy : f->mdy;
	/* A text that a spreadsheet program wrote keeps them, too: then the header must say it. */
	int from = hint->serials_from ? hint->serials_from : hint->typed_in && hint->says_date ? 1900 : 0;
	if (!from || !f->serials || dates + f->serials < needed)
		return false;
	if (!hint->says_date && dates * SHARE < f->serials)
		return false;
	t->type = f->with_time || f->serials_timed ? TYPE_TIMESTAMP : TYPE_DATE;
	t->order = f->mdy > f->dmy ? ORDER_MDY : f->dmy > f->ymd ? ORDER_DMY : ORDER_YMD;
	t->serials_from = from;
	return true;
}
