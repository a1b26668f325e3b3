#include "net/internal.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

static int64_t now_ms(const struct conn *c)
{
	return (int64_t)uv_now(&c->loop->uv);
}

static void on_closed(uv_handle_t *h)
{
	struct conn *c = h->data;
	struct loop *l = c->loop;
	for (struct conn **p = &l->again; c->in_again && *p; p = &(*p)->next_again) {
		if (*p == c) {
			*p = c->next_again;
			break;
		}
	}
	if (c->prev)
		c->prev->next = c->next;
	else
		l->conns = c->next;
	if (c->next)
		c->next->prev = c->prev;
	out_free(&c->out);
	buf_free(&c->in);
	tls_free(c->tls);
	peer_gone(l->net, &c->peer);
	atomic_fetch_sub(&l->net->connections, 1);
	free(c);
	loop_may_end(l);
}

void conn_close(struct conn *c)
{
	if (c->state == CONN_CLOSED)
		return;
	c->state = CONN_CLOSED;
	serve_close_x(c);
	uv_close(&c->uv.handle, on_closed);
}

void conn_finish(struct conn *c, bool linger)
{
	if (c->state >= CONN_CLOSING)
		return;
	c->linger = linger;
	c->state = CONN_CLOSING;
	c->since = now_ms(c);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *ret)
{
	struct conn *c = h->data;
	*ret = uv_buf_init(c->loop->read_buffer, sizeof c->loop->read_buffer);
}

static void take_plain(struct conn *c, const char *p, size_t n)
{
	atomic_fetch_add_explicit(&c->loop->net->bytes_in, (int64_t)n, memory_order_relaxed);
	if (c->state >= CONN_CLOSING)
		return; /* read and dropped */
	if (conn_pending(c) == 0) {
		buf_clear(&c->in);
		c->in_off = 0;
		if (c->state == CONN_HEAD)
			c->since = now_ms(c);
	} else if (c->in_off > IN_MAX) {
		buf_consume(&c->in, c->in_off);
		c->in_off = 0;
	}
	c->in.max = SIZE_MAX / 2; /* bounded by conn_update, which stops reading */
	buf_add(&c->in, p, n);
	c->rate_bytes += n;
}

static void take_cipher(struct conn *c, const char *p, size_t n)
{
	char plain[16 * 1024]; /* one TLS record */
	tls_feed(c->tls, p, n);
	for (;;) {
		ssize_t got = tls_read(c->tls, plain, sizeof plain);
		if (got > 0) {
			take_plain(c, plain, (size_t)got);
			continue;
		}
		if (got == TLS_CLOSED)
			c->eof = true;
		else if (got == TLS_FAILED) {
			out_flush(c); /* the alert */
			conn_close(c);
		}
		return;
	}
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct conn *c = s->data;
	if (n == 0 || c->state == CONN_CLOSED)
		return;
	if (n < 0) {
		c->eof = true;
		if (n != UV_EOF) {
			conn_close(c);
			return;
		}
	} else if (c->tls && c->state != CONN_LINGER) {
		take_cipher(c, b->base, (size_t)n);
	} else {
		take_plain(c, b->base, (size_t)n);
	}
	if (c->state == CONN_CLOSED)
		return;
	serve_input(c);
}

static void on_shut(uv_shutdown_t *s, int status)
{
	struct conn *c = s->data;
	if (c->eof || status < 0)
		conn_close(c);
}

/*
 * Closing with unread input makes the kernel send RST, which can destroy the answer before the client read it. So our
 * side is shut first, and what still comes is read and dropped until the client closes too, for linger_ms. Only where
 * more input may come: after a refusal, or an answer before the end of the body.
 */
static void close_when_out(struct conn *c)
{
	if (c->state != CONN_CLOSING || c->out.count || c->out.flight)
		return;
	if (c->tls) {
		tls_shutdown(c->tls);
		out_flush(c);
		if (c->state != CONN_CLOSING || c->out.flight)
			return;
	}
	c->state = CONN_LINGER;
	c->since = now_ms(c);
	c->shut.data = c;
	if (c->eof || !c->linger || uv_shutdown(&c->shut, &c->uv.stream, on_shut) != 0)
		conn_close(c);
}

