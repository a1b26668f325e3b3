/*
 * Identifiers: 63 bits, never negative, ordered by time of making, made by the program.
 *
 * 41 bits of milliseconds since 2024-01-01 UTC, then 22 bits: a counter that starts at random in each
 * millisecond. Unique within a process and, but for a 1 in 4 million chance a pair in the same
 * millisecond, across processes; the store's primary key is the last word. In JSON they are decimal strings.
 */
#pragma once

#include "base/str.h"

int64_t id_new(void);
/* Microseconds UTC at which it was made. */
int64_t id_time(int64_t id);
/* Decimal, > 0. */
bool id_parse(struct str s, int64_t *ret);
