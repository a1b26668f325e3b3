/* The framing of answers: status line, Date, length or chunks, and whether the connection stays. */
#include "net/internal.h"

#include <stdio.h>

const char *exchange_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} rows[] = {
		{ 101, "Switching Protocols" },
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 206, "Partial Content" },
		{ 301, "Moved Permanently" },
		{ 302, "Found" },
		{ 303, "See Other" },
		{ 304, "Not Modified" },
		{ 307, "Temporary Redirect" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 411, "Length Required" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 416, "Range Not Satisfiable" },
		{ 417, "Expectation Failed" },
		{ 422, "Unprocessable Content" },
		{ 426, "Upgrade Required" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].status == status)
			return rows[i].reason;
	return "Status";
}

static void add(struct conn *c, struct str s)
{
	out_add(c, s.p, s.n);
}

struct framing {
	int64_t length; /* of the body; -1 = not said */
	bool chunked;
};

static void add_head(struct conn *c, int status, const struct buf *headers, struct framing framing, bool close)
{
	char digits[STR_I64], date[EXCHANGE_DATE];
	const struct exchange *x = c->x;
	exchange_date(date);
	/* Piece by piece, as every request passes here. */
	add(c, STR("HTTP/1.1 "));
	add(c, str_i64(status, digits));
	add(c, STR(" "));
	add(c, str_of(exchange_reason(status)));
	add(c, STR("\r\nDate: "));
	add(c, str_of(date));
	add(c, STR("\r\n"));
	if (framing.length >= 0) {
		add(c, STR("Content-Length: "));
		add(c, str_i64(framing.length, digits));
		add(c, STR("\r\n"));
	} else if (framing.chunked) {
		add(c, STR("Transfer-Encoding: chunked\r\n"));
	}
	if (close && status != 101)
		add(c, STR("Connection: close\r\n"));
	else if (status != 101 && x && x->head.minor == 0)
		add(c, STR("Connection: keep-alive\r\n"));
	if (headers->n)
		out_add(c, headers->p, headers->n);
	out_add(c, "\r\n", 2);
}

/* Will this connection take another request after the answer to x? */
static bool keeps(struct conn *c, struct exchange *x)
{
	return x->head.keep_alive && http1_ended(&c->http) && !c->loop->stopping;
}

void reply_send(struct conn *c, struct exchange_reply *r)
{
	struct exchange *x = c->x;
	size_t n = r->body.n ? r->body.n : r->fixed.n;
	bool bodiless = r->status == 204 || r->status == 304 || r->status < 200;
	if (!keeps(c, x) || r->ws)
		r->close = !r->ws;
	add_head(c, r->status, &r->headers, (struct framing){ .length = bodiless ? -1 : (int64_t)n }, r->close);
	buf_free(&r->headers);
	x->status = r->status;
	if (bodiless || str_is(x->head.method, "HEAD")) {
		buf_free(&r->body);
	} else {
		x->bytes_out = n;
		if (r->body.n)
			out_take(c, &r->body);
		else
			out_const(c, r->fixed);
	}
}

void reply_stream_head(struct conn *c, struct exchange *x)
{
	struct exchange_reply *r = &x->priv->reply;
	bool chunked = x->head.minor == 1;
	/* HTTP/1.0 knows no chunks: there the end of the connection is the end of the answer. */
	r->close = !chunked;
	add_head(c, r->status, &r->headers, (struct framing){ .length = -1, .chunked = chunked },
		 r->close || !x->head.keep_alive);
	buf_free(&r->headers);
	x->status = r->status;
}

void reply_chunk(struct conn *c, struct exchange *x, struct buf *bytes)
{
	char size[24];
	if (str_is(x->head.method, "HEAD"))
		return;
	x->bytes_out += bytes->n;
	if (x->head.minor == 0) {
		out_take(c, bytes);
		return;
	}
	int n = snprintf(size, sizeof size, "%zx\r\n", bytes->n);
	out_add(c, size, (size_t)n);
	out_take(c, bytes);
	out_add(c, "\r\n", 2);
}

void reply_stream_end(struct conn *c, struct exchange *x)
{
	if (x->head.minor == 1 && !str_is(x->head.method, "HEAD"))
		out_add(c, "0\r\n\r\n", 5);
}
