#include "ingest/sql_dump.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <strings.h>

#define FIND_SHARE 400     /* thousandths of the work that the first pass is */
#define BLANK_LINES_KEPT 8 /* between rows, so that their lines are counted; more begin a new run */
#define HEAD_LOOKED_AT ((size_t)64 * KIB)

static struct sql_reader *of(struct reader *r)
{
	return (struct sql_reader *)r;
}

static bool next_segment(struct sql_reader *q, bool *ret_found, struct err *e)
{
	const struct sql_tables *k = &q->known;
	while (q->segment < k->n_segments && k->segments[q->segment].table != q->table)
		q->segment++;
	*ret_found = q->segment < k->n_segments;
	q->wanted = false;
	if (!*ret_found)
		return true;
	const struct sql_segment *s = &k->segments[q->segment];
	return sql_scan_seek(&q->scan, s->begin, s->line, e);
}

static bool start(struct reader *r, size_t table, struct err *e)
{
	struct sql_reader *q = of(r);
	bool found;
	q->table = table;
	q->segment = 0;
	buf_clear(&q->out);
	q->run = SIZE_MAX;
	if (!next_segment(q, &found, e))
		return false;
	q->ended = !found;
	return true;
}

static bool changed(const struct sql_reader *q, struct err *e)
{
	return err_set(e, ERR_VALUE, "damaged", "The dump is not the same when it is read again (line %llu).",
		       (unsigned long long)q->scan.line);
}

/* Which shape the statement has that begins here. */
static bool on_head(struct sql_reader *q, bool copy, struct err *e)
{
	struct sql_scan *x = &q->scan;
	if (copy || !x->same_head || !q->wanted) {
		struct str head =
			copy ? str_n(x->feed->pending.p + x->begin, x->at - x->begin) : buf_str(&x->last_head);
		q->shape = sql_tables_shape(&q->known, head, copy);
		if (q->shape == SIZE_MAX)
			return changed(q, e);
	}
	q->wanted = q->known.shapes[q->shape].table == q->table;
	return true;
}

static struct sql_run open_run(const struct sql_reader *q)
{
	struct sql_run run;
	memcpy(&run, q->out.p + q->run, sizeof run);
	return run;
}

static void begin_run(struct sql_reader *q, uint64_t line, bool lines)
{
	struct sql_run run = { .shape = (uint32_t)q->shape, .line = (uint32_t)line, .lines = lines };
	q->run = q->out.n;
	q->run_line = line;
	buf_add(&q->out, &run, sizeof run);
}

/* The row or lines of the event, into the open run when they go on with it. */
static void keep(struct sql_reader *q, bool lines)
{
	struct sql_scan *x = &q->scan;
	uint64_t line = sql_scan_line(x, x->begin);
	struct sql_run run = { 0 };
	if (q->run != SIZE_MAX)
		run = open_run(q);
	if (q->run == SIZE_MAX || run.shape != q->shape || lines || line - q->run_line > BLANK_LINES_KEPT)
		begin_run(q, line, lines);
	for (; q->run_line < line; q->run_line++)
		buf_addc(&q->out, '\n');
	buf_add_str(&q->out, x->text);
	q->run_line = sql_scan_line(x, x->at);
	run = open_run(q);
	run.n = (uint32_t)(q->out.n - q->run - sizeof run);
	memcpy(q->out.p + q->run, &run, sizeof run);
}

static bool take_event(struct sql_reader *q, enum sql_event event, struct err *e)
{
	switch (event) {
	case SQL_INSERT:
		return on_head(q, false, e);
	case SQL_COPY:
		return on_head(q, true, e);
	case SQL_ROW:
	case SQL_LINES:
		if (q->wanted)
			keep(q, event == SQL_LINES);
		return true;
	case SQL_CREATE:
	case SQL_ROWS_END:
		return true;
	case SQL_END:
		break;
	}
	return changed(q, e);
}

static bool next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	struct sql_reader *q = of(r);
	buf_reserve(&q->out, BLOCK_BYTES + BLOCK_PAD);
	while (!q->ended && q->out.n < BLOCK_BYTES) {
		enum sql_event event;
		const struct sql_segment *s = &q->known.segments[q->segment];
		if (q->scan.state == SQL_BETWEEN && q->scan.offset + q->scan.at >= s->end) {
			bool found;
			q->segment++;
			q->run = SIZE_MAX;
			if (!next_segment(q, &found, e))
				return false;
			q->ended = !found;
			continue;
		}
		if (source_cancelled(r->source))
			return err_set(e, ERR_CANCELLED, NULL, "The import was cancelled.");
		if (!sql_scan_next(&q->scan, &event, e) || !take_event(q, event, e))
			return false;
	}
	*ret_end = q->out.n == 0;
	if (*ret_end)
		return true;
	*ret = (struct block){ .first_line = 1, .encoding = (uint8_t)q->feed.encoding };
	if (q->feed.encoding == ENC_UTF16LE || q->feed.encoding == ENC_UTF16BE)
		ret->encoding = ENC_UTF8;
	struct sql_run first;
	memcpy(&first, q->out.p, sizeof first);
	ret->first_line = first.line;
	buf_reserve(&q->out, BLOCK_PAD);
	ret->data = buf_take(&q->out, &ret->n);
	memset(ret->data + ret->n, 0, BLOCK_PAD);
	q->run = SIZE_MAX;
	return true;
}

