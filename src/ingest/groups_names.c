/* What the columns of headings are called. */
#include "ingest/groups.h"

#include "base/utf8.h"
#include "ingest/table.h"

enum language { LANGUAGE_EN, LANGUAGE_RU, LANGUAGE_PL, LANGUAGE_MK };

static bool has_letter_of(struct str s, const char *const *letters, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (memmem(s.p, s.n, letters[i], strlen(letters[i])))
			return true;
	return false;
}

/* Headers of tables, small, that are written with the letters of a neighbour's language alone. */
static bool is_word_of(struct str s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(s, str_of(words[i])))
			return true;
	return false;
}

static void look_at(struct str s, bool *cyrillic, bool *polish, bool *macedonian)
{
	static const char *const mk[] = { "ј", "ѓ", "ќ", "љ", "њ", "џ", "ѕ", "Ј", "Ѓ", "Ќ", "Љ", "Њ", "Џ", "Ѕ" };
	static const char *const pl[] = { "ą", "ć", "ę", "ł", "ń", "ó", "ś", "ź", "ż", "Ł", "Ś", "Ż", "Ó", "Ć" };
	static const char *const words_pl[] = { "Nazwa",      "Cena",       "Towar",      "Produkt", "Klient",
						"Kontrahent", "Kwota",      "Suma",       "Razem",   "Numer",
						"Data",       "Cena netto", "Cena brutto" };
	static const char *const words_mk[] = { "Назив", "Износ",    "Количина", "Артикл", "Купувач",
						"Датум", "Производ", "Вкупно",   "Шифра",  "Име" };
	for (size_t i = 0; i < s.n; i++)
		*cyrillic = *cyrillic || (unsigned char)s.p[i] == 0xd0 || (unsigned char)s.p[i] == 0xd1;
	*polish = *polish || has_letter_of(s, pl, countof(pl)) || is_word_of(s, words_pl, countof(words_pl));
	*macedonian = *macedonian || has_letter_of(s, mk, countof(mk)) || is_word_of(s, words_mk, countof(words_mk));
}

void groups_name(struct groups_view *v, size_t level, struct buf *ret)
{
	static const char *const words[] = { "Group", "Группа", "Grupa", "Група" };
	bool cyrillic = false, polish = false, macedonian = false;
	for (size_t i = 0; i < v->t->n_columns; i++)
		look_at(str_of(v->t->columns[i].name), &cyrillic, &polish, &macedonian);
	if (!cyrillic && !polish) /* all its headers are numbers or short */
		for (size_t i = v->from; i < MIN(v->n, v->from + 50); i++)
			for (size_t c = 0; c < MIN(rows_width(v->rows, i), (size_t)4); c++)
				look_at(groups_text(v, i, c), &cyrillic, &polish, &macedonian);
	enum language language = cyrillic ? (macedonian ? LANGUAGE_MK : LANGUAGE_RU)
				 : polish ? LANGUAGE_PL
					  : LANGUAGE_EN;
	buf_adds(ret, words[language]);
	if (level)
		buf_addf(ret, " %zu", level + 1);
}
