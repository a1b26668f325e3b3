#include "ingest/feed.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/reader.h"
#include "ingest/simd.h"

#define DOS_END '\x1a'
#define UTF16_STEP ((size_t)64 * KIB)

static bool is_utf16(const struct feed *f)
{
	return f->encoding == ENC_UTF16LE || f->encoding == ENC_UTF16BE;
}

void feed_open(struct feed *f, struct source *s, struct str head)
{
	*f = (struct feed){ .source = s, .pending = BUF_INIT(4 * LIMIT_ROW_BYTES), .utf16 = BUF_INIT(4 * UTF16_STEP) };
	f->mark = encoding_mark(head, &f->encoding);
	f->encoding_fixed = f->mark > 0 || encoding_utf16(head, &f->encoding);
	/* A mark is not to be argued with. */
	const char *said = source_encoding(s);
	if (said && !f->encoding_fixed)
		f->encoding_fixed = encoding_parse(str_of(said), &f->encoding);
}

void feed_free(struct feed *f)
{
	buf_free(&f->pending);
	buf_free(&f->utf16);
}

bool feed_rewind(struct feed *f, struct err *e)
{
	char mark[4];
	size_t got;
	buf_clear(&f->pending);
	buf_clear(&f->utf16);
	if (f->started && !source_rewind(f->source, e))
		return false;
	f->started = true;
	return source_read(f->source, mark, f->mark, &got, e);
}

bool feed_fill(struct feed *f, size_t want, bool *ret_last, struct err *e)
{
	size_t got;
	*ret_last = false;
	while (f->pending.n < want && !*ret_last) {
		bool wide = is_utf16(f);
		struct buf *into = wide ? &f->utf16 : &f->pending;
		size_t n = wide ? UTF16_STEP : want - f->pending.n;
		char *at = buf_reserve(into, n + BLOCK_PAD);
		if (!at)
			return err_set(e, ERR_INTERNAL, NULL, "the reading buffer is full");
		if (!source_read(f->source, at, n, &got, e))
			return false;
		into->n += got;
		*ret_last = got < n;
		if (wide)
			buf_consume(&f->utf16, encoding_decode_utf16(f->encoding, buf_str(&f->utf16), &f->pending));
	}
	/* The end of a file of DOS: no text follows it, and it is none. */
	while (*ret_last && f->pending.n && f->pending.p[f->pending.n - 1] == DOS_END)
		f->pending.n--;
	return true;
}

static bool has_high(struct str s)
{
	size_t i = 0;
	for (; i + 64 <= s.n; i += 64) {
		if (simd_high(simd_load(s.p + i)))
			return true;
	}
	for (; i < s.n; i++) {
		if ((signed char)s.p[i] < 0)
			return true;
	}
	return false;
}

/*
 * The first bytes beyond ASCII decide for the file: what came before them reads the same in every encoding. Where UTF-8
 * was seen, stray bytes are damage to be repaired and not another encoding.
 */
void feed_settle(struct feed *f, struct str s)
{
	size_t bad, good;
	if (f->encoding_fixed || !has_high(s))
		return;
	encoding_count(s, &bad, &good);
	f->encoding = bad > good / 20 && !encoding_mostly_utf8(s) ? encoding_guess_lines(s) : ENC_UTF8;
	f->encoding_fixed = true;
}
