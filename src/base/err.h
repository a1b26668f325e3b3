/*
 * Errors as values.
 *
 * A function that can fail returns bool and takes `struct err *` last; false means that the err is
 * filled and that no output was touched. Libraries never log and never exit. The one table in err.c
 * maps each kind to its HTTP status, its stable code and its exit status, so that the command line and
 * HTTP cannot disagree about the same failure.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

enum err_kind {
	ERR_NONE = 0,
	ERR_MALFORMED,       /* 400: cannot be understood at all */
	ERR_UNAUTHENTICATED, /* 401 */
	ERR_FORBIDDEN,       /* 403 */
	ERR_NOT_FOUND,       /* 404: also for what belongs to another organisation */
	ERR_METHOD,          /* 405 */
	ERR_TIMEOUT,         /* 408: the caller was too slow */
	ERR_CONFLICT,        /* 409 */
	ERR_LENGTH,          /* 411 */
	ERR_TOO_LARGE,       /* 413 */
	ERR_TYPE,            /* 415: a content type we do not take */
	ERR_RANGE,           /* 416 */
	ERR_VALUE,           /* 422: understood, but a value is wrong */
	ERR_THROTTLED,       /* 429: retry_after is set */
	ERR_HEADERS,         /* 431 */
	ERR_INTERNAL,        /* 500: our own fault; the message never reaches the caller */
	ERR_UNAVAILABLE,     /* 503: try again; retry_after may be set */
	ERR_LIMIT,           /* 422: a time or memory bound was reached */
	ERR_CANCELLED,       /* 409: somebody asked for it to stop */
	ERR_CORRUPT,         /* 500: stored bytes are damaged; the message names what */
	ERR_IO,              /* 500: the operating system refused; disk full among them */
	ERR_USAGE,           /* exit 2: wrong command line */
	ERR_KINDS
};

struct err {
	enum err_kind kind;
	int retry_after;   /* seconds; 0 = not said */
	char code[48];     /* snake_case, stable; empty = the kind's own */
	char field[96];    /* the field, column or option at fault; empty = none */
	char message[600]; /* one sentence for a person, UTF-8 */
};

/* Fills e and returns false, so that a function can `return err_set(…)`. e may be NULL. */
bool err_set(struct err *e, enum err_kind kind, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The same, naming the field at fault. */
bool err_field(struct err *e, enum err_kind kind, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* ERR_IO from errno: "what: reason"; ENOSPC has the code disk_full. */
bool err_errno(struct err *e, int errnum, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Puts "text: " before the message, keeping kind and code. Returns false. */
bool err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void err_clear(struct err *e);

int err_http_status(enum err_kind kind);
int err_exit_status(enum err_kind kind);
/* The code of e: its own, or else its kind's. Never NULL. */
const char *err_code(const struct err *e);

#define ERR_SENTENCE_BYTES (sizeof(((struct err *)0)->message) + 1)
/*
 * A message as it is shown, in an answer and on the command line alike: with a stop, however it was put together,
 * unless a path ends it. Its capital letter it has from err_set, where a word of the format begins it and not a name.
 * to has room for ERR_SENTENCE_BYTES; returns to.
 */
const char *err_sentence(const char *message, char *to);

#ifdef __clang_analyzer__
/* The analyzer sees one file at a time and would follow a path on which a failure returned true. */
#define err_set(...) (err_set(__VA_ARGS__), false)
#define err_field(...) (err_field(__VA_ARGS__), false)
#define err_errno(...) (err_errno(__VA_ARGS__), false)
#define err_prefix(...) (err_prefix(__VA_ARGS__), false)
#endif
