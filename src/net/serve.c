/* From bytes to exchanges: one request of a connection at a time, so that pipelined answers are in order by nature. */
#include "net/internal.h"

static void on_body(void *ctx, const char *p, size_t n)
{
	struct conn *c = ctx;
	if (c->x)
		exchange_body(c->x, p, n);
}

static struct head_limits limits_of(const struct conn *c)
{
	const struct net_config *n = &c->loop->net->config;
	return (struct head_limits){ n->header_bytes, n->header_count, n->url_bytes };
}

static void consume(struct conn *c, size_t n)
{
	c->in_off += n;
	if (conn_pending(c) == 0) {
		buf_clear(&c->in);
		c->in_off = 0;
	}
}

void serve_refuse(struct conn *c, const struct head_fault *f)
{
	struct net *n = c->loop->net;
	struct exchange *x = c->x;
	struct err e;
	if (x && x->priv->held) {
		/* A thread is reading this body: it gets the reason and answers itself. */
		err_set(&e,
			f->status == 408   ? ERR_TIMEOUT
			: f->status == 413 ? ERR_TOO_LARGE
					   : ERR_MALFORMED,
			f->code, "%s", f->message);
		exchange_body_end(x, &e);
		x->head.keep_alive = false;
		c->state = CONN_HANDLING;
		conn_update(c);
		return;
	}
	atomic_fetch_add_explicit(&n->refused, 1, memory_order_relaxed);
	if (!x)
		x = c->x = exchange_new(c); /* so that there is one way to answer */
	x->head.keep_alive = false;
	x->head.minor = 1;
	x->priv->answered = true;
	struct exchange_reply r = {
		.status = f->status, .headers = BUF_INIT(4096), .body = BUF_INIT(4096), .close = true
	};
	struct net_refusal refusal = { f->status, f->code, f->message, f->status == 503 ? 1 : 0, c->address };
	n->handler.refuse(n->handler.ctx, &refusal, &r.headers, &r.body);
	reply_send(c, &r);
	buf_free(&r.headers);
	buf_free(&r.body);
	serve_answered(c);
	conn_update(c);
}

void serve_continue(struct conn *c)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	if (c->state == CONN_BODY && c->x && c->x->head.expects && c->x->bytes_in == 0 && conn_pending(c) == 0)
		out_add(c, text, sizeof text - 1);
}

static void ready(struct conn *c)
{
	struct net *n = c->loop->net;
	if (c->state == CONN_HEAD)
		c->state = http1_ended(&c->http) ? CONN_HANDLING : CONN_BODY;
	atomic_fetch_add_explicit(&n->requests, 1, memory_order_relaxed);
	n->handler.ready(n->handler.ctx, c->x);
	if (c->state != CONN_CLOSED && c->x && c->x->priv->answered && !c->x->priv->held)
		serve_answered(c);
}

/* After head(): the body's plan is known. */
static void planned(struct conn *c)
{
	static const struct head_fault large = { 413, "too_large", "The body is larger than this route takes." };
	struct exchange *x = c->x;
	if (x->priv->answered) {
		serve_answered(c);
	} else if (x->head.content_length >= 0 && (uint64_t)x->head.content_length > x->body_limit) {
		serve_refuse(c, &large);
	} else if (x->body_plan == BODY_STREAM) {
		stream_init(x);
		if (http1_ended(&c->http))
			exchange_body_end(x, NULL);
		ready(c);
	} else if (http1_ended(&c->http)) {
		ready(c);
	} else {
		c->state = CONN_BODY;
		c->rate_since = (int64_t)uv_now(&c->loop->uv);
		c->rate_bytes = 0;
		serve_continue(c);
	}
}

static void begin(struct conn *c, struct str text)
{
	struct net *n = c->loop->net;
	struct head_limits limits = limits_of(c);
	struct head_fault f = { 0 };
	struct exchange *x = exchange_new(c);
	struct str copy = arena_str(&x->arena, text);
	bool ok = head_parse(copy, &limits, &x->arena, &x->head, &f);
	ok = ok && http1_begin(&c->http, &x->head, on_body, c, &f);
	consume(c, text.n);
	c->x = x;
	if (!ok) {
		serve_refuse(c, &f);
		return;
	}
	c->requests++;
	x->address = arena_strdup(&x->arena, c->address);
	atomic_store(&x->gone, c->eof);
	n->handler.head(n->handler.ctx, x);
	planned(c);
}

/* An empty line before a request is forgiven: old clients send one after a POST. */
static void skip_empty_line(struct conn *c)
{
	const char *p = c->in.p + c->in_off;
	if (c->scanned == 0 && conn_pending(c) >= 2 && p[0] == '\r' && p[1] == '\n')
		consume(c, 2);
}

/* False: more bytes are needed. */
static bool take_head(struct conn *c)
{
	struct head_limits limits = limits_of(c);
	struct head_fault f;
	skip_empty_line(c);
	if (conn_pending(c) == 0)
		return false;
	const char *p = c->in.p + c->in_off;
	size_t n = head_end(p, conn_pending(c), &c->scanned, &limits, &f);
	if (n) {
		c->scanned = 0;
		begin(c, str_n(p, n));
		return true;
	}
	if (f.status)
		serve_refuse(c, &f);
	return f.status != 0;
}

