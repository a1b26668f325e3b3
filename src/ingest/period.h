/*
 * Periods that stand in headers: "Январь 2024", "2024 / Jan", "01.2024", "I кв. 2024", "2024". A header of several
 * parts (header_join.c puts " / " between) may hold a period in some and a measure in the rest.
 */
#pragma once

#include "base/buf.h"

#define PERIOD_PARTS " / "

struct period {
	int year;    /* 0 = not said */
	int month;   /* 1 … 12; 0 = none */
	int quarter; /* 1 … 4; 0 = none */
	enum period_language { PERIOD_EN, PERIOD_RU, PERIOD_PL, PERIOD_MK } language;
};

/* Whether the whole of s is a period: a year (1950 to 2100), a month, a quarter, or one of these of a year. */
bool period_parse(struct str s, struct period *ret);
/*
 * The same for a header of parts, of which at least one must be a period: what the others say goes to *rest, with
 * PERIOD_PARTS between.
 */
bool period_of_header(struct str header, struct period *ret, struct buf *rest);
/* "2024-01-01" for a month of a year, "2024" for a year, "2024 Q1"; a month without a year as it is called. */
void period_text(const struct period *p, struct str header, struct buf *ret);
