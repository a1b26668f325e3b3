/* The parts of cards_build; only for cards*.c. */
#pragma once

#include "analysis/ask.h"
#include "analysis/canon.h"
#include "analysis/cards.h"
#include "analysis/stats_make.h"
#include "model/product.h"

/* What each customer took, in order of customer: gathered from the engine in any order, then sorted. */
struct card_pair {
	uint32_t customer, product, times;
	int32_t first_day, last_day;
	int64_t spend;
	int64_t ord; /* of its latest row */
};

struct card_work {
	struct ask *ask;
	struct canon canon;
	struct card_set set;
	struct stats_work stats;
	/* product keys → numbers */
	struct buf keys;
	size_t *key_at;
	uint32_t n_products, cap_products;
	uint32_t *slots;
	uint32_t n_slots;
	/* pairs */
	struct card_pair *pairs;
	size_t n_pairs, cap_pairs;
	uint64_t *pair_at; /* n_customers + 1, once sorted */
	uint32_t n_customers;
	/* rows being written */
	struct buf name, folded, data, packed;
	struct customer_product *products;
	size_t cap_customer;
	int64_t now;
	void (*progress)(void *ctx, double fraction);
	void *progress_ctx;
	int64_t rows_in_transaction;
};

bool cards_products(struct card_work *w, struct err *e);
bool cards_pairs(struct card_work *w, struct err *e);
bool cards_customers(struct card_work *w, struct err *e);
/* false in *ret when the key is none of the products. */
bool cards_product_number(const struct card_work *w, struct str key, uint32_t *ret);
