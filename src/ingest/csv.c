#include "ingest/csv.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/encoding_twice.h"
#include "ingest/other_file.h"
#include "ingest/pack.h"
#include "ingest/simd.h"

#include <stdlib.h>

#define SAMPLE_BYTES ((size_t)256 * KIB)
#define TABLE_CONSISTENCY 0.8 /* of the lines have as many cells as each other: they are rows */

static struct csv_reader *of(const struct reader *r)
{
	return (struct csv_reader *)(uintptr_t)r;
}

static bool start(struct reader *r, size_t table, struct err *e)
{
	struct csv_reader *c = of(r);
	bool last;
	if (!feed_rewind(&c->feed, e) || !feed_fill(&c->feed, c->dialect.prefix, &last, e))
		return false;
	c->ended = c->literal_quotes = false;
	c->mended = 0;
	c->next_line = c->dialect.prefix ? 2 : 1;
	buf_consume(&c->feed.pending, c->dialect.prefix);
	return true;
}

static bool too_long(const struct csv_reader *c, struct err *e)
{
	return err_set(e, ERR_LIMIT, "row_too_long", "Line %llu is longer than %zu MiB: this is not a table of rows.",
		       (unsigned long long)c->next_line, LIMIT_ROW_BYTES / MIB);
}

/* Length of the record whose quotation marks are taken as they are: up to the line's end. */
static size_t cut_literal(const struct csv_reader *c, bool last)
{
	const char *p = memchr(c->feed.pending.p, c->dialect.line_end, c->feed.pending.n);
	if (p)
		return (size_t)(p - c->feed.pending.p) + 1;
	return last ? c->feed.pending.n : 0;
}

/* Lines without quotation marks that mean anything. */
static size_t cut_lines(const struct csv_reader *c, bool last)
{
	const char *p = memrchr(c->feed.pending.p, c->dialect.line_end, c->feed.pending.n);
	if (last)
		return c->feed.pending.n;
	return p ? (size_t)(p - c->feed.pending.p) + 1 : 0;
}

/* Hands out the first n bytes of pending. */
static void hand_out(struct csv_reader *c, size_t n, struct block *ret)
{
	struct buf rest = BUF_INIT(c->feed.pending.max);
	buf_reserve(&rest, BLOCK_BYTES + 2 * BLOCK_PAD);
	buf_add(&rest, c->feed.pending.p + n, c->feed.pending.n - n);
	memset(c->feed.pending.p + n, 0, MIN((size_t)BLOCK_PAD, c->feed.pending.cap - n));
	*ret = (struct block){ .data = c->feed.pending.p, .n = n, .first_line = c->next_line };
	ret->line_end = c->dialect.line_end;
	ret->literal_quotes = c->literal_quotes;
	c->feed.pending = rest;
	c->next_line += simd_count(ret->data, n, c->dialect.line_end);
	c->literal_quotes = false;
	feed_settle(&c->feed, str_n(ret->data, n));
	c->base.encoding = encoding_name(c->feed.encoding);
	bool wide = c->feed.encoding == ENC_UTF16LE || c->feed.encoding == ENC_UTF16BE;
	ret->encoding = (uint8_t)(wide ? ENC_UTF8 : c->feed.encoding);
}

static bool next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	struct csv_reader *c = of(r);
	size_t want = MAX(BLOCK_BYTES, c->feed.pending.n), n = 0;
	for (;;) {
		bool last;
		if (!feed_fill(&c->feed, want, &last, e))
			return false;
		if (!c->feed.pending.n) {
			*ret_end = true;
			return true;
		}
		if (c->dialect.n_fixed || c->dress.kind == DRESS_FRAME) {
			n = cut_lines(c, last);
		} else if (c->literal_quotes) {
			n = cut_literal(c, last);
		} else if (csv_cut(&c->dialect, buf_str(&c->feed.pending), last, c->mended < LIMIT_MENDED_QUOTES, &n) ==
			   CSV_UNCLOSED) {
			c->mended++;
			c->literal_quotes = true;
			n = cut_literal(c, last);
		}
		if (n)
			break;
		if (c->feed.pending.n > LIMIT_ROW_BYTES)
			return too_long(c, e);
		want = MIN(c->feed.pending.n * 2, LIMIT_ROW_BYTES + 1);
	}
	buf_reserve(&c->feed.pending, BLOCK_PAD);
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

