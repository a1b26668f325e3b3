/*
 * Customer cards: one row a customer and data set version, computed once at the end of an import.
 *
 * A card set belongs to one version and never changes but for edits by hand; those are kept per data set
 * (customer_edit), so that they are laid over every later version as well. Lists, search, one customer's page and
 * totals are look-ups here and need no engine.
 *
 * Amounts are whole ten-thousandths of the currency's unit (MONEY_SCALE), so that sums are exact and do not depend on
 * their order. Days count from 1970-01-01. Text handed out lives until the statement's next step unless said otherwise.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

struct caller;
struct db;

#define MONEY_SCALE 10000
#define DAY_NONE INT32_MIN
#define TIME_NONE INT64_MIN

/* How exact the time of a purchase is. */
enum purchase_time { PURCHASE_TIME_NONE, PURCHASE_TIME_YEAR, PURCHASE_TIME_DAY, PURCHASE_TIME_SECOND };

struct card_set {
	int64_t version, org, dataset;
	int64_t slot;      /* small number, the upper half of every key of this set */
	int64_t customers; /* highest number + 1 */
	int64_t products;
	bool has_purchases; /* some customer has a product or a purchase */
	bool has_amount;    /* spending is known */
	enum purchase_time time;
	bool listed; /* products come from one list a customer: no times, newest first */
	int64_t built_at;
	char currency[16]; /* "" = not said */
};

/* One product of one customer. */
struct customer_product {
	uint32_t product;            /* number in the set's product table */
	uint32_t times;              /* on how many invoices (days, rows where there are none) */
	int64_t spend;               /* ten-thousandths */
	int32_t first_day, last_day; /* DAY_NONE when unknown */
};

struct customer {
	int64_t no; /* from 0, in file order */
	struct str id, name, folded;
	int64_t spend; /* ten-thousandths */
	int64_t purchases, invoices;
	int64_t first_at, last_at; /* microseconds UTC, TIME_NONE */
	int64_t age;               /* years, -1 = unknown */
	struct str products;       /* customer_products_read() */
	struct str data;           /* JSON: {"role":{"birth_date":…},"other":{"column":…}} */
	bool edited;               /* by hand */
};

/* ERR_NOT_FOUND when that version has no finished cards. */
bool card_set_find(struct db *db, int64_t org, int64_t version, struct card_set *ret, struct err *e);
/* Of the organisation's newest data set with customers. ERR_NOT_FOUND when there is none. */
bool card_set_newest(struct db *db, int64_t org, struct card_set *ret, struct err *e);
/* The same of the newest whose purchases have amounts. */
bool card_set_newest_spending(struct db *db, int64_t org, struct card_set *ret, struct err *e);
/* The stored statistics (JSON object) and the names of the columns by role (JSON object), copied into a. */
bool card_set_texts(struct db *db, int64_t version, struct arena *a, struct str *ret_stats, struct str *ret_columns,
		    struct err *e);
/* A new set under construction, invisible until card_set_finish. */
bool card_set_begin(struct db *db, struct card_set *set, struct err *e);
bool card_set_finish(struct db *db, const struct card_set *set, struct str stats, struct str columns, struct err *e);
/* Removes the cards of that version, in steps, so that other writers get their turn. Gone already is fine. */
bool card_set_drop(struct db *db, int64_t version, struct err *e);
/* Removes what an interrupted import left, and sets whose version is not the current one of a data set. For the start
 * of the program. */
bool card_set_sweep(struct db *db, struct err *e);

bool customer_insert(struct db *db, const struct card_set *set, const struct customer *c, struct err *e);
/* Copied into a. ERR_NOT_FOUND. */
bool customer_find(struct db *db, const struct card_set *set, struct str id, struct arena *a, struct customer *ret,
		   struct err *e);
bool customer_get(struct db *db, const struct card_set *set, int64_t no, struct arena *a, struct customer *ret,
		  struct err *e);
/* Every card in order of number from `from`, until each returns false or fails (then e is filled). Not copied. */
bool customer_scan(struct db *db, const struct card_set *set, int64_t from, int64_t count,
		   bool (*each)(void *ctx, const struct customer *c, struct err *e), void *ctx, struct err *e);

/* The same without products and data, which then are empty: for indexes over a whole set. */
bool customer_scan_light(struct db *db, const struct card_set *set,
			 bool (*each)(void *ctx, const struct customer *c, struct err *e), void *ctx, struct err *e);

/* The packed products of a card. read allocates in a; NULL with *ret_n 0 when empty; damaged bytes are ERR_CORRUPT. */
void customer_products_pack(struct buf *b, const struct customer_product *p, size_t n);
bool customer_products_read(struct str packed, struct arena *a, struct customer_product **ret, size_t *ret_n,
			    struct err *e);
/* How many there are, without reading them; the first (newest) one's number in *ret_first. */
size_t customer_products_count(struct str packed, uint32_t *ret_first);

/* The texts a card is made from, before it has a name. p == NULL: the file has no such column or value. */
struct customer_names {
	struct str full, first, middle, last;
};
/*
 * The name as it is shown: the full one as it stands, else its parts, the surname first where it is written in
 * Cyrillic, last elsewhere.
 */
void customer_name_make(struct buf *b, const struct customer_names *n);
/* Full years from an ISO date ("1990-05-17") to `at`; -1 when it is no date or the years are not 0..130. */
int64_t customer_age(struct str birth_date, int64_t at);

/* What a person may set by hand. Texts with p == NULL are left as they are; an empty one clears the field. */
struct customer_input {
	struct str id; /* only for a new one */
	struct str full_name, first_name, middle_name, last_name;
	struct str birth_date, birth_place, phone, email;
	const void *other; /* json_t object of other columns, or NULL */
};
/* ERR_VALUE naming the field: dates, phone, e-mail, lengths. */
bool customer_input_check(const struct customer_input *in, bool is_new, struct err *e);
/*
 * Adds or changes a customer of the newest version and keeps the edit for later ones, with an audit row. ERR_CONFLICT
 * when a new one's id is taken. The card as it is now is copied into a.
 */
bool customer_add(struct db *db, const struct caller *by, struct card_set *set, const struct customer_input *in,
		  struct arena *a, struct customer *ret, struct err *e);
bool customer_change(struct db *db, const struct caller *by, struct card_set *set, struct str id,
		     const struct customer_input *in, struct arena *a, struct customer *ret, struct err *e);
/* Lays the edits of the data set over a freshly built card set. */
bool customer_edits_apply(struct db *db, struct card_set *set, struct err *e);

/* Sums of absurd amounts stay at the end of what can be kept instead of starting again at the other. */
static inline int64_t money_add(int64_t a, int64_t b)
{
	int64_t sum;
	if (__builtin_add_overflow(a, b, &sum))
		return b > 0 ? INT64_MAX : INT64_MIN;
	return sum;
}
/* "1204.50" with at least two decimals and no more than are needed (at most four). */
void money_write(struct buf *b, int64_t amount);
/* The same as a number rounded to two decimals. */
double money_round2(int64_t amount);
