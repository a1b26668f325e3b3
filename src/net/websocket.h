/*
 * WebSocket (RFC 6455), server side, through wslay.
 *
 * The callbacks run on the loop thread of the connection: they must not block; hand work over to a thread and answer
 * with ws_send() from there. A message arrives whole, at most LIMIT_WS_MESSAGE_BYTES, text checked to be UTF-8. Pings
 * are answered and sent by the layer itself.
 *
 * The object is counted: ws_ref() by whoever keeps it beyond a callback, ws_unref() after. ws_send() and ws_close()
 * may be called from any thread, also after the connection is gone (then they do nothing and say false).
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct websocket;

struct ws_handler {
	void (*open)(struct websocket *w, void *ctx); /* or NULL */
	void (*message)(struct websocket *w, void *ctx, bool text, struct str message);
	/* Or NULL. Always the last call; w is NULL when the connection was lost before open() could be called. */
	void (*closed)(struct websocket *w, void *ctx, int code);
};

enum { WS_NORMAL = 1000, WS_GOING_AWAY = 1001, WS_POLICY = 1008, WS_TOO_BIG = 1009, WS_INTERNAL = 1011 };

/* Queues a message. False when the connection is gone or LIMIT_WS_QUEUE_BYTES are unsent (then it is closed). */
bool ws_send(struct websocket *w, bool text, struct str message);
void ws_close(struct websocket *w, int code, struct str reason);
/* The value of Sec-WebSocket-Accept for a Sec-WebSocket-Key; false when the key is not 16 bytes in base64. */
bool ws_accept_key(struct str key, char ret[32]);
struct websocket *ws_ref(struct websocket *w);
void ws_unref(struct websocket *w);
