/* What a header says before any value was looked at: that digits are no numbers, that numbers are dates, and the like.
 */
#include "ingest/roles.h"
#include "ingest/roles_words.h"

bool roles_keep_text(struct str header)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(8192);
	words_normalize(header, &b);
	return words_match(WORD_TEXT, buf_str(&b)) >= 0.75 || words_match(WORD_PHONE, buf_str(&b)) >= 0.75;
}

static bool says_one_of(struct str header, const enum word *words, size_t n, double least)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(8192);
	words_normalize(header, &b);
	for (size_t i = 0; i < n; i++) {
		if (words_match(words[i], buf_str(&b)) >= least)
			return true;
	}
	return false;
}

bool roles_says_date(struct str header)
{
	static const enum word dates[] = { WORD_DATE, WORD_BIRTH_DATE, WORD_REGISTERED };
	return says_one_of(header, dates, countof(dates), 0.75);
}

/* A word of time anywhere in it. */
bool roles_may_say_date(struct str header)
{
	static const char *const words[] = { "date",    "dates", "datetime", "dt",     "ts",     "timestamp", "time",
					     "at",      "on",    "day",      "month",  "period", "дата",      "дате",
					     "день",    "время", "месяц",    "период", "data",   "dzien",     "czas",
					     "miesiac", "okres", "датум",    "ден",    "време",  "месец" };
	CLEANUP(buf_free) struct buf b = BUF_INIT(8192);
	words_normalize(header, &b);
	struct str rest = buf_str(&b), word;
	while (str_split(&rest, ' ', &word)) {
		for (size_t i = 0; i < countof(words); i++) {
			if (str_is(word, words[i]))
				return true;
		}
	}
	return roles_says_date(header);
}

bool roles_says_number(struct str header)
{
	static const enum word numbers[] = { WORD_AMOUNT, WORD_QUANTITY, WORD_UNIT_PRICE };
	return says_one_of(header, numbers, countof(numbers), 0.75);
}

/* A word of it is enough: here doubt keeps a value. */
bool roles_says_name(struct str header)
{
	static const enum word names[] = { WORD_NAME,        WORD_FULL_NAME, WORD_FIRST_NAME,
					   WORD_MIDDLE_NAME, WORD_LAST_NAME, WORD_PRODUCT };
	return says_one_of(header, names, countof(names), 0.3);
}

bool roles_says_code(struct str header)
{
	static const enum word codes[] = { WORD_ID,   WORD_CUSTOMER_ID, WORD_PRODUCT_CODE, WORD_CURRENCY,
					   WORD_TEXT, WORD_INVOICE,     WORD_PLACE_CODE };
	return says_one_of(header, codes, countof(codes), 0.3);
}

bool roles_known_header(struct str header)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(8192);
	if (header.n > 200)
		return false;
	words_normalize(header, &b);
	for (int word = WORD_ID; word < WORDS; word++) {
		if (words_match((enum word)word, buf_str(&b)) >= 0.75)
			return true;
	}
	return false;
}
