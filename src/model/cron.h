/*
 * When a schedule runs: a cron expression read by the clock of a time zone.
 *
 * Five fields, minute hour day month weekday: *, numbers, names (jan … dec, sun … sat), ranges a-b, steps /n, lists
 * with commas; weekday 0 and 7 are Sunday; @hourly @daily @weekly @monthly @yearly. When both day and weekday are
 * given, either is enough (as in every cron). Zones are names of the IANA data base ("Europe/Warsaw") or UTC.
 *
 * When the clock is put forward, what lies in the hour that does not exist runs once, at the moment of the change; when
 * it is put back, what lies in the hour that comes twice runs the first time only. An expression whose hour begins with
 * * goes by time that has passed instead: it skips the missing hour and runs in both of the doubled ones. Pure; any
 * thread.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "base/util.h"

struct cron {
	uint64_t minutes;
	uint32_t hours, days, months;
	uint8_t weekdays; /* bit 0: Sunday */
	bool any_day, any_weekday, any_hour;
};

#define CRON_TEXT_BYTES 200
#define ZONE_BYTES 64

/* ERR_VALUE on "schedule", saying which part is wrong. */
MUST_CHECK bool cron_parse(struct str s, struct cron *ret, struct err *e);
/* ERR_VALUE on "zone". */
MUST_CHECK bool zone_check(struct str zone, struct err *e);
/*
 * The first run after `after` (microseconds UTC). ERR_VALUE on "zone" for one that is not known, on "schedule" for what
 * never happens, such as 30 February.
 */
MUST_CHECK bool cron_next(const struct cron *c, struct str zone, int64_t after, int64_t *ret, struct err *e);
/* The same from the text of a schedule; "" never runs by itself: 0. */
MUST_CHECK bool cron_next_text(const char *schedule, const char *zone, int64_t after, int64_t *ret, struct err *e);
