/* The words and numbers of reports in the languages of the page. No state. */
#pragma once

#include "base/buf.h"

enum language { LANGUAGE_EN, LANGUAGE_RU, LANGUAGE_PL, LANGUAGE_MK, LANGUAGES };
bool language_parse(struct str s, enum language *ret);

enum word {
	WORD_AGE,
	WORD_MEAN,
	WORD_CUSTOMERS,
	WORD_PURCHASES,
	WORD_SPENT,
	WORD_CUSTOMER,
	WORD_NAME,
	WORD_YEAR,
	WORD_MONTH,
	WORD_REVENUE,
	WORD_BUYERS,
	WORD_PRODUCTS,
	WORD_CAME_AGAIN,
	WORD_FIGURE,
	WORD_VALUE,
	WORD_ALL_YEARS,
	WORD_DATASET,
	WORD_UNKNOWN_AGE,
	WORD_PER_RECORD,
	WORD_PER_CUSTOMER,
	WORD_TITLE_BY_AGE,
	WORD_TITLE_TOTAL,
	WORD_TITLE_TOP,
	WORD_TITLE_STATISTICS,
	WORD_TEST,
	WORD_MORE_ROWS,
	WORDS
};
const char *word(enum language l, enum word w);

/* Signs of a number: "2,509.74", "2 509,74", "2.509,74". */
char number_decimal(enum language l);
char number_thousands(enum language l);
/* Ten-thousandths of the currency's unit, rounded to hundredths. */
void number_money(struct buf *b, enum language l, int64_t amount);
void number_whole(struct buf *b, enum language l, int64_t n);
