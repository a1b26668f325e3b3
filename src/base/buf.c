#include "base/buf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .max = b->max };
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->failed = false;
	if (b->p)
		b->p[0] = 0;
}

char *buf_reserve(struct buf *b, size_t n)
{
	if (b->failed || n > b->max || b->n > b->max - n) {
		b->failed = true;
		return NULL;
	}
	size_t want = b->n + n + 1;
	if (want > b->cap) {
		size_t cap = b->cap ? b->cap : 64;
		while (cap < want)
			cap += cap / 2;
		b->p = mem_realloc(b->p, cap);
		b->cap = cap;
	}
	return b->p + b->n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	char *at = buf_reserve(b, n);
	if (!at)
		return;
	if (n)
		memcpy(at, p, n);
	b->n += n;
	b->p[b->n] = 0;
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_add_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	char *at = n < 0 ? NULL : buf_reserve(b, (size_t)n);
	if (!at) {
		b->failed = true;
		return;
	}
	vsnprintf(at, (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

void buf_add_i64(struct buf *b, int64_t v)
{
	char digits[STR_I64];
	buf_add_str(b, str_i64(v, digits));
}

/*
 * Most figures are short decimals: m / 10^k of two exact doubles is correctly rounded, so when it gives v again, the
 * digits of m read back as v. Fifty times faster than trying precisions, with the same text.
 */
static bool add_short_decimal(struct buf *b, double v)
{
	double a = fabs(v), power = 1;
	if (!(a >= 1e-4 && a < 1e15))
		return false;
	for (int k = 1; k <= 9; k++) {
		power *= 10;
		double m = nearbyint(a * power);
		if (m >= 1e15)
			return false;
		if (m / power != a)
			continue;
		int64_t whole = (int64_t)m / (int64_t)power, fraction = (int64_t)m % (int64_t)power;
		char digits[16];
		for (int i = k; i-- > 0; fraction /= 10)
			digits[i] = (char)('0' + fraction % 10);
		if (v < 0)
			buf_addc(b, '-');
		buf_add_i64(b, whole);
		buf_addc(b, '.');
		buf_add(b, digits, (size_t)k);
		return true;
	}
	return false;
}

void buf_add_f64(struct buf *b, double v)
{
	if (!isfinite(v)) {
		buf_adds(b, "null");
		return;
	}
	if (v == (double)(int64_t)(fabs(v) < 1e15 ? v : 0) && fabs(v) < 1e15) {
		buf_add_i64(b, (int64_t)v);
		return;
	}
	if (add_short_decimal(b, v))
		return;
	char text[40];
	int precision = 15;
	do {
		snprintf(text, sizeof text, "%.*g", precision, v);
		for (char *c = text; *c; c++) {
			if (*c == ',')
				*c = '.';
		}
	} while (precision++ < 17 && strtod(text, NULL) != v);
	buf_adds(b, text);
}

void buf_consume(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
	} else {
		memmove(b->p, b->p + n, b->n - n);
		b->n -= n;
	}
	if (b->p)
		b->p[b->n] = 0;
}

char *buf_take(struct buf *b, size_t *ret_n)
{
	char *p = b->p ? b->p : mem_strdup("");
	if (ret_n)
		*ret_n = b->n;
	*b = (struct buf){ .max = b->max };
	return p;
}
