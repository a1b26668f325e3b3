/*
 * What the columns of a data set are to a customer base: the roles of the outside contract.
 *
 * Guessed from headers (roles_words.c, a table of words in Russian, English, Polish and Macedonian that a newcomer
 * extends by a row) and from values, over one wide table or several related ones. Each guess carries a confidence and
 * one sentence that a person can check. Pure functions on what they are given.
 */
#pragma once

#include "base/buf.h"
#include "ingest/types.h"

enum role {
	ROLE_NONE,
	ROLE_CUSTOMER_ID,
	ROLE_CUSTOMER_FULL_NAME,
	ROLE_CUSTOMER_FIRST_NAME,
	ROLE_CUSTOMER_MIDDLE_NAME,
	ROLE_CUSTOMER_LAST_NAME,
	ROLE_CUSTOMER_BIRTH_DATE,
	ROLE_CUSTOMER_BIRTH_PLACE,
	ROLE_CUSTOMER_AGE,
	ROLE_CUSTOMER_PHONE,
	ROLE_CUSTOMER_EMAIL,
	ROLE_CUSTOMER_REGISTERED_AT,
	ROLE_CUSTOMER_PRODUCTS,
	ROLE_PURCHASE_CUSTOMER_ID,
	ROLE_PURCHASE_PRODUCT_CODE,
	ROLE_PURCHASE_PRODUCT,
	ROLE_PURCHASE_AMOUNT,
	ROLE_PURCHASE_QUANTITY,
	ROLE_PURCHASE_UNIT_PRICE,
	ROLE_PURCHASE_CURRENCY,
	ROLE_PURCHASE_AT,
	ROLE_PURCHASE_YEAR,
	ROLE_PURCHASE_INVOICE,
	ROLE_ACTIVITY_CUSTOMER_ID,
	ROLE_ACTIVITY_VISITS,
	ROLE_ACTIVITY_AT,
	ROLE_ACTIVITY_NEWSLETTER_OPENED,
	ROLE_ACTIVITY_AD_CLICKS,
	ROLE_ACTIVITY_SECONDS_ON_SITE,
	ROLE_IGNORE,
	ROLES
};

/* "customer.id"; "" for ROLE_NONE. */
const char *role_name(enum role role);
bool role_parse(struct str name, enum role *ret);

#define ROLE_REASON_BYTES 160
#define ROLE_SAMPLES 40
#define ROLE_SKETCH 256 /* smallest hashes of the column's values */

struct role_column {
	/* given */
	const char *name;
	struct column_type type;
	uint64_t rows, non_null, distinct;
	const char *samples[ROLE_SAMPLES]; /* some values as text */
	size_t n_samples;
	const uint64_t *sketch; /* ascending; NULL = none */
	size_t n_sketch;
	bool fixed; /* role is a person's word and stays */
	/* guessed */
	enum role role;
	double confidence; /* 0 … 1 */
	char reason[ROLE_REASON_BYTES];
	/* private: what relations_prepare found of the name */
	uint64_t header; /* a hash of its words; 0 = none */
	bool says_id, says_customer;
};

/* A column that the file itself gives to say which row of another table a row belongs to. */
struct role_link {
	size_t column, to_table, to_column;
};

struct role_table {
	const char *name;
	struct role_column *columns;
	size_t n_columns;
	const struct role_link *links; /* to tables before this one; the last is the nearest */
	size_t n_links;
};

/* from_table.from_column holds values of to_table.to_column. */
struct role_relation {
	size_t from_table, from_column, to_table, to_column;
	double overlap; /* share of the distinct values of `from` that `to` has; estimated */
};

/* Fills role, confidence and reason of every column; writes at most cap relations and returns their number. */
size_t roles_guess(struct role_table *tables, size_t n_tables, struct role_relation *relations, size_t cap);

/* Whether a header names an identifier, phone, postcode or account, whose digits are text. */
bool roles_keep_text(struct str header);
/* Whether a header is a word this table knows: for telling a header row from data. */
bool roles_known_header(struct str header);
/* Whether the header says the name of somebody or something; or a code, a country, a number of something. */
bool roles_says_name(struct str header);
bool roles_says_code(struct str header);
/* Whether the header says a date; a sum, a price, a number of pieces. */
bool roles_says_date(struct str header);
/* Whether any word of it is one of time: of what may be a date, too. */
bool roles_may_say_date(struct str header);
bool roles_says_number(struct str header);
