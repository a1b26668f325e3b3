/* The parts of cards_build; only for cards*.c. */
#pragma once

#include "analysis/ask.h"
#include "analysis/canon.h"
#include "analysis/cards.h"
#include "analysis/numbering.h"
#include "analysis/stats_make.h"
#include "model/product.h"

#define CARD_NO_PRODUCT UINT32_MAX

/* One purchase that counts, in file order. */
struct card_row {
	uint32_t buyer;
	uint32_t key; /* number of the product's key, or CARD_NO_PRODUCT */
	int64_t at;   /* microseconds, TIME_NONE */
	int64_t spend;
	uint32_t basket; /* hash of the invoice; the day where there are none */
	uint32_t place;  /* in the file */
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
	/* buyers in the order they come, and what they took */
	struct numbering buyers; /* ids as the engine gives them: text, or the 8 bytes of a whole number */
	struct card_total *totals;
	uint32_t cap_totals;
	struct card_row *rows; /* in file order; once sorted, by buyer and product */
	size_t n_rows, cap_rows;
	uint64_t *row_at; /* buyers + 1, into rows */
	/* what the row before had: files repeat themselves */
	uint32_t last_buyer, last_spelling;
	/* scratch of the card being written */
	struct buf both, name, folded, data, packed;
	struct customer_product *taken;
	struct card_dated *dated;
	uint32_t *baskets;
	int64_t now;
	void (*progress)(void *ctx, double fraction);
	void *progress_ctx;
	int64_t rows_in_transaction;
};

/* Reads every purchase once. */
bool cards_read(struct card_work *w, struct err *e);
/* Rows by buyer; invoices of each, customers of each product; then products numbered and written. */
bool cards_products(struct card_work *w, struct err *e);
bool cards_customers(struct card_work *w, struct err *e);
/* The buyer's products, newest first, into taken; returns how many. */
size_t cards_take(struct card_work *w, uint32_t buyer);
/* The id of a row as it stands in `buyers`; of a whole number its bytes in *scratch. */
struct str cards_id(const struct column_batch *c, size_t row, int64_t *scratch);
