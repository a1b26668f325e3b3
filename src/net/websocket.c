#include "net/websocket.h"

#include "net/internal.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <wslay/wslay.h>

struct outgoing {
	struct outgoing *next;
	int opcode; /* of wslay; CLOSE: the first two bytes are the code */
	size_t n;
	char bytes[];
};

struct websocket {
	struct mail mail; /* first */
	_Atomic int refs;
	struct loop *loop; /* NULL in a fuzzer */
	struct conn *conn; /* NULL when lost; loop only */
	const struct ws_handler *handler;
	void *ctx;
	wslay_event_context_ptr wslay;
	struct str input;      /* not yet read by wslay */
	bool working;          /* in ws_input: what is sent goes out at its end */
	bool told;             /* closed() was called */
	bool leaving;          /* the server's stop closed it */
	uint64_t payload_left; /* of the frame that is being written */
	int64_t heard, pinged;
	pthread_mutex_t lock;
	struct outgoing *first, **last; /* under lock */
	size_t queued;                  /* bytes; under lock */
	bool over;                      /* nothing can be sent any more; under lock */
	bool mailed;                    /* a posting, with a count of its own, is not delivered yet; under lock */
};

struct websocket *ws_ref(struct websocket *w)
{
	atomic_fetch_add(&w->refs, 1);
	return w;
}

static void free_outgoing(struct outgoing *o)
{
	while (o) {
		struct outgoing *next = o->next;
		free(o);
		o = next;
	}
}

void ws_unref(struct websocket *w)
{
	if (!w || atomic_fetch_sub(&w->refs, 1) != 1)
		return;
	wslay_event_context_free(w->wslay);
	free_outgoing(w->first);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

bool ws_accept_key(struct str key, char ret[32])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455 §1.3 */
	unsigned char text[24 + sizeof guid], hash[SHA_DIGEST_LENGTH];
	if (key.n != 24 || EVP_DecodeBlock(text, (const unsigned char *)key.p, 24) != 18 || key.p[22] != '=' ||
	    key.p[23] != '=')
		return false;
	memcpy(text, key.p, 24);
	memcpy(text + 24, guid, sizeof guid - 1);
	SHA1(text, 24 + sizeof guid - 1, hash);
	EVP_EncodeBlock((unsigned char *)ret, hash, sizeof hash);
	return true;
}

/* -- wslay's view of the connection */

static ssize_t on_recv(wslay_event_context_ptr ctx, uint8_t *p, size_t n, int flags, void *data)
{
	struct websocket *w = data;
	if (w->input.n == 0) {
		wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	size_t take = MIN(n, w->input.n);
	memcpy(p, w->input.p, take);
	w->input = str_n(w->input.p + take, w->input.n - take);
	return (ssize_t)take;
}

/* Bytes of payload behind a frame's header (RFC 6455 §5.2; ours are not masked). */
static uint64_t payload_bytes(const uint8_t *header, size_t n)
{
	uint64_t bytes = header[1] & 0x7f;
	if (bytes < 126)
		return bytes;
	bytes = 0;
	for (size_t i = 2; i < n; i++)
		bytes = bytes << 8 | header[i];
	return bytes;
}

/*
 * WSLAY_MSG_MORE needs no care: all that is added here leaves in one write. wslay gives the header of a frame in one
 * call, as all is taken. Where it closes because a frame was malformed it says no code; the peer shall have 1002.
 */
static ssize_t on_send(wslay_event_context_ptr ctx, const uint8_t *p, size_t n, int flags, void *data)
{
	static const uint8_t empty_close[] = { 0x88, 0 }, protocol_error[] = { 0x88, 2, 1002 >> 8, 1002 & 0xff };
	struct websocket *w = data;
	bool header = w->payload_left == 0;
	w->payload_left = header ? payload_bytes(p, n) : w->payload_left - n;
	if (!w->conn || n == 0)
		return (ssize_t)n;
	if (header && n == 2 && memcmp(p, empty_close, 2) == 0 && !wslay_event_get_close_received(ctx) && !w->leaving)
		out_add(w->conn, protocol_error, sizeof protocol_error);
	else
		out_add(w->conn, p, n);
	return (ssize_t)n;
}

static void on_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *m, void *data)
{
	struct websocket *w = data;
	if (m->opcode == WSLAY_TEXT_FRAME || m->opcode == WSLAY_BINARY_FRAME)
		w->handler->message(w, w->ctx, m->opcode == WSLAY_TEXT_FRAME,
				    str_n((const char *)m->msg, m->msg_length));
}

static const struct wslay_event_callbacks callbacks = {
	.recv_callback = on_recv,
	.send_callback = on_send,
	.on_msg_recv_callback = on_message,
};

/* -- sending */

static bool enqueue(struct websocket *w, int opcode, struct str a, struct str b)
{
	bool full = false;
	pthread_mutex_lock(&w->lock);
	bool ok = !w->over;
	if (ok && opcode != WSLAY_CONNECTION_CLOSE && w->queued + a.n + b.n > LIMIT_WS_QUEUE_BYTES) {
		ok = false;
		full = true;
	}
	if (ok) {
		struct outgoing *o = mem_alloc(sizeof *o + a.n + b.n);
		*o = (struct outgoing){ .opcode = opcode, .n = a.n + b.n };
		if (a.n)
			memcpy(o->bytes, a.p, a.n);
		if (b.n)
			memcpy(o->bytes + a.n, b.p, b.n);
		*w->last = o;
		w->last = &o->next;
		w->queued += o->n;
		w->over = opcode == WSLAY_CONNECTION_CLOSE;
		if (w->loop && !w->mailed && !(pthread_equal(w->loop->thread, pthread_self()) && w->working)) {
			w->mailed = true;
			ws_ref(w);
			loop_post(w->loop, &w->mail, 1);
		}
	}
	pthread_mutex_unlock(&w->lock);
	if (full)
		ws_close(w, WS_POLICY, STR("too slow"));
	return ok;
}

