/* The letters of a file of tags: what it says of its encoding is believed only where its bytes can be that. */
#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/encoding.h"
#include "ingest/markup.h"

#include <strings.h>

#define SAID_WITHIN 4096

static const struct {
	const char *name;
	enum encoding encoding;
} known[] = {
	{ "windows-1251", ENC_CP1251 }, { "cp1251", ENC_CP1251 },       { "windows-1250", ENC_CP1250 },
	{ "cp1250", ENC_CP1250 },       { "windows-1252", ENC_CP1252 }, { "cp1252", ENC_CP1252 },
	{ "iso-8859-1", ENC_CP1252 },   { "koi8-r", ENC_KOI8R },        { "cp866", ENC_CP866 },
	{ "ibm866", ENC_CP866 },
};

static bool is_mark(char c)
{
	return c == '=' || c == '"' || c == '\'' || c == ' ';
}

/* charset=windows-1251, charset="windows-1251", encoding='windows-1251' */
static bool said(struct str head, const char *key, enum encoding *ret)
{
	size_t n = strlen(key);
	for (size_t at = 0; at + n < head.n; at++) {
		if (strncasecmp(head.p + at, key, n) != 0)
			continue;
		struct str rest = str_n(head.p + at + n, head.n - at - n);
		while (rest.n && is_mark(rest.p[0]))
			rest = str_n(rest.p + 1, rest.n - 1);
		for (size_t i = 0; i < countof(known); i++) {
			size_t length = strlen(known[i].name);
			if (rest.n >= length && strncasecmp(rest.p, known[i].name, length) == 0) {
				*ret = known[i].encoding;
				return true;
			}
		}
	}
	return false;
}

struct str markup_text(struct str bytes, struct buf *ret)
{
	enum encoding encoding = ENC_UTF8;
	size_t mark = encoding_mark(bytes, &encoding);
	bool wide = mark ? encoding != ENC_UTF8 : encoding_utf16(bytes, &encoding);
	bytes = str_n(bytes.p + mark, bytes.n - mark);
	if (wide) {
		encoding_decode_utf16(encoding, bytes, ret);
		return buf_str(ret);
	}
	if (utf8_valid(bytes)) {
		if (!memchr(bytes.p, 0, bytes.n))
			return bytes;
		encoding_repair(bytes, ret);
		return buf_str(ret);
	}
	struct str head = str_n(bytes.p, MIN(bytes.n, (size_t)SAID_WITHIN));
	if (mark)
		encoding_repair(bytes, ret);
	else
		encoding_decode(said(head, "charset", &encoding) || said(head, "encoding", &encoding)
					? encoding
					: encoding_guess(str_n(bytes.p, MIN(bytes.n, (size_t)ENCODING_GUESS_BYTES))),
				bytes, ret);
	for (size_t i = 0; i < ret->n; i++)
		ret->p[i] = ret->p[i] ? ret->p[i] : ' ';
	return buf_str(ret);
}
