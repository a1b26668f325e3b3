#include "ingest/sql_lex.h"

#include "ingest/simd.h"

#include <string.h>

bool sql_is_word(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || (signed char)c < 0;
}

static size_t more(const struct sql_text *t)
{
	return t->last ? SQL_NONE : SQL_MORE;
}

/* Up to the line's end. */
static size_t line_comment(const struct sql_text *t, size_t at)
{
	const char *p = memchr(t->p + at, '\n', t->n - at);
	if (p)
		return (size_t)(p - t->p) + 1;
	return t->last ? t->n : SQL_MORE;
}

/* From slash and star to star and slash; those of MySQL with a version in them, too: what they switch is nothing to a
 * reader. */
static size_t block_comment(const struct sql_text *t, size_t at)
{
	const char *p = t->n - at > 2 ? memmem(t->p + at + 2, t->n - at - 2, "*/", 2) : NULL;
	return p ? (size_t)(p - t->p) + 2 : more(t);
}

/* A comment at `at`, or SQL_NONE. */
static size_t comment(const struct sql_text *t, size_t at)
{
	char c = t->p[at];
	if (c == '#')
		return t->mysql ? line_comment(t, at) : SQL_NONE;
	if (c != '-' && c != '/')
		return SQL_NONE;
	if (at + 1 >= t->n)
		return more(t);
	if (c == '/')
		return t->p[at + 1] == '*' ? block_comment(t, at) : SQL_NONE;
	return t->p[at + 1] == '-' ? line_comment(t, at) : SQL_NONE;
}

size_t sql_blank(const struct sql_text *t, size_t at)
{
	while (at < t->n) {
		if ((unsigned char)t->p[at] <= ' ') {
			at++;
			continue;
		}
		size_t end = comment(t, at);
		if (end == SQL_NONE)
			return at;
		if (end == SQL_MORE)
			return end;
		at = end;
	}
	return t->last ? at : SQL_MORE;
}

size_t sql_quoted(const struct sql_text *t, size_t at, bool escapes)
{
	char quote = t->p[at++];
	escapes = quote != '`' && (escapes || t->mysql);
	while (at < t->n) {
		at += simd_find(t->p + at, t->n - at, quote, escapes ? '\\' : quote);
		if (at >= t->n)
			break;
		if (t->p[at] != quote) {
			at += 2;
			continue;
		}
		if (at + 1 >= t->n && !t->last)
			return SQL_MORE;
		if (at + 1 >= t->n || t->p[at + 1] != quote)
			return at + 1;
		at += 2;
	}
	return more(t);
}

size_t sql_dollar(const struct sql_text *t, size_t at)
{
	size_t end = at + 1;
	while (end < t->n && t->p[end] != '$' && sql_is_word(t->p[end]))
		end++;
	if (end >= t->n)
		return more(t);
	if (t->p[end] != '$')
		return SQL_NONE;
	size_t tag = end + 1 - at;
	const char *p = memmem(t->p + at + tag, t->n - at - tag, t->p + at, tag);
	return p ? (size_t)(p - t->p) + tag : more(t);
}

size_t sql_keyword(const struct sql_text *t, size_t at, const char *word)
{
	size_t n = strlen(word);
	if (t->n - at <= n && !t->last)
		return SQL_MORE;
	if (t->n - at < n || !str_ieq(str_n(t->p + at, n), str_n(word, n)))
		return SQL_NONE;
	if (at + n < t->n && sql_is_word(t->p[at + n]))
		return SQL_NONE;
	return sql_blank(t, at + n);
}

static void add_unquoted(struct buf *b, struct str s, char quote)
{
	for (size_t i = 0; b && i < s.n && b->n < SQL_NAME_BYTES; i++) {
		buf_addc(b, s.p[i]);
		if (s.p[i] == quote && i + 1 < s.n && s.p[i + 1] == quote)
			i++;
	}
}

size_t sql_identifier(const struct sql_text *t, size_t at, struct buf *ret)
{
	if (at >= t->n)
		return more(t);
	size_t end = at;
	char c = t->p[at];
	if (c == '`' || c == '"') {
		/* In a name there are no escapes. */
		struct sql_text standard = *t;
		standard.mysql = false;
		end = sql_quoted(&standard, at, false);
		if (sql_ok(end))
			add_unquoted(ret, str_n(t->p + at + 1, end - at - 2), c);
		return end;
	}
	if (c == '[') {
		const char *p = memchr(t->p + at, ']', t->n - at);
		if (!p)
			return more(t);
		add_unquoted(ret, str_n(t->p + at + 1, (size_t)(p - t->p) - at - 1), 0);
		return (size_t)(p - t->p) + 1;
	}
	while (end < t->n && (sql_is_word(t->p[end]) || t->p[end] == '$'))
		end++;
	if (end == t->n && !t->last)
		return SQL_MORE;
	if (end == at)
		return SQL_NONE;
	add_unquoted(ret, str_n(t->p + at, end - at), 0);
	return end;
}

