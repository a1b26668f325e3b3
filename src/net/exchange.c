#include "net/internal.h"

#include "base/clock.h"
#include "net/websocket.h"

#include <stdlib.h>

static void deliver(struct mail *m, unsigned events);

struct exchange *exchange_new(struct conn *c)
{
	struct {
		struct exchange x;
		struct exchange_private p;
	} *both = mem_zalloc(sizeof *both);
	struct exchange *x = &both->x;
	struct exchange_private *p = &both->p;
	x->priv = p;
	x->started = clock_monotonic();
	x->tls = c->tls != NULL;
	x->body_limit = LIMIT_BODY_BYTES;
	arena_begin(&x->arena, &c->loop->spares);
	p->x = x;
	p->mail.deliver = deliver;
	p->loop = c->loop;
	p->conn = c;
	return x;
}

static void reply_free(struct exchange_reply *r)
{
	buf_free(&r->headers);
	buf_free(&r->body);
}

void exchange_free(struct exchange *x)
{
	struct exchange_private *p = x->priv;
	struct net *n = p->loop->net;
	n->handler.done(n->handler.ctx, x);
	/* A WebSocket that was agreed on and never came about: its context must not be forgotten. */
	if (p->reply.ws && p->reply.ws->closed)
		p->reply.ws->closed(NULL, p->reply.ws_ctx, 1006);
	atomic_fetch_sub_explicit(&n->bodies, (int64_t)p->body_counted, memory_order_relaxed);
	reply_free(&p->reply);
	if (p->stream)
		stream_free(p->stream);
	buf_free(&x->body);
	arena_end(&x->arena, &p->loop->spares);
	free(x);
}

void exchange_hold(struct exchange *x)
{
	x->priv->held = true;
	x->priv->loop->held++;
}

void exchange_unhold(struct exchange *x)
{
	x->priv->held = false;
	x->priv->loop->held--;
}

void exchange_reply(struct exchange *x, struct exchange_reply *r)
{
	struct exchange_private *p = x->priv;
	p->reply = *r;
	*r = (struct exchange_reply){ 0 };
	if (p->held) {
		loop_post(p->loop, &p->mail, MAIL_REPLY | MAIL_RELEASE);
		return;
	}
	p->answered = true;
	reply_send(p->conn, &p->reply);
}

void exchange_release(struct exchange *x, bool whole)
{
	x->priv->whole = whole;
	loop_post(x->priv->loop, &x->priv->mail, MAIL_OUT | MAIL_RELEASE);
}

/* The other thread has let go. */
static void released(struct exchange *x)
{
	struct exchange_private *p = x->priv;
	struct conn *c = p->conn;
	p->held = false;
	p->loop->held--;
	if (!c) {
		exchange_free(x);
		return;
	}
	/* HEAD: the handler was told at its first write that nobody wants the body; so the answer is whole. */
	bool whole = p->whole || str_is(x->head.method, "HEAD");
	if (p->streaming && p->head_sent && whole && !p->answered) {
		reply_stream_end(c, x);
		p->answered = true;
	}
	if (p->answered)
		serve_answered(c);
	else
		conn_close(c); /* an answer that broke off: the client must see it */
}

static void deliver(struct mail *m, unsigned events)
{
	struct exchange_private *p = (struct exchange_private *)m;
	struct exchange *x = p->x;
	if (p->conn && (events & MAIL_CONTINUE))
		serve_continue(p->conn);
	if (p->conn && (events & MAIL_OUT))
		stream_drain(x);
	if (p->conn && (events & MAIL_REPLY)) {
		p->answered = true;
		reply_send(p->conn, &p->reply);
	}
	struct conn *c = p->conn;
	if (events & MAIL_RELEASE)
		released(x);
	if (c && c->state != CONN_CLOSED)
		serve_input(c);
}

void exchange_lost(struct exchange *x, bool dead)
{
	struct stream *s = x->priv->stream;
	atomic_store(&x->gone, true);
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	if (!s->in_end)
		err_set(&s->in_err, ERR_MALFORMED, "incomplete", "The client went away before the end of the body.");
	s->in_end = true;
	s->dead |= dead;
	pthread_cond_broadcast(&s->change);
	pthread_mutex_unlock(&s->lock);
}

/* Counted over all requests, so that many slow senders cannot fill the memory. */
static bool count_body(struct exchange *x, size_t n)
{
	struct net *net = x->priv->loop->net;
	x->priv->body_counted += n;
	return atomic_fetch_add_explicit(&net->bodies, (int64_t)n, memory_order_relaxed) + (int64_t)n <=
	       (int64_t)LIMIT_BODIES_BYTES;
}

void exchange_body(struct exchange *x, const char *p, size_t n)
{
	x->bytes_in += n;
	if (x->priv->answered || x->bytes_in > x->body_limit)
		return;
	if (x->priv->stream) {
		struct stream *s = x->priv->stream;
		pthread_mutex_lock(&s->lock);
		buf_add(&s->in, p, n);
		pthread_cond_broadcast(&s->change);
		pthread_mutex_unlock(&s->lock);
		return;
	}
	x->body.max = x->body_limit;
	if (count_body(x, n))
		buf_add(&x->body, p, n);
	else
		x->body.failed = true;
}

void exchange_date(char ret[EXCHANGE_DATE])
{
	static const char days[] = "ThuFriSatSunMonTueWed", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static _Thread_local int64_t last = -1;
	static _Thread_local char text[64];
	int64_t now = clock_now() / USEC_PER_SEC;
	if (now != last) {
		int64_t day = now / 86400, y;
		int m, d, s = (int)(now % 86400);
		clock_civil_from_days(day, &y, &m, &d);
		snprintf(text, sizeof text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * (day % 7), d,
			 months + 3 * (m - 1), (int)y % 10000, s / 3600, s / 60 % 60, s % 60);
		last = now;
	}
	memcpy(ret, text, EXCHANGE_DATE);
}
