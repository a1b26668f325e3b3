/*
 * What a column of text means.
 *
 * infer_add looks at one value after another and counts what each could be; infer_decide names the type of the whole
 * column. value_* read one text as that type. All of it is exact: a decimal keeps its digits, an identifier its zeros.
 *
 * Numbers: 1234.5, 1 234,56, 1.234,56, 1'234.56, $1,234.00, 1 234 ₽, (12.50) = 12.50- = -12.50, "$-" = 0, 12,5% =
 * 0.125, 1e5; up to 38 digits exactly. One that needs more is kept as its text, or, in a column of 1e-300, as a DOUBLE.
 * Behind them a unit may stand, the same in the whole column: "12 шт.".
 * Dates: 2026-12-31, 31.12.2026, 12/31/26, 5 марта 2026 г., 5-Mar-26, with times; the order of day and month is told by
 * the whole column. Months of a year are their first day. Plain numbers, where the header says a date: 20260131,
 * 202601, seconds or milliseconds since 1970.
 * Times: 14:05, 9:30:15, 2:05 PM, below 24 hours; "125:30" is a duration and "14:05+03" has a zone: those stay text.
 * Truth: true and false in four languages; yes and no where the whole column is one of the two and has both.
 * A struct infer belongs to one thread; infer_merge adds another one's.
 */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum value_type {
	TYPE_VARCHAR,
	TYPE_BOOLEAN,
	TYPE_BIGINT,
	TYPE_DECIMAL, /* DECIMAL(18, scale) */
	TYPE_WIDE,    /* DECIMAL(38, scale) */
	TYPE_DOUBLE,
	TYPE_DATE,
	TYPE_TIMESTAMP,
	TYPE_TIME /* of the day, without one */
};

enum date_order { ORDER_DMY, ORDER_MDY, ORDER_YMD };
/* What numbers that are dates say: 20260131 or 20260131235959, 202601 or "Jan 2026", time since 1970. */
enum plain_date { PLAIN_NONE, PLAIN_DAYS, PLAIN_MONTHS, PLAIN_SECONDS, PLAIN_MILLISECONDS };

struct column_type {
	enum value_type type;
	uint8_t scale;         /* DECIMAL: digits after the point */
	uint8_t whole;         /* numbers: digits before the point, of the longest that was seen */
	char decimal;          /* numbers: '.' or ',' */
	enum date_order order; /* dates that do not begin with the year */
	bool date_ambiguous;   /* no value told day and month apart: day first was assumed */
	char mark_ambiguous; /* numbers: the mark, ',' or '.', that may stand for thousands or for decimals; 0 = none */
	bool untyped;        /* no value seen at all */
	uint8_t missing;     /* VARCHAR: of which kinds words stand for no value, 1 << enum missing */
	bool yes_no;         /* BOOLEAN: told by yes and no, so a third word makes it text */
	int serials_from;    /* dates: numbers are days counted from this year (1900, 1904); 0 = numbers are no dates */
	bool rounded;        /* VARCHAR of long numbers: 7.9E+10 is one that lost its digits */
	bool marked;         /* VARCHAR: ' before each value, by which spreadsheet programs mark text, is none of it */
	bool several_currencies; /* VARCHAR: sums that cannot be added */
	bool several_units;      /* VARCHAR: the same of "1 kg" and "500 g" */
	uint8_t unit;            /* numbers: what stands behind them, value_unit_name; 0 = nothing */
	bool both_marks;         /* numbers: 1.5 and 1,5 are the same; what reads either way does not fit */
	enum plain_date plain;   /* DATE, TIMESTAMP */
};

#define TYPE_NAME_BYTES 24
/* "BIGINT", "DECIMAL(18,2)", … as DuckDB writes it. */
void column_type_name(const struct column_type *t, char ret[TYPE_NAME_BYTES]);
/* The reverse, with the decimal point and the order of dates left at '.' and ORDER_DMY. */
bool column_type_parse(struct str name, struct column_type *ret);
static inline bool column_type_number(const struct column_type *t)
{
	return t->type == TYPE_BIGINT || t->type == TYPE_DECIMAL || t->type == TYPE_WIDE || t->type == TYPE_DOUBLE;
}

