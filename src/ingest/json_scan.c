#include "ingest/json_scan.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <stdlib.h>

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define STEP_BYTES ((size_t)64)
#else
#define STEP_BYTES (256 * KIB)
#endif

_Static_assert(LIMIT_JSON_DEPTH <= 64, "a bit a level");

/* What may come. */
enum state { VALUE, VALUE_OR_END, KEY, KEY_OR_END, COLON, COMMA_OR_END, BETWEEN };

void json_scan_free(struct json_scan *s)
{
	free(s->p);
	buf_free(&s->name);
	*s = (struct json_scan){ 0 };
}

void json_scan_begin(struct json_scan *s, struct source *source)
{
	json_scan_free(s);
	*s = (struct json_scan){ .source = source, .line = 1, .state = BETWEEN, .name = BUF_INIT(LIMIT_ROW_BYTES) };
}

static bool wrong(const struct json_scan *s, struct err *e, const char *what)
{
	return err_set(e, ERR_VALUE, "json_wrong", "The JSON text is wrong in line %llu: %s.",
		       (unsigned long long)s->line, what);
}

static bool cut_short(const struct json_scan *s, struct err *e)
{
	return err_set(e, ERR_VALUE, "truncated", "The JSON text is cut short: it ends in line %llu, inside a value.",
		       (unsigned long long)s->line);
}

/* More bytes behind n; p[keep, n) stays, moved to the front, and at with it. */
static bool read_more(struct json_scan *s, size_t keep, struct err *e)
{
	size_t got;
	if (keep) {
		memmove(s->p, s->p + keep, s->n - keep);
		s->n -= keep;
		s->at -= keep;
		s->passed += keep;
	}
	if (s->n >= LIMIT_ROW_BYTES)
		return err_set(e, ERR_LIMIT, "text_too_long", "The text in line %llu is longer than %zu MiB.",
			       (unsigned long long)s->line, LIMIT_ROW_BYTES / MIB);
	if (s->cap - s->n < STEP_BYTES) {
		s->cap = MIN(MAX(s->cap * 2, 2 * STEP_BYTES), LIMIT_ROW_BYTES + STEP_BYTES);
		s->p = mem_realloc(s->p, s->cap);
	}
	if (!source_read(s->source, s->p + s->n, s->cap - s->n, &got, e))
		return false;
	s->n += got;
	s->ended = got == 0;
	return true;
}

/* The next byte that is no blank; *ret_end when there is none. It is not taken. */
static bool peek(struct json_scan *s, char *ret, bool *ret_end, struct err *e)
{
	for (;;) {
		for (; s->at < s->n; s->at++) {
			char c = s->p[s->at];
			if (c == '\n')
				s->line++;
			else if (c != ' ' && c != '\t' && c != '\r') {
				*ret = c;
				*ret_end = false;
				return true;
			}
		}
		if (s->ended) {
			*ret_end = true;
			return true;
		}
		if (!read_more(s, s->n, e))
			return false;
	}
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Four hexadecimal digits at p; -1: they are not. */
static long hex4(const char *p, const char *end)
{
	long code = 0;
	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex(p[i]);
		if (digit < 0)
			return -1;
		code = code * 16 + digit;
	}
	return code;
}

static char *put_utf8(char *to, uint32_t code)
{
	if (code < 0x80) {
		*to++ = (char)code;
	} else if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
		*to++ = (char)(0x80 | (code & 63));
	} else if (code < 0x10000) {
		*to++ = (char)(0xe0 | code >> 12);
		*to++ = (char)(0x80 | (code >> 6 & 63));
		*to++ = (char)(0x80 | (code & 63));
	} else {
		*to++ = (char)(0xf0 | code >> 18);
		*to++ = (char)(0x80 | (code >> 12 & 63));
		*to++ = (char)(0x80 | (code >> 6 & 63));
		*to++ = (char)(0x80 | (code & 63));
	}
	return to;
}

/* What follows \u, up to the end of a pair. NUL and half a pair become U+FFFD. */
static bool unescape_code(const char **from, const char *end, char **to)
{
	long high = hex4(*from, end);
	if (high < 0)
		return false;
	*from += 4;
	uint32_t code = (uint32_t)high;
	if (high >= 0xd800 && high < 0xdc00 && end - *from >= 6 && (*from)[0] == '\\' && (*from)[1] == 'u') {
		long low = hex4(*from + 2, end);
		if (low >= 0xdc00 && low < 0xe000) {
			code = 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
			*from += 6;
		}
	}
	*to = put_utf8(*to, !code || (code >= 0xd800 && code < 0xe000) ? 0xfffd : code);
	return true;
}

