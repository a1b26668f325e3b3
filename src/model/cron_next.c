/*
 * The next run of a schedule. A zone is a row of stretches in which its offset from UTC stays the same. Within one,
 * local time is a straight line, and the first matching minute is found field by field. What the clock skips or repeats
 * lies at the beginning of a stretch: it starts with a gap when the offset grew, with a repetition when it shrank.
 */
#include "base/clock.h"
#include "model/cron.h"

#include <glib.h>

#define MINUTE_SECONDS INT64_C(60)
#define DAY_SECONDS INT64_C(86400)
#define HORIZON_DAYS 3300 /* nine years: 29 February skips one around 2100 */
#define LOOK_DAYS 10      /* ahead for a change of the clock, before it is known to be needed */
#define NEVER INT64_MAX

/* Names only: the library would also take a rule ("EST5EDT") or, with dots, a way to another file. */
static GTimeZone *zone_open(struct str zone)
{
	char name[ZONE_BYTES];
	bool slash = false;
	if (!zone.n || zone.n >= sizeof name || zone.p[0] == '/')
		return NULL;
	for (size_t i = 0; i < zone.n; i++) {
		char c = zone.p[i];
		slash |= c == '/';
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
		      c == '_' || c == '-' || c == '+'))
			return NULL;
		name[i] = c;
	}
	name[zone.n] = 0;
	if (str_is(zone, "UTC"))
		return g_time_zone_new_utc();
	return slash ? g_time_zone_new_identifier(name) : NULL;
}

static bool no_zone(struct str zone, struct err *e)
{
	return err_field(e, ERR_VALUE, "zone", "\"%.*s\" is no time zone; one is written as Europe/Warsaw, or UTC.",
			 (int)MIN(zone.n, (size_t)ZONE_BYTES), zone.p ? zone.p : "");
}

bool zone_check(struct str zone, struct err *e)
{
	GTimeZone *z = zone_open(zone);
	if (!z)
		return no_zone(zone, e);
	g_time_zone_unref(z);
	return true;
}

static int64_t offset_at(GTimeZone *z, int64_t utc)
{
	return g_time_zone_get_offset(z, g_time_zone_find_interval(z, G_TIME_TYPE_UNIVERSAL, utc));
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool day_fits(const struct cron *c, int64_t day)
{
	int64_t y;
	int m, d;
	clock_civil_from_days(day, &y, &m, &d);
	int weekday = (int)(((day + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
	bool by_day = c->days >> d & 1, by_weekday = c->weekdays >> weekday & 1;
	if (!(c->months >> m & 1))
		return false;
	return c->any_day || c->any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

/* The first matching minute of local time in [from, end), in seconds; NEVER. */
static int64_t first_match(const struct cron *c, int64_t from, int64_t end)
{
	int64_t at = -floor_div(-from, MINUTE_SECONDS) * MINUTE_SECONDS;
	while (at < end) {
		int64_t day = floor_div(at, DAY_SECONDS);
		int64_t second = at - day * DAY_SECONDS;
		if (!day_fits(c, day))
			at = (day + 1) * DAY_SECONDS;
		else if (!(c->hours >> (second / 3600) & 1))
			at = day * DAY_SECONDS + (second / 3600 + 1) * 3600;
		else if (!(c->minutes >> (second / 60 % 60) & 1))
			at += MINUTE_SECONDS;
		else
			return at;
	}
	return NEVER;
}

/* Where the stretch that holds `from` ends, at most `end`. No zone changes twice within a day. */
static int64_t stretch_end(GTimeZone *z, int64_t from, int64_t end)
{
	int64_t offset = offset_at(z, from);
	while (from < end) {
		int64_t to = MIN(from + DAY_SECONDS, end);
		if (offset_at(z, to) == offset) {
			from = to;
			continue;
		}
		while (to - from > 1) {
			int64_t middle = from + (to - from) / 2;
			if (offset_at(z, middle) == offset)
				from = middle;
			else
				to = middle;
		}
		return to;
	}
	return end;
}

/* The first run in the stretch [from, end), whose offset is o; before: that of the stretch that ends at `from`. */
static int64_t in_stretch(const struct cron *c, int64_t from, int64_t end, int64_t o, int64_t before)
{
	int64_t begin = from + o;
	if (!c->any_hour && o > before && first_match(c, from + before, begin) != NEVER)
		return from; /* it lies in the gap */
	if (!c->any_hour && o < before)
		begin = MIN(from + before, end + o); /* that part of the day was there already */
	int64_t local = first_match(c, begin, end + o);
	return local == NEVER ? NEVER : local - o;
}

bool cron_next(const struct cron *c, struct str zone, int64_t after, int64_t *ret, struct err *e)
{
	GTimeZone *z = zone_open(zone);
	if (!z)
		return no_zone(zone, e);
	int64_t now = floor_div(after, USEC_PER_SEC), end = now + HORIZON_DAYS * DAY_SECONDS, found = NEVER;
	/* A day back, to know how the present stretch began. */
	int64_t from = now - DAY_SECONDS, before = offset_at(z, from);
	while (from < end && found == NEVER) {
		int64_t o = offset_at(z, from), to = stretch_end(z, from, MIN(from + LOOK_DAYS * DAY_SECONDS, end));
		if (to > now) {
			/* What a change of the clock does counts only when the change itself is still to come or the
			 * doubled hour is not over. */
			if (from > now || (o < before && now < from + before - o))
				found = in_stretch(c, from, to, o, before);
			if (found != NEVER && found <= now)
				found = NEVER;
			if (found == NEVER && from <= now) {
				int64_t begin = now + 1;
				if (!c->any_hour && o < before)
					begin = MAX(begin, from + before - o);
				found = in_stretch(c, MIN(begin, to), to, o, o);
			}
		}
		before = o;
		from = to;
	}
	g_time_zone_unref(z);
	if (found == NEVER)
		return err_field(e, ERR_VALUE, "schedule", "This never happens: there is no such day in the calendar.");
	*ret = found * USEC_PER_SEC;
	return true;
}

bool cron_next_text(const char *schedule, const char *zone, int64_t after, int64_t *ret, struct err *e)
{
	struct cron c;
	*ret = 0;
	return !schedule[0] || (cron_parse(str_of(schedule), &c, e) && cron_next(&c, str_of(zone), after, ret, e));
}
