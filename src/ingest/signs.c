#include "ingest/signs.h"

#include "base/util.h"

static const struct str words[] = {
	STR("Исполнитель"),
	STR("Ответственный"),
	STR("Руководитель"),
	STR("Главный бухгалтер"),
	STR("Гл. бухгалтер"),
	STR("Бухгалтер"),
	STR("Подпись"),
	STR("Подписи"),
	STR("М.П."),
	STR("Директор"),
	STR("Генеральный директор"),
	STR("Кассир"),
	STR("Составил"),
	STR("Проверил"),
	STR("Утвердил"),
	STR("Утверждаю"),
	STR("Prepared by"),
	STR("Approved by"),
	STR("Checked by"),
	STR("Signature"),
	STR("Signed"),
	STR("Sporządził"),
	STR("Zatwierdził"),
	STR("Podpis"),
	STR("Wystawił"),
	STR("Dyrektor"),
	STR("Изготвил"),
	STR("Составил"),
	STR("Одобрил"),
	STR("Потпис"),
	STR("Управител"),
};

/* "________" */
static bool is_line(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '_')
			return false;
	}
	return s.n >= 3;
}

bool text_signs(struct str first, struct str cell)
{
	if (is_line(cell))
		return true;
	for (size_t i = 0; i < countof(words); i++) {
		if (!str_starts(first, words[i]))
			continue;
		struct str rest = str_n(first.p + words[i].n, first.n - words[i].n);
		if (!rest.n || rest.p[0] == ' ' || rest.p[0] == ':' || rest.p[0] == '(')
			return true;
	}
	return false;
}
