#include "ingest/encoding.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <uchardet/uchardet.h>

static const char *const names[ENCODINGS] = {
	[ENC_UTF8] = "UTF-8",    [ENC_UTF16LE] = "UTF-16LE", [ENC_UTF16BE] = "UTF-16BE", [ENC_CP1250] = "CP1250",
	[ENC_CP1251] = "CP1251", [ENC_CP1252] = "CP1252",    [ENC_CP866] = "CP866",      [ENC_KOI8R] = "KOI8-R",
};

const char *encoding_name(enum encoding c)
{
	return names[c];
}

bool encoding_parse(struct str name, enum encoding *ret)
{
	for (int i = 0; i < ENCODINGS; i++) {
		if (!str_ieq(name, str_of(names[i])))
			continue;
		*ret = (enum encoding)i;
		return true;
	}
	return false;
}

size_t encoding_mark(struct str head, enum encoding *ret)
{
	static const struct {
		struct str bytes;
		enum encoding encoding;
	} marks[] = {
		{ STR("\xef\xbb\xbf"), ENC_UTF8 },
		{ STR("\xff\xfe"), ENC_UTF16LE },
		{ STR("\xfe\xff"), ENC_UTF16BE },
	};
	for (size_t i = 0; i < countof(marks); i++) {
		if (str_starts(head, marks[i].bytes)) {
			*ret = marks[i].encoding;
			return marks[i].bytes.n;
		}
	}
	return 0;
}

bool encoding_utf16(struct str head, enum encoding *ret)
{
	size_t n = MIN(head.n, (size_t)4096) & ~(size_t)1, zeros[2] = { 0, 0 };
	for (size_t i = 0; i < n; i++)
		zeros[i & 1] += head.p[i] == 0;
	size_t most = MAX(zeros[0], zeros[1]), least = MIN(zeros[0], zeros[1]);
	if (n < 4 || most < MAX(n / 20, (size_t)1) || least * 4 > most)
		return false;
	*ret = zeros[1] > zeros[0] ? ENC_UTF16LE : ENC_UTF16BE;
	return true;
}

/* How a byte reads under a code page. */
enum letter { LETTER_NONE, LETTER_ASCII, LETTER_DIGIT, LETTER_LOWER, LETTER_UPPER, LETTER_SYMBOL, LETTER_NEVER };

static enum letter latin_letter(uint32_t code)
{
	bool letter = (code >= 0xc0 && code <= 0x17f && code != 0xd7 && code != 0xf7);
	if (!letter)
		return LETTER_SYMBOL;
	if (code < 0x100)
		return code >= 0xdf ? LETTER_LOWER : LETTER_UPPER;
	if ((code >= 0x139 && code <= 0x148) || code >= 0x179)
		return code & 1 ? LETTER_UPPER : LETTER_LOWER;
	return code & 1 ? LETTER_LOWER : LETTER_UPPER;
}

static enum letter letter_of(enum encoding page, unsigned char byte)
{
	if (byte < 0x80) {
		if ((byte | 32) >= 'a' && (byte | 32) <= 'z')
			return LETTER_ASCII;
		return byte >= '0' && byte <= '9' ? LETTER_DIGIT : LETTER_NONE;
	}
	uint32_t code = encoding_pages[page][byte - 0x80];
	if (!code || (code >= 0x80 && code < 0xa0) || (code >= 0x2500 && code < 0x2600))
		return LETTER_NEVER;
	if (code >= 0x430 && code <= 0x45f)
		return LETTER_LOWER;
	if (code >= 0x400 && code < 0x430)
		return LETTER_UPPER;
	return latin_letter(code);
}

