/* The words by which headers are known. A newcomer adds a phrase, or a row, to roles_words.c. */
#pragma once

#include "base/buf.h"

/* What a header can say; narrower than a role where the table decides the rest. */
enum word {
	WORD_NONE,
	WORD_ID, /* of whatever the table lists */
	WORD_CUSTOMER_ID,
	WORD_NAME, /* of a person or of a thing */
	WORD_FULL_NAME,
	WORD_FIRST_NAME,
	WORD_MIDDLE_NAME,
	WORD_LAST_NAME,
	WORD_BIRTH_DATE,
	WORD_BIRTH_PLACE,
	WORD_AGE,
	WORD_PHONE,
	WORD_EMAIL,
	WORD_REGISTERED,
	WORD_PRODUCTS,
	WORD_PRODUCT_CODE,
	WORD_PRODUCT,
	WORD_AMOUNT,
	WORD_QUANTITY,
	WORD_UNIT_PRICE,
	WORD_CURRENCY,
	WORD_DATE,
	WORD_YEAR,
	WORD_INVOICE,
	WORD_VISITS,
	WORD_NEWSLETTER,
	WORD_CLICKS,
	WORD_SECONDS,
	WORD_PLACE_CODE, /* a country and what else is short letters */
	WORD_TEXT,       /* digits that are no number: tax numbers, accounts, postcodes */
	WORDS
};

/* "InvoiceNo", "Номер_заказа" → "invoice no", "номер заказа" */
void words_normalize(struct str header, struct buf *ret);
/* How well a normalized header says a word: 0 … 1. */
double words_match(enum word word, struct str normalized);
/* Whether a table of that name lists people or firms that are not customers, or customers, or sales. */
enum table_word { TABLE_UNKNOWN, TABLE_CUSTOMERS, TABLE_SALES, TABLE_OTHERS };
enum table_word words_table(struct str normalized);