size_t sql_name(const struct sql_text *t, size_t at, struct buf *ret_schema, struct buf *ret)
{
	for (;;) {
		at = sql_identifier(t, at, ret);
		if (sql_ok(at))
			at = sql_blank(t, at);
		if (!sql_ok(at) || at >= t->n || t->p[at] != '.')
			return at;
		at = sql_blank(t, at + 1);
		if (!sql_ok(at))
			return at;
		buf_clear(ret_schema);
		buf_add_str(ret_schema, buf_str(ret));
		buf_clear(ret);
	}
}

/* What skips a stretch in which brackets and delimiters mean nothing; SQL_NONE: there is none at `at`. */
static size_t opaque(const struct sql_text *t, size_t at)
{
	switch (t->p[at]) {
	case '\'': {
		bool prefixed = at && (t->p[at - 1] | 32) == 'e' && (at < 2 || !sql_is_word(t->p[at - 2]));
		return sql_quoted(t, at, prefixed);
	}
	case '"':
	case '`':
		return sql_quoted(t, at, false);
	case '-':
	case '/':
	case '#':
		return comment(t, at);
	case '$':
		return t->mysql || (at && sql_is_word(t->p[at - 1])) ? SQL_NONE : sql_dollar(t, at);
	default:
		return SQL_NONE;
	}
}

/* Of what opaque() has found no end for: whether it has begun. Then nothing that follows can be told from its text. */
static bool unclosed(const struct sql_text *t, size_t at)
{
	size_t end = at + 1;
	switch (t->p[at]) {
	case '\'':
	case '"':
	case '`':
		return true;
	case '/':
		return end < t->n && t->p[end] == '*';
	case '$':
		if (t->mysql || (at && sql_is_word(t->p[at - 1])))
			return false;
		while (end < t->n && t->p[end] != '$' && sql_is_word(t->p[end]))
			end++;
		return end < t->n && t->p[end] == '$';
	default:
		return false;
	}
}

size_t sql_brackets(const struct sql_text *t, size_t at)
{
	static const bool stops[256] = { ['\''] = true, ['"'] = true, ['`'] = true, ['-'] = true, ['/'] = true,
					 ['#'] = true,  ['$'] = true, ['('] = true, [')'] = true };
	size_t depth = 0;
	while (at < t->n) {
		if (!stops[(unsigned char)t->p[at]]) {
			at++;
			continue;
		}
		if (t->p[at] == '(') {
			depth++;
			at++;
		} else if (t->p[at] == ')') {
			at++;
			if (--depth == 0)
				return at;
		} else {
			size_t end = opaque(t, at);
			if (end == SQL_MORE || (end == SQL_NONE && unclosed(t, at)))
				return end;
			at = end == SQL_NONE ? at + 1 : end;
		}
	}
	return more(t);
}

/* A routine of several statements between BEGIN and END, without DELIMITER around it. */
struct routine {
	bool create, routine, begun, ended;
};

static void note_word(struct routine *r, struct str word, bool first)
{
	static const struct str kinds[] = { STR("TRIGGER"), STR("PROCEDURE"), STR("FUNCTION"), STR("EVENT") };
	r->create = r->create || (first && str_ieq(word, STR("CREATE")));
	for (size_t i = 0; r->create && i < countof(kinds); i++)
		r->routine = r->routine || str_ieq(word, kinds[i]);
	r->begun = r->begun || (r->routine && str_ieq(word, STR("BEGIN")));
	r->ended = str_ieq(word, STR("END"));
}

size_t sql_statement(const struct sql_text *t, size_t at, struct str delimiter)
{
	struct routine r = { 0 };
	bool first = true, plain = str_is(delimiter, ";");
	while (at < t->n) {
		char c = t->p[at];
		if (c == delimiter.p[0]) {
			if (t->n - at < delimiter.n)
				return t->last ? t->n : SQL_MORE;
			if (memcmp(t->p + at, delimiter.p, delimiter.n) == 0 && (!plain || !r.begun || r.ended))
				return at + delimiter.n;
		}
		size_t end = opaque(t, at);
		if (end == SQL_MORE || (end == SQL_NONE && unclosed(t, at)))
			return end;
		if (end != SQL_NONE) {
			at = end;
		} else if (sql_is_word(c)) {
			size_t from = at;
			while (at < t->n && sql_is_word(t->p[at]))
				at++;
			if (at == t->n && !t->last)
				return SQL_MORE;
			note_word(&r, str_n(t->p + from, at - from), first);
			first = false;
		} else {
			at++;
		}
	}
	return t->last ? t->n : SQL_MORE;
}
