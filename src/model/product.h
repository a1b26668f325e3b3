/* The products of one card set: number, code, name, and how many customers took them. Numbered by customers, then name.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/customer.h"

struct product {
	uint32_t no;
	struct str code; /* trimmed, upper case; of a product without code its name */
	struct str name; /* the commonest of its code */
	int64_t customers;
	int64_t sales; /* times taken */
	int64_t spend; /* ten-thousandths */
};

struct product_table {
	struct product *items; /* by number */
	size_t n;
};

bool product_insert(struct db *db, const struct card_set *set, const struct product *p, struct err *e);
/* All of them, in a. */
bool product_load(struct db *db, const struct card_set *set, struct arena *a, struct product_table *ret, struct err *e);
bool product_get(struct db *db, const struct card_set *set, int64_t no, struct arena *a, struct product *ret,
		 struct err *e);
