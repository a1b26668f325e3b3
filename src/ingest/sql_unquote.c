#include "base/utf8.h"
#include "ingest/sql_dump.h"

static size_t take_octal(const char *p, size_t n, unsigned *ret)
{
	size_t i = 0;
	*ret = 0;
	while (i < 3 && i < n && p[i] >= '0' && p[i] <= '7')
		*ret = *ret * 8 + (unsigned)(p[i++] - '0');
	return i;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Up to `most` digits. */
static size_t take_hex(const char *p, size_t n, size_t most, uint32_t *ret)
{
	size_t i = 0;
	*ret = 0;
	while (i < most && i < n && hex_digit(p[i]) >= 0)
		*ret = *ret * 16 + (uint32_t)hex_digit(p[i++]);
	return i;
}

/* What follows a \ ; returns how many bytes it took. MySQL has \0 and \Z, PostgreSQL \ooo, \xhh and \u. */
static size_t escape(struct buf *to_buf, const char *p, size_t n, bool mysql)
{
	static const char from[] = "bfnrtv", to[] = "\b\f\n\r\t\v";
	const char *known = memchr(from, p[0], mysql ? 5 : 6);
	unsigned code;
	uint32_t wide;
	if (mysql && p[0] == 'f')
		known = NULL;
	if (known) {
		buf_addc(to_buf, to[known - from]);
		return 1;
	}
	if (mysql && (p[0] == '0' || p[0] == 'Z')) {
		buf_addc(to_buf, p[0] == '0' ? 0 : 0x1a);
		return 1;
	}
	size_t took = mysql ? 0 : take_octal(p, n, &code);
	if (took) {
		buf_addc(to_buf, (char)code);
		return took;
	}
	if (!mysql && p[0] == 'x' && (took = take_hex(p + 1, n - 1, 2, &wide))) {
		buf_addc(to_buf, (char)wide);
		return took + 1;
	}
	if (!mysql && (p[0] | 32) == 'u' && (took = take_hex(p + 1, n - 1, p[0] == 'u' ? 4 : 8, &wide)) &&
	    took == (p[0] == 'u' ? 4u : 8u)) {
		utf8_encode(to_buf, wide);
		return took + 1;
	}
	buf_addc(to_buf, p[0]);
	return 1;
}

struct str sql_unquoted(struct buf *scratch, struct str s, char quote, bool escapes, bool mysql)
{
	if (!memchr(s.p, quote, s.n) && (!escapes || !memchr(s.p, '\\', s.n)))
		return s;
	size_t begin = scratch->n;
	for (size_t i = 0; i < s.n;) {
		if (s.p[i] == '\\' && escapes && i + 1 < s.n) {
			i += 1 + escape(scratch, s.p + i + 1, s.n - i - 1, mysql);
			continue;
		}
		buf_addc(scratch, s.p[i]);
		i += s.p[i] == quote && i + 1 < s.n && s.p[i + 1] == quote ? 2 : 1;
	}
	return str_n(scratch->p + begin, scratch->n - begin);
}