struct infer {
	uint64_t values; /* not empty */
	uint64_t unread; /* cells that the file marks as errors; they are no values */
	uint64_t missing_words;
	uint64_t missing_perhaps, pluses; /* MISSING_PERHAPS among them; "+" */
	uint64_t booleans;                /* true, false */
	uint64_t yes, no;
	uint64_t marked, marked_digits; /* ' before the value; and a digit behind it */
	uint32_t currencies, units;     /* 1 << number.currency, 1 << number.unit of those that were met */
	uint64_t with_unit;
	uint64_t integers;   /* under either reading of , and . */
	uint64_t dot, comma; /* numbers with . or with , as the decimal mark */
	uint64_t dot_only, comma_only;
	uint64_t either;     /* numbers with a comma that are another one under each reading: 1,000 */
	uint64_t either_dot; /* the same with a dot: 1.000 */
	uint64_t exponents;
	uint64_t inexact;                 /* needs more than 38 digits */
	uint64_t leading_zero;            /* 007 */
	uint64_t long_digits;             /* 12 and more digits without a separator */
	uint64_t plain_long;              /* more than 18 digits: not exact as a number */
	uint64_t phone_like;              /* + and at least 7 digits, or 11 digits from 7 or 8 on */
	uint64_t codes;                   /* letters and digits in one word */
	uint64_t dmy, mdy, ymd;           /* readable as a date in this order */
	uint64_t serials, serials_timed;  /* numbers that may be days; those that are not whole */
	uint64_t with_time;               /* and with a time that is not midnight */
	uint64_t times;                   /* of the day, without one */
	uint64_t compact, compact_timed;  /* 20260131; 20260131235959 */
	uint64_t month_numbers;           /* 202601, 12.2026 */
	uint64_t months, months_named;    /* 2026-01, Jan 2026; the latter */
	uint64_t seconds, milliseconds;   /* since 1970 */
	uint64_t slashed;                 /* its order is not told by dots, by the year or by a name of a month */
	uint8_t dot_scale, comma_scale;   /* digits after the mark, trailing zeros not counted */
	uint8_t dot_digits, comma_digits; /* digits before it */
};

void infer_add(struct infer *f, struct str text);
void infer_merge(struct infer *into, const struct infer *from);
struct infer_hint {
	bool keep_text;     /* the header says an identifier, a phone, a postcode */
	bool decimal_comma; /* where nothing else tells */
	bool mark_told;     /* other columns of the table tell it */
	bool typed_in;      /* numbers are as people and programs write them: a dot may part thousands */
	bool says_date;     /* the header says a date */
	bool says_number;   /* a sum, a price, a number of pieces */
	bool may_be_date;   /* the header has a word of time: dates may be written as plain numbers */
	bool column;        /* the values are those of a column, not the cells of what may be a header */
	int serials_from;   /* as in struct column_type */
};
struct column_type infer_decide(const struct infer *f, const struct infer_hint *hint);
/* So many values were no number, date or truth that none to come will change it: counting them is enough. */
bool infer_is_text(const struct infer *f);
/* How many of `values` may be unreadable before the type is given up: 1 %, and 1 of 20 or more; where the header says
 * what the values are, one in ten: "HOLD" among dates, "on request" among prices. */
uint64_t infer_tolerated(uint64_t values, bool said);

/* NULL, NA, N/A, н/д, -, … and the empty text: no value, in a column that has a type. */
bool value_missing(struct str text);
/* The same words in a column of texts, where they may be values: text_missing.c has the rule. */
enum missing {
	MISSING_NO,
	MISSING_TYPED,   /* none: no value only in a column that has a type */
	MISSING_SURE,    /* н/д, (null): nothing else is written so */
	MISSING_SIGN,    /* -, — */
	MISSING_NULL,    /* NULL: but there are people of that name */
	MISSING_PERHAPS, /* NA, brak: or a country, a surname */
};
/* *ret_word: which, below 64. */
enum missing value_missing_kind(struct str text, size_t *ret_word);
struct str value_missing_word(size_t word);
/* Whether it may be one of these: asked of every text of a file. */
static inline bool value_may_be_missing(struct str s)
{
	if (s.n > 32 || !s.n)
		return false;
	if (s.p[0] == '\xd0')
		return s.n > 4 && (s.p[1] == '\xbd' || s.p[1] == '\x9d');
	return memchr("Nn-#\\(<[bB\xe2", s.p[0], 11) != NULL;
}
/* *ret_yes_no: it is yes or no and not true or false. */
bool value_boolean(struct str text, bool *ret, bool *ret_yes_no);

