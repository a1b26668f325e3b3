/* What a spreadsheet program put in place of a value, or before it. */
#include "ingest/types.h"

#include "base/util.h"

#define ROUNDED_EXPONENT 9 /* 7.9123E+10: a number of ten digits and more that was never meant to be one */

bool value_is_error(struct str s)
{
	static const struct str errors[] = {
		STR("#DIV/0!"),  STR("#REF!"),   STR("#VALUE!"),   STR("#NAME?"),     STR("#NUM!"),  STR("#NULL!"),
		STR("#SPILL!"),  STR("#CALC!"),  STR("#ДЕЛ/0!"),   STR("#ССЫЛКА!"),   STR("#ЗНАЧ!"), STR("#ИМЯ?"),
		STR("#ЧИСЛО!"),  STR("#ПУСТО!"), STR("#DZIEL/0!"), STR("#ADR!"),      STR("#ARG!"),  STR("#NAZWA?"),
		STR("#LICZBA!"), STR("#ZERO!"),  STR("#РЕФ!"),     STR("#ВРЕДНОСТ!"), STR("#ИМЕ?"),  STR("#БРОЈ!"),
	};
	for (size_t i = 0; i < countof(errors); i++) {
		if (str_eq(s, errors[i]))
			return true;
	}
	return false;
}

bool value_is_rounded(struct str s)
{
	size_t at = 2;
	if (s.n < 7 || s.n > 24 || s.p[0] < '1' || s.p[0] > '9' || (s.p[1] != '.' && s.p[1] != ','))
		return false;
	while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
		at++;
	if (at == 2 || at + 4 != s.n || (s.p[at] | 32) != 'e' || s.p[at + 1] != '+')
		return false;
	int tens = s.p[at + 2] - '0', ones = s.p[at + 3] - '0';
	return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 && tens * 10 + ones >= ROUNDED_EXPONENT;
}

struct str value_unmarked(struct str s)
{
	if (s.n < 2 || s.p[0] != '\'')
		return s;
	s = str_n(s.p + 1, s.n - 1);
	if (s.n > 1 && s.p[s.n - 1] == '\'')
		s.n--;
	return s;
}
