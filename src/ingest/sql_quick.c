/*
 * Rows of a dump that hold plain values only (numbers, NULL, texts without an escape), which nearly all are: written
 * into packed form as they are read. Whatever is not plain is left to sql_rows.c, which reads the row again.
 */
#include "base/limits.h"
#include "ingest/simd.h"
#include "ingest/sql_dump.h"

/* The row being written. */
struct quick {
	const struct sql_quick *rules;
	struct packer *p;
	size_t position; /* of the next value in the statement's list */
	size_t column;   /* of the next cell in the table */
};

static bool put(struct quick *q, const char *text, size_t n)
{
	struct buf *b = &q->p->bytes;
	uint32_t length = (uint32_t)n;
	if (n > LIMIT_CELL_BYTES || b->n - q->p->row_at > LIMIT_ROW_BYTES)
		return false;
	if (b->cap - b->n <= sizeof length + n && !buf_reserve(b, sizeof length + n))
		return false;
	memcpy(b->p + b->n, &length, sizeof length);
	memcpy(b->p + b->n + sizeof length, text, n);
	b->n += sizeof length + n;
	q->p->any = q->p->any || n;
	q->p->cells++;
	q->column++;
	return true;
}

/* To the column that the next value belongs to; SQL_BINARY where there is none, which is never plain. */
static bool next_column(struct quick *q, enum sql_kind *ret)
{
	const struct sql_quick *r = q->rules;
	size_t at = q->position++;
	if (at >= r->n)
		return false;
	size_t column = r->columns ? r->columns[at] : at;
	while (q->column < column) {
		if (!put(q, "", 0))
			return false;
	}
	*ret = r->kinds[column];
	return true;
}

static bool is_zero_date(const char *p, size_t n)
{
	return (n == 10 || n == 19) && memcmp(p, "0000-00-00 00:00:00", n) == 0;
}

/* A text, as the column's declaration means it. */
static bool put_text(struct quick *q, const char *p, size_t n)
{
	enum sql_kind kind = SQL_PLAIN;
	if (!next_column(q, &kind) || (n && kind == SQL_BINARY))
		return false;
	if (kind == SQL_BOOLEAN && n == 1 && (p[0] == 't' || p[0] == 'f'))
		return p[0] == 't' ? put(q, "true", 4) : put(q, "false", 5);
	if (q->rules->mysql && p[0] == '0' && is_zero_date(p, n))
		n = 0;
	return put(q, p, n);
}

static bool put_plain(struct quick *q, const char *p, size_t n)
{
	enum sql_kind kind;
	return next_column(q, &kind) && put(q, p, n);
}

static bool ends_value(char c)
{
	return c == ',' || c == ')';
}

static bool is_number_char(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* A word without quotes that ends before `end`, from `at` on: where it ends, SQL_NONE when it is not plain. */
static size_t take_word(struct quick *q, const char *p, size_t at, size_t end)
{
	static const struct {
		struct str word, means;
	} words[] = {
		{ STR("NULL"), STR("") },
		{ STR("true"), STR("true") },
		{ STR("false"), STR("false") },
	};
	size_t past = at;
	while (past < end && is_number_char(p[past]))
		past++;
	if (past > at)
		return past < end && ends_value(p[past]) && put_plain(q, p + at, past - at) ? past : SQL_NONE;
	for (size_t i = 0; i < countof(words); i++) {
		struct str w = words[i].word;
		if (end - at > w.n && memcmp(p + at, w.p, w.n) == 0 && ends_value(p[at + w.n]))
			return put_plain(q, words[i].means.p, words[i].means.n) ? at + w.n : SQL_NONE;
	}
	return SQL_NONE;
}

static size_t take_value(struct quick *q, const char *p, size_t at, size_t end)
{
	if (p[at] != '\'')
		return take_word(q, p, at, end);
	size_t from = at + 1, past = from + simd_find(p + from, end - from, '\'', q->rules->mysql ? '\\' : '\'');
	if (past + 1 >= end || p[past] != '\'' || !ends_value(p[past + 1]))
		return SQL_NONE;
	return put_text(q, p + from, past - from) ? past + 1 : SQL_NONE;
}

static struct quick begin_row(const struct sql_quick *rules, struct packer *p, uint32_t line)
{
	pack_row(p, line);
	return (struct quick){ .rules = rules, .p = p };
}

static void undo(struct packer *p)
{
	p->bytes.n = p->row_at;
}

size_t sql_quick_row(const struct sql_quick *rules, struct packer *packer, struct str s, size_t at, uint32_t line)
{
	struct quick q = begin_row(rules, packer, line);
	const char *p = s.p;
	for (at++; at < s.n; at++) {
		while (at < s.n && p[at] == ' ')
			at++;
		if (at < s.n)
			at = take_value(&q, p, at, s.n);
		if (!sql_ok(at) || at >= s.n)
			break;
		if (p[at] == ')')
			return at + 1;
	}
	undo(packer);
	return SQL_NONE;
}

bool sql_quick_line(const struct sql_quick *rules, struct packer *packer, struct str s, uint32_t line)
{
	struct quick q = begin_row(rules, packer, line);
	for (size_t at = 0; at <= s.n;) {
		const char *field = s.p + at;
		size_t n = simd_find(field, s.n - at, '\t', '\\');
		enum sql_kind kind;
		bool good;
		if (at + n < s.n && field[n] == '\\') { /* \N alone is no value; anything else is an escape */
			good = n == 0 && s.n - at >= 2 && field[1] == 'N' && (s.n - at == 2 || field[2] == '\t') &&
			       next_column(&q, &kind) && put(&q, "", 0);
			n = 2;
		} else {
			good = put_text(&q, field, n);
		}
		if (!good) {
			undo(packer);
			return false;
		}
		at += n + 1;
	}
	return true;
}
