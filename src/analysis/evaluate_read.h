/* Purchases of a version as baskets, for evaluate.c. */
#pragma once

#include "analysis/ask.h"
#include "analysis/evaluate.h"
#include "learn/history.h"

/* One product on one invoice of one customer. */
struct basket_row {
	uint32_t customer; /* in file order */
	uint32_t product;
	uint32_t basket; /* number of the invoice, meaning nothing */
	int32_t day;     /* LEARN_DAY_NONE */
	int64_t at;      /* of the whole basket: microseconds, and where that ties, */
	int64_t ord;     /* the row */
};

struct baskets {
	struct basket_row *rows; /* by customer, then oldest basket first, then row */
	size_t n, cap;
	uint32_t n_customers, n_products;
	bool listed;
};

/* exclude: see evaluate_options. */
bool baskets_read(struct ask *q, struct str exclude, struct baskets *ret, struct err *e);
void baskets_free(struct baskets *b);
/* "POST,D,GIFT*": whole codes and beginnings, any case. */
bool code_is_excluded(struct str exclude, struct str key);
