/*
 * Demonstration data: invented people, generated from a fixed seed, so that two folders made by `vitrina demo` hold the
 * same rows. What is random are only the accounts' passwords and the keys.
 *
 * The generators write CSV text, which goes through the same import as anybody's file.
 */
#pragma once

#include "base/buf.h"
#include "base/rand.h"

#define DEMO_SEED 20240229
#define DEMO_CSV_BYTES (64 * MIB)
#define DEMO_FIRST_DAY 19997 /* 2024-10-01, days since 1970-01-01 */
#define DEMO_DAYS 730        /* two years: to 2026-09-30 */

/* A name as it stands in a table of people: parts agree in gender. */
struct demo_name {
	char last[64], first[64], middle[64];
	bool female;
};

void demo_russian_name(struct rand_seeded *r, struct demo_name *ret);
/* No middle name; diacritics as they should be. */
void demo_polish_name(struct rand_seeded *r, struct demo_name *ret);
/* Lower case ASCII letters of a Polish name, for an e-mail address. */
void demo_ascii(const char *utf8, char *ret, size_t cap);
/* "2024-02-29" of a number of days since 1970-01-01. ret holds 16 bytes. */
void demo_date(int64_t day, char *ret);
/* An index below n by weights, which need not sum to 1. */
size_t demo_pick(struct rand_seeded *r, const double *weights, size_t n);

enum demo_base { DEMO_BANK, DEMO_DEALER };
/* Clients with the list of their products, newest first. */
void demo_clients(enum demo_base which, size_t n, struct buf *ret);

struct demo_shop {
	struct buf customers, purchases, visits;
};
void demo_shop_make(size_t n_customers, struct demo_shop *ret);
void demo_shop_free(struct demo_shop *s);
