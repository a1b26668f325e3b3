/* Words that stand for no value, and for truth. */
#include "ingest/types.h"

#include "base/util.h"

/* Their places here are bits of column_stats.missing_words: at most 64 of them. */
static const struct {
	struct str word;
	enum missing kind;
} missing_words[] = {
	{ STR("NULL"), MISSING_NULL },
	{ STR("null"), MISSING_PERHAPS },
	{ STR("Null"), MISSING_PERHAPS },
	{ STR("NA"), MISSING_PERHAPS },
	{ STR("N/A"), MISSING_SURE },
	{ STR("n/a"), MISSING_SURE },
	{ STR("#N/A"), MISSING_SURE },
	{ STR("#Н/Д"), MISSING_SURE },
	{ STR("NaN"), MISSING_PERHAPS },
	{ STR("nan"), MISSING_PERHAPS },
	{ STR("NaT"), MISSING_PERHAPS },
	{ STR("None"), MISSING_TYPED },
	{ STR("none"), MISSING_TYPED },
	{ STR("н/д"), MISSING_SURE },
	{ STR("Н/Д"), MISSING_SURE },
	{ STR("Н/д"), MISSING_SURE },
	{ STR("н.д."), MISSING_PERHAPS },
	{ STR("нет данных"), MISSING_SURE },
	{ STR("Нет данных"), MISSING_SURE },
	{ STR("не указано"), MISSING_SURE },
	{ STR("Не указано"), MISSING_SURE },
	{ STR("-"), MISSING_SIGN },
	{ STR("--"), MISSING_SIGN },
	{ STR("---"), MISSING_SIGN },
	{ STR("—"), MISSING_SIGN },
	{ STR("–"), MISSING_SIGN },
	{ STR("\\N"), MISSING_SURE },
	{ STR("(null)"), MISSING_SURE },
	{ STR("<NULL>"), MISSING_SURE },
	{ STR("[NULL]"), MISSING_SURE },
	{ STR("(нет)"), MISSING_SURE },
	{ STR("(пусто)"), MISSING_SURE },
	{ STR("brak"), MISSING_PERHAPS },
	{ STR("Brak"), MISSING_PERHAPS },
	{ STR("BRAK"), MISSING_PERHAPS },
	{ STR("brak danych"), MISSING_SURE },
	{ STR("Brak danych"), MISSING_SURE },
	{ STR("n/d"), MISSING_SURE },
	{ STR("N/D"), MISSING_SURE },
	{ STR("n.d."), MISSING_PERHAPS },
	{ STR("nd."), MISSING_PERHAPS },
	{ STR("нема"), MISSING_PERHAPS },
	{ STR("Нема"), MISSING_PERHAPS },
	{ STR("нема податоци"), MISSING_SURE },
	{ STR("Нема податоци"), MISSING_SURE },
};
_Static_assert(countof(missing_words) <= 64, "a word each bit");

enum missing value_missing_kind(struct str text, size_t *ret_word)
{
	if (!text.n || text.n > 32 || (text.p[0] >= '0' && text.p[0] <= '9'))
		return MISSING_NO;
	for (size_t i = 0; i < countof(missing_words); i++) {
		if (str_eq(text, missing_words[i].word)) {
			*ret_word = i;
			return missing_words[i].kind;
		}
	}
	return MISSING_NO;
}

struct str value_missing_word(size_t word)
{
	return word < countof(missing_words) ? missing_words[word].word : STR("");
}

bool value_missing(struct str text)
{
	size_t word;
	return !text.n || value_missing_kind(text, &word) != MISSING_NO;
}

bool value_boolean(struct str text, bool *ret, bool *ret_yes_no)
{
	static const struct {
		struct str word;
		bool value, yes_no;
	} words[] = {
		{ STR("true"), true, false },     { STR("false"), false, false }, { STR("ИСТИНА"), true, false },
		{ STR("ЛОЖЬ"), false, false },    { STR("истина"), true, false }, { STR("ложь"), false, false },
		{ STR("Истина"), true, false },   { STR("Ложь"), false, false },  { STR("PRAWDA"), true, false },
		{ STR("FAŁSZ"), false, false },   { STR("prawda"), true, false }, { STR("fałsz"), false, false },
		{ STR("Prawda"), true, false },   { STR("Fałsz"), false, false }, { STR("ТОЧНО"), true, false },
		{ STR("НЕТОЧНО"), false, false }, { STR("yes"), true, true },     { STR("no"), false, true },
		{ STR("tak"), true, true },       { STR("nie"), false, true },    { STR("да"), true, true },
		{ STR("Да"), true, true },        { STR("ДА"), true, true },      { STR("нет"), false, true },
		{ STR("Нет"), false, true },      { STR("НЕТ"), false, true },    { STR("не"), false, true },
		{ STR("Не"), false, true },       { STR("НЕ"), false, true },
	};
	if (text.n < 2 || text.n > 14)
		return false;
	for (size_t i = 0; i < countof(words); i++) {
		if (text.n == words[i].word.n && str_ieq(text, words[i].word)) {
			*ret = words[i].value;
			*ret_yes_no = words[i].yes_no;
			return true;
		}
	}
	return false;
}