/* Letters common in the language a page is written for are worth more than rare ones. */
static int letter_worth(enum encoding page, unsigned char byte)
{
	static const struct {
		enum encoding page;
		uint16_t codes[20];
	} common[] = {
		{ ENC_CP1250,
		  { 0x105, 0x107, 0x119, 0x142, 0x144, 0xf3, 0x15b, 0x17a, 0x17c, 0x141, 0x15a, 0x17b, 0xe1, 0xe9, 0xed,
		    0x10d, 0x159, 0x161, 0x17e } },
		{ ENC_CP1252, { 0xe9, 0xe8, 0xe0, 0xe4, 0xf6,   0xfc, 0xdf, 0xf1, 0xe7, 0xea,
				0xe1, 0xed, 0xf3, 0xa3, 0x20ac, 0xb0, 0xe5, 0xf8, 0xd6, 0xdc } },
		{ ENC_CP1251, { 0x43e, 0x435, 0x430, 0x438, 0x43d, 0x442, 0x441, 0x440, 0x432, 0x43b, 0x2116 } },
		{ ENC_CP866, { 0x43e, 0x435, 0x430, 0x438, 0x43d, 0x442, 0x441, 0x440, 0x432, 0x43b, 0x2116 } },
		{ ENC_KOI8R, { 0x43e, 0x435, 0x430, 0x438, 0x43d, 0x442, 0x441, 0x440, 0x432, 0x43b } },
	};
	uint16_t code = encoding_pages[page][byte - 0x80];
	for (size_t i = 0; i < countof(common); i++) {
		for (size_t k = 0; common[i].page == page && k < countof(common[i].codes); k++) {
			if (common[i].codes[k] && common[i].codes[k] == code)
				return 2;
		}
	}
	return 0;
}

static bool is_cyrillic_page(enum encoding page)
{
	return page == ENC_CP1251 || page == ENC_CP866 || page == ENC_KOI8R;
}

/* One byte over 0x7f between its neighbours. In Cyrillic text such letters stand together; in Latin text, alone. */
static int64_t score_byte(enum encoding page, enum letter before, unsigned char byte, enum letter after)
{
	enum letter l = letter_of(page, byte);
	if (l == LETTER_NEVER)
		return -8;
	/* Between digits stands what parts thousands: a no-break space is a letter in CP866. */
	if (before == LETTER_DIGIT && after == LETTER_DIGIT)
		return l == LETTER_SYMBOL ? 2 : -4;
	if (l == LETTER_SYMBOL)
		return before == LETTER_LOWER && after == LETTER_LOWER ? -3 : letter_worth(page, byte);
	int64_t score = 2 + letter_worth(page, byte);
	bool beside_high =
		before == LETTER_LOWER || before == LETTER_UPPER || after == LETTER_LOWER || after == LETTER_UPPER;
	bool beside_ascii = before == LETTER_ASCII || after == LETTER_ASCII;
	if (is_cyrillic_page(page))
		score += beside_ascii ? -4 : beside_high ? 1 : -1;
	else
		score += beside_high ? -3 : beside_ascii ? 1 : -2;
	if (l == LETTER_UPPER && before == LETTER_LOWER)
		score -= 6;
	if (l == LETTER_UPPER && after == LETTER_DIGIT)
		score -= 2;
	return score;
}

static int64_t score_page(enum encoding page, struct str s)
{
	int64_t score = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char byte = (unsigned char)s.p[i];
		if (byte < 0x80)
			continue;
		enum letter before = i ? letter_of(page, (unsigned char)s.p[i - 1]) : LETTER_NONE;
		enum letter after = i + 1 < s.n ? letter_of(page, (unsigned char)s.p[i + 1]) : LETTER_NONE;
		score += score_byte(page, before, byte, after);
	}
	return score;
}

/* uchardet's word counts for a part of what the alphabets say. */
static enum encoding proposal(struct str s)
{
	static const struct {
		const char *name;
		enum encoding page;
	} known[] = {
		{ "WINDOWS-1250", ENC_CP1250 }, { "ISO-8859-2", ENC_CP1250 }, { "WINDOWS-1251", ENC_CP1251 },
		{ "WINDOWS-1252", ENC_CP1252 }, { "ISO-8859-1", ENC_CP1252 }, { "ISO-8859-15", ENC_CP1252 },
		{ "IBM866", ENC_CP866 },        { "KOI8-R", ENC_KOI8R },
	};
	uchardet_t u = uchardet_new();
	if (!u)
		return ENC_UTF8;
	uchardet_handle_data(u, s.p, s.n);
	uchardet_data_end(u);
	const char *name = uchardet_get_charset(u);
	enum encoding found = ENC_UTF8;
	for (size_t i = 0; i < countof(known); i++) {
		if (strcmp(known[i].name, name) == 0)
			found = known[i].page;
	}
	uchardet_delete(u);
	return found;
}

enum encoding encoding_guess(struct str bytes)
{
	static const enum encoding pages[] = { ENC_CP1252, ENC_CP1250, ENC_CP1251, ENC_KOI8R, ENC_CP866 };
	struct str s = str_n(bytes.p, MIN(bytes.n, (size_t)ENCODING_GUESS_BYTES));
	size_t high = 0;
	for (size_t i = 0; i < s.n; i++)
		high += (unsigned char)s.p[i] >= 0x80;
	enum encoding proposed = proposal(s), best = ENC_CP1252;
	int64_t best_score = INT64_MIN;
	for (size_t i = 0; i < countof(pages); i++) {
		int64_t score = score_page(pages[i], s);
		if (pages[i] == proposed)
			score += (int64_t)(high / 2);
		if (score > best_score) {
			best_score = score;
			best = pages[i];
		}
	}
	return best;
}

