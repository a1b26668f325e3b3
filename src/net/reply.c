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

static void add_head(struct conn *c, int status, const struct buf *headers, const char *framing, bool close)
{
	char text[256], date[EXCHANGE_DATE];
	const struct exchange *x = c->x;
	exchange_date(date);
	int n = snprintf(text, sizeof text, "HTTP/1.1 %d %s\r\nDate: %s\r\n%s%s", status, exchange_reason(status), date,
			 framing,
			 status == 101             ? ""
			 : close                   ? "Connection: close\r\n"
			 : x && x->head.minor == 0 ? "Connection: keep-alive\r\n"
						   : "");
	out_add(c, text, (size_t)n);
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
	char framing[64] = "";
	size_t n = r->body.n ? r->body.n : r->fixed.n;
	bool bodiless = r->status == 204 || r->status == 304 || r->status < 200;
	if (!keeps(c, x) || r->ws)
		r->close = !r->ws;
	if (!bodiless)
		snprintf(framing, sizeof framing, "Content-Length: %zu\r\n", n);
	add_head(c, r->status, &r->headers, framing, r->close);
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
	add_head(c, r->status, &r->headers, chunked ? "Transfer-Encoding: chunked\r\n" : "",
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
