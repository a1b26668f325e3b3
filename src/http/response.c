#include "http/internal.h"

#include <stdio.h>

#define HEADERS_MAX (16 * KIB)

static void init_bufs(struct response *r)
{
	r->headers.max = HEADERS_MAX;
	r->body.max = LIMIT_RESPONSE_BYTES;
}

void response_status(struct response *r, int status)
{
	r->status = status;
}

void response_header(struct response *r, const char *name, struct str value)
{
	init_bufs(r);
	buf_adds(&r->headers, name);
	buf_add(&r->headers, ": ", 2);
	size_t from = r->headers.n;
	buf_add_str(&r->headers, value);
	for (size_t i = from; i < r->headers.n; i++)
		if ((unsigned char)r->headers.p[i] < ' ' || r->headers.p[i] == 0x7f)
			r->headers.p[i] = ' ';
	buf_add(&r->headers, "\r\n", 2);
}

void response_headerf(struct response *r, const char *name, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n >= 0)
		response_header(r, name, str_n(text, MIN((size_t)n, sizeof text - 1)));
}

void response_cache_control(struct response *r, const char *value)
{
	r->cache_control = arena_strdup(request_arena(r->q), value);
}

struct buf *response_buf(struct response *r)
{
	init_bufs(r);
	return &r->body;
}

struct json_writer *response_json(struct response *r, int status)
{
	init_bufs(r);
	buf_clear(&r->body);
	r->status = status;
	r->type = "application/json";
	r->json = json_writer(&r->body);
	return &r->json;
}

static void set_type(struct response *r, const char *type)
{
	r->type = arena_strdup(request_arena(r->q), type);
}

void response_body(struct response *r, const char *type, struct str body)
{
	init_bufs(r);
	set_type(r, type);
	buf_clear(&r->body);
	buf_add_str(&r->body, body);
}

void response_take(struct response *r, const char *type, struct buf *body)
{
	set_type(r, type);
	buf_free(&r->body);
	r->body = *body;
	*body = (struct buf){ .max = body->max };
}

void response_const(struct response *r, const char *type, struct str body)
{
	buf_free(&r->body);
	set_type(r, type);
	r->fixed = body;
}

void response_no_content(struct response *r)
{
	buf_free(&r->body);
	r->type = NULL;
	r->status = 204;
}

void response_cookie(struct response *r, const struct response_cookie *c)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(4096);
	buf_adds(&b, c->name);
	buf_addc(&b, '=');
	buf_add_str(&b, c->value);
	buf_addf(&b, "; Path=%s; SameSite=%s", c->path ? c->path : "/", c->strict ? "Strict" : "Lax");
	if (c->value.n == 0)
		buf_adds(&b, "; Max-Age=0");
	else if (c->max_age > 0)
		buf_addf(&b, "; Max-Age=%lld", (long long)c->max_age);
	if (c->http_only)
		buf_adds(&b, "; HttpOnly");
	if (request_is_tls(r->q))
		buf_adds(&b, "; Secure");
	response_header(r, "Set-Cookie", buf_str(&b));
}

void response_websocket(struct response *r, const struct ws_handler *h, void *ctx)
{
	r->status = 101;
	r->ws = h;
	r->ws_ctx = ctx;
}

void response_reset(struct response *r)
{
	buf_free(&r->headers);
	buf_free(&r->body);
	*r = (struct response){ .q = r->q, .status = 200 };
}

void response_free(struct response *r)
{
	buf_free(&r->headers);
	buf_free(&r->body);
}

void response_common(const struct request *q, const char *cache_control, struct buf *b)
{
	static const char api[] = "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";
	static const char page[] =
		"Content-Security-Policy: default-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n";
	static const char every[] = "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
				    "Referrer-Policy: same-origin\r\nCache-Control: ";
	bool is_page = q && (q->page || (q->match.route && (q->match.route->flags & ROUTE_PAGE)));
	buf_add(b, is_page ? page : api, is_page ? sizeof page - 1 : sizeof api - 1);
	buf_add(b, every, sizeof every - 1);
	buf_adds(b, cache_control ? cache_control : "no-store");
	buf_add(b, "\r\n", 2);
	if (q) {
		buf_adds(b, "X-Request-Id: ");
		buf_adds(b, q->id);
		buf_add(b, "\r\n", 2);
	}
}

/* Common headers, the type, and what the handler added. */
static struct buf all_headers(struct response *r)
{
	struct buf b = BUF_INIT(HEADERS_MAX + 4096);
	buf_reserve(&b, 640);
	response_common(r->q, r->cache_control, &b);
	if (r->type) {
		buf_adds(&b, "Content-Type: ");
		buf_adds(&b, r->type);
		buf_add(&b, "\r\n", 2);
	}
	buf_add_str(&b, buf_str(&r->headers));
	buf_free(&r->headers);
	return b;
}

void response_send(struct response *r)
{
	struct exchange_reply reply = { .status = r->status, .ws = r->ws, .ws_ctx = r->ws_ctx };
	if (r->body.failed || r->headers.failed) {
		struct err e;
		err_set(&e, ERR_LIMIT, NULL, "The answer is too large.");
		response_reset(r);
		error_answer(r->q, r, &e);
	}
	reply.status = r->status;
	response_compress(r);
	if (!r->ws)
		reply.headers = all_headers(r);
	else
		reply.headers = r->headers;
	reply.body = r->body;
	reply.fixed = r->fixed;
	r->headers = (struct buf){ 0 };
	r->body = (struct buf){ 0 };
	exchange_reply(r->q->x, &reply);
}

/* -- streams */

static bool begin(struct response *r, int status, const char *type, bool sse, struct err *e)
{
	r->status = status;
	set_type(r, type);
	struct buf headers = all_headers(r);
	r->streaming = exchange_stream(r->q->x, status, &headers, sse, e);
	buf_free(&headers);
	return r->streaming;
}

bool response_stream_begin(struct response *r, int status, const char *type, struct err *e)
{
	return begin(r, status, type, false, e);
}

bool response_write(struct response *r, const void *p, size_t n, struct err *e)
{
	if (!r->streaming || r->ended)
		return err_set(e, ERR_INTERNAL, NULL, "Nothing is being streamed.");
	return n == 0 || exchange_write(r->q->x, p, n, e);
}

bool response_end(struct response *r, struct err *e)
{
	if (!r->streaming)
		return err_set(e, ERR_INTERNAL, NULL, "Nothing is being streamed.");
	r->ended = true;
	return true;
}

bool response_sse_begin(struct response *r, struct err *e)
{
	response_header(r, "X-Accel-Buffering", STR("no")); /* asks proxies not to hold events back */
	return begin(r, 200, "text/event-stream", true, e);
}

bool response_sse(struct response *r, const char *event, struct str data, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_RESPONSE_BYTES);
	struct str line;
	if (request_stopping(r->q))
		return err_set(e, ERR_UNAVAILABLE, NULL, "The server is stopping.");
	if (request_gone(r->q))
		return err_set(e, ERR_CANCELLED, "client_gone", "The client went away.");
	if (event)
		buf_addf(&b, "event: %s\n", event);
	do {
		if (!str_split(&data, '\n', &line))
			line = str_n("", 0);
		buf_adds(&b, "data: ");
		buf_add_str(&b, line);
		buf_addc(&b, '\n');
	} while (data.p && data.n);
	buf_addc(&b, '\n');
	return response_write(r, b.p, b.n, e);
}