static char *put_utf8(char *at, uint32_t code)
{
	if (code < 0x80) {
		*at++ = (char)code;
	} else if (code < 0x800) {
		*at++ = (char)(0xc0 | (code >> 6));
		*at++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*at++ = (char)(0xe0 | (code >> 12));
		*at++ = (char)(0x80 | ((code >> 6) & 0x3f));
		*at++ = (char)(0x80 | (code & 0x3f));
	} else {
		*at++ = (char)(0xf0 | (code >> 18));
		*at++ = (char)(0x80 | ((code >> 12) & 0x3f));
		*at++ = (char)(0x80 | ((code >> 6) & 0x3f));
		*at++ = (char)(0x80 | (code & 0x3f));
	}
	return at;
}

/* The UTF-8 of one byte of a page, to be copied in one piece. */
struct utf8_letter {
	char bytes[4];
	uint8_t n;
};

static void make_letters(enum encoding page, struct utf8_letter letters[256])
{
	for (unsigned byte = 0; byte < 256; byte++) {
		uint32_t code = byte < 0x80 ? byte : encoding_pages[page][byte - 0x80];
		char *end = put_utf8(letters[byte].bytes, byte >= 0x80 && !code ? 0xfffd : code);
		letters[byte].n = (uint8_t)(end - letters[byte].bytes);
	}
}

void encoding_decode(enum encoding page, struct str bytes, struct buf *ret)
{
	struct utf8_letter letters[256];
	const uint64_t high = UINT64_C(0x8080808080808080);
	char *start = buf_reserve(ret, bytes.n * 3 + sizeof letters[0].bytes), *at = start;
	if (!start)
		return;
	make_letters(page, letters);
	for (size_t i = 0; i < bytes.n;) {
		uint64_t eight = high;
		if (bytes.n - i >= sizeof eight)
			memcpy(&eight, bytes.p + i, sizeof eight);
		if (!(eight & high)) {
			memcpy(at, &eight, sizeof eight);
			at += sizeof eight;
			i += sizeof eight;
			continue;
		}
		for (size_t end = MIN(i + sizeof eight, bytes.n); i < end; i++) {
			const struct utf8_letter *l = &letters[(unsigned char)bytes.p[i]];
			memcpy(at, l->bytes, sizeof l->bytes);
			at += l->n;
		}
	}
	ret->n += (size_t)(at - start);
	ret->p[ret->n] = 0;
}

size_t encoding_decode_utf16(enum encoding c, struct str bytes, struct buf *ret)
{
	char *start = buf_reserve(ret, bytes.n / 2 * 3 + 4), *at = start;
	if (!start)
		return 0;
	int high = c == ENC_UTF16LE ? 1 : 0;
	size_t i = 0;
	while (i + 2 <= bytes.n) {
		const unsigned char *p = (const unsigned char *)bytes.p + i;
		uint32_t code = (uint32_t)p[high] << 8 | p[1 - high];
		size_t used = 2;
		if (code >= 0xd800 && code < 0xdc00) {
			if (i + 4 > bytes.n)
				break;
			uint32_t low = (uint32_t)p[2 + high] << 8 | p[3 - high];
			bool paired = low >= 0xdc00 && low < 0xe000;
			code = paired ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
			used = paired ? 4 : 2;
		} else if (code >= 0xdc00 && code < 0xe000) {
			code = 0xfffd;
		}
		at = put_utf8(at, code);
		i += used;
	}
	ret->n += (size_t)(at - start);
	ret->p[ret->n] = 0;
	return i;
}

size_t encoding_repair(struct str text, struct buf *ret)
{
	size_t replaced = 0;
	while (text.n) {
		size_t good = utf8_valid_prefix(text);
		const char *nul = good ? memchr(text.p, 0, good) : NULL;
		if (nul)
			good = (size_t)(nul - text.p);
		buf_add(ret, text.p, good);
		text = str_n(text.p + good, text.n - good);
		if (text.n) {
			buf_add(ret, "\xef\xbf\xbd", 3);
			text = str_n(text.p + 1, text.n - 1);
			replaced++;
		}
	}
	return replaced;
}
