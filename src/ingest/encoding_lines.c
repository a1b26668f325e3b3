/*
 * Files that were put together from two: lines of UTF-8, and lines of a code page among them. A line of Cyrillic or
 * Polish in a code page is hardly ever valid UTF-8, so each line tells by itself.
 */
#include "base/utf8.h"
#include "ingest/encoding.h"

#define OTHER_SHARE 4 /* invalid bytes to each valid character beyond ASCII, so that a line is of another encoding */

static struct str take_line(struct str *rest)
{
	const char *p = memchr(rest->p, '\n', rest->n);
	size_t n = p ? (size_t)(p - rest->p) + 1 : rest->n;
	struct str line = str_n(rest->p, n);
	*rest = str_n(rest->p + n, rest->n - n);
	return line;
}

void encoding_count(struct str s, size_t *ret_bad, size_t *ret_good)
{
	*ret_bad = *ret_good = 0;
	while (s.n) {
		size_t n = utf8_valid_prefix(s);
		for (size_t i = 0; i < n; i++)
			*ret_good += (unsigned char)s.p[i] >= 0xc0;
		s = str_n(s.p + n, s.n - n);
		if (s.n) {
			(*ret_bad)++;
			s = str_n(s.p + 1, s.n - 1);
		}
	}
}

bool encoding_mostly_utf8(struct str s)
{
	size_t valid = 0, invalid = 0, bad, good;
	while (s.n) {
		encoding_count(take_line(&s), &bad, &good);
		valid += good && !bad;
		invalid += bad > 0;
	}
	return valid > invalid;
}

size_t encoding_mend(struct str text, struct buf *ret, size_t *ret_replaced)
{
	size_t recoded = 0, bad, good;
	*ret_replaced = 0;
	while (text.n) {
		struct str line = take_line(&text);
		encoding_count(line, &bad, &good);
		if (bad > 1 && bad > good * OTHER_SHARE && !memchr(line.p, 0, line.n)) {
			encoding_decode(encoding_guess(line), line, ret);
			recoded++;
		} else {
			*ret_replaced += encoding_repair(line, ret);
		}
	}
	return recoded;
}
