/*
 * From an exchange to its handler and back: routes, the queue, hooks, errors.
 *
 * dispatch_head and dispatch_ready run on the loop; dispatch_run on a worker, on a stream thread, or on the loop for
 * inline routes. After response_send or exchange_release the request may be gone: they come last.
 */
#include "http/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"

#include <stdio.h>

/* Unique in the process and not to be guessed by counting: a bijection of a counter (splitmix64's). */
static void make_id(struct http_server *s, char ret[17])
{
	static const char hex[] = "0123456789abcdef";
	uint64_t z =
		s->id_secret + atomic_fetch_add_explicit(&s->id_counter, 1, memory_order_relaxed) * 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	z ^= z >> 31;
	for (int i = 15; i >= 0; i--, z >>= 4)
		ret[i] = hex[z & 15];
	ret[16] = 0;
}

static unsigned flags_of(const struct request *q)
{
	return q->match.route ? q->match.route->flags : 0;
}

static void answer_error(struct request *q, const struct err *e)
{
	error_answer(q, &q->response, e);
	response_send(&q->response);
}

/* An address that a person mistyped ("/customers/50%") is answered by the page, which says so in their language. */
static bool page_instead(struct request *q)
{
	const struct static_table *files = q->server->config.files;
	unsigned method = router_method(q->x->head.method);
	return files && !q->match.route && !q->match.allow && (method == METHOD_GET || method == METHOD_HEAD) &&
	       static_answer(files, q, &q->response);
}

void dispatch_head(void *ctx, struct exchange *x)
{
	struct http_server *s = ctx;
	struct request *q = arena_new(&x->arena, struct request);
	struct err e = { 0 };
	q->server = s;
	q->x = x;
	q->response = (struct response){ .q = q, .status = 200 };
	x->user = q;
	make_id(s, q->id);
	forwarded_read(q);
	bool ok = router_find(&s->router, x->head.method, x->head.path, &x->arena, &q->match, &e);
	ok = ok && decode_query(&x->arena, x->head.query, &q->query, &q->n_query, &e);
	if (!ok) {
		if (page_instead(q))
			response_send(&q->response);
		else
			answer_error(q, &e);
		return;
	}
	const struct route *r = q->match.route;
	if (r && (r->flags & ROUTE_STREAM))
		x->body_plan = BODY_STREAM;
	if (r && r->body_limit)
		x->body_limit = r->body_limit;
	else if (r && (r->flags & ROUTE_STREAM))
		x->body_limit = LIMIT_UPLOAD_BYTES;
}

/* -- what has no route */

static void options(struct request *q, unsigned allow)
{
	char text[64];
	router_allow(allow ? allow : METHOD_GET | METHOD_HEAD | METHOD_OPTIONS, text, sizeof text);
	response_no_content(&q->response);
	response_header(&q->response, "Allow", str_of(text));
	response_send(&q->response);
}

static void wrong_method(struct request *q)
{
	struct err e;
	char text[64];
	router_allow(q->match.allow, text, sizeof text);
	err_set(&e, ERR_METHOD, NULL, "This address takes %s.", text);
	error_answer(q, &q->response, &e);
	response_header(&q->response, "Allow", str_of(text));
	response_send(&q->response);
}

static void unrouted(struct request *q)
{
	const struct static_table *files = q->server->config.files;
	unsigned method = router_method(q->x->head.method);
	bool reads = method == METHOD_GET || method == METHOD_HEAD;
	struct err e;
	bool is_file = files && static_find(files, q->x->head.path) != NULL;
	if (method == METHOD_OPTIONS && (q->match.allow || is_file || str_is(q->x->head.path, "*"))) {
		options(q, q->match.allow);
	} else if (q->match.allow) {
		wrong_method(q);
	} else if (is_file && !reads) {
		q->match.allow = METHOD_GET | METHOD_HEAD | METHOD_OPTIONS;
		wrong_method(q);
	} else if (reads && files && static_answer(files, q, &q->response)) {
		response_send(&q->response);
	} else {
		err_set(&e, ERR_NOT_FOUND, NULL, "There is nothing at this address.");
		answer_error(q, &e);
	}
}

/* -- what has one */

/* A browser sends Origin with the handshake of any page; only ours may talk with the visitor's cookie. */
static bool check_websocket(struct request *q, char accept[32], struct err *e)
{
	if (!q->x->head.upgrade || !str_is(request_header(q, "sec-websocket-version"), "13"))
		return err_set(e, ERR_MALFORMED, "upgrade_required", "This address speaks WebSocket, version 13.");
	if (!ws_accept_key(request_header(q, "sec-websocket-key"), accept))
		return err_set(e, ERR_MALFORMED, NULL, "Sec-WebSocket-Key is not 16 bytes in base64.");
	if (request_header(q, "origin").p && !request_same_origin(q))
		return err_set(e, ERR_FORBIDDEN, "cross_origin", "Another site may not open this.");
	return true;
}

