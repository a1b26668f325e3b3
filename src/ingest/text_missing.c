/*
 * Words that stand for no value, in a column of texts.
 *
 * In a column of numbers or dates every one of them does. Among texts a word may be a value: NA is Namibia, Brak and
 *Null are surnames. So it is taken for no value only where nobody would write it for anything else:
 *
 *	н/д, (null), brak danych	always
 *	-, —				unless the column has + as well: then they are signs
 *	NULL				unless the header says a name
 *	NA, brak, nan, нема		when it is there twice, the header says neither a name nor a code nor a country,
 *					and the other values are not such short words in capitals themselves
 *
 * A column that a person wants as text (reader.texts) keeps all of them.
 */
#include "ingest/table.h"

#define CODE_LETTERS 3 /* of codes of countries and the like */

/* "PL", "USD": as NA would be among them. */
static bool is_short_code(struct str s)
{
	bool capitals = s.n >= 2 && s.n <= CODE_LETTERS;
	for (size_t i = 0; capitals && i < s.n; i++)
		capitals = s.p[i] >= 'A' && s.p[i] <= 'Z';
	return capitals;
}

static bool holds_short_codes(const struct table_column *c)
{
	size_t codes = 0, others = 0, word;
	for (size_t i = 0; i < c->n_samples; i++) {
		struct str s = str_of(c->samples[i]);
		if (value_missing_kind(s, &word) != MISSING_NO)
			continue;
		if (is_short_code(s))
			codes++;
		else
			others++;
	}
	return codes > others;
}

uint8_t text_missing(const struct table_column *c, const struct infer *f)
{
	unsigned kinds = 1u << MISSING_SURE;
	if (!f->pluses)
		kinds |= 1u << MISSING_SIGN;
	if (c->unnamed || !roles_says_name(str_of(c->name)))
		kinds |= 1u << MISSING_NULL;
	if (f->missing_perhaps >= 2 && !roles_says_name(str_of(c->name)) && !roles_says_code(str_of(c->name)) &&
	    !holds_short_codes(c))
		kinds |= 1u << MISSING_PERHAPS;
	return (uint8_t)kinds;
}