static bool wants_bytes(const struct conn *c)
{
	if (c->eof || c->paused)
		return false;
	switch (c->state) {
	case CONN_HEAD:
	case CONN_BODY:
		return conn_pending(c) < IN_MAX + c->loop->net->config.header_bytes + c->loop->net->config.url_bytes;
	case CONN_HANDLING:
		return conn_pending(c) < IN_MAX;
	case CONN_WEBSOCKET:
		return c->out.bytes < LIMIT_STREAM_BYTES;
	case CONN_CLOSING:
	case CONN_LINGER:
		return true;
	case CONN_CLOSED:
		break;
	}
	return false;
}

void conn_update(struct conn *c)
{
	out_flush(c);
	close_when_out(c);
	if (c->state == CONN_CLOSED)
		return;
	if (c->x)
		exchange_sent(c->x, c->out.bytes);
	bool want = wants_bytes(c);
	if (want != c->reading) {
		c->reading = want;
		c->rate_since = now_ms(c);
		c->rate_bytes = 0;
		if (want)
			uv_read_start(&c->uv.stream, on_alloc, on_read);
		else
			uv_read_stop(&c->uv.stream);
	}
}

static void tick_head(struct conn *c, int64_t now)
{
	static const struct head_fault slow = { 408, "timeout", "The header took too long." };
	const struct net_config *n = &c->loop->net->config;
	bool begun = conn_pending(c) > 0;
	if (c->loop->stopping && !begun) {
		conn_finish(c, false);
		conn_update(c);
	} else if (begun && now - c->since > n->header_ms) {
		serve_refuse(c, &slow);
	} else if (!begun && now - c->since > (c->requests ? n->idle_ms : n->header_ms)) {
		conn_finish(c, false);
		conn_update(c);
	}
}

static void tick_body(struct conn *c, int64_t now)
{
	static const struct head_fault slow = { 408, "timeout", "The body came too slowly." };
	const struct net_config *n = &c->loop->net->config;
	if (c->reading && now - c->rate_since >= n->body_rate_ms) {
		if (c->rate_bytes * 1000 < n->body_rate_floor * (uint64_t)(now - c->rate_since)) {
			serve_refuse(c, &slow);
			return;
		}
		c->rate_since = now;
		c->rate_bytes = 0;
	}
}

void conn_tick(struct conn *c, int64_t now)
{
	const struct net_config *n = &c->loop->net->config;
	if (c->state == CONN_CLOSED)
		return;
	if ((c->loop->stopping && now > c->loop->stop_at) ||
	    ((c->out.count || c->out.flight) && now - c->progress > n->idle_ms)) {
		conn_close(c);
		return;
	}
	switch (c->state) {
	case CONN_HEAD:
		tick_head(c, now);
		break;
	case CONN_BODY:
		tick_body(c, now);
		break;
	case CONN_LINGER:
		if (now - c->since > (c->loop->stopping ? n->linger_ms / 4 : n->linger_ms))
			conn_close(c);
		break;
	case CONN_WEBSOCKET:
		ws_tick(c->ws, now, c->loop->stopping);
		break;
	case CONN_HANDLING:
	case CONN_CLOSING:
	case CONN_CLOSED:
		break;
	}
	if (c->state != CONN_CLOSED && c->x) {
		exchange_heartbeat(c->x, clock_monotonic());
		conn_update(c);
	}
}

void conn_open(struct loop *l, int fd, bool is_unix, struct tls_context *tls, const char *address,
	       const struct peer *peer)
{
	struct conn *c = mem_zalloc(sizeof *c);
	int code;
	if (is_unix)
		code = uv_pipe_init(&l->uv, &c->uv.pipe, 0) ?: uv_pipe_open(&c->uv.pipe, fd);
	else
		code = uv_tcp_init(&l->uv, &c->uv.tcp) ?: uv_tcp_open(&c->uv.tcp, fd);
	c->uv.handle.data = c;
	c->loop = l;
	c->peer = *peer;
	c->since = c->progress = now_ms(c);
	snprintf(c->address, sizeof c->address, "%s", address);
	c->next = l->conns;
	if (c->next)
		c->next->prev = c;
	l->conns = c;
	if (code) {
		fd_close(&fd);
		conn_close(c);
		return;
	}
	if (!is_unix)
		uv_tcp_nodelay(&c->uv.tcp, 1);
	if (tls)
		c->tls = tls_new(tls);
	conn_update(c);
}
