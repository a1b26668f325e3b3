#include "net/http1.h"

/* Extensions of all chunks, or trailers: nobody needs more, and endless ones are an attack. */
#define CHUNK_LINE_BYTES 4096
#define METHOD_BYTES 16
#define TARGET " / HTTP/1.1\r\n"
#define TARGET_10 " / HTTP/1.0\r\n"

static int on_headers_complete(llhttp_t *p)
{
	struct http1 *m = p->data;
	m->headers_complete = true;
	/* What follows is ours to judge: an accepted upgrade never reaches llhttp, a refused one is an ordinary
	 * request. */
	p->upgrade = 0;
	return 0;
}

static int on_body(llhttp_t *p, const char *at, size_t n)
{
	struct http1 *m = p->data;
	if (n)
		m->on_body(m->ctx, at, n);
	return 0;
}

static int on_message_complete(llhttp_t *p)
{
	struct http1 *m = p->data;
	m->complete = true;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

static bool refuse(struct head_fault *f, const char *message)
{
	*f = (struct head_fault){ 400, "malformed", message };
	return false;
}

bool http1_begin(struct http1 *m, const struct head *h, void (*body)(void *ctx, const char *p, size_t n), void *ctx,
		 struct head_fault *fault)
{
	m->state = CHUNK_SIZE_FIRST;
	m->chunked = h->chunked;
	m->headers_complete = m->complete = false;
	m->left = h->content_length > 0 ? (uint64_t)h->content_length : 0;
	m->line = 0;
	m->on_body = body;
	m->ctx = ctx;
	llhttp_init(&m->parser, HTTP_REQUEST, &settings);
	m->parser.data = m;
	/* The target was taken apart by head_parse, which lets UTF-8 through that llhttp would refuse. */
	char line[METHOD_BYTES + sizeof TARGET];
	if (h->method.n > METHOD_BYTES)
		return refuse(fault, "The header is not HTTP.");
	memcpy(line, h->method.p, h->method.n);
	memcpy(line + h->method.n, h->minor ? TARGET : TARGET_10, sizeof TARGET);
	enum llhttp_errno code = llhttp_execute(&m->parser, line, h->method.n + sizeof TARGET - 1);
	if (code == HPE_OK)
		code = llhttp_execute(&m->parser, h->fields.p, h->fields.n);
	bool whole = !m->chunked && m->left == 0;
	if ((code != HPE_OK && code != HPE_PAUSED) || !m->headers_complete || m->complete != whole)
		return refuse(fault, "The header is not HTTP.");
	if (code == HPE_PAUSED)
		llhttp_resume(&m->parser);
	return true;
}

bool http1_ended(const struct http1 *m)
{
	return m->complete;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_text(char c)
{
	return c == '\t' || ((unsigned char)c >= ' ' && c != 0x7f);
}

/* The size line: hexadecimal digits, at most 15, then CR LF or an extension. */
static bool chunk_size(struct http1 *m, char c)
{
	int v = hex_value(c);
	if (v >= 0) {
		if (m->state == CHUNK_SIZE_FIRST)
			m->left = 0;
		m->state = CHUNK_SIZE;
		if (m->left >> 56)
			return false;
		m->left = m->left * 16 + (unsigned)v;
		return true;
	}
	if (m->state == CHUNK_SIZE_FIRST)
		return false;
	if (c == '\r')
		m->state = CHUNK_SIZE_LF;
	else if (c == ';')
		m->state = CHUNK_EXTENSION;
	else
		return false;
	return true;
}

static bool chunk_trailer(struct http1 *m, char c)
{
	if (++m->line > CHUNK_LINE_BYTES)
		return false;
	if (m->state == CHUNK_TRAILER_FIRST && c == '\r') {
		m->state = CHUNK_LAST_LF;
	} else if (m->state == CHUNK_TRAILER_VALUE) {
		if (c == '\r')
			m->state = CHUNK_TRAILER_LF;
		else
			return is_text(c);
	} else if (m->state == CHUNK_TRAILER_NAME && c == ':') {
		m->state = CHUNK_TRAILER_VALUE;
	} else {
		m->state = CHUNK_TRAILER_NAME;
		return head_is_token(str_n(&c, 1));
	}
	return true;
}

static bool chunk_byte(struct http1 *m, char c)
{
	switch (m->state) {
	case CHUNK_SIZE_FIRST:
	case CHUNK_SIZE:
		return chunk_size(m, c);
	case CHUNK_EXTENSION:
		if (c == '\r')
			m->state = CHUNK_SIZE_LF;
		else
			return is_text(c) && ++m->line <= CHUNK_LINE_BYTES;
		return true;
	case CHUNK_SIZE_LF:
		m->state = m->left ? CHUNK_DATA : CHUNK_TRAILER_FIRST;
		return c == '\n';
	case CHUNK_DATA_CR:
		m->state = CHUNK_DATA_LF;
		return c == '\r';
	case CHUNK_DATA_LF:
		m->state = CHUNK_SIZE_FIRST;
		return c == '\n';
	case CHUNK_TRAILER_FIRST:
	case CHUNK_TRAILER_NAME:
	case CHUNK_TRAILER_VALUE:
		return chunk_trailer(m, c);
	case CHUNK_TRAILER_LF:
		m->state = CHUNK_TRAILER_FIRST;
		return c == '\n';
	case CHUNK_LAST_LF:
		m->state = CHUNK_DONE;
		return c == '\n';
	case CHUNK_DATA:
	case CHUNK_DONE:
		break;
	}
	return false;
}

/* How many of the n bytes belong to this request by the strict reader; SIZE_MAX when they are not its grammar. */
static size_t measure(struct http1 *m, const char *p, size_t n)
{
	if (!m->chunked) {
		size_t take = m->left < n ? (size_t)m->left : n;
		m->left -= take;
		if (m->left == 0)
			m->state = CHUNK_DONE;
		return take;
	}
	size_t i = 0;
	while (i < n && m->state != CHUNK_DONE) {
		if (m->state == CHUNK_DATA) {
			size_t take = m->left < n - i ? (size_t)m->left : n - i;
			m->left -= take;
			i += take;
			if (m->left == 0)
				m->state = CHUNK_DATA_CR;
		} else if (!chunk_byte(m, p[i++])) {
			return SIZE_MAX;
		}
	}
	return i;
}

bool http1_feed(struct http1 *m, const char *p, size_t n, size_t *ret_used, struct head_fault *fault)
{
	size_t take = measure(m, p, n);
	if (take == SIZE_MAX)
		return refuse(fault, "The chunks of the body are malformed.");
	enum llhttp_errno code = llhttp_execute(&m->parser, p, take);
	bool ended = m->state == CHUNK_DONE;
	if ((code != HPE_OK && code != HPE_PAUSED) || m->complete != ended ||
	    (ended && llhttp_get_error_pos(&m->parser) != p + take))
		return refuse(fault, "The chunks of the body are malformed.");
	*ret_used = take;
	return true;
}