bool ws_send(struct websocket *w, bool text, struct str message)
{
	return enqueue(w, text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME, message, str_n("", 0));
}

void ws_close(struct websocket *w, int code, struct str reason)
{
	char bytes[2] = { (char)(code >> 8), (char)(code & 0xff) };
	enqueue(w, WSLAY_CONNECTION_CLOSE, str_n(bytes, 2), str_n(reason.p, MIN(reason.n, (size_t)120)));
}

/* Loop: hands what was queued to wslay, and wslay's frames to the connection. */
static void flush(struct websocket *w)
{
	pthread_mutex_lock(&w->lock);
	struct outgoing *o = w->first;
	w->first = NULL;
	w->last = &w->first;
	w->queued = w->conn ? w->conn->out.bytes : 0;
	pthread_mutex_unlock(&w->lock);
	for (struct outgoing *i = o; i; i = i->next) {
		const uint8_t *p = (const uint8_t *)i->bytes;
		struct wslay_event_msg m = { (uint8_t)i->opcode, p, i->n };
		if (i->opcode == WSLAY_CONNECTION_CLOSE)
			wslay_event_queue_close(w->wslay, (uint16_t)(p[0] << 8 | p[1]), p + 2, i->n - 2);
		else
			wslay_event_queue_msg(w->wslay, &m);
	}
	free_outgoing(o);
	while (wslay_event_want_write(w->wslay) && wslay_event_send(w->wslay) == 0)
		;
}

static void deliver(struct mail *m, unsigned events)
{
	struct websocket *w = (struct websocket *)m;
	struct conn *c = w->conn;
	pthread_mutex_lock(&w->lock);
	w->mailed = false;
	pthread_mutex_unlock(&w->lock);
	if (c) {
		flush(w);
		serve_input(c);
	}
	ws_unref(w);
}

/* -- the connection's view */

struct websocket *ws_open(struct conn *c, const struct ws_handler *h, void *ctx)
{
	struct websocket *w = mem_zalloc(sizeof *w);
	w->mail.deliver = deliver;
	atomic_store(&w->refs, 1);
	w->conn = c;
	w->loop = c ? c->loop : NULL;
	w->handler = h;
	w->ctx = ctx;
	w->last = &w->first;
	w->heard = w->pinged = c ? (int64_t)uv_now(&c->loop->uv) : 0;
	pthread_mutex_init(&w->lock, NULL);
	if (wslay_event_context_server_init(&w->wslay, &callbacks, w) != 0)
		abort(); /* no memory */
	wslay_event_config_set_max_recv_msg_length(w->wslay, LIMIT_WS_MESSAGE_BYTES);
	w->working = true;
	if (h->open)
		h->open(w, ctx);
	w->working = false;
	flush(w);
	return w;
}

void ws_input(struct websocket *w, const char *p, size_t n)
{
	w->input = str_n(p, n);
	w->working = true;
	if (n && w->conn)
		w->heard = (int64_t)uv_now(&w->conn->loop->uv);
	while (w->input.n && wslay_event_want_read(w->wslay) && wslay_event_recv(w->wslay) == 0)
		;
	w->input = str_n("", 0);
	w->working = false;
	flush(w);
}

bool ws_ended(const struct websocket *w)
{
	/* After a close frame of ours the peer has its turn; after both, or a breach of the protocol, it is over. */
	bool sent = wslay_event_get_close_sent(w->wslay), received = wslay_event_get_close_received(w->wslay);
	return !wslay_event_want_write(w->wslay) && ((sent && received) || !wslay_event_want_read(w->wslay));
}

void ws_lost(struct websocket *w)
{
	pthread_mutex_lock(&w->lock);
	w->over = true;
	pthread_mutex_unlock(&w->lock);
	w->conn = NULL;
	if (!w->told && w->handler->closed) {
		int code = wslay_event_get_close_received(w->wslay) ? wslay_event_get_status_code_received(w->wslay)
			   : wslay_event_get_close_sent(w->wslay)   ? wslay_event_get_status_code_sent(w->wslay)
								    : WSLAY_CODE_ABNORMAL_CLOSURE;
		w->handler->closed(w, w->ctx, code ? code : WSLAY_CODE_NO_STATUS_RCVD);
	}
	w->told = true;
	ws_unref(w);
}

void ws_tick(struct websocket *w, int64_t now, bool stopping)
{
	static const struct wslay_event_msg ping = { WSLAY_PING, (const uint8_t *)"", 0 };
	struct conn *c = w->conn;
	if (stopping) {
		if (!wslay_event_get_close_sent(w->wslay)) {
			wslay_event_queue_close(w->wslay, WS_GOING_AWAY, NULL, 0);
			w->leaving = true;
			w->pinged = now;
		} else if (now - w->pinged > c->loop->net->config.linger_ms) {
			conn_finish(c, false);
		}
	} else if (now - w->heard > 2 * LIMIT_WS_PING_SECONDS * 1000) {
		conn_finish(c, false);
	} else if (now - w->pinged > LIMIT_WS_PING_SECONDS * 1000) {
		w->pinged = now;
		wslay_event_queue_msg(w->wslay, &ping);
	}
	flush(w);
	conn_update(c);
}
