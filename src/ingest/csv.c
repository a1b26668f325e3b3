#include "ingest/csv.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/pack.h"
#include "ingest/simd.h"

#include <stdlib.h>

#define SAMPLE_BYTES ((size_t)256 * KIB)
#define UTF16_STEP ((size_t)64 * KIB)

static struct csv_reader *of(const struct reader *r)
{
	return (struct csv_reader *)(uintptr_t)r;
}

static bool is_utf16(const struct csv_reader *c)
{
	return c->encoding == ENC_UTF16LE || c->encoding == ENC_UTF16BE;
}

/* More bytes at the end of pending, until it has `want`; *ret_last when the file has no more. */
static bool fill(struct csv_reader *c, size_t want, bool *ret_last, struct err *e)
{
	size_t got;
	*ret_last = false;
	while (c->pending.n < want && !*ret_last) {
		if (!is_utf16(c)) {
			size_t n = want - c->pending.n;
			char *at = buf_reserve(&c->pending, n + BLOCK_PAD);
			if (!at || !source_read(c->base.source, at, n, &got, e))
				return at ? false : err_set(e, ERR_INTERNAL, NULL, "the reading buffer is full");
			c->pending.n += got;
			*ret_last = got < n;
			continue;
		}
		char *at = buf_reserve(&c->utf16, UTF16_STEP);
		if (!at || !source_read(c->base.source, at, UTF16_STEP, &got, e))
			return at ? false : err_set(e, ERR_INTERNAL, NULL, "the reading buffer is full");
		c->utf16.n += got;
		*ret_last = got < UTF16_STEP;
		buf_consume(&c->utf16, encoding_decode_utf16(c->encoding, buf_str(&c->utf16), &c->pending));
	}
	return true;
}

static bool start(struct reader *r, size_t table, struct err *e)
{
	struct csv_reader *c = of(r);
	char mark[4];
	size_t got;
	bool last;
	if (c->started && !source_rewind(r->source, e))
		return false;
	c->started = true;
	c->ended = c->literal_quotes = false;
	c->next_line = c->dialect.prefix ? 2 : 1;
	buf_clear(&c->pending);
	buf_clear(&c->utf16);
	if (!source_read(r->source, mark, c->skip, &got, e) || !fill(c, c->dialect.prefix, &last, e))
		return false;
	buf_consume(&c->pending, c->dialect.prefix);
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

/* Bytes that are invalid, and characters beyond ASCII that are valid. */
static void count_utf8(struct str s, size_t *bad, size_t *good)
{
	*bad = *good = 0;
	while (s.n) {
		size_t n = utf8_valid_prefix(s);
		for (size_t i = 0; i < n; i++)
			*good += (unsigned char)s.p[i] >= 0xc0;
		s = str_n(s.p + n, s.n - n);
		if (s.n) {
			(*bad)++;
			s = str_n(s.p + 1, s.n - 1);
		}
	}
}

/*
 * The first block beyond ASCII decides for the file: what came before it reads the same in every encoding. Where UTF-8
 * was seen, stray bytes are damage to be repaired and not another encoding.
 */
static void settle_encoding(struct csv_reader *c, struct str s)
{
	size_t bad, good;
	if (c->encoding_fixed || !has_high(s))
		return;
	count_utf8(s, &bad, &good);
	c->encoding = bad > good / 20 ? encoding_guess(s) : ENC_UTF8;
	c->encoding_fixed = true;
	c->base.encoding = encoding_name(c->encoding);
}

static bool too_long(const struct csv_reader *c, struct err *e)
{
	return err_set(e, ERR_LIMIT, "row_too_long", "Line %llu is longer than %zu MiB: this is not a table of rows.",
		       (unsigned long long)c->next_line, LIMIT_ROW_BYTES / MIB);
}

/* Length of the record whose quotation marks are taken as they are: up to the line's end. */
static size_t cut_literal(const struct csv_reader *c, bool last)
{
	const char *p = memchr(c->pending.p, c->dialect.line_end, c->pending.n);
	if (p)
		return (size_t)(p - c->pending.p) + 1;
	return last ? c->pending.n : 0;
}

/* Hands out the first n bytes of pending. */
static void hand_out(struct csv_reader *c, size_t n, struct block *ret)
{
	struct buf rest = BUF_INIT(c->pending.max);
	buf_reserve(&rest, BLOCK_BYTES + 2 * BLOCK_PAD);
	buf_add(&rest, c->pending.p + n, c->pending.n - n);
	memset(c->pending.p + n, 0, MIN((size_t)BLOCK_PAD, c->pending.cap - n));
	*ret = (struct block){ .data = c->pending.p, .n = n, .first_line = c->next_line };
	ret->literal_quotes = c->literal_quotes;
	c->pending = rest;
	c->next_line += simd_count(ret->data, n, c->dialect.line_end);
	c->literal_quotes = false;
	settle_encoding(c, str_n(ret->data, n));
	ret->encoding = (uint8_t)(is_utf16(c) ? ENC_UTF8 : c->encoding);
}

static bool next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	struct csv_reader *c = of(r);
	size_t want = MAX(BLOCK_BYTES, c->pending.n), n = 0;
	for (;;) {
		bool last;
		if (!fill(c, want, &last, e))
			return false;
		if (!c->pending.n) {
			*ret_end = true;
			return true;
		}
		if (c->literal_quotes) {
			n = cut_literal(c, last);
		} else if (csv_cut(&c->dialect, buf_str(&c->pending), last, &n) == CSV_UNCLOSED) {
			c->literal_quotes = true;
			n = cut_literal(c, last);
		}
		if (n)
			break;
		if (c->pending.n > LIMIT_ROW_BYTES)
			return too_long(c, e);
		want = MIN(c->pending.n * 2, LIMIT_ROW_BYTES + 1);
	}
	buf_reserve(&c->pending, BLOCK_PAD);
	hand_out(c, n, ret);
	*ret_end = false;
	return true;
}

