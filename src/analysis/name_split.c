/*
 * Surname, first name and patronymic out of one text. Russian names come in either order and the patronymic tells
 * which; elsewhere the surname is last, unless a comma follows it.
 */
#include "analysis/names.h"
#include "base/utf8.h"

#define MOST_WORDS 8

struct words {
	struct str w[MOST_WORDS];
	size_t n;
	bool comma; /* after the first */
};

static bool ends_with_one(struct str word, const char *const *endings)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(4096);
	utf8_fold(&folded, word);
	for (; *endings; endings++) {
		struct str end = str_of(*endings);
		if (folded.n > end.n + 2 && str_ends(buf_str(&folded), end))
			return true;
	}
	return false;
}

static bool is_patronymic(struct str word)
{
	static const char *const endings[] = { "ович", "евич", "ьич",  "кич",  "мич", "овна",
					       "евна", "ична", "оглы", "кызы", NULL };
	return ends_with_one(word, endings);
}

/* First names that end as surnames do. */
static bool is_given(struct str word)
{
	static const char *const names[] = { "ирина",    "марина", "екатерина", "полина",  "кристина",   "алина",
					     "арина",    "карина", "галина",    "нина",    "валентина",  "ангелина",
					     "дина",     "регина", "сабина",    "эвелина", "антонина",   "альбина",
					     "василина", "зарина", "малина",    "эльвина", "константин", "валентин",
					     "мартин",   NULL };
	CLEANUP(buf_free) struct buf folded = BUF_INIT(4096);
	utf8_fold(&folded, word);
	for (size_t i = 0; names[i]; i++) {
		if (str_is(buf_str(&folded), names[i]))
			return true;
	}
	return false;
}

static bool is_surname(struct str word)
{
	static const char *const endings[] = { "ов",   "ев",    "ин",   "ын",   "ова",  "ева", "ина", "ына",
					       "ский", "ская",  "цкий", "цкая", "енко", "чук", "юк",  "ян",
					       "дзе",  "швили", "ских", "ых",   "ски",  "ска", "ska", "cki",
					       "cka",  "wicz",  "czyk", "ski",  NULL };
	return ends_with_one(word, endings) && !is_given(word);
}

static bool is_cyrillic(struct str s)
{
	uint32_t code;
	return utf8_decode(s, &code) && code >= 0x400 && code < 0x530;
}

static struct words cut(struct str full)
{
	struct words r = { 0 };
	struct str part;
	while (r.n < MOST_WORDS && str_split(&full, ' ', &part)) {
		part = str_trim(part);
		bool comma = part.n && part.p[part.n - 1] == ',';
		part.n -= comma;
		if (!part.n)
			continue;
		r.comma |= comma && r.n == 0;
		r.w[r.n++] = part;
	}
	return r;
}

/* From the first byte of a to the last of b. */
static struct str span(struct str a, struct str b)
{
	return str_n(a.p, (size_t)(b.p + b.n - a.p));
}

struct name_parts name_split(struct str full)
{
	struct words r = cut(full);
	struct name_parts none = { 0 };
	if (r.n == 0)
		return none;
	if (r.n == 1)
		return (struct name_parts){ .first = r.w[0] };
	struct str last_word = r.w[r.n - 1];
	if (r.n == 2) {
		bool first = is_surname(r.w[0]), second = is_surname(r.w[1]);
		/* Where neither tells: Russian lists begin with the surname, others with the first name. */
		bool surname_first = r.comma || (first != second ? first : is_cyrillic(r.w[0]) && !is_given(r.w[0]));
		return surname_first ? (struct name_parts){ .last = r.w[0], .first = r.w[1] }
				     : (struct name_parts){ .last = r.w[1], .first = r.w[0] };
	}
	bool middle_second = is_patronymic(r.w[1]) && !is_patronymic(last_word);
	bool surname_first = r.comma || (!middle_second && is_cyrillic(r.w[0]));
	if (surname_first)
		return (struct name_parts){ r.w[0], r.w[1], span(r.w[2], last_word) };
	return (struct name_parts){ last_word, r.w[0], span(r.w[1], r.w[r.n - 2]) };
}