#define NUMBER_DIGITS 38
#define NUMBER_BYTES 120 /* of its text: so many digits, a thin space at each three, a sign and a currency */

struct number {
	bool negative;
	bool exact; /* digits holds it; else only `approx` does */
	bool exponent;
	bool grouped;         /* had thousands separators, a currency sign or a percent sign */
	uint8_t scale;        /* digits after the point; trailing zeros are taken off */
	uint8_t whole_digits; /* digits before it */
	uint8_t text_digits;  /* all digits written */
	bool leading_zero;
	uint8_t currency, unit;   /* which one was written; 0 = none */
	unsigned __int128 digits; /* value = digits / 10^scale; below 10^NUMBER_DIGITS */
	double approx;
};
/* Bytes of a blank, of those that people and programs put between thousands, at the start of s; 0 = none. */
size_t value_blank(struct str s);
/* decimal is '.' or ','; the other one, blanks and apostrophes may separate thousands. */
bool value_number(struct str text, char decimal, struct number *ret);

struct moment {
	int32_t days; /* since 1970-01-01 */
	int64_t usec; /* of the day */
	bool timed;   /* a time was written */
	bool year_first, dotted, named;
};
/* value_month.c: "march", "марта", "mar." → 3; 0 = none. */
int value_month(struct str word);
bool value_moment(struct str text, enum date_order order, struct moment *ret);
/* value_marks.c: "#DIV/0!", in the languages of Excel; "7,9123E+10"; the text without ' before it. */
bool value_is_error(struct str text);
bool value_is_rounded(struct str text);
struct str value_unmarked(struct str text);
/* 14:05 → *ret_usec of the day. */
bool value_time(struct str text, int64_t *ret_usec);
/* value_serial.c: a number of days that a workbook keeps for a date between 1930 and 2100. */
bool value_serial(struct str text, int from_year, struct moment *ret);
/* Whether a column is one of dates because of such numbers. */
bool infer_serials(const struct infer *f, const struct infer_hint *hint, uint64_t needed, struct column_type *t);

/* value_plain.c */
bool value_plain_date(struct str text, enum plain_date plain, struct moment *ret);
/* s is nothing but digits, or 12.2026. */
void infer_add_plain(struct infer *f, struct str s);
/* Whether it is a month of a year. */
bool infer_add_month(struct infer *f, struct str s);
bool infer_plain_dates(const struct infer *f, const struct infer_hint *hint, uint64_t needed, struct column_type *t);
/* value_units.c: takes a unit off the end, and blanks before it; which it was, 0 = none. */
enum unit { UNIT_NONE, UNIT_PIECES, UNIT_YEARS };
uint8_t value_take_unit(struct str *s);
struct str value_unit_name(uint8_t unit);
/* Whether numbers with a unit can be added up: all have the same, or some none where that can only mean it. */
bool infer_units_agree(const struct infer *f, uint64_t numbers);

/* What came of reading one cell as a column's type. */
enum value_result { VALUE_OK, VALUE_MISSING, VALUE_MISFIT };
/* Where a value goes: the fields for other types are untouched. */
union value {
	bool boolean;
	int64_t bigint; /* BIGINT, DECIMAL (unscaled), TIMESTAMP and TIME (microseconds) */
	__int128 wide;  /* WIDE, unscaled */
	double real;
	int32_t days;
};
/* Not for TYPE_VARCHAR. text is trimmed. */
enum value_result value_read(const struct column_type *t, struct str text, union value *ret);
/* Why text does not fit, as a sentence for a person. */
const char *value_misfit_reason(const struct column_type *t, struct str text);
/* Whether a misfit says that the type was wrong, and not the cell: a finer decimal, a leading zero, a date in the other
 * order. */
bool value_contradicts(const struct column_type *t, struct str text);