static void note_others(struct block *b, const struct encoding_others *o)
{
	if (!b->recoded && o->lines) {
		b->recoded_first = o->first;
		b->recoded_at = o->from;
	}
	b->recoded += o->lines;
}

/* From the text as it stands in the file to the one that is meant. */
static void undress(const struct csv_reader *c, struct block *b)
{
	b->undressed = true;
	if (c->twice != ENC_UTF8 || c->dress.kind != DRESS_NONE)
		b->recoded_at = b->n; /* it is elsewhere then */
	if (c->twice != ENC_UTF8) {
		struct buf text = BUF_INIT(b->n * 2 + BLOCK_PAD);
		b->garbled += encoding_undo(c->twice, str_n(b->data, b->n), &text);
		replace_data(b, &text);
	}
	if (c->dress.kind != DRESS_NONE && !b->literal_quotes) {
		struct buf text = BUF_INIT(b->n + 2 * BLOCK_PAD);
		csv_undress(&c->dress, c->dialect.line_end, str_n(b->data, b->n), &text);
		replace_data(b, &text);
	}
}

static bool index_block(const struct reader *r, struct block *b, struct rows *ret, struct err *e)
{
	const struct csv_reader *c = of(r);
	struct str s = str_n(b->data, b->n);
	struct encoding_others others = { 0 };
	bool decoded = b->encoding != ENC_UTF8; /* to UTF-8 without a fault */
	if (decoded) {
		struct buf text = BUF_INIT(b->n * 3 + BLOCK_PAD);
		encoding_decode_lines(b->encoding, s, b->line_end, &text, &others);
		note_others(b, &others);
		replace_data(b, &text);
		s = str_n(b->data, b->n);
	}
	if (memchr(s.p, 0, s.n) || (!decoded && !utf8_valid(s))) {
		struct buf text = BUF_INIT(b->n * 3 + BLOCK_PAD);
		b->repaired += encoding_mend(s, b->line_end, &text, &others);
		note_others(b, &others);
		replace_data(b, &text);
		s = str_n(b->data, b->n);
	}
	if (!b->undressed) {
		undress(c, b);
		s = str_n(b->data, b->n);
	}
	bool fixed = c->dialect.n_fixed > 0, literal = b->literal_quotes || c->dress.kind == DRESS_FRAME;
	if (fixed ? !csv_fixed_index(&c->dialect, s, ret, e) : !csv_index(&c->dialect, s, literal, ret, e))
		return false;
	if (r->as == AS_BASKETS)
		csv_baskets(b, ret);
	return true;
}

static void close_reader(struct reader *r)
{
	struct csv_reader *c = of(r);
	feed_free(&c->feed);
	csv_dress_free(&c->dress);
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
	size_t mark = c->feed.mark;
	struct encoding_others ignored = { 0 };
	struct str s = str_n(head.p + mark, MIN(head.n - mark, SAMPLE_BYTES));
	if (c->feed.encoding != ENC_UTF8 && c->feed.encoding != ENC_UTF16LE && c->feed.encoding != ENC_UTF16BE)
		encoding_decode_lines(c->feed.encoding, s, '\n', ret, &ignored);
	else if (c->feed.encoding != ENC_UTF8)
		encoding_decode_utf16(c->feed.encoding, s, ret);
	else if (utf8_valid_prefix(s) + 4 > s.n)
		buf_add_str(ret, s);
	else if (encoding_mostly_utf8(s))
		encoding_mend(s, '\n', ret, &ignored);
	else
		encoding_decode_lines(encoding_guess_lines(s), s, '\n', ret, &ignored);
	if (s.n == SAMPLE_BYTES) { /* the last record is cut: leave it out */
		const char *p = memrchr(ret->p, '\n', ret->n);
		ret->n = p ? (size_t)(p - ret->p) + 1 : ret->n;
	}
	buf_reserve(ret, BLOCK_PAD);
	memset(ret->p + ret->n, 0, BLOCK_PAD);
}