static bool handle(struct request *q, struct err *e)
{
	const struct route *r = q->match.route;
	const struct http_hooks *h = q->server->config.hooks;
	char accept[32];
	if (!(r->flags & ROUTE_PUBLIC) && h && h->authorise && !h->authorise(h->ctx, q, r, e))
		return false;
	if ((r->flags & ROUTE_WEBSOCKET) && !check_websocket(q, accept, e))
		return false;
	if (!r->handle(q, &q->response, e))
		return false;
	if (q->response.ws) {
		response_header(&q->response, "Upgrade", STR("websocket"));
		response_header(&q->response, "Connection", STR("Upgrade"));
		response_header(&q->response, "Sec-WebSocket-Accept", str_of(accept));
	}
	return true;
}

void dispatch_run(struct work_task *t)
{
	struct request *q = (struct request *)t;
	struct response *r = &q->response;
	const struct http_hooks *h = q->server->config.hooks;
	struct err e = { 0 };
	bool ok = handle(q, &e);
	if (!ok && !r->streaming) {
		error_answer(q, r, &e);
		if (str_is(str_of(err_code(&e)), "upgrade_required")) {
			r->status = 426;
			response_header(r, "Upgrade", STR("websocket"));
			response_header(r, "Sec-WebSocket-Version", STR("13"));
		}
	} else if (!ok && e.kind != ERR_CANCELLED) {
		struct log_line l;
		log_begin(&l, LOG_WARN, "stream_failed");
		log_cstr(&l, "id", q->id);
		log_err(&l, &e);
		log_end(&l);
	}
	if (h && h->finish)
		h->finish(h->ctx, q, r);
	json_decrefp_(&q->json);
	q->json = NULL;
	if (!r->streaming) {
		response_send(r);
		return;
	}
	response_free(r);
	exchange_release(q->x, ok);
}

void dispatch_ready(void *ctx, struct exchange *x)
{
	struct request *q = x->user;
	struct http_server *s = ctx;
	struct err e;
	unsigned flags = flags_of(q);
	if (!q->match.route) {
		unrouted(q);
		return;
	}
	if ((flags & ROUTE_INLINE) && !(flags & ROUTE_STREAM)) {
		dispatch_run(&q->task);
		return;
	}
	const struct http_hooks *h = s->config.hooks;
	if (q->match.route->hot && h && h->hot && h->hot(h->ctx, q, q->match.route)) {
		response_send(&q->response);
		return;
	}
	/* Held before it is pushed: a fast worker may be done before workers_push returns. */
	exchange_hold(x);
	if (workers_push(flags & ROUTE_STREAM ? s->streams : s->workers, &q->task))
		return;
	exchange_unhold(x);
	metric_add(s->turned_away, 1);
	err_set(&e, ERR_UNAVAILABLE, NULL, "The server is busy. Please try again in a moment.");
	answer_error(q, &e);
}

void dispatch_done(void *ctx, struct exchange *x)
{
	struct http_server *s = ctx;
	struct request *q = x->user;
	if (!q)
		return;
	json_decrefp_(&q->json);
	response_free(&q->response);
	int64_t took = clock_monotonic() - x->started;
	bool routed = q->match.route != NULL;
	if (routed) {
		struct route_stats *stats = &s->stats[q->match.number];
		int class = x->status / 100 - 1;
		metric_observe(stats->seconds, took);
		if (class >= 0 && class < STATUS_CLASSES)
			metric_add(stats->classes[class], 1);
	}
	struct access_entry a = {
		.id = q->id,
		.address = x->address,
		.method = x->head.method,
		.route = routed    ? q->match.route->path
			 : q->page ? "page"
				   : "-",
		.status = x->status ? x->status : 499, /* nobody was there any more */
		.bytes = x->bytes_out,
		.usec = took,
	};
	access_log_put(s->log, &a);
}

void dispatch_refuse(void *ctx, const struct net_refusal *f, struct buf *headers, struct buf *body)
{
	struct http_server *s = ctx;
	char id[17];
	make_id(s, id);
	response_common(NULL, NULL, headers);
	buf_addf(headers, "X-Request-Id: %s\r\nContent-Type: application/json\r\n", id);
	if (f->retry_after)
		buf_addf(headers, "Retry-After: %d\r\n", f->retry_after);
	error_json(body, f->code, f->message, NULL);
	struct log_line l;
	log_begin(&l, LOG_INFO, "refused");
	log_cstr(&l, "id", id);
	log_cstr(&l, "from", f->address);
	log_i64(&l, "status", f->status);
	log_cstr(&l, "code", f->code);
	log_cstr(&l, "why", f->message);
	access_log_line(s->log, &l); /* strangers cause these: not a write each on the loop */
}
