#include "model/customer.h"

#include "base/clock.h"
#include "base/utf8.h"

static bool is_cyrillic(struct str s)
{
	uint32_t code;
	return utf8_decode(s, &code) && code >= 0x400 && code < 0x530;
}

static void add(struct buf *b, struct str part)
{
	part = str_trim(part);
	if (part.n && b->n)
		buf_addc(b, ' ');
	buf_add_str(b, part);
}

void customer_name_make(struct buf *b, const struct customer_names *n)
{
	buf_clear(b);
	if (str_trim(n->full).n) {
		add(b, n->full);
		return;
	}
	bool surname_first = is_cyrillic(str_trim(n->last)) && str_trim(n->last).n;
	if (surname_first)
		add(b, n->last);
	add(b, n->first);
	add(b, n->middle);
	if (!surname_first)
		add(b, n->last);
}

int64_t customer_age(struct str birth_date, int64_t at)
{
	int64_t born;
	if (birth_date.n < 10 || !clock_parse(str_n(birth_date.p, 10), &born) || born > at)
		return -1;
	int64_t y, y2;
	int m, d, m2, d2;
	clock_civil_from_days(born < 0 ? -((-born + USEC_PER_DAY - 1) / USEC_PER_DAY) : born / USEC_PER_DAY, &y, &m,
			      &d);
	clock_civil_from_days(at / USEC_PER_DAY, &y2, &m2, &d2);
	int64_t years = y2 - y - (m2 < m || (m2 == m && d2 < d));
	return years <= 130 ? years : -1;
}
