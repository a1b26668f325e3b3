#include "ingest/encoding_twice.h"

#include "base/utf8.h"

#define MIN_LETTERS 3
#define TOLERATED 50   /* one run of so many may be damaged */
#define SURELY_NOT 20  /* so many, and more than are tolerated, are enough */
#define CODES 0x2600   /* of all code pages */
#define LOST_BYTE 0x98 /* that CP1251 has no character for: the second one of И */
#define LEAD_CYRILLIC(b) ((unsigned char)(b) == 0xd0 || (unsigned char)(b) == 0xd1)

/* The byte of each character; 0 = none. */
struct backwards {
	uint8_t byte[CODES];
	bool cyrillic;
};

static void make_backwards(enum encoding page, struct backwards *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->cyrillic = page == ENC_CP1251;
	for (unsigned code = 0x80; code < 0xa0 && page != ENC_CP866; code++)
		ret->byte[code] = (uint8_t)code; /* as Latin-1 has it, and Windows where a page has nothing */
	for (unsigned i = 0; i < 128; i++) {
		if (encoding_pages[page][i] && encoding_pages[page][i] < CODES)
			ret->byte[encoding_pages[page][i]] = (uint8_t)(0x80 + i);
	}
}

static bool is_letter(uint32_t code)
{
	return (code >= 0x400 && code <= 0x45f) || code == 0x490 || code == 0x491 ||
	       (code >= 0xc0 && code <= 0x17f && code != 0xd7 && code != 0xf7);
}

/* What stands among letters: quotation marks, dashes, №, €, degrees, a mark at the beginning of a file. */
static bool is_sign(uint32_t code)
{
	return (code >= 0xa0 && code < 0xc0) || (code >= 0x2010 && code < 0x2200) || code == 0xfeff;
}

/* The run of characters beyond ASCII at the start of s, as the bytes it was. Its length; *ret_ok: all of it has some.
 */
static size_t take_run(const struct backwards *b, struct str s, struct buf *ret, bool *ret_ok)
{
	size_t at = 0;
	*ret_ok = true;
	while (at < s.n) {
		uint32_t code;
		size_t n = utf8_decode(str_n(s.p + at, s.n - at), &code);
		bool lead = ret->n && LEAD_CYRILLIC(ret->p[ret->n - 1]);
		bool lost = b->cyrillic && lead && (code == 0xfffd || code == '?');
		if (!n || (code < 0x80 && !lost))
			break;
		uint8_t byte = lost ? LOST_BYTE : code < CODES ? b->byte[code] : 0;
		*ret_ok = *ret_ok && byte;
		buf_addc(ret, (char)byte);
		at += n;
	}
	return at;
}

static bool says_letters(struct str s, size_t *letters)
{
	while (s.n) {
		uint32_t code;
		size_t n = utf8_decode(s, &code);
		if (!n || !(is_letter(code) || is_sign(code)))
			return false;
		*letters += is_letter(code);
		s = str_n(s.p + n, s.n - n);
	}
	return true;
}

struct undone {
	size_t runs, left, letters;
};

/* ret: NULL, or where the text goes. */
static struct undone undo(enum encoding page, struct str s, struct buf *ret)
{
	struct backwards b;
	struct undone u = { 0 };
	CLEANUP(buf_free) struct buf run = BUF_INIT(s.n + 1);
	make_backwards(page, &b);
	while (s.n) {
		size_t n = 0;
		bool ok;
		while (n < s.n && (signed char)s.p[n] >= 0)
			n++;
		if (ret)
			buf_add(ret, s.p, n);
		s = str_n(s.p + n, s.n - n);
		if (!s.n)
			break;
		buf_clear(&run);
		n = take_run(&b, s, &run, &ok);
		ok = ok && says_letters(buf_str(&run), &u.letters);
		n = n ? n : 1;
		if (ret)
			buf_add_str(ret, ok ? buf_str(&run) : str_n(s.p, n));
		u.runs++;
		u.left += !ok;
		if (!ret && u.left > SURELY_NOT && u.left * TOLERATED > u.runs)
			break;
		s = str_n(s.p + n, s.n - n);
	}
	return u;
}

enum encoding encoding_twice(struct str text)
{
	static const enum encoding pages[] = { ENC_CP1251, ENC_CP1252, ENC_CP1250, ENC_CP866 };
	for (size_t i = 0; i < countof(pages); i++) {
		struct undone u = undo(pages[i], text, NULL);
		if (u.letters >= MIN_LETTERS && u.left * TOLERATED <= u.runs)
			return pages[i];
	}
	return ENC_UTF8;
}

size_t encoding_undo(enum encoding page, struct str text, struct buf *ret)
{
	return undo(page, text, ret).left;
}
