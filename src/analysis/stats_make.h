/* Gathering the statistics while the cards are made; only for cards*.c and stats*.c. */
#pragma once

#include "analysis/ask.h"
#include "analysis/canon.h"
#include "model/product.h"
#include "json/write.h"

#define STATS_PRODUCTS 100 /* kept in the statistics, by number of customers */
#define STATS_BANDS 7

/* Days whose month is found at once: 1900 to 2079. Others are looked for. */
#define STATS_FIRST_DAY (-25567)
#define STATS_DAYS 65536

struct stats_month {
	int64_t day, end; /* its first day since 1970, and that of the next */
	int64_t purchases, revenue;
	int64_t new_buyers; /* whose first purchase fell into it */
};

struct stats_band {
	int64_t customers, buyers, spend;
};

struct stats_work {
	int64_t left_out[CANON_LEFT_OUTS]; /* rows; CANON_COUNTED: rows that count */
	struct stats_month *months;
	size_t n_months, cap_months;
	uint16_t *month_of_day; /* number + 1 of the month of each day from STATS_FIRST_DAY on, 0 = not known yet */
	struct stats_band bands[STATS_BANDS];
	int64_t customers, buyers, repeaters, several, invoices, products_held;
	int64_t spend;
	int64_t first_at, last_at;
	struct buf products; /* the list as JSON text, made while the products pass by */
};

void stats_work_init(struct stats_work *s);
void stats_work_free(struct stats_work *s);
/* A purchase that counts, to its month (year, where that is all that is known). */
void stats_add_row(struct stats_work *s, enum purchase_time exact, int64_t at, int64_t spend);
void stats_add_product(struct stats_work *s, const struct card_set *set, const struct product *p);
void stats_add_customer(struct stats_work *s, const struct customer *c, size_t products, bool repeats);
/* The stored object, without the number of customers, which edits change. */
void stats_write(const struct stats_work *s, const struct card_set *set, const struct canon *c, struct buf *ret);

/* {"amount":"12.50","currency":"PLN"}, currency null when it is not said. */
void stats_money(struct json_writer *w, const char *key, int64_t amount, const char *currency);
/* As exact as the data are: "2023", "2023-05-17", or the moment; null for TIME_NONE. */
void stats_moment(struct json_writer *w, const char *key, enum purchase_time exact, int64_t at);
