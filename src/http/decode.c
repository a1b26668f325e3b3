#include "http/decode.h"

#include "base/limits.h"
#include "base/utf8.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool bad(struct err *e, const char *why)
{
	return err_set(e, ERR_MALFORMED, NULL, "The address of the request %s.", why);
}

bool decode_percent(struct arena *a, struct str s, bool plus, struct str *ret, struct err *e)
{
	struct str out = s;
	if (s.n && (memchr(s.p, '%', s.n) || (plus && memchr(s.p, '+', s.n)))) {
		char *p = arena_alloc(a, s.n + 1);
		if (!p)
			return bad(e, "is too long");
		size_t n = 0;
		for (size_t i = 0; i < s.n; i++) {
			char c = s.p[i];
			if (c == '%') {
				int hi = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
				int lo = hi >= 0 ? hex_value(s.p[i + 2]) : -1;
				if (lo < 0)
					return bad(e, "holds a broken escape");
				c = (char)(hi * 16 + lo);
				i += 2;
			} else if (c == '+' && plus) {
				c = ' ';
			}
			p[n++] = c;
		}
		out = str_n(p, n);
	}
	if (out.n && memchr(out.p, 0, out.n))
		return bad(e, "holds a NUL");
	if (!utf8_valid(out))
		return bad(e, "is not UTF-8");
	*ret = out;
	return true;
}

bool decode_query(struct arena *a, struct str s, struct query_param **ret, size_t *ret_n, struct err *e)
{
	struct query_param *list = NULL;
	size_t n = 0;
	struct str rest = s, part;
	if (s.n)
		list = arena_array(a, LIMIT_QUERY_PARAMS, sizeof *list);
	while (s.n && str_split(&rest, '&', &part)) {
		if (part.n == 0)
			continue;
		if (n == LIMIT_QUERY_PARAMS)
			return bad(e, "has too many parameters");
		size_t eq = str_find(part, '=');
		struct str value = eq < part.n ? str_n(part.p + eq + 1, part.n - eq - 1) : str_n("", 0);
		if (!decode_percent(a, str_n(part.p, eq), true, &list[n].name, e) ||
		    !decode_percent(a, value, true, &list[n].value, e))
			return false;
		n++;
	}
	*ret = list;
	*ret_n = n;
	return true;
}
