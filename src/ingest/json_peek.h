/* Steps over the beginning of a JSON text that is only looked at, before it is scanned (json_scan.h). */
#pragma once

#include "base/str.h"

#include <ctype.h>

/* The first place from `at` on that is no blank. */
static inline size_t json_peek_blank(struct str s, size_t at)
{
	while (at < s.n && isspace((unsigned char)s.p[at]))
		at++;
	return at;
}

/* Past the text in quotation marks that begins at `at`; 0: it goes on behind the bytes. */
static inline size_t json_peek_text(struct str s, size_t at)
{
	for (size_t i = at + 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return 0;
}
