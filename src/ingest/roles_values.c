#include "ingest/roles_values.h"

#include "base/clock.h"
#include "base/utf8.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool values_numeric(const struct role_column *c)
{
	return c->type.type == TYPE_BIGINT || c->type.type == TYPE_DECIMAL || c->type.type == TYPE_WIDE ||
	       c->type.type == TYPE_DOUBLE;
}

bool values_dates(const struct role_column *c)
{
	return c->type.type == TYPE_DATE || c->type.type == TYPE_TIMESTAMP;
}

/* Distinct is an estimate. */
bool values_unique(const struct role_column *c)
{
	return c->non_null && (double)c->distinct >= 0.93 * (double)c->non_null;
}

static double share(const struct role_column *c, bool (*test)(struct str))
{
	size_t n = 0;
	for (size_t i = 0; i < c->n_samples; i++)
		n += test(str_of(c->samples[i]));
	return c->n_samples ? (double)n / (double)c->n_samples : 0;
}

static bool is_email(struct str s)
{
	size_t at = str_find(s, '@');
	return at > 0 && at + 3 < s.n && memchr(s.p + at, '.', s.n - at) && !memchr(s.p, ' ', s.n);
}

static bool is_phone(struct str s)
{
	size_t digits = 0, other = 0;
	for (size_t i = 0; i < s.n; i++) {
		digits += is_digit(s.p[i]);
		other += !is_digit(s.p[i]) && !strchr("+()- ./", s.p[i]);
	}
	return digits >= 6 && digits <= 15 && other <= 3;
}

static bool is_dialled(struct str s)
{
	return is_phone(s) && s.n >= 10 && (s.p[0] == '+' || (memchr(s.p, '(', s.n) && memchr(s.p, ')', s.n)));
}

/* Words that begin with a capital and have no digit; 0 when there is any other. */
static size_t capitalized_words(struct str s)
{
	size_t words = 0;
	bool begins = true;
	while (s.n) {
		uint32_t code;
		size_t n = utf8_decode(s, &code);
		if (!n || (code < 0x80 && strchr("0123456789,;|/@_&", (int)code)))
			return 0;
		if (code == ' ') {
			begins = true;
		} else if (begins) {
			bool upper = (code >= 'A' && code <= 'Z') || (code >= 0x400 && code <= 0x42f) ||
				     (code >= 0xc0 && code <= 0xde) || (code >= 0x100 && code < 0x180);
			if (!upper)
				return 0;
			words++;
			begins = false;
		}
		s = str_n(s.p + n, s.n - n);
	}
	return words;
}

static bool is_several_names(struct str s)
{
	size_t n = capitalized_words(s);
	return n >= 2 && n <= 4;
}

static bool is_one_name(struct str s)
{
	return capitalized_words(s) == 1 && s.n > 1;
}

static bool ends_with_any(struct str s, const struct str *endings, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_ends(s, endings[i]))
			return true;
	}
	return false;
}

static bool is_patronymic(struct str s)
{
	static const struct str endings[] = { STR("вич"),    STR("вна"),  STR("ична"), STR("ьич"),
					      STR("инична"), STR("оглы"), STR("кызы") };
	return is_one_name(s) && ends_with_any(s, endings, countof(endings));
}

static bool is_surname(struct str s)
{
	static const struct str endings[] = {
		STR("ов"),  STR("ев"),  STR("ёв"),   STR("ин"),   STR("ын"),   STR("ова"),  STR("ева"),  STR("ёва"),
		STR("ина"), STR("ына"), STR("ский"), STR("ская"), STR("цкий"), STR("цкая"), STR("енко"), STR("чук"),
		STR("ski"), STR("ska"), STR("cki"),  STR("cka"),  STR("wicz"), STR("ски"),  STR("ска"),  STR("ич"),
	};
	return is_one_name(s) && ends_with_any(s, endings, countof(endings));
}

/* Иванов Иван Иванович, Иван Иванович Иванов */
static bool has_patronymic(struct str s)
{
	struct str rest = s, word;
	if (!is_several_names(s))
		return false;
	while (str_split(&rest, ' ', &word)) {
		if (is_patronymic(word))
			return true;
	}
	return false;
}

static bool is_list(struct str s)
{
	static const char separators[] = { ';', '|', ',' };
	for (size_t i = 0; i < countof(separators); i++) {
		struct str rest = s, part;
		size_t parts = 0, named = 0;
		while (str_split(&rest, separators[i], &part)) {
			part = str_trim(part);
			parts++;
			named += part.n > 1 && !is_digit(part.p[0]);
		}
		if (parts > 1 && named >= parts - 1)
			return true;
	}
	return false;
}

double values_listed(const struct role_column *c)
{
	return share(c, is_list);
}

static bool is_numbered(struct str s)
{
	int64_t v;
	return s.n > 1 && s.p[0] == '#' && str_to_i64(str_n(s.p + 1, s.n - 1), &v);
}

double values_numbered(const struct role_column *c)
{
	return share(c, is_numbered);
}

