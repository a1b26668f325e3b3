/*
 * A growing buffer of bytes with a named maximum.
 *
 * Appending past the maximum sets `failed` and keeps what fitted before the call; later appends do
 * nothing. So a writer appends without looking and asks once at the end. The bytes are always followed by a NUL that
 * is not counted.
 */
#pragma once

#include "base/str.h"
#include "base/util.h"

#include <stdarg.h>

struct buf {
	char *p;
	size_t n;   /* bytes in use */
	size_t cap; /* bytes allocated */
	size_t max; /* bytes it may ever hold */
	bool failed;
};

#define BUF_INIT(maximum) ((struct buf){ .max = (maximum) })

void buf_free(struct buf *b);
void buf_clear(struct buf *b);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *s);
void buf_add_str(struct buf *b, struct str s);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
void buf_add_i64(struct buf *b, int64_t v);
/* Shortest text that reads back as v; "null" when v is not finite. C locale. */
void buf_add_f64(struct buf *b, double v);
/* Room for n more bytes at b->p + b->n; the caller adds to b->n what it wrote. NULL when over the maximum. */
char *buf_reserve(struct buf *b, size_t n);
/* Drops the first n bytes. */
void buf_consume(struct buf *b, size_t n);
/* Hands the bytes over to the caller, who frees them; the buffer is empty after. */
char *buf_take(struct buf *b, size_t *ret_n);

static inline struct str buf_str(const struct buf *b)
{
	return str_n(b->p ? b->p : "", b->n);
}
