#include "base/log.h"

#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Atomic int threshold = LOG_INFO;
static const char *const names[] = { "debug", "info", "warn", "error", "off" };

void log_set_level(enum log_level level)
{
	atomic_store(&threshold, (int)level);
}

enum log_level log_get_level(void)
{
	return (enum log_level)atomic_load(&threshold);
}

bool log_level_parse(struct str s, enum log_level *ret)
{
	for (size_t i = 0; i < countof(names); i++) {
		if (str_is(s, names[i])) {
			*ret = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static void put(struct log_line *l, const char *p, size_t n)
{
	size_t room = sizeof l->text - 2 - l->n; /* the line end always fits */
	if (n > room)
		n = room;
	memcpy(l->text + l->n, p, n);
	l->n += n;
}

static void put_key(struct log_line *l, const char *key)
{
	if (l->n)
		put(l, " ", 1);
	put(l, key, strlen(key));
	put(l, "=", 1);
}

void log_begin(struct log_line *l, enum log_level level, const char *event)
{
	char now[CLOCK_TEXT];
	l->level = level;
	l->n = 0;
	clock_format(clock_now(), now);
	put_key(l, "ts");
	put(l, now, strlen(now));
	log_cstr(l, "level", names[level]);
	log_cstr(l, "event", event);
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f)
			return false;
	}
	return s.n > 0;
}

void log_str(struct log_line *l, const char *key, struct str value)
{
	put_key(l, key);
	if (is_plain(value)) {
		put(l, value.p, value.n);
		return;
	}
	put(l, "\"", 1);
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];
		char hex[8];
		if (c == '"' || c == '\\') {
			put(l, "\\", 1);
			put(l, value.p + i, 1);
		} else if (c < ' ' || c == 0x7f) {
			snprintf(hex, sizeof hex, "\\x%02x", c);
			put(l, hex, 4);
		} else {
			put(l, value.p + i, 1);
		}
	}
	put(l, "\"", 1);
}

void log_cstr(struct log_line *l, const char *key, const char *value)
{
	log_str(l, key, str_of(value));
}

void log_i64(struct log_line *l, const char *key, int64_t value)
{
	char digits[STR_I64];
	log_str(l, key, str_i64(value, digits));
}

void log_id(struct log_line *l, const char *key, int64_t id)
{
	log_i64(l, key, id);
}

void log_err(struct log_line *l, const struct err *e)
{
	log_cstr(l, "code", err_code(e));
	log_cstr(l, "error", e->message);
}

void log_end(struct log_line *l)
{
	if ((int)l->level < atomic_load(&threshold))
		return;
	l->text[l->n++] = '\n';
	/* One write, so that lines of several threads and processes do not mix. */
	ssize_t done = write(STDERR_FILENO, l->text, l->n);
	(void)done;
}

void log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	char text[800];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	struct log_line l;
	log_begin(&l, level, event);
	log_cstr(&l, "text", text);
	log_end(&l);
}
