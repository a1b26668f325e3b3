#include "model/cron.h"

#include <stdio.h>

struct field {
	const char *name;
	int min, max;
	const char *names; /* three letters each, the first is `first_name` */
	int first_name;
};
enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };
static const struct field fields[FIELDS] = {
	{ "minute", 0, 59, NULL, 0 },
	{ "hour", 0, 23, NULL, 0 },
	{ "day", 1, 31, NULL, 0 },
	{ "month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec", 1 },
	{ "weekday", 0, 7, "sunmontuewedthufrisat", 0 },
};
static const struct {
	const char *name, *means;
} macros[] = { { "@hourly", "0 * * * *" },  { "@daily", "0 0 * * *" },   { "@midnight", "0 0 * * *" },
	       { "@weekly", "0 0 * * 0" },  { "@monthly", "0 0 1 * *" }, { "@yearly", "0 0 1 1 *" },
	       { "@annually", "0 0 1 1 *" } };

static bool wrong(const struct field *f, struct str part, struct err *e)
{
	char shown[41];
	size_t n = 0;
	for (; n < 40 && n < part.n; n++)
		shown[n] = part.p[n] >= ' ' && part.p[n] < 127 ? part.p[n] : '?';
	shown[n] = 0;
	return err_field(e, ERR_VALUE, "schedule",
			 "\"%s\" is no %s of a schedule: numbers from %d to %d, ranges, steps", shown, f->name, f->min,
			 f->max);
}

static bool read_value(const struct field *f, struct str s, int *ret)
{
	int64_t v;
	if (s.n && s.n <= 2 && s.p[0] >= '0' && s.p[0] <= '9' && str_to_i64(s, &v)) {
		*ret = (int)v;
		return v >= f->min && v <= f->max;
	}
	if (!f->names || s.n != 3)
		return false;
	for (size_t i = 0; f->names[i]; i += 3) {
		if (str_ieq(s, str_n(f->names + i, 3))) {
			*ret = f->first_name + (int)(i / 3);
			return true;
		}
	}
	return false;
}

/* One member of the list: *, a, a-b, each with /n. */
static bool read_part(const struct field *f, struct str part, uint64_t *bits, struct err *e)
{
	struct str rest = part, range, low;
	int from = f->min, to = f->max;
	int64_t step = 1;
	str_split(&rest, '/', &range);
	bool stepped = rest.p != NULL;
	if (stepped && (!rest.n || rest.p[0] == '+' || !str_to_i64(rest, &step) || step < 1 || step > f->max))
		return wrong(f, part, e);
	if (!str_is(range, "*")) {
		str_split(&range, '-', &low);
		if (!read_value(f, low, &from))
			return wrong(f, part, e);
		if (range.p) {
			if (!read_value(f, range, &to) || to < from)
				return wrong(f, part, e);
		} else if (!stepped) {
			to = from;
		}
	} else if (f->max == 7) {
		to = 6; /* not Sunday twice, which a step would count */
	}
	for (int v = from; v <= to; v += (int)step)
		*bits |= UINT64_C(1) << v;
	return true;
}

static bool read_field(const struct field *f, struct str s, uint64_t *ret, struct err *e)
{
	struct str part;
	*ret = 0;
	while (str_split(&s, ',', &part)) {
		if (!read_part(f, part, ret, e))
			return false;
	}
	return true;
}

/* The next word of *rest; empty at the end. */
static struct str word(struct str *rest)
{
	size_t from = 0, to;
	while (from < rest->n && (rest->p[from] == ' ' || rest->p[from] == '\t'))
		from++;
	for (to = from; to < rest->n && rest->p[to] != ' ' && rest->p[to] != '\t'; to++)
		;
	struct str w = str_n(rest->p + from, to - from);
	*rest = str_n(rest->p + to, rest->n - to);
	return w;
}

bool cron_parse(struct str s, struct cron *ret, struct err *e)
{
	uint64_t bits[FIELDS];
	struct str words[FIELDS];
	s = str_trim(s);
	for (size_t i = 0; i < countof(macros); i++)
		if (str_ieq(s, str_of(macros[i].name)))
			s = str_of(macros[i].means);
	if (!s.n || s.n > CRON_TEXT_BYTES)
		return err_field(e, ERR_VALUE, "schedule", "A schedule has five parts: minute hour day month weekday.");
	for (int i = 0; i < FIELDS; i++) {
		words[i] = word(&s);
		if (!words[i].n)
			return err_field(e, ERR_VALUE, "schedule",
					 "A schedule has five parts: minute hour day month weekday; the %s is missing.",
					 fields[i].name);
		if (!read_field(&fields[i], words[i], &bits[i], e))
			return false;
	}
	if (word(&s).n)
		return err_field(e, ERR_VALUE, "schedule", "A schedule has five parts; here are more.");
	*ret = (struct cron){ .minutes = bits[MINUTE],
			      .hours = (uint32_t)bits[HOUR],
			      .days = (uint32_t)bits[DAY],
			      .months = (uint32_t)bits[MONTH],
			      .weekdays = (uint8_t)((bits[WEEKDAY] & 0x7f) | (bits[WEEKDAY] >> 7 & 1)),
			      .any_day = words[DAY].p[0] == '*',
			      .any_weekday = words[WEEKDAY].p[0] == '*',
			      .any_hour = words[HOUR].p[0] == '*' };
	return true;
}
