#include "base/err.h"

#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Here they are defined: see the end of err.h. */
#undef err_set
#undef err_field
#undef err_errno
#undef err_prefix

static const struct {
	int http;
	int exit;
	const char *code;
} kinds[ERR_KINDS] = {
	[ERR_NONE] = { 200, 0, "ok" },
	[ERR_MALFORMED] = { 400, 1, "malformed" },
	[ERR_UNAUTHENTICATED] = { 401, 1, "not_signed_in" },
	[ERR_FORBIDDEN] = { 403, 1, "not_allowed" },
	[ERR_NOT_FOUND] = { 404, 1, "not_found" },
	[ERR_METHOD] = { 405, 1, "method_not_allowed" },
	[ERR_TIMEOUT] = { 408, 1, "timeout" },
	[ERR_CONFLICT] = { 409, 1, "conflict" },
	[ERR_LENGTH] = { 411, 1, "length_required" },
	[ERR_TOO_LARGE] = { 413, 1, "too_large" },
	[ERR_TYPE] = { 415, 1, "unsupported_type" },
	[ERR_RANGE] = { 416, 1, "range_not_satisfiable" },
	[ERR_VALUE] = { 422, 1, "wrong_value" },
	[ERR_THROTTLED] = { 429, 1, "too_many_requests" },
	[ERR_HEADERS] = { 431, 1, "headers_too_large" },
	[ERR_INTERNAL] = { 500, 1, "internal" },
	[ERR_UNAVAILABLE] = { 503, 1, "overloaded" },
	[ERR_LIMIT] = { 422, 1, "limit_reached" },
	[ERR_CANCELLED] = { 409, 1, "cancelled" },
	[ERR_CORRUPT] = { 500, 1, "damaged" },
	[ERR_IO] = { 500, 1, "io_error" },
	[ERR_USAGE] = { 400, 2, "usage" },
};

/* "The file", "sign in": a word of the sentence; "%s: ", "train_cutoffs ": a name. */
static bool begins_with_word(const char *s)
{
	size_t n = 0;
	while (s[n] >= 'a' && s[n] <= 'z')
		n++;
	return n > 0 && (s[n] == ' ' || s[n] == ',' || s[n] == '\'' || s[n] == '\0');
}

PRINTF_LIKE(5, 0)
static bool fill(struct err *e, enum err_kind kind, const char *code, const char *field, const char *fmt, va_list ap)
{
	if (!e)
		return false;
	e->kind = kind;
	e->retry_after = 0;
	snprintf(e->code, sizeof e->code, "%s", code ? code : "");
	snprintf(e->field, sizeof e->field, "%s", field ? field : "");
	/* By the format, not by what comes of it: a column named "job" stays "job". */
	bool word = begins_with_word(fmt);
	vsnprintf(e->message, sizeof e->message, fmt, ap);
	if (word)
		e->message[0] = (char)(e->message[0] - 'a' + 'A');
	return false;
}

bool err_set(struct err *e, enum err_kind kind, const char *code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(e, kind, code, NULL, fmt, ap);
	va_end(ap);
	return false;
}

bool err_field(struct err *e, enum err_kind kind, const char *field, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(e, kind, NULL, field, fmt, ap);
	va_end(ap);
	return false;
}

bool err_errno(struct err *e, int errnum, const char *fmt, ...)
{
	char what[400];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_IO, errnum == ENOSPC ? "disk_full" : "io_error", "%s: %s", what, strerror(errnum));
}

bool err_prefix(struct err *e, const char *fmt, ...)
{
	if (!e)
		return false;
	char before[sizeof e->message];
	char was[sizeof e->message];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(before, sizeof before, fmt, ap);
	va_end(ap);
	memcpy(was, e->message, sizeof was);
	int n = snprintf(e->message, sizeof e->message, "%s: ", before);
	if (n >= 0 && (size_t)n < sizeof e->message)
		snprintf(e->message + n, sizeof e->message - (size_t)n, "%s", was);
	return false;
}

void err_clear(struct err *e)
{
	if (e)
		*e = (struct err){ 0 };
}

int err_http_status(enum err_kind kind)
{
	return kinds[kind].http;
}

int err_exit_status(enum err_kind kind)
{
	return kinds[kind].exit;
}

const char *err_code(const struct err *e)
{
	return e->code[0] ? e->code : kinds[e->kind].code;
}

static bool wants_stop(const char *s, size_t n)
{
	const char *last = s + n;
	while (last > s && last[-1] != ' ')
		last--;
	return n > 0 && !strchr(".!?:;", s[n - 1]) && !strchr(last, '/');
}

const char *err_sentence(const char *message, char *to)
{
	size_t n = strnlen(message, ERR_SENTENCE_BYTES - 2);
	memcpy(to, message, n);
	to[n] = '\0';
	if (wants_stop(to, n)) {
		to[n] = '.';
		to[n + 1] = '\0';
	}
	return to;
}