static bool take_body(struct conn *c)
{
	static const struct head_fault large = { 413, "too_large", "The body is larger than this route takes." };
	static const struct head_fault full = { 503, "overloaded", "Too much is being sent at the same time." };
	struct head_fault f;
	struct exchange *x = c->x;
	size_t used = 0;
	c->paused = exchange_body_full(x);
	if (c->paused || conn_pending(c) == 0)
		return false;
	if (!http1_feed(&c->http, c->in.p + c->in_off, conn_pending(c), &used, &f)) {
		serve_refuse(c, &f);
		return true;
	}
	consume(c, used);
	if (x->bytes_in > x->body_limit) {
		serve_refuse(c, &large);
	} else if (x->body.failed) {
		serve_refuse(c, &full);
	} else if (http1_ended(&c->http)) {
		c->state = CONN_HANDLING;
		if (x->body_plan == BODY_STREAM)
			exchange_body_end(x, NULL);
		else
			ready(c);
	}
	return true;
}

static void go_on_later(struct conn *c)
{
	struct loop *l = c->loop;
	if (c->in_again)
		return;
	c->in_again = true;
	c->next_again = l->again;
	l->again = c;
	uv_async_send(&l->wake);
}

/* One step; false when there is nothing to do before something new happens. */
static bool step(struct conn *c)
{
	switch (c->state) {
	case CONN_HEAD:
		/* A client that sends requests and does not read answers waits. */
		return c->out.bytes < LIMIT_STREAM_BYTES && take_head(c);
	case CONN_BODY:
		return take_body(c);
	case CONN_WEBSOCKET:
		ws_input(c->ws, c->in.p + c->in_off, conn_pending(c));
		consume(c, conn_pending(c));
		if (ws_ended(c->ws))
			conn_finish(c, false);
		return false;
	case CONN_HANDLING:
	case CONN_CLOSING:
	case CONN_LINGER:
	case CONN_CLOSED:
		break;
	}
	return false;
}

/* The client sends no more, and what it had sent is worked off as far as it goes now. */
static void serve_eof(struct conn *c)
{
	switch (c->state) {
	case CONN_HEAD:
		/* A half-closed connection ends when what it asked is answered. */
		if (c->out.bytes < LIMIT_STREAM_BYTES)
			conn_finish(c, false);
		break;
	case CONN_BODY:
		if (c->x->priv->held && !c->paused)
			exchange_lost(c->x, false);
		else if (!c->x->priv->held)
			conn_close(c); /* half a request: nobody to answer */
		break;
	case CONN_HANDLING:
		atomic_store(&c->x->gone, true);
		break;
	case CONN_WEBSOCKET:
		conn_finish(c, false);
		break;
	case CONN_LINGER:
		conn_close(c);
		break;
	case CONN_CLOSING:
	case CONN_CLOSED:
		break;
	}
}

void serve_input(struct conn *c)
{
	size_t before = c->requests;
	for (;;) {
		while (step(c)) {
			if (c->requests - before >= LIMIT_PIPELINE) {
				go_on_later(c);
				break;
			}
		}
		if (c->eof && !c->in_again)
			serve_eof(c);
		bool full = c->out.bytes >= LIMIT_STREAM_BYTES;
		conn_update(c);
		/* Once more when answers that were in the way went out at once: then no event of theirs comes later. */
		if (!full || c->out.bytes >= LIMIT_STREAM_BYTES || c->in_again || c->state == CONN_CLOSED)
			return;
	}
}

void serve_answered(struct conn *c)
{
	struct exchange *x = c->x;
	struct exchange_reply *r = &x->priv->reply;
	bool ended = x->status < 400 && http1_ended(&c->http);
	bool keep = x->head.keep_alive && http1_ended(&c->http) && !r->close && !c->loop->stopping;
	const struct ws_handler *ws = r->ws;
	void *ws_ctx = r->ws_ctx;
	if (c->state == CONN_CLOSED)
		return;
	c->x = NULL;
	r->ws = NULL;
	x->priv->conn = NULL;
	exchange_free(x);
	c->paused = false;
	if (ws) {
		c->state = CONN_WEBSOCKET;
		c->ws = ws_open(c, ws, ws_ctx);
	} else if (keep) {
		c->state = CONN_HEAD;
		c->since = (int64_t)uv_now(&c->loop->uv);
		/* What a large body needed is not kept for an idle connection. */
		if (conn_pending(c) == 0 && c->in.cap > 8 * KIB)
			buf_free(&c->in);
	} else {
		conn_finish(c, !ended || conn_pending(c) > 0);
	}
}

void serve_close_x(struct conn *c)
{
	struct exchange *x = c->x;
	if (c->ws)
		ws_lost(c->ws);
	c->ws = NULL;
	if (!x)
		return;
	c->x = NULL;
	x->priv->conn = NULL;
	exchange_lost(x, true);
	if (!x->priv->held)
		exchange_free(x);
}
