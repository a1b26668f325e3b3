#include "ingest/period.h"

#include "ingest/roles_words.h"
#include "ingest/types.h"

#define PERIOD_BYTES 60

static const char *const quarter_words[] = { "кв", "квартал", "квартала", "quarter", "kwartal", "квартал" };
static const char *const year_words[] = { "г", "год", "года", "year", "rok", "roku", "r", "година" };

static bool one_of(struct str word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_is(word, list[i]))
			return true;
	}
	return false;
}

static bool begins_with(struct str word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_starts(word, str_of(list[i])))
			return true;
	}
	return false;
}

/* Which language a month is named in, as far as what is added to the table is concerned. */
static enum period_language language_of(struct str month)
{
	static const char *const polish[] = { "sty", "lut", "marz", "marc", "kwi", "maj", "cze",
					      "lip", "sie", "wrz",  "paz",  "lis", "gru" };
	static const struct str macedonian[] = { STR("ври"), STR("уари") };
	bool cyrillic = (signed char)month.p[0] < 0;
	for (size_t i = 0; cyrillic && i < countof(macedonian); i++) {
		if (str_ends(month, macedonian[i]))
			return PERIOD_MK;
	}
	if (cyrillic)
		return memmem(month.p, month.n, "ј", 2) ? PERIOD_MK : PERIOD_RU;
	return begins_with(month, polish, countof(polish)) ? PERIOD_PL : PERIOD_EN;
}

static bool take_month(struct str word, struct period *p)
{
	int month = value_month(word);
	if (!month)
		return false;
	p->month = month;
	p->language = language_of(word);
	return true;
}

/* "2024", "q1", "iv"; "24" after a month. */
static bool take_number(struct str word, bool after_month, struct period *p)
{
	static const char *const roman[] = { "i", "ii", "iii", "iv" };
	int64_t v = 0;
	bool q = word.n == 2 && word.p[0] == 'q';
	for (int i = 0; i < 4; i++) {
		if (str_is(word, roman[i]))
			v = i + 1;
	}
	if (!v && !str_to_i64(q ? str_n(word.p + 1, 1) : word, &v))
		return false;
	if (v >= 1950 && v <= 2100 && !p->year && word.n == 4)
		p->year = (int)v;
	else if (after_month && word.n == 2 && !p->year)
		p->year = (int)v + 2000;
	else if (v >= 1 && v <= 4 && !p->quarter && word.n <= 3)
		p->quarter = (int)v;
	else
		return false;
	return true;
}

/* 2024-01, 01.2024, 2024-01-01 (a date that Excel shows as a month), 01.01.2024 */
static bool numeric_month(struct str s, struct period *p)
{
	int64_t v[3] = { 0 };
	size_t digits[3] = { 0 }, n = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c >= '0' && c <= '9') {
			v[n] = v[n] * 10 + (c - '0');
			if (++digits[n] > 4)
				return false;
		} else if ((c != '-' && c != '.' && c != '/') || !digits[n] || ++n == 3) {
			return false;
		}
	}
	n++;
	bool year_first = digits[0] == 4;
	if (n == 3 && (year_first ? v[2] : v[0]) != 1)
		return false;
	size_t year = year_first ? 0 : n - 1, month = n == 3 ? 1 : 1 - year;
	if (n < 2 || digits[year] != 4 || digits[month] != 2 || v[month] < 1 || v[month] > 12 || v[year] < 1950 ||
	    v[year] > 2100)
		return false;
	*p = (struct period){ .year = (int)v[year], .month = (int)v[month] };
	return true;
}

bool period_parse(struct str s, struct period *ret)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(4 * PERIOD_BYTES);
	struct period p = { 0 };
	bool said_quarter = false;
	s = str_trim(s);
	if (!s.n || s.n > PERIOD_BYTES)
		return false;
	if (numeric_month(s, ret))
		return true;
	words_normalize(s, &b);
	struct str rest = buf_str(&b), word;
	while (str_split(&rest, ' ', &word)) {
		if (!p.month && take_month(word, &p))
			continue;
		if (one_of(word, quarter_words, countof(quarter_words)))
			said_quarter = true;
		else if (word.n && word.p[0] == 'q' && word.n == 2 && take_number(word, false, &p))
			said_quarter = true;
		else if (!(p.year && one_of(word, year_words, countof(year_words))) &&
			 !take_number(word, p.month > 0, &p))
			return false;
	}
	if ((p.quarter > 0) != said_quarter || (p.quarter && p.month) || !(p.year || p.month || p.quarter))
		return false;
	*ret = p;
	return true;
}

bool period_of_header(struct str header, struct period *ret, struct buf *rest)
{
	struct period all = { 0 };
	bool any = false;
	while (header.p) {
		struct period p;
		const char *mark = memmem(header.p, header.n, PERIOD_PARTS, sizeof PERIOD_PARTS - 1);
		struct str part = mark ? str_n(header.p, (size_t)(mark - header.p)) : header;
		header = mark ? str_n(mark + 3, header.n - part.n - 3) : (struct str){ NULL, 0 };
		if (period_parse(part, &p) && !(p.year && all.year) && !(p.month && all.month) &&
		    !(p.quarter && all.quarter)) {
			any = true;
			all.year += p.year;
			all.month += p.month;
			all.quarter += p.quarter;
			all.language = p.month ? p.language : all.language;
		} else {
			buf_adds(rest, rest->n ? PERIOD_PARTS : "");
			buf_add_str(rest, part);
		}
	}
	*ret = all;
	return any && !(all.month && all.quarter);
}

void period_text(const struct period *p, struct str header, struct buf *ret)
{
	if (p->month && p->year)
		buf_addf(ret, "%04d-%02d-01", p->year, p->month);
	else if (p->quarter && p->year)
		buf_addf(ret, "%d Q%d", p->year, p->quarter);
	else if (p->year)
		buf_add_i64(ret, p->year);
	else if (p->quarter)
		buf_addf(ret, "Q%d", p->quarter);
	else
		buf_add_str(ret, header);
}
