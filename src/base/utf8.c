#include "base/utf8.h"

#include <utf8proc.h>

size_t utf8_decode(struct str s, uint32_t *ret)
{
	if (!s.n)
		return 0;
	const unsigned char *p = (const unsigned char *)s.p;
	if (p[0] < 0x80) {
		*ret = p[0];
		return 1;
	}
	size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	if (p[0] < 0xc2 || p[0] > 0xf4 || s.n < n)
		return 0;
	uint32_t code = p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = (code << 6) | (p[i] & 0x3fu);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret = code;
	return n;
}

size_t utf8_valid_prefix(struct str s)
{
	size_t at = 0;
	while (at < s.n) {
		/* Eight ASCII bytes at a time: most of what passes here is ASCII. */
		uint64_t eight;
		while (s.n - at >= sizeof eight) {
			memcpy(&eight, s.p + at, sizeof eight);
			if (eight & UINT64_C(0x8080808080808080))
				break;
			at += sizeof eight;
		}
		/* Letters of two bytes stand together: Cyrillic, Greek, those with marks. */
		const unsigned char *p = (const unsigned char *)s.p;
		while (s.n - at >= 2 && p[at] >= 0xc2 && p[at] < 0xe0 && (p[at + 1] & 0xc0) == 0x80)
			at += 2;
		uint32_t code;
		size_t n = at < s.n ? utf8_decode(str_n(s.p + at, s.n - at), &code) : 0;
		if (!n)
			break;
		at += n;
	}
	return at;
}

bool utf8_valid(struct str s)
{
	return utf8_valid_prefix(s) == s.n;
}

void utf8_encode(struct buf *b, uint32_t code)
{
	utf8proc_uint8_t bytes[4];
	utf8proc_ssize_t n = utf8proc_encode_char((utf8proc_int32_t)code, bytes);
	if (n > 0)
		buf_add(b, bytes, (size_t)n);
}

size_t utf8_length(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static bool is_space(uint32_t code)
{
	utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)code);
	return code <= ' ' || c == UTF8PROC_CATEGORY_ZS || c == UTF8PROC_CATEGORY_ZL || c == UTF8PROC_CATEGORY_ZP ||
	       c == UTF8PROC_CATEGORY_CC;
}

/* и + combining breve is a letter of its own in Russian; dropping its mark would turn "Андрей" into "Андреи". */
static uint32_t before_decomposition(uint32_t code)
{
	switch (code) {
	case 0x401: /* Ё */
	case 0x451: /* ё */
		return 0x435;
	case 0x419: /* Й */
		return 0x439;
	case 0x131: /* ı */
		return 'i';
	case 0x141: /* Ł */
	case 0x142: /* ł, which has no decomposition */
		return 'l';
	default:
		return code;
	}
}

static void fold_one(struct buf *b, uint32_t code)
{
	utf8proc_int32_t parts[16];
	int boundary = 0;
	code = before_decomposition(code);
	if (code == 0x439) {
		utf8_encode(b, code);
		return;
	}
	utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)code, parts, countof(parts),
						     UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK |
							     UTF8PROC_DECOMPOSE | UTF8PROC_IGNORE,
						     &boundary);
	for (utf8proc_ssize_t i = 0; i < n && (size_t)i < countof(parts); i++)
		utf8_encode(b, (uint32_t)parts[i]);
}

void utf8_fold(struct buf *b, struct str s)
{
	bool space = false, begun = false;
	while (s.n) {
		uint32_t code;
		size_t n = utf8_decode(s, &code);
		if (!n) {
			s = str_n(s.p + 1, s.n - 1);
			continue;
		}
		s = str_n(s.p + n, s.n - n);
		if (is_space(code)) {
			space = begun;
			continue;
		}
		if (space)
			buf_addc(b, ' ');
		space = false;
		begun = true;
		if (code < 0x80)
			buf_addc(b, code >= 'A' && code <= 'Z' ? (char)(code + 32) : (char)code);
		else
			fold_one(b, code);
	}
}