/* Text without a table in it. */
static bool is_other(const struct csv_reader *c, struct str text, struct err *e)
{
	enum other_file kind;
	const char *what;
	const struct csv_dialect *d = &c->dialect;
	bool table = d->prefix || (!d->n_fixed && d->width > 1 && d->consistency >= TABLE_CONSISTENCY);
	return c->base.as != AS_BASKETS && c->dress.kind == DRESS_NONE &&
	       other_words_known(text, table, d->n_fixed > 0, &kind, &what) && !other_file(e, kind, what);
}

/* The dialect of what stands in a dress, and of what stands in none. */
static void find_dialect(struct csv_reader *c, struct str text)
{
	CLEANUP(buf_free) struct buf plain = BUF_INIT(text.n + 2 * BLOCK_PAD);
	c->dialect = csv_dialect_find(text);
	if (c->dialect.prefix || c->base.as == AS_BASKETS)
		return;
	c->dress = csv_dress_find(text, c->dialect.line_end);
	if (c->dress.kind == DRESS_FRAME)
		c->dialect = (struct csv_dialect){ .delimiter = DRESS_DELIMITER,
						   .line_end = c->dialect.line_end,
						   .width = c->dress.cells,
						   .consistency = 1 };
	if (c->dress.kind != DRESS_LINES)
		return;
	csv_undress(&c->dress, c->dialect.line_end, text, &plain);
	buf_reserve(&plain, BLOCK_PAD);
	memset(plain.p + plain.n, 0, BLOCK_PAD);
	c->dialect = csv_dialect_find(buf_str(&plain));
}

bool csv_open(struct source *s, const char *file_name, enum import_as as, struct reader **ret, struct err *e)
{
	struct str head;
	CLEANUP(buf_free) struct buf text = BUF_INIT(SAMPLE_BYTES * 3 + 1024);
	if (!source_peek(s, SOURCE_HEAD_BYTES, &head, e))
		return false;
	struct csv_reader *c = mem_zalloc(sizeof *c);
	c->base = (struct reader){ .ops = &csv_ops, .source = s, .as = as };
	feed_open(&c->feed, s, head);
	c->base.encoding = encoding_name(c->feed.encoding);
	sample(c, head, &text);
	c->twice = encoding_twice(buf_str(&text));
	find_dialect(c, buf_str(&text));
	if (is_other(c, buf_str(&text), e)) {
		close_reader(&c->base);
		return false;
	}
	c->base.delimiter = c->dress.kind == DRESS_FRAME ? '|' : c->dialect.delimiter;
	c->base.decimal_comma_likely = c->dialect.delimiter == ';' || c->dialect.n_fixed;
	struct reader_table *t = reader_add_table(&c->base, reader_file_table(file_name));
	if (c->twice != ENC_UTF8)
		reader_note(&c->base, t->name,
			    "the text was garbled by being saved in a wrong encoding; it was read as it was meant");
	if (c->dress.kind == DRESS_LINES)
		reader_note(&c->base, t->name, "each line stood in quotation marks as one cell; its cells were read");
	if (as == AS_BASKETS) {
		t->columns = mem_array(2, sizeof *t->columns);
		t->columns[0] = mem_strdup("basket");
		t->columns[1] = mem_strdup("item");
		t->n_columns = 2;
	}
	*ret = &c->base;
	return true;
}
