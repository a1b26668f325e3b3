/* What the files of net/ share: the loop, the connection, its output. Loop thread only, except the mailbox. */
#pragma once

#include "net/exchange.h"
#include "net/http1.h"
#include "net/net.h"
#include "net/tls.h"

#include <netinet/in.h>
#include <pthread.h>
#include <uv.h>

/* Bytes read ahead of a request that is being handled. */
#define IN_MAX (64 * KIB)
#define READ_BYTES (64 * KIB)
#define TICK_MS 100

/* A letter to a loop: posted by any thread, delivered on the loop's. Events of one mail that was not read yet merge. */
struct mail {
	struct mail *next;
	bool queued;
	unsigned events;
	void (*deliver)(struct mail *m, unsigned events);
};

struct loop {
	struct net *net;
	uv_loop_t uv;
	uv_async_t wake;
	uv_timer_t tick;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	struct mail *first, **last; /* under lock */
	struct conn *conns;         /* all of this loop */
	size_t held;                /* exchanges with another thread */
	struct conn *again;         /* have more to do in the next turn */
	struct arena_spares spares; /* of ended exchanges */
	bool stopping;
	int64_t stop_at; /* uv_now() after which what is left is cut */
	char read_buffer[READ_BYTES];
};
void loop_post(struct loop *l, struct mail *m, unsigned events); /* any thread */
bool loop_init(struct loop *l, struct net *n, struct err *e);
bool loop_start(struct loop *l, struct err *e);
void loop_join(struct loop *l);
void loop_may_end(struct loop *l);

struct seg {
	const char *p;
	size_t n;
	char *owned; /* freed with the segment; NULL = bytes that live for ever */
	size_t cap;  /* of owned, when more may be appended */
};

struct out {
	struct seg *v;
	size_t count, cap;
	size_t bytes;  /* in all segments */
	size_t flight; /* segments, or with TLS 1, that uv_write has */
	uv_write_t write;
	char *cipher; /* in flight */
};

enum conn_state {
	CONN_HEAD,     /* waiting for a header or in it */
	CONN_BODY,     /* the body of x is coming */
	CONN_HANDLING, /* x is whole and not answered */
	CONN_WEBSOCKET,
	CONN_CLOSING, /* answered for the last time; closes when the output is out */
	CONN_LINGER,  /* our side is shut; reading until the client closes */
	CONN_CLOSED,
};

/* One address and its connections, for the limit. An IPv6 client counts by its /64. */
struct peer {
	unsigned char key[16];
	bool counted;
};

struct websocket;

struct conn {
	struct loop *loop;
	struct conn *next, *prev;
	struct conn *next_again;
	bool in_again;
	union {
		uv_tcp_t tcp;
		uv_pipe_t pipe;
		uv_stream_t stream;
		uv_handle_t handle;
	} uv;
	uv_shutdown_t shut;
	enum conn_state state;
	struct tls *tls;
	struct buf in;
	size_t in_off, scanned;
	bool reading, eof, linger;
	bool paused; /* a streamed body is not taken off fast enough */
	struct http1 http;
	struct exchange *x;
	struct out out;
	struct websocket *ws;
	char address[64];
	struct peer peer;
	size_t requests;
	/* uv_now() milliseconds */
	int64_t since;      /* the state, or the header's first byte */
	int64_t progress;   /* last bytes written */
	int64_t rate_since; /* start of the window of body_rate_floor */
	uint64_t rate_bytes;
};

/* conn.c: life of a connection */
void conn_open(struct loop *l, int fd, bool is_unix, struct tls_context *tls, const char *address,
	       const struct peer *peer);
void conn_close(struct conn *c);
void conn_finish(struct conn *c, bool linger); /* no more requests: close when the output is out */
void conn_update(struct conn *c);              /* after anything happened: write, read or not */
void conn_tick(struct conn *c, int64_t now);
static inline size_t conn_pending(const struct conn *c)
{
	return c->in.n - c->in_off;
}

