/* What the files of http/ share about one request. */
#pragma once

#include "base/limits.h"
#include "http/access.h"
#include "http/decode.h"
#include "http/metrics.h"
#include "http/openapi.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "http/server.h"
#include "http/static.h"
#include "http/workers.h"
#include "net/exchange.h"
#include "net/websocket.h"

struct response {
	struct request *q;
	int status;
	struct buf headers, body;
	struct str fixed; /* a body that lives for ever */
	const char *type; /* in the arena */
	const char *cache_control;
	struct json_writer json;
	bool streaming, ended;
	const struct ws_handler *ws;
	void *ws_ctx;
};

struct request {
	struct work_task task; /* first */
	struct http_server *server;
	struct exchange *x;
	struct router_match match;
	struct query_param *query;
	size_t n_query;
	json_t *json; /* parsed body */
	void *user;
	bool page; /* answers a file of the page */
	char id[17];
	struct response response;
};

enum { STATUS_CLASSES = 5 };

struct route_stats {
	struct metric *seconds;
	struct metric *classes[STATUS_CLASSES];
};

struct http_server {
	struct http_config config;
	struct net *net;
	struct workers *workers, *streams;
	struct router router;
	struct route_stats *stats; /* by the number of the route */
	struct arena arena;        /* labels of metrics */
	struct metrics *metrics;
	struct metric *turned_away;
	struct access_log *log;
	struct buf openapi;
	uint64_t id_secret;
	_Atomic uint64_t id_counter;
};

/* response.c */
void response_reset(struct response *r); /* drops what a handler that failed had put here */
void response_free(struct response *r);
void response_common(const struct request *q, const char *cache_control, struct buf *b); /* headers of every answer */
/* The whole answer, to the loop; gives the exchange back. */
void response_send(struct response *r);

/* compress.c: in gzip, when the client takes it and it is worth it */
void response_compress(struct response *r);

/* forwarded.c: the address of the client and its TLS, as a proxy that we believe says them */
void forwarded_read(struct request *q);

/* error.c */
void error_answer(struct request *q, struct response *r, const struct err *e);
/* {"error":…}; field and code may be NULL. */
void error_json(struct buf *b, const char *code, const char *message, const char *field);

/* dispatch.c: the net_handler */
void dispatch_head(void *ctx, struct exchange *x);
void dispatch_ready(void *ctx, struct exchange *x);
void dispatch_done(void *ctx, struct exchange *x);
void dispatch_refuse(void *ctx, const struct net_refusal *f, struct buf *headers, struct buf *body);
void dispatch_run(struct work_task *t);
