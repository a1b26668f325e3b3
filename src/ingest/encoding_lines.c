/*
 * Files that were put together from two: lines of UTF-8, and lines of a code page among them, or the other way round. A
 * line of Cyrillic or Polish in a code page is hardly ever valid UTF-8, so each line tells by itself.
 */
#include "base/utf8.h"
#include "ingest/encoding.h"

#define LEAST_LETTERS 2 /* of UTF-8 in a line, so that it is no accident */
#define OTHER_SHARE 4   /* invalid bytes to each valid character beyond ASCII, so that a line is of another encoding */

static struct str take_line(struct str *rest, char line_end)
{
	const char *p = memchr(rest->p, line_end, rest->n);
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
		encoding_count(take_line(&s, '\n'), &bad, &good);
		valid += good && !bad;
		invalid += bad > 0;
	}
	return valid > invalid;
}

enum encoding encoding_guess_lines(struct str s)
{
	CLEANUP(buf_free) struct buf other = BUF_INIT(ENCODING_GUESS_BYTES);
	struct str rest = s;
	size_t bad, good;
	while (rest.n && !other.failed) {
		struct str line = take_line(&rest, '\n');
		encoding_count(line, &bad, &good);
		if (bad)
			buf_add_str(&other, str_n(line.p, MIN(line.n, ENCODING_GUESS_BYTES - other.n)));
	}
	return encoding_guess(other.n ? buf_str(&other) : s);
}

/* A line that stands at `from` of what comes out. */
static void note(struct encoding_others *o, size_t number, size_t from)
{
	if (!o->lines++) {
		o->first = number;
		o->from = from;
	}
}

size_t encoding_mend(struct str text, char line_end, struct buf *ret, struct encoding_others *others)
{
	size_t replaced = 0, bad, good;
	for (size_t number = 0; text.n; number++) {
		struct str line = take_line(&text, line_end);
		encoding_count(line, &bad, &good);
		if (bad > 1 && bad > good * OTHER_SHARE && !memchr(line.p, 0, line.n)) {
			note(others, number, ret->n);
			encoding_decode(encoding_guess(line), line, ret);
		} else {
			replaced += encoding_repair(line, ret);
		}
	}
	return replaced;
}

/* Letters, and marks that stand in texts: what offices write. Accidents of a code page make others. */
static bool is_office_letter(uint32_t c)
{
	return (c >= 0xa0 && c < 0x250) || (c >= 0x400 && c < 0x460) || c == 0x490 || c == 0x491 ||
	       (c >= 0x2010 && c < 0x2045) || c == 0x20ac || c == 0x2116 || c == 0x20bd;
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* Whether it has a byte of 0xc0 and more with one of 0x80 to 0xbf behind it: nearly no text of a code page has, and
 * every letter of UTF-8 does. Eight bytes at a time, seven pairs. */
static bool may_hold_utf8(struct str s)
{
	size_t i = 0;
	for (; i + 8 <= s.n; i += 7) {
		uint64_t w;
		memcpy(&w, s.p + i, sizeof w);
		uint64_t high = w & EACH_BYTE(0x80), second = w << 1 & EACH_BYTE(0x80);
		if ((high & second) << 8 & high & ~second) /* the first byte is the lowest */
			return true;
	}
	for (; i + 1 < s.n; i++) {
		if ((unsigned char)s.p[i] >= 0xc0 && ((unsigned char)s.p[i + 1] & 0xc0) == 0x80)
			return true;
	}
	return false;
}

/*
 * Whether a line of a file in a code page is UTF-8 for sure. By accident two letters of a page may be one of UTF-8
 * (RÓŻA in CP1250 ends up in a script that no office writes), hardly two in a line, and none beside.
 */
static bool is_utf8_line(struct str line)
{
	size_t letters = 0;
	while (line.n) {
		uint32_t code;
		size_t n = utf8_decode(line, &code);
		if (!n || (code >= 0x80 && !is_office_letter(code)))
			return false;
		letters += code >= 0x80;
		line = str_n(line.p + n, line.n - n);
	}
	return letters >= LEAST_LETTERS;
}

void encoding_decode_lines(enum encoding page, struct str text, char line_end, struct buf *ret,
			   struct encoding_others *others)
{
	struct str run = str_n(text.p, 0);
	if (!may_hold_utf8(text)) {
		encoding_decode(page, text, ret);
		return;
	}
	for (size_t number = 0; text.n; number++) {
		struct str line = take_line(&text, line_end);
		if (!may_hold_utf8(line) || !is_utf8_line(line)) {
			run.n += line.n;
			continue;
		}
		encoding_decode(page, run, ret);
		run = str_n(text.p, 0);
		note(others, number, ret->n);
		buf_add_str(ret, line);
	}
	encoding_decode(page, run, ret);
}
