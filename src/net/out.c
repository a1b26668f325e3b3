#include "net/internal.h"

#include <stdlib.h>

#define SEG_BYTES 2048
#define SEGS_AT_ONCE 32
#define TLS_AT_ONCE (64 * KIB)

static struct seg *push(struct out *o)
{
	if (!o->v || o->count == o->cap) {
		o->cap = o->cap ? o->cap * 2 : 4;
		o->v = mem_realloc(o->v, o->cap * sizeof *o->v);
	}
	struct seg *s = &o->v[o->count++];
	*s = (struct seg){ 0 };
	return s;
}

void out_add(struct conn *c, const void *p, size_t n)
{
	struct out *o = &c->out;
	struct seg *s = o->count > o->flight ? &o->v[o->count - 1] : NULL;
	size_t used = s && s->owned ? (size_t)(s->p - s->owned) + s->n : 0;
	if (!s || !s->owned || s->cap == 0 || s->cap - used < n) {
		s = push(o);
		s->cap = MAX(n, (size_t)SEG_BYTES);
		s->owned = mem_alloc(s->cap);
		s->p = s->owned;
		used = 0;
	}
	memcpy(s->owned + used, p, n);
	s->n += n;
	o->bytes += n;
}

void out_take(struct conn *c, struct buf *b)
{
	if (b->n < SEG_BYTES) {
		if (b->n)
			out_add(c, b->p, b->n);
		buf_free(b);
		return;
	}
	struct seg *s = push(&c->out);
	s->owned = buf_take(b, &s->n);
	s->p = s->owned;
	c->out.bytes += s->n;
}

void out_const(struct conn *c, struct str bytes)
{
	if (bytes.n == 0)
		return;
	struct seg *s = push(&c->out);
	s->p = bytes.p;
	s->n = bytes.n;
	c->out.bytes += s->n;
}

/* Drops the first n bytes. */
static void consume(struct out *o, size_t n)
{
	size_t done = 0;
	o->bytes -= n;
	while (done < o->count && n >= o->v[done].n) {
		n -= o->v[done].n;
		free(o->v[done++].owned);
	}
	if (done < o->count) {
		o->v[done].p += n;
		o->v[done].n -= n;
	}
	o->count -= done;
	memmove(o->v, o->v + done, o->count * sizeof *o->v);
}

static void moved(struct conn *c, size_t n)
{
	c->progress = (int64_t)uv_now(&c->loop->uv);
	atomic_fetch_add_explicit(&c->loop->net->bytes_out, (int64_t)n, memory_order_relaxed);
}

static void on_written(uv_write_t *w, int status)
{
	struct conn *c = w->data;
	struct out *o = &c->out;
	size_t n = 0;
	if (c->tls) {
		free(o->cipher);
		o->cipher = NULL;
	} else {
		for (size_t i = 0; i < o->flight; i++)
			n += o->v[i].n;
	}
	o->flight = 0;
	if (c->state == CONN_CLOSED)
		return;
	if (status < 0) {
		conn_close(c);
		return;
	}
	consume(o, n);
	moved(c, n);
	serve_input(c);
}

/* False: nothing more can be written now. */
static bool flush_plain(struct conn *c)
{
	struct out *o = &c->out;
	uv_buf_t bufs[SEGS_AT_ONCE];
	size_t count = MIN(o->count, (size_t)SEGS_AT_ONCE);
	for (size_t i = 0; i < count; i++)
		bufs[i] = uv_buf_init((char *)(uintptr_t)o->v[i].p, (unsigned)o->v[i].n);
	int n = uv_try_write(&c->uv.stream, bufs, (unsigned)count);
	if (n < 0 && n != UV_EAGAIN) {
		conn_close(c);
		return false;
	}
	if (n > 0) {
		consume(o, (size_t)n);
		moved(c, (size_t)n);
		return true;
	}
	o->write.data = c;
	o->flight = count;
	if (uv_write(&o->write, &c->uv.stream, bufs, (unsigned)count, on_written) != 0) {
		o->flight = 0;
		conn_close(c);
	}
	return false;
}

static bool flush_tls(struct conn *c)
{
	struct out *o = &c->out;
	if (o->count) {
		size_t n = MIN(o->v[0].n, (size_t)TLS_AT_ONCE);
		if (!tls_write(c->tls, o->v[0].p, n)) {
			conn_close(c);
			return false;
		}
		consume(o, n);
	}
	struct str cipher = tls_pending(c->tls);
	if (cipher.n == 0)
		return o->count > 0;
	uv_buf_t b = uv_buf_init((char *)(uintptr_t)cipher.p, (unsigned)cipher.n);
	int n = uv_try_write(&c->uv.stream, &b, 1);
	if (n < 0 && n != UV_EAGAIN) {
		conn_close(c);
		return false;
	}
	size_t sent = n > 0 ? (size_t)n : 0;
	moved(c, sent);
	if (sent == cipher.n) {
		tls_sent(c->tls);
		return o->count > 0;
	}
	o->cipher = mem_alloc(cipher.n - sent);
	memcpy(o->cipher, cipher.p + sent, cipher.n - sent);
	b = uv_buf_init(o->cipher, (unsigned)(cipher.n - sent));
	tls_sent(c->tls);
	o->write.data = c;
	o->flight = 1;
	if (uv_write(&o->write, &c->uv.stream, &b, 1, on_written) != 0) {
		o->flight = 0;
		conn_close(c);
	}
	return false;
}

void out_flush(struct conn *c)
{
	if (c->out.flight || c->state == CONN_CLOSED)
		return;
	if (c->tls)
		while (flush_tls(c))
			;
	else
		while (c->out.count && flush_plain(c))
			;
}

void out_free(struct out *o)
{
	for (size_t i = 0; i < o->count; i++)
		free(o->v[i].owned);
	free(o->v);
	free(o->cipher);
}
