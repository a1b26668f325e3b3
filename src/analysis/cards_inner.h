/* The parts of cards_build; only for cards*.c. */
#pragma once

#include "analysis/ask.h"
#include "analysis/canon.h"
#include "analysis/cards.h"
#include "analysis/numbering.h"
#include "analysis/stats_make.h"
#include "model/product.h"

#define CARD_NO_PRODUCT UINT32_MAX

/* One purchase that counts. */
struct card_row {
	uint32_t key;   /* number of the product's key, or CARD_NO_PRODUCT */
	uint32_t place; /* in the file */
	int64_t at;     /* microseconds, TIME_NONE */
	int64_t spend;
	int64_t basket; /* hash of the invoice; the day where there are none */
};

/* A product as one row of the file spells it. */
struct card_spelling {
	uint32_t key, name; /* numbers in keys and names; CARD_NO_PRODUCT when the row names none */
	int64_t rows;
	bool coded;
};

/* Totals of a buyer. */
struct card_total {
	int64_t spend, purchases, invoices;
	int64_t first_at, last_at;
};

struct card_product {
	uint32_t key, name;
	int64_t name_rows; /* with this name, the commonest so far */
	bool coded;
	int64_t customers, sales, spend;
};

/* One product of a card while it is sorted. */
struct card_dated {
	struct customer_product product;
	uint32_t place; /* of its latest row in the file */
};

/* Buyers in the order they come; ids are texts or whole numbers, as the engine gives them. */
struct card_buyers {
	struct numbering texts;
	struct numbering_whole wholes;
	uint32_t n;
};

struct card_work {
	struct ask *ask;
	struct canon canon;
	struct card_set set;
	struct stats_work stats;
	/* products: spellings as they come, then one a key, at last in their final order */
	struct numbering spellings, keys, names;
	struct card_spelling *spelling;
	uint32_t cap_spelling;
	struct card_product *products;
	uint32_t *final; /* key number → product number */
	struct card_buyers buyers;
	uint32_t *row_buyer;   /* of each row, until they are sorted */
	struct card_row *rows; /* in file order; once sorted, by buyer and product */
	size_t n_rows, cap_rows;
	uint64_t *row_at; /* buyers + 1, into rows */
	/* scratch of the buyer at hand */
	struct card_total total;
	struct customer_product *taken;
	struct card_dated *dated;
	int64_t *baskets;
	/* scratch of the card being written */
	struct buf both, name, folded, data, packed;
	int64_t now;
	void (*progress)(void *ctx, double fraction);
	void *progress_ctx;
	int64_t rows_in_transaction;
};

/* Reads every purchase once. */
bool cards_read(struct card_work *w, struct err *e);
/* Rows by buyer; customers of each product; then products numbered and written. */
bool cards_products(struct card_work *w, struct err *e);
bool cards_customers(struct card_work *w, struct err *e);
/* Sums the buyer's rows into total, and puts the products, newest first, into taken; returns how many. */
size_t cards_take(struct card_work *w, uint32_t buyer);
/* Of a row whose id stands in that column; NUMBERING_NONE: buys nothing. */
uint32_t cards_buyer(const struct card_work *w, const struct column_batch *id, size_t row);