static bool index_block(const struct reader *r, struct block *b, struct rows *ret, struct err *e)
{
	return sql_rows_index((const struct sql_reader *)(uintptr_t)r, b, ret, e);
}

static void close_reader(struct reader *r)
{
	struct sql_reader *q = of(r);
	sql_tables_free(&q->known);
	sql_scan_free(&q->scan);
	feed_free(&q->feed);
	buf_free(&q->out);
	free(q);
}

static const struct reader_ops sql_ops = {
	.format = "sql",
	.start = start,
	.next = next,
	.index = index_block,
	.close = close_reader,
};

static const char *find_word(struct str s, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= s.n; i++) {
		if (strncasecmp(s.p + i, word, n) == 0)
			return s.p + i;
	}
	return NULL;
}

/* Whose strings these are: MySQL and MariaDB show themselves by their comments with versions, and by `names`. */
static bool is_mysql(struct str head)
{
	static const char *const signs[] = { "-- MySQL dump", "-- MariaDB dump", "-- phpMyAdmin", "/*!",
					     "/*M!",          "INTO `",          "TABLE `",       "ENGINE=" };
	if (find_word(head, "-- PostgreSQL database") || find_word(head, "standard_conforming_strings"))
		return false;
	for (size_t i = 0; i < countof(signs); i++) {
		if (find_word(head, signs[i]))
			return true;
	}
	return false;
}

/* SET NAMES cp1251; SET client_encoding = 'WIN1251'; what it does not say, the bytes will. */
static void said_encoding(struct feed *f, struct str head)
{
	static const char *const sayings[] = { "SET NAMES ", "SET client_encoding = " };
	static const struct {
		struct str name;
		enum encoding encoding;
	} names[] = {
		{ STR("utf8"), ENC_UTF8 },      { STR("utf8mb4"), ENC_UTF8 },  { STR("utf8mb3"), ENC_UTF8 },
		{ STR("UTF-8"), ENC_UTF8 },     { STR("cp1251"), ENC_CP1251 }, { STR("WIN1251"), ENC_CP1251 },
		{ STR("WIN"), ENC_CP1251 },     { STR("koi8r"), ENC_KOI8R },   { STR("KOI8R"), ENC_KOI8R },
		{ STR("cp866"), ENC_CP866 },    { STR("WIN866"), ENC_CP866 },  { STR("cp1250"), ENC_CP1250 },
		{ STR("WIN1250"), ENC_CP1250 }, { STR("latin1"), ENC_CP1252 }, { STR("WIN1252"), ENC_CP1252 },
	};
	for (size_t i = 0; i < countof(sayings) && !f->encoding_fixed; i++) {
		const char *p = find_word(head, sayings[i]);
		if (!p)
			continue;
		p += strlen(sayings[i]);
		size_t n = 0, left = (size_t)(head.p + head.n - p);
		if (left && *p == '\'')
			p++, left--;
		while (n < left && (sql_is_word(p[n]) || p[n] == '-'))
			n++;
		for (size_t k = 0; k < countof(names); k++) {
			if (!str_ieq(str_n(p, n), names[k].name))
				continue;
			f->encoding = names[k].encoding;
			f->encoding_fixed = true;
		}
	}
}

static void look_at_head(struct sql_reader *q, struct str head)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(4 * HEAD_LOOKED_AT);
	struct str s = str_n(head.p + q->feed.mark, MIN(head.n - q->feed.mark, HEAD_LOOKED_AT));
	if (q->feed.encoding != ENC_UTF8) {
		encoding_decode_utf16(q->feed.encoding, s, &text);
		s = buf_str(&text);
	}
	q->mysql = is_mysql(s);
	said_encoding(&q->feed, s);
}

bool sql_dump_open(struct source *s, struct reader **ret, struct err *e)
{
	struct str head;
	if (!source_peek(s, SOURCE_HEAD_BYTES, &head, e))
		return false;
	struct sql_reader *q = mem_zalloc(sizeof *q);
	q->base = (struct reader){ .ops = &sql_ops, .source = s };
	q->known.reader = &q->base;
	q->out = BUF_INIT(BLOCK_BYTES + 2 * LIMIT_ROW_BYTES);
	feed_open(&q->feed, s, head);
	look_at_head(q, head);
	sql_scan_init(&q->scan, &q->feed, q->mysql);
	source_set_share(s, 0, FIND_SHARE);
	bool ok = sql_scan_seek(&q->scan, 0, 1, e) && sql_tables_find(&q->known, &q->scan, e);
	source_set_share(s, FIND_SHARE, 1000);
	if (ok && !q->base.n_tables)
		ok = err_set(e, ERR_VALUE, "no_tables", "The dump makes no table and puts no row into one.");
	else if (ok && !q->known.any_row)
		ok = err_set(
			e, ERR_VALUE, "dump_without_rows",
			"The dump makes tables (%.100s, …) and puts no row into them: make it with its rows, and load "
			"that.",
			q->base.tables[0].name);
	if (!ok) {
		reader_close(&q->base);
		return false;
	}
	if (q->scan.unread)
		reader_note(
			&q->base, q->scan.unread_text.p,
			"a statement that puts rows into a table without listing them, or is spoilt: its rows were left out");
	q->base.encoding = encoding_name(q->feed.encoding);
	*ret = &q->base;
	return true;
}
