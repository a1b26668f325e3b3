#include "net/internal.h"

#include "base/clock.h"

#include <stdlib.h>

void stream_init(struct exchange *x)
{
	struct stream *s = mem_zalloc(sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->change, NULL);
	/* One read of the socket may come on top of what waits. */
	s->in.max = LIMIT_STREAM_BYTES + IN_MAX + READ_BYTES;
	s->out.max = SIZE_MAX / 2;
	s->asked = !x->head.expects;
	x->priv->stream = s;
}

void stream_free(struct stream *s)
{
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->change);
	buf_free(&s->in);
	buf_free(&s->out);
	free(s);
}

/* -- the thread that holds the exchange */

ssize_t exchange_read(struct exchange *x, void *p, size_t n, struct err *e)
{
	struct exchange_private *priv = x->priv;
	struct stream *s = priv->stream;
	ssize_t got = -1;
	unsigned post = 0;
	pthread_mutex_lock(&s->lock);
	if (!s->asked && s->in.n == 0 && !s->in_end)
		loop_post(priv->loop, &priv->mail, MAIL_CONTINUE);
	s->asked = true;
	while (s->in.n == 0 && !s->in_end)
		pthread_cond_wait(&s->change, &s->lock);
	if (s->in.n) {
		got = (ssize_t)MIN(n, s->in.n);
		memcpy(p, s->in.p, (size_t)got);
		buf_consume(&s->in, (size_t)got);
		if (s->in_full && s->in.n < LIMIT_STREAM_BYTES / 2) {
			s->in_full = false;
			post = MAIL_READ;
		}
	} else if (s->in_err.kind) {
		*e = s->in_err;
	} else {
		got = 0;
	}
	pthread_mutex_unlock(&s->lock);
	if (post)
		loop_post(priv->loop, &priv->mail, post);
	return got;
}

bool exchange_stream(struct exchange *x, int status, struct buf *headers, bool sse, struct err *e)
{
	struct exchange_private *p = x->priv;
	if (!p->stream || p->streaming)
		return err_set(e, ERR_INTERNAL, NULL, "This route cannot stream its answer.");
	p->reply = (struct exchange_reply){ .status = status, .headers = *headers };
	*headers = (struct buf){ .max = headers->max };
	pthread_mutex_lock(&p->stream->lock); /* from here on the loop looks at these */
	p->streaming = true;
	p->sse = sse;
	p->stream->written = clock_monotonic();
	pthread_mutex_unlock(&p->stream->lock);
	loop_post(p->loop, &p->mail, MAIL_OUT);
	return true;
}

bool exchange_write(struct exchange *x, const void *p, size_t n, struct err *e)
{
	struct exchange_private *priv = x->priv;
	struct stream *s = priv->stream;
	if (str_is(x->head.method, "HEAD"))
		return err_set(e, ERR_CANCELLED, "head_only", "Only the header was asked for.");
	pthread_mutex_lock(&s->lock);
	while (!s->dead && s->out.n + s->unsent >= LIMIT_STREAM_BYTES)
		pthread_cond_wait(&s->change, &s->lock);
	bool dead = s->dead, first = s->out.n == 0;
	if (!dead)
		buf_add(&s->out, p, n);
	s->written = clock_monotonic();
	pthread_mutex_unlock(&s->lock);
	if (dead)
		return err_set(e, ERR_CANCELLED, "client_gone", "The client went away.");
	if (first)
		loop_post(priv->loop, &priv->mail, MAIL_OUT);
	return true;
}

/* -- the loop */

void stream_drain(struct exchange *x)
{
	struct exchange_private *p = x->priv;
	struct stream *s = p->stream;
	if (!s || p->answered)
		return;
	struct buf bytes = BUF_INIT(SIZE_MAX / 2);
	pthread_mutex_lock(&s->lock);
	bool streaming = p->streaming;
	if (streaming) {
		struct buf empty = bytes;
		bytes = s->out;
		s->out = empty;
		s->unsent += bytes.n;
	}
	pthread_mutex_unlock(&s->lock);
	if (streaming && !p->head_sent) {
		p->head_sent = true;
		reply_stream_head(p->conn, x);
	}
	if (bytes.n)
		reply_chunk(p->conn, x, &bytes);
	buf_free(&bytes);
}

void exchange_sent(struct exchange *x, size_t unsent)
{
	struct stream *s = x->priv->stream;
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	bool room = s->unsent > unsent;
	s->unsent = unsent;
	if (room)
		pthread_cond_broadcast(&s->change);
	pthread_mutex_unlock(&s->lock);
}

bool exchange_body_full(struct exchange *x)
{
	struct stream *s = x->priv->stream;
	if (!s)
		return false;
	pthread_mutex_lock(&s->lock);
	bool full = s->in.n >= LIMIT_STREAM_BYTES;
	s->in_full = full;
	pthread_mutex_unlock(&s->lock);
	return full;
}

void exchange_body_end(struct exchange *x, const struct err *e)
{
	struct stream *s = x->priv->stream;
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->in_end = true;
	if (e)
		s->in_err = *e;
	pthread_cond_broadcast(&s->change);
	pthread_mutex_unlock(&s->lock);
}

void exchange_heartbeat(struct exchange *x, int64_t now_usec)
{
	static const char comment[] = ":\n\n";
	struct exchange_private *p = x->priv;
	struct stream *s = p->stream;
	if (!s || !p->head_sent)
		return;
	pthread_mutex_lock(&s->lock);
	bool due = p->sse && s->out.n == 0 && s->unsent == 0 &&
		   now_usec - s->written >= p->loop->net->config.sse_ms * 1000;
	if (due) {
		buf_add(&s->out, comment, sizeof comment - 1);
		s->written = now_usec;
	}
	pthread_mutex_unlock(&s->lock);
	if (due)
		stream_drain(x);
}
