#include "ingest/page_number.h"

#include "base/util.h"

#include <ctype.h>

static struct str skip(struct str s, const char *bytes)
{
	while (s.n && strchr(bytes, s.p[0]) && s.p[0])
		s = str_n(s.p + 1, s.n - 1);
	return s;
}

static bool take_word(struct str *s, const struct str *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!str_starts(*s, words[i]))
			continue;
		*s = str_n(s->p + words[i].n, s->n - words[i].n);
		return true;
	}
	return false;
}

static bool take_number(struct str *s)
{
	size_t n = 0;
	while (n < s->n && isdigit((unsigned char)s->p[n]))
		n++;
	*s = str_n(s->p + n, s->n - n);
	return n > 0 && n <= 6;
}

bool text_page_number(struct str s)
{
	/* The longer of two that begin alike comes first. */
	static const struct str pages[] = {
		STR("Страница"), STR("страница"), STR("СТРАНИЦА"), STR("Страна"), STR("страна"),
		STR("СТРАНА"),   STR("Стр"),      STR("стр"),      STR("Лист"),   STR("лист"),
		STR("Page"),     STR("page"),     STR("PAGE"),     STR("Pg"),     STR("Strona"),
		STR("strona"),   STR("STRONA"),   STR("Str"),      STR("str"),
	};
	static const struct str of[] = { STR("из"), STR("of"), STR("OF"), STR("z"), STR("Z"),      STR("од"),
					 STR("ОД"), STR("ИЗ"), STR("от"), STR("/"), STR("листов"), STR("Листов") };
	if (s.n < 5 || s.n > 60)
		return false;
	s = skip(s, "-[( ");
	if (!take_word(&s, pages, countof(pages)))
		return false;
	s = skip(s, ".:# ");
	if (!take_number(&s))
		return false;
	s = skip(s, ", ");
	if (!take_word(&s, of, countof(of)))
		return false;
	s = skip(s, ": ");
	return take_number(&s) && !skip(s, "-]). ").n;
}