static void replace_data(struct block *b, struct buf *text)
{
	buf_reserve(text, BLOCK_PAD);
	free(b->data);
	b->data = buf_take(text, &b->n);
	memset(b->data + b->n, 0, BLOCK_PAD);
	b->encoding = ENC_UTF8;
}

static bool index_block(const struct reader *r, struct block *b, struct rows *ret, struct err *e)
{
	const struct csv_reader *c = of(r);
	struct str s = str_n(b->data, b->n);
	if (b->encoding != ENC_UTF8) {
		struct buf text = BUF_INIT(b->n * 3 + BLOCK_PAD);
		encoding_decode(b->encoding, s, &text);
		replace_data(b, &text);
		s = str_n(b->data, b->n);
	}
	if (memchr(s.p, 0, s.n) || !utf8_valid(s)) {
		struct buf text = BUF_INIT(b->n * 3 + BLOCK_PAD);
		b->repaired += encoding_repair(s, &text);
		replace_data(b, &text);
		s = str_n(b->data, b->n);
	}
	if (!csv_index(&c->dialect, s, b->literal_quotes, ret, e))
		return false;
	if (r->as == AS_BASKETS)
		csv_baskets(b, ret);
	return true;
}

static void close_reader(struct reader *r)
{
	struct csv_reader *c = of(r);
	buf_free(&c->pending);
	buf_free(&c->utf16);
	free(c);
}

static const struct reader_ops csv_ops = {
	.format = "csv",
	.start = start,
	.next = next,
	.index = index_block,
	.close = close_reader,
};

/* The first records as UTF-8, with BLOCK_PAD bytes after them. */
static void sample(const struct csv_reader *c, struct str head, struct buf *ret)
{
	struct str s = str_n(head.p + c->skip, MIN(head.n - c->skip, SAMPLE_BYTES));
	if (is_utf16(c))
		encoding_decode_utf16(c->encoding, s, ret);
	else if (utf8_valid_prefix(s) + 4 > s.n)
		buf_add_str(ret, s);
	else
		encoding_decode(encoding_guess(s), s, ret);
	if (s.n == SAMPLE_BYTES) { /* the last record is cut: leave it out */
		const char *p = memrchr(ret->p, '\n', ret->n);
		ret->n = p ? (size_t)(p - ret->p) + 1 : ret->n;
	}
	buf_reserve(ret, BLOCK_PAD);
	memset(ret->p + ret->n, 0, BLOCK_PAD);
}

bool csv_open(struct source *s, const char *file_name, enum import_as as, struct reader **ret, struct err *e)
{
	struct str head;
	CLEANUP(buf_free) struct buf text = BUF_INIT(SAMPLE_BYTES * 3 + 1024);
	if (!source_peek(s, SOURCE_HEAD_BYTES, &head, e))
		return false;
	struct csv_reader *c = mem_zalloc(sizeof *c);
	c->base = (struct reader){ .ops = &csv_ops, .source = s, .as = as };
	c->pending = BUF_INIT(4 * LIMIT_ROW_BYTES);
	c->utf16 = BUF_INIT(4 * UTF16_STEP);
	c->skip = encoding_mark(head, &c->encoding);
	c->encoding_fixed = c->skip > 0 || encoding_utf16(head, &c->encoding);
	c->base.encoding = encoding_name(c->encoding);
	sample(c, head, &text);
	c->dialect = csv_dialect_find(buf_str(&text));
	c->base.delimiter = c->dialect.delimiter;
	c->base.decimal_comma_likely = c->dialect.delimiter == ';';
	struct reader_table *t = reader_add_table(&c->base, reader_file_table(file_name));
	if (as == AS_BASKETS) {
		t->columns = mem_array(2, sizeof *t->columns);
		t->columns[0] = mem_strdup("basket");
		t->columns[1] = mem_strdup("item");
		t->n_columns = 2;
	}
	*ret = &c->base;
	return true;
}