/* serve.c: from bytes to exchanges and on */
void serve_input(struct conn *c);
void serve_answered(struct conn *c); /* the answer of c->x is queued whole */
void serve_refuse(struct conn *c, const struct head_fault *f);
void serve_continue(struct conn *c); /* 100 */
void serve_close_x(struct conn *c);  /* the connection is lost */

/* exchange.c */
enum { MAIL_CONTINUE = 1, MAIL_OUT = 2, MAIL_REPLY = 4, MAIL_READ = 8, MAIL_RELEASE = 16 };

struct stream {
	pthread_mutex_t lock;
	pthread_cond_t change;
	/* all under lock */
	struct buf in;
	bool in_end;
	struct err in_err;
	bool in_full; /* the loop waits for room */
	struct buf out;
	size_t unsent;   /* taken by the loop, not yet by the kernel */
	bool dead;       /* nothing can be sent any more */
	bool asked;      /* 100-continue */
	int64_t written; /* clock_monotonic() */
};

struct exchange_private {
	struct mail mail; /* first: the mail is the private part */
	struct exchange *x;
	struct loop *loop;
	struct conn *conn; /* NULL when lost; loop only */
	bool held;
	bool whole; /* exchange_release() */
	bool streaming, sse, head_sent, answered;
	size_t body_counted;
	struct exchange_reply reply;
	struct stream *stream;
};

struct exchange *exchange_new(struct conn *c);
void exchange_free(struct exchange *x);
void exchange_lost(struct exchange *x, bool dead);     /* gone; wakes a waiting thread */
void exchange_sent(struct exchange *x, size_t unsent); /* output moved */
void exchange_body(struct exchange *x, const char *p, size_t n);
void exchange_body_end(struct exchange *x, const struct err *e);
bool exchange_body_full(struct exchange *x); /* and remembers that the loop waits */
void exchange_heartbeat(struct exchange *x, int64_t now_usec);
void stream_init(struct exchange *x);
void stream_free(struct stream *s);
void stream_drain(struct exchange *x); /* the loop takes what was written */

/* reply.c */
void reply_send(struct conn *c, struct exchange_reply *r);
void reply_stream_head(struct conn *c, struct exchange *x);
void reply_chunk(struct conn *c, struct exchange *x, struct buf *bytes);
void reply_stream_end(struct conn *c, struct exchange *x);

/* out.c */
void out_add(struct conn *c, const void *p, size_t n); /* copies */
void out_take(struct conn *c, struct buf *b);          /* takes */
void out_const(struct conn *c, struct str s);
void out_flush(struct conn *c); /* may close the connection */
void out_free(struct out *o);

/* websocket.c */
struct websocket *ws_open(struct conn *c, const struct ws_handler *h, void *ctx);
void ws_input(struct websocket *w, const char *p, size_t n);
bool ws_ended(const struct websocket *w); /* the close handshake is over, or the peer broke the protocol */
void ws_lost(struct websocket *w);
void ws_tick(struct websocket *w, int64_t now, bool stopping);

/* listen.c */
struct listener {
	struct net *net;
	uv_poll_t poll;
	int fd;
	bool is_unix, tls, open;
	char *path; /* of a Unix socket, removed at the end */
	char address[128];
};
bool listen_start(struct listener *l, struct loop *loop);
void listen_stop(struct listener *l);
void listen_free(struct listener *l);
void peer_gone(struct net *n, const struct peer *p);

#define PEER_BUCKETS 1024
struct peer_count {
	struct peer_count *next;
	unsigned char key[16];
	size_t n;
};

#define LISTENERS_MAX 16
struct net {
	struct net_config config;
	struct net_handler handler;
	struct tls_context *tls;
	struct loop *loops;
	struct listener listeners[LISTENERS_MAX];
	size_t n_listeners;
	size_t next_loop; /* loop 0 only */
	pthread_mutex_t peers_lock;
	struct peer_count *peers[PEER_BUCKETS];
	_Atomic bool stopping, accept_ended;
	_Atomic int64_t connections, accepted, refused, requests, bytes_in, bytes_out, bodies;
};
