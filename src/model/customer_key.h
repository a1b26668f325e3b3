/* Keys of cards and products, and the columns of a card in the order in which its file reads them. Only for model/. */
#pragma once

#include "model/customer.h"

struct db_stmt;

#define CARD_NUMBERS (INT64_C(1) << 32)

static inline int64_t card_key(int64_t slot, int64_t no)
{
	return slot * CARD_NUMBERS + no;
}

#define CUSTOMER_COLUMNS \
	"key, id, name, folded, spend, purchases, invoices, first_at, last_at, age, products, data, edited"
/* From the current row; the texts are the statement's. */
void customer_read(struct db_stmt *s, struct customer *ret);
/* Text and blobs into the arena. */
void customer_keep(struct arena *a, struct customer *c);
/* Writes every column of an existing card. */
bool customer_update(struct db *db, const struct card_set *set, const struct customer *c, struct err *e);
