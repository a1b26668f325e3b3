/* Words that stand for no value, and for truth. */
#include "ingest/types.h"

#include "base/util.h"

bool value_missing(struct str text)
{
	static const struct str words[] = {
		STR("NULL"),        STR("null"),       STR("Null"),       STR("NA"),
		STR("N/A"),         STR("n/a"),        STR("#N/A"),       STR("#Н/Д"),
		STR("NaN"),         STR("nan"),        STR("NaT"),        STR("None"),
		STR("none"),        STR("н/д"),        STR("Н/Д"),        STR("Н/д"),
		STR("н.д."),        STR("нет данных"), STR("Нет данных"), STR("не указано"),
		STR("Не указано"),  STR("-"),          STR("--"),         STR("---"),
		STR("—"),           STR("–"),          STR("\\N"),        STR("(null)"),
		STR("<NULL>"),      STR("[NULL]"),     STR("(нет)"),      STR("(пусто)"),
		STR("brak"),        STR("Brak"),       STR("BRAK"),       STR("brak danych"),
		STR("Brak danych"), STR("n/d"),        STR("N/D"),        STR("n.d."),
		STR("nd."),         STR("нема"),       STR("Нема"),       STR("нема податоци"),
	};
	if (!text.n)
		return true;
	if (text.n > 32 || (text.p[0] >= '0' && text.p[0] <= '9'))
		return false;
	for (size_t i = 0; i < countof(words); i++) {
		if (str_eq(text, words[i]))
			return true;
	}
	return false;
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
