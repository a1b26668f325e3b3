/*
 * Routes and resources: the tables from which the server matches, OpenAPI describes and `Allow` is written.
 *
 * A resource is one file of the layer above with one static table of routes; the server is given the list of resources
 * once, before it starts, and never changes it. http/ knows no resource: who may call what is asked of the hooks.
 *
 * Threads: an ordinary handler runs on a worker, with its whole body in memory. ROUTE_STREAM runs on a thread of the
 * stream pool and reads its body as it comes. ROUTE_INLINE runs on the loop thread: it must not block at all (no
 * store, no file, no lock that somebody holds for long), and so do the hooks when they are called for it.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "json/fields.h"

struct request;
struct response;

/* false: e is filled and the dispatcher writes the error body from it. */
typedef bool route_handler(struct request *q, struct response *r, struct err *e);

/*
 * On the loop thread, before the queue: answers from memory and returns true, or leaves everything as it was and
 * returns false, and the request goes its ordinary way, where all errors are told. Blocks as little as ROUTE_INLINE.
 */
typedef bool route_hot(struct request *q, struct response *r);

enum {
	ROUTE_PUBLIC = 1, /* no sign-in: authorise is not called */
	ROUTE_INLINE = 2, /* on the loop thread */
	ROUTE_STREAM = 4, /* on the stream pool; request_read() reads the body */
	ROUTE_WEBSOCKET =
		8, /* the handler calls response_websocket(); the dispatcher has checked the handshake and origin */
	ROUTE_BODY_RAW = 16,  /* the body is not JSON */
	ROUTE_MULTIPART = 32, /* the body is multipart/form-data (for OpenAPI); implies ROUTE_BODY_RAW */
	ROUTE_SSE = 64,       /* answers text/event-stream (for OpenAPI); use with ROUTE_STREAM */
	ROUTE_PAGE = 128,     /* answers a page for people: errors stay JSON, Content-Security-Policy is added */
};

enum route_param_type { ROUTE_PARAM_STR, ROUTE_PARAM_I64, ROUTE_PARAM_F64, ROUTE_PARAM_BOOL, ROUTE_PARAM_ID };

struct route_param {
	const char *name;
	enum route_param_type type;
	const char *doc; /* one line, for OpenAPI */
};

struct route {
	const char *method, *path; /* "GET", "/api/v1/datasets/{id}/rows": {name} matches one segment */
	route_handler *handle;
	unsigned flags;
	unsigned permission;           /* means something to the layer above, whose hook checks it */
	uint64_t body_limit;           /* bytes; 0 = LIMIT_BODY_BYTES (ROUTE_STREAM: LIMIT_UPLOAD_BYTES) */
	const struct json_table *body; /* JSON body, or NULL */
	const char *summary;           /* one line, for OpenAPI */
	const struct route_param *query;
	size_t n_query;     /* parameters that are not listed are not refused */
	const char *answer; /* what a success answers, a name of json/shape.h; NULL = not described */
	route_hot *hot;     /* of a GET; NULL = there is none */
};

struct resource {
	const char *name, *doc; /* the tag in OpenAPI */
	const struct route *routes;
	size_t n;
};

/* The layer above. All may be NULL. */
struct http_hooks {
	void *ctx;
	/* May this caller call? Runs before the handler, on its thread; sets request_set_user(). */
	bool (*authorise)(void *ctx, struct request *q, const struct route *r, struct err *e);
	/* Calls r->hot when this caller may, without asking the store; false: go the ordinary way. */
	bool (*hot)(void *ctx, struct request *q, const struct route *r);
	/* After the handler and before the answer is sent, whatever the outcome: give the store connection back. */
	void (*finish)(void *ctx, struct request *q, struct response *r);
	/* Writes the whole error body itself and returns true; or writes nothing and returns false for the usual one.
	 */
	bool (*write_error)(void *ctx, struct request *q, const struct err *e, struct buf *json);
};
