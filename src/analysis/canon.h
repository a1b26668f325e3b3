/*
 * From roles to one form: whatever tables a data set has, SQL that yields its customers and its purchases.
 *
 * Covers one wide client table (with a list of products in a cell), transactions (customers are the distinct ids),
 * clients and purchases in tables of their own, and baskets. Identifiers come from strangers' files: every one is
 * quoted, and no value is ever put into the text. Pure: content in, SQL out, all of it in the arena.
 *
 * Purchases (every row, those left out included):
 *	id (BIGINT where every table has it so, else VARCHAR: cast it when it leaves), key VARCHAR (what makes products
 *one: code or name, upper case), code, name VARCHAR, amount BIGINT (ten-thousandths), quantity DOUBLE, bought
 *TIMESTAMP, invoice VARCHAR, ord BIGINT (later rows higher), why TINYINT (NULL = counted, else enum canon_left_out),
 *currency VARCHAR Customers (one row an id): part INTEGER, ord BIGINT (file order is by part, then ord), id (as above),
 *r0 … r9 VARCHAR (enum canon_field), o0 … VARCHAR (the other columns)
 */
#pragma once

#include "model/customer.h"
#include "model/dataset.h"

enum canon_left_out { CANON_COUNTED, CANON_NO_CUSTOMER, CANON_CANCELLED, CANON_NO_PRICE, CANON_LEFT_OUTS };
const char *canon_left_out_name(enum canon_left_out why); /* "no_customer", … */

enum canon_field {
	CANON_FULL_NAME,
	CANON_FIRST_NAME,
	CANON_MIDDLE_NAME,
	CANON_LAST_NAME,
	CANON_BIRTH_DATE,
	CANON_BIRTH_PLACE,
	CANON_AGE,
	CANON_PHONE,
	CANON_EMAIL,
	CANON_REGISTERED_AT,
	CANON_FIELDS
};
/* "birth_date": the name in cards and in the API; the role is "customer." and this. */
const char *canon_field_name(enum canon_field f);

struct canon {
	bool has_customers; /* else nothing below means anything */
	bool has_purchases;
	bool has_products;
	bool has_amount;
	bool has_invoice;
	bool has_currency;
	bool listed; /* products from one list a customer, newest first */
	enum purchase_time time;
	const char *purchases;                  /* SQL; NULL without purchases */
	const char *customers;                  /* SQL */
	const char *field_column[CANON_FIELDS]; /* the file's name of each field's column; NULL = there is none */
	const char *id_column, *products_column;
	const char **other; /* names of o0, o1, … */
	size_t n_other;
};

/* schema: under which the engine has the version's tables. */
void canon_make(struct arena *a, const struct dataset_content *content, const char *schema, struct canon *ret);
