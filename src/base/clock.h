/* Times are integer microseconds since 1970-01-01 UTC everywhere; durations are microseconds too. */
#pragma once

#include "base/buf.h"

#define USEC_PER_SEC INT64_C(1000000)
#define USEC_PER_DAY (INT64_C(86400) * USEC_PER_SEC)

int64_t clock_now(void);       /* wall clock */
int64_t clock_monotonic(void); /* only for differences */
int64_t clock_processor(void); /* processor time of the calling thread, only for differences */

/* "2026-12-31T23:59:59.123456Z", without the fraction when it is 0. ret holds at least CLOCK_TEXT bytes. */
#define CLOCK_TEXT 40
void clock_format(int64_t usec, char *ret);
/* RFC 3339 with any offset, or a date alone (midnight UTC). */
bool clock_parse(struct str s, int64_t *ret);

/* Proleptic Gregorian days since 1970-01-01, and back; months and days from 1. */
int64_t clock_days_from_civil(int64_t y, int m, int d);
void clock_civil_from_days(int64_t days, int64_t *y, int *m, int *d);
bool clock_valid_date(int64_t y, int m, int d);
