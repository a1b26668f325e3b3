/*
 * One request and its answer, between a loop thread and the layer above.
 *
 * An exchange belongs to its loop, except between exchange_hold() and the call that gives it back (exchange_reply, or
 * exchange_release after a stream): then one other thread holds it, may read the request and answer. The loop frees it
 * when both its connection and that thread have let go; `gone` tells the thread that nobody waits any more.
 *
 * Ordinary requests are handed over with their body whole. BODY_STREAM ones are handed over at once; exchange_read
 * and exchange_write then block the holding thread while LIMIT_STREAM_BYTES wait, which stops reading of the socket.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "net/head.h"
#include "net/net.h"

#include <stdatomic.h>
#include <sys/types.h>

struct ws_handler;
struct exchange_private;

enum body_plan { BODY_WHOLE, BODY_STREAM };

struct exchange {
	/* set by the loop before head(); read only after */
	struct arena arena;
	struct head head;
	const char *address; /* of the client, as text */
	bool tls;
	int64_t started; /* clock_monotonic() */
	/* set by head() */
	enum body_plan body_plan;
	uint64_t body_limit;
	void *user; /* of the layer above */
	/* complete when ready() is called, for BODY_WHOLE */
	struct buf body;
	_Atomic bool gone;
	/* for the log, in done() */
	int status;
	uint64_t bytes_in, bytes_out;
	struct exchange_private *priv;
};

struct exchange_reply {
	int status;
	struct buf headers;          /* lines "Name: value\r\n"; framing, Date and Connection are added */
	struct buf body;             /* or */
	struct str fixed;            /* bytes that live for ever */
	bool close;                  /* the connection, after this */
	bool no_length;              /* 304: a body length that is not sent */
	const struct ws_handler *ws; /* 101: what the connection speaks from now on */
	void *ws_ctx;
};

/* Loop thread, in ready(): another thread will answer. */
void exchange_hold(struct exchange *x);
/* Loop thread: no other thread took it after all. */
void exchange_unhold(struct exchange *x);
/* The whole answer; takes the buffers. By the thread that holds x (which gives it back), or by the loop. */
void exchange_reply(struct exchange *x, struct exchange_reply *r);

/* The following only by the thread that holds a BODY_STREAM exchange. */
ssize_t exchange_read(struct exchange *x, void *p, size_t n, struct err *e);
/* Begins an answer of unknown length; takes the headers. sse: the loop sends comments in silence. */
bool exchange_stream(struct exchange *x, int status, struct buf *headers, bool sse, struct err *e);
bool exchange_write(struct exchange *x, const void *p, size_t n, struct err *e);
/* Gives x back; whole: the streamed answer is complete, else the connection is cut. */
void exchange_release(struct exchange *x, bool whole);

/* "Thu, 01 Jan 1970 00:00:00 GMT" of the running second. Any thread. */
#define EXCHANGE_DATE 32
void exchange_date(char ret[EXCHANGE_DATE]);
const char *exchange_reason(int status);
