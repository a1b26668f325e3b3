/*
 * The answer to one request, written by its handler.
 *
 * Either whole (response_json, response_body, …: sent when the handler returns true) or streamed (ROUTE_STREAM only:
 * response_stream_begin, response_write…, response_end). When a handler returns false before it began to stream,
 * whatever it put here is dropped and the error is written instead; after that the connection is cut, so that the
 * client sees that the answer is not whole. HEAD, Content-Length, chunks, Date and the security headers are not the
 * handler's business.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "http/route.h"
#include "json/write.h"

void response_status(struct response *r, int status); /* 200 unless said */
/* Adds a header. Control characters in the value become blanks. */
void response_header(struct response *r, const char *name, struct str value);
void response_headerf(struct response *r, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Instead of the default of an API answer, which is no-store. */
void response_cache_control(struct response *r, const char *value);

/* Starts a JSON body; what is written becomes the answer. Valid until the handler returns. */
struct json_writer *response_json(struct response *r, int status);
/* The buffer behind it, for those who write JSON text by other means after response_json(). Max LIMIT_RESPONSE_BYTES.
 */
struct buf *response_buf(struct response *r);
void response_body(struct response *r, const char *type, struct str body);  /* copied */
void response_take(struct response *r, const char *type, struct buf *body); /* the bytes move; *body is empty after */
void response_const(struct response *r, const char *type, struct str body); /* not copied: must live for ever */
void response_no_content(struct response *r);                               /* 204 */

struct response_cookie {
	const char *name, *path; /* path NULL = "/" */
	struct str value;        /* empty: the cookie is deleted */
	int64_t max_age;         /* seconds; 0 = until the browser is closed */
	bool http_only, strict;  /* SameSite=Strict instead of Lax; Secure is added under TLS */
};
void response_cookie(struct response *r, const struct response_cookie *c);

/* Streams. response_write waits while more than LIMIT_STREAM_BYTES are unsent; false = the client is gone. */
bool response_stream_begin(struct response *r, int status, const char *type, struct err *e);
bool response_write(struct response *r, const void *p, size_t n, struct err *e);
bool response_end(struct response *r, struct err *e);

/*
 * Server-sent events. A comment line is sent by the server itself whenever nothing was for LIMIT_SSE_SECONDS.
 * event may be NULL; data may have several lines. False when the client is gone or the server is stopping.
 */
bool response_sse_begin(struct response *r, struct err *e);
bool response_sse(struct response *r, const char *event, struct str data, struct err *e);

/* WebSocket: what happens after the handler has returned true. See net/websocket.h. */
struct ws_handler;
void response_websocket(struct response *r, const struct ws_handler *h, void *ctx);