double values_several_names(const struct role_column *c)
{
	return share(c, is_several_names);
}

static bool all_between(const struct role_column *c, int64_t low, int64_t high)
{
	for (size_t i = 0; i < c->n_samples; i++) {
		int64_t v;
		if (!str_to_i64(str_of(c->samples[i]), &v) || v < low || v > high)
			return false;
	}
	return c->n_samples > 0;
}

/* Of somebody who may be alive: a year from 1900 on that is over. Samples stand as the file has them. */
static bool is_birth_date(struct str s)
{
	int64_t year = 0, this_year;
	int month, day;
	clock_civil_from_days(clock_now() / USEC_PER_DAY, &this_year, &month, &day);
	for (size_t i = 0; i + 4 <= s.n; i++) {
		bool apart = (i == 0 || !is_digit(s.p[i - 1])) && (i + 4 == s.n || !is_digit(s.p[i + 4]));
		if (apart && str_to_i64(str_n(s.p + i, 4), &year) && is_digit(s.p[i]))
			return year >= 1900 && year <= this_year;
	}
	return true; /* two digits of a year tell nothing */
}

static bool is_short_word(struct str s)
{
	return s.n <= 12 && capitalized_words(s) <= 1 && !is_digit(s.p[0]);
}

static double fit_names(enum word word, const struct role_column *c)
{
	if (c->type.type != TYPE_VARCHAR)
		return 0;
	if (word == WORD_MIDDLE_NAME)
		return 1;
	double several = share(c, is_several_names), one = share(c, is_one_name);
	if (word == WORD_FULL_NAME)
		return several >= 0.5 ? 1 : one > 0.8 ? 0.75 : 0.6;
	return one >= 0.5 ? 1 : several >= 0.8 ? 0.6 : 0.7;
}

double values_fit(enum word word, const struct role_column *c)
{
	bool text = c->type.type == TYPE_VARCHAR, none = !c->non_null;
	if (none)
		return 0.9; /* nothing speaks against it */
	switch (word) {
	case WORD_FULL_NAME:
	case WORD_FIRST_NAME:
	case WORD_MIDDLE_NAME:
	case WORD_LAST_NAME:
		return fit_names(word, c);
	case WORD_NAME:
	case WORD_BIRTH_PLACE:
	case WORD_PRODUCT:
	case WORD_PRODUCTS:
		return text ? 1 : 0;
	case WORD_EMAIL:
		return share(c, is_email) >= 0.5 ? 1 : 0;
	case WORD_PHONE:
		return share(c, is_phone) >= 0.5 ? 1 : 0;
	case WORD_BIRTH_DATE:
		return values_dates(c) ? (c->n_samples && share(c, is_birth_date) < 0.8 ? 0.4 : 1) : 0;
	case WORD_REGISTERED:
	case WORD_DATE:
		return values_dates(c) ? 1 : 0;
	case WORD_AGE:
		return values_numeric(c) && all_between(c, 0, 120) ? 1 : 0;
	case WORD_YEAR:
		return all_between(c, 1900, 2100) ? 1 : 0;
	case WORD_AMOUNT:
	case WORD_QUANTITY:
	case WORD_UNIT_PRICE:
	case WORD_VISITS:
	case WORD_CLICKS:
	case WORD_SECONDS:
		return values_numeric(c) ? 1 : 0;
	case WORD_NEWSLETTER:
		return c->type.type == TYPE_BOOLEAN || values_numeric(c) ? 1 : text && c->distinct <= 3 ? 0.8 : 0;
	case WORD_CURRENCY:
		return text && share(c, is_short_word) > 0.8 ? 1 : 0;
	case WORD_ID:
	case WORD_CUSTOMER_ID:
	case WORD_PRODUCT_CODE:
	case WORD_INVOICE:
		return c->type.type == TYPE_BIGINT || text ? 1 : 0;
	case WORD_PLACE_CODE:
	case WORD_TEXT:
	case WORD_NONE:
	case WORDS:
		break;
	}
	return 0;
}

enum word values_speak(const struct role_column *c, double *ret_confidence)
{
	static const struct {
		enum word word;
		bool (*test)(struct str);
		double least, confidence;
	} tests[] = {
		{ WORD_EMAIL, is_email, 0.9, 0.9 },
		{ WORD_FULL_NAME, has_patronymic, 0.6, 0.85 },
		{ WORD_MIDDLE_NAME, is_patronymic, 0.8, 0.75 },
		{ WORD_PHONE, is_dialled, 0.9, 0.7 },
		{ WORD_LAST_NAME, is_surname, 0.85, 0.6 },
	};
	if (c->type.type != TYPE_VARCHAR || c->n_samples < 3)
		return WORD_NONE;
	for (size_t i = 0; i < countof(tests); i++) {
		if (share(c, tests[i].test) >= tests[i].least) {
			*ret_confidence = tests[i].confidence;
			return tests[i].word;
		}
	}
	return WORD_NONE;
}
