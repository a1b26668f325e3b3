#include "json/write.h"

#include "base/clock.h"
#include "base/utf8.h"

static void before_value(struct json_writer *w)
{
	if (w->comma)
		buf_addc(w->b, ',');
	w->comma = true;
}

void jw_open(struct json_writer *w, char bracket)
{
	before_value(w);
	buf_addc(w->b, bracket);
	w->comma = false;
}

void jw_close(struct json_writer *w, char bracket)
{
	buf_addc(w->b, bracket);
	w->comma = true;
}

static bool is_clean(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void quote_one(struct buf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	switch (c) {
	case '"':
		buf_add(b, "\\\"", 2);
		return;
	case '\\':
		buf_add(b, "\\\\", 2);
		return;
	case '\n':
		buf_add(b, "\\n", 2);
		return;
	case '\r':
		buf_add(b, "\\r", 2);
		return;
	case '\t':
		buf_add(b, "\\t", 2);
		return;
	default:
		buf_add(b, "\\u00", 4);
		buf_addc(b, hex[c >> 4]);
		buf_addc(b, hex[c & 15]);
	}
}

void json_quote(struct buf *b, struct str s)
{
	buf_addc(b, '"');
	size_t at = 0;
	while (at < s.n) {
		size_t from = at;
		while (at < s.n && is_clean((unsigned char)s.p[at]))
			at++;
		buf_add(b, s.p + from, at - from);
		if (at == s.n)
			break;
		unsigned char c = (unsigned char)s.p[at];
		uint32_t code;
		size_t n = 1;
		if (c < 0x80)
			quote_one(b, c);
		else if ((n = utf8_decode(str_n(s.p + at, s.n - at), &code)))
			buf_add(b, s.p + at, n);
		else {
			buf_adds(b, "\xef\xbf\xbd");
			n = 1;
		}
		at += n;
	}
	buf_addc(b, '"');
}

void jw_key_str(struct json_writer *w, struct str key)
{
	before_value(w);
	json_quote(w->b, key);
	buf_addc(w->b, ':');
	w->comma = false;
}

void jw_key(struct json_writer *w, const char *key)
{
	jw_key_str(w, str_of(key));
}

void jw_str(struct json_writer *w, struct str s)
{
	before_value(w);
	json_quote(w->b, s);
}

void jw_cstr(struct json_writer *w, const char *s)
{
	if (s)
		jw_str(w, str_of(s));
	else
		jw_null(w);
}

void jw_i64(struct json_writer *w, int64_t v)
{
	before_value(w);
	buf_add_i64(w->b, v);
}

void jw_id(struct json_writer *w, int64_t id)
{
	before_value(w);
	buf_addc(w->b, '"');
	buf_add_i64(w->b, id);
	buf_addc(w->b, '"');
}

void jw_f64(struct json_writer *w, double v)
{
	before_value(w);
	buf_add_f64(w->b, v);
}

void jw_bool(struct json_writer *w, bool v)
{
	before_value(w);
	buf_adds(w->b, v ? "true" : "false");
}

void jw_null(struct json_writer *w)
{
	before_value(w);
	buf_adds(w->b, "null");
}

void jw_time(struct json_writer *w, int64_t usec)
{
	char text[CLOCK_TEXT];
	if (usec == INT64_MIN) {
		jw_null(w);
		return;
	}
	clock_format(usec, text);
	jw_cstr(w, text);
}

void jw_raw(struct json_writer *w, struct str json)
{
	before_value(w);
	buf_add_str(w->b, json);
}

void jw_kv_str(struct json_writer *w, const char *key, struct str s)
{
	jw_key(w, key);
	jw_str(w, s);
}

void jw_kv_cstr(struct json_writer *w, const char *key, const char *s)
{
	jw_key(w, key);
	jw_cstr(w, s);
}

void jw_kv_i64(struct json_writer *w, const char *key, int64_t v)
{
	jw_key(w, key);
	jw_i64(w, v);
}

void jw_kv_id(struct json_writer *w, const char *key, int64_t id)
{
	jw_key(w, key);
	jw_id(w, id);
}

void jw_kv_f64(struct json_writer *w, const char *key, double v)
{
	jw_key(w, key);
	jw_f64(w, v);
}

void jw_kv_bool(struct json_writer *w, const char *key, bool v)
{
	jw_key(w, key);
	jw_bool(w, v);
}

void jw_kv_null(struct json_writer *w, const char *key)
{
	jw_key(w, key);
	jw_null(w);
}

void jw_kv_time(struct json_writer *w, const char *key, int64_t usec)
{
	jw_key(w, key);
	jw_time(w, usec);
}
