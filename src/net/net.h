/*
 * net/: bytes in, requests out.
 *
 * Loop threads (libuv) own sockets, TLS and framing; they never run anything that blocks. What they read becomes a
 * struct exchange (exchange.h): one request and its answer, handed to the net_handler of the layer above.
 * Everything here is called from the main thread, except where said.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "net/proxies.h"

#include <stdatomic.h>

struct exchange;
struct net;

struct net_config {
	size_t loops; /* loop threads */
	size_t connections, connections_per_address;
	size_t header_bytes, header_count, url_bytes;
	uint64_t body_rate_floor; /* bytes a second */
	/* milliseconds */
	int64_t header_ms, idle_ms, body_rate_ms, stop_ms, sse_ms, linger_ms;
	const struct proxies *proxies;  /* whose X-Forwarded-For is believed; NULL = nobody's */
	const char *tls_cert, *tls_key; /* PEM files; NULL = no TLS */
};
struct net_config net_config_default(void);

/* A request that could not be understood, or that the server is too busy for: answered by the loop, never dispatched.
 */
struct net_refusal {
	int status;
	const char *code, *message;
	int retry_after; /* seconds; 0 = not said */
	const char *address;
};

/* The layer above. All run on the loop thread of the connection. */
struct net_handler {
	void *ctx;
	/* The header is there. Sets x->body_plan and x->body_limit, or answers at once (exchange_reply). */
	void (*head)(void *ctx, struct exchange *x);
	/* The body is whole (or streams from now on): answer, or hand over to a thread. */
	void (*ready)(void *ctx, struct exchange *x);
	/* The last byte was sent, or the connection is lost, and no thread holds x any more: x is freed after this. */
	void (*done)(void *ctx, struct exchange *x);
	/* Header lines and body for a refusal, and the log. */
	void (*refuse)(void *ctx, const struct net_refusal *f, struct buf *headers, struct buf *body);
};

bool net_new(const struct net_config *c, const struct net_handler *h, struct net **ret, struct err *e);
/* See http_server_listen(). */
bool net_listen(struct net *n, const char *where, bool tls, struct err *e);
const char *net_address(const struct net *n, size_t i);
bool net_start(struct net *n, struct err *e);
bool net_reload_tls(struct net *n, struct err *e); /* any thread */
/* Graceful; returns when every loop thread has ended. */
void net_stop(struct net *n);
void net_free(struct net *n);

bool net_stopping(const struct net *n); /* any thread */
struct net_counts {
	int64_t connections; /* open now */
	int64_t accepted, refused, requests, bytes_in, bytes_out;
};
void net_counts(const struct net *n, struct net_counts *ret); /* any thread */