/* In place: no escape is shorter than what it stands for. */
static bool unescape(char *p, size_t *n)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *from = p, *end = p + *n;
	char *to = p;
	while (from < end) {
		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		if (++from == end)
			return false;
		char c = *from++;
		const char *name = c ? strchr(names, c) : NULL;
		if (name)
			*to++ = values[name - names];
		else if (c != 'u' || !unescape_code(&from, end, &to))
			return false;
	}
	*n = (size_t)(to - p);
	return true;
}

/* At a quotation mark. */
static bool read_text(struct json_scan *s, struct err *e)
{
	size_t from = s->at++, breaks = 0;
	bool escapes = false;
	unsigned char all = 0;
	for (;;) {
		for (; s->at < s->n && s->p[s->at] != '"'; s->at++) {
			unsigned char c = (unsigned char)s->p[s->at];
			all |= c;
			breaks += c == '\n';
			if (!c)
				return wrong(s, e, "a zero byte in a text");
			if (c != '\\')
				continue;
			escapes = true;
			if (s->at + 1 == s->n)
				break;
			s->at++;
		}
		if (s->at < s->n && s->p[s->at] == '"')
			break;
		if (s->ended)
			return cut_short(s, e);
		if (!read_more(s, from, e))
			return false;
		from = 0;
	}
	size_t n = s->at++ - from - 1;
	s->text = str_n(s->p + from + 1, n);
	if (all >= 0x80 && !utf8_valid(s->text))
		return wrong(s, e, "bytes that are not UTF-8; save the file as UTF-8");
	if (escapes) {
		if (!unescape(s->p + from + 1, &n))
			return wrong(s, e, "a \\ that begins nothing known");
		s->text.n = n;
	}
	s->line += breaks;
	return true;
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static size_t digits(struct str s, size_t at)
{
	size_t from = at;
	while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
		at++;
	return at - from;
}

static bool is_number(struct str s)
{
	size_t at = s.n && s.p[0] == '-', n = digits(s, at);
	if (!n || (n > 1 && s.p[at] == '0'))
		return false;
	at += n;
	if (at < s.n && s.p[at] == '.') {
		n = digits(s, ++at);
		if (!n)
			return false;
		at += n;
	}
	if (at < s.n && (s.p[at] | 32) == 'e') {
		at++;
		at += at < s.n && (s.p[at] == '-' || s.p[at] == '+');
		n = digits(s, at);
		if (!n)
			return false;
		at += n;
	}
	return at == s.n;
}

/* A number or a word. */
static bool read_word(struct json_scan *s, enum json_token *ret, struct err *e)
{
	static const struct {
		struct str word;
		enum json_token token;
	} words[] = {
		{ STR("true"), JSON_TOKEN_TRUE },       { STR("false"), JSON_TOKEN_FALSE },
		{ STR("null"), JSON_TOKEN_NULL },       { STR("NaN"), JSON_TOKEN_NUMBER },
		{ STR("Infinity"), JSON_TOKEN_NUMBER }, { STR("-Infinity"), JSON_TOKEN_NUMBER },
	};
	size_t from = s->at;
	for (;;) {
		while (s->at < s->n && is_word(s->p[s->at]))
			s->at++;
		if (s->at < s->n || s->ended)
			break;
		if (!read_more(s, from, e))
			return false;
		from = 0;
	}
	s->text = str_n(s->p + from, s->at - from);
	*ret = JSON_TOKEN_NUMBER;
	if (is_number(s->text))
		return true;
	for (size_t i = 0; i < countof(words); i++) {
		*ret = words[i].token;
		if (str_eq(s->text, words[i].word))
			return true;
	}
	if (s->depth && s->ended && s->at == s->n && s->text.n)
		return cut_short(s, e);
	return wrong(s, e, s->text.n ? "a word or number that JSON does not have" : "a value is expected");
}

static bool open_level(struct json_scan *s, bool object, struct err *e)
{
	if (s->depth == LIMIT_JSON_DEPTH)
		return err_set(e, ERR_LIMIT, "json_depth", "The JSON text is nested more than %d deep in line %llu.",
			       LIMIT_JSON_DEPTH, (unsigned long long)s->line);
	uint64_t bit = UINT64_C(1) << s->depth++;
	s->object = object ? s->object | bit : s->object & ~bit;
	s->state = object ? KEY_OR_END : VALUE_OR_END;
	s->at++;
	return true;
}

static bool in_object(const struct json_scan *s)
{
	return s->object >> (s->depth - 1) & 1;
}

static void after_value(struct json_scan *s)
{
	s->state = s->depth ? COMMA_OR_END : BETWEEN;
}

static bool close_level(struct json_scan *s, enum json_token *ret)
{
	*ret = in_object(s) ? JSON_TOKEN_OBJECT_END : JSON_TOKEN_ARRAY_END;
	s->at++;
	s->depth--;
	after_value(s);
	return true;
}

static bool read_value(struct json_scan *s, char c, enum json_token *ret, struct err *e)
{
	if (c == '{' || c == '[') {
		*ret = c == '{' ? JSON_TOKEN_OBJECT : JSON_TOKEN_ARRAY;
		return open_level(s, c == '{', e);
	}
	if (c == '"') {
		*ret = JSON_TOKEN_TEXT;
		if (!read_text(s, e))
			return false;
	} else if (!read_word(s, ret, e)) {
		return false;
	}
	after_value(s);
	return true;
}

/* Takes the comma or colon that stands here; *c is the byte after it. */
static bool take_mark(struct json_scan *s, char *c, struct err *e)
{
	bool end;
	s->state = s->state == COLON || !in_object(s) ? VALUE : KEY;
	s->at++;
	if (!peek(s, c, &end, e))
		return false;
	return !end || cut_short(s, e);
}

/* Over a comma between two values of the file, which whoever joined them by hand has left there. */
static bool peek_between(struct json_scan *s, char *c, bool *ret_end, struct err *e)
{
	if (!peek(s, c, ret_end, e))
		return false;
	if (*ret_end || s->state != BETWEEN || *c != ',' || !json_scan_offset(s))
		return true;
	s->at++;
	return peek(s, c, ret_end, e);
}

/* What is missing is missing where the token before ends, and not in the line of what comes instead. */
static bool missing(struct json_scan *s, uint64_t line, struct err *e, const char *what)
{
	s->line = line;
	return wrong(s, e, what);
}

static bool next_token(struct json_scan *s, enum json_token *ret, struct err *e)
{
	char c = 0;
	bool end;
	uint64_t before = s->line;
	if (!peek_between(s, &c, &end, e))
		return false;
	if (end) {
		*ret = JSON_TOKEN_END;
		s->line = before;
		return s->state == BETWEEN || cut_short(s, e);
	}
	bool closes = s->depth && c == (in_object(s) ? '}' : ']');
	if (closes && (s->state == COMMA_OR_END || s->state == KEY_OR_END || s->state == VALUE_OR_END))
		return close_level(s, ret);
	if (s->state == COMMA_OR_END && c != ',')
		return missing(s, before, e, "a comma is missing between two values");
	if (s->state == COLON && c != ':')
		return missing(s, before, e, "a colon is missing after a name");
	if ((s->state == COMMA_OR_END || s->state == COLON) && !take_mark(s, &c, e))
		return false;
	if (s->state != KEY && s->state != KEY_OR_END)
		return read_value(s, c, ret, e);
	if (c != '"')
		return missing(s, before, e, "a name in quotation marks is expected");
	*ret = JSON_TOKEN_KEY;
	s->state = COLON;
	return read_text(s, e);
}

/* The name of a record, and the record's beginning. */
static bool next_record(struct json_scan *s, enum json_token *ret, struct err *e)
{
	buf_clear(&s->name);
	buf_add_str(&s->name, s->text);
	if (!next_token(s, ret, e))
		return false;
	s->put_name = 1;
	return *ret == JSON_TOKEN_OBJECT || wrong(s, e, "of the records under names, this one is no object");
}

/* What stands for the record's name, as a member of its own. */
static bool next_of_name(struct json_scan *s, enum json_token *ret)
{
	*ret = s->put_name == 1 ? JSON_TOKEN_KEY : JSON_TOKEN_TEXT;
	s->text = s->put_name == 1 ? str_of(s->map) : buf_str(&s->name);
	s->put_name = s->put_name == 1 ? 2 : 0;
	return true;
}

bool json_scan_next(struct json_scan *s, enum json_token *ret, struct err *e)
{
	if (!s->map)
		return next_token(s, ret, e);
	if (s->put_name)
		return next_of_name(s, ret);
	if (!next_token(s, ret, e))
		return false;
	if (*ret == JSON_TOKEN_OBJECT && s->depth == 1)
		*ret = JSON_TOKEN_ARRAY;
	else if (*ret == JSON_TOKEN_OBJECT_END && s->depth == 0)
		*ret = JSON_TOKEN_ARRAY_END;
	else if (*ret == JSON_TOKEN_KEY && s->depth == 1)
		return next_record(s, ret, e);
	return true;
}

bool json_scan_skip(struct json_scan *s, struct err *e)
{
	unsigned depth = s->depth;
	enum json_token token;
	while (s->depth >= depth) {
		if (!json_scan_next(s, &token, e))
			return false;
	}
	return true;
}
