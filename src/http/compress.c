/* JSON answers in gzip, for those who take it: lists of customers shrink to a fifth. */
#include "http/internal.h"

#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* the largest window, in a gzip frame */
#define GZIP_LEVEL 1          /* most of the gain at a fraction of the time of the default */
#define GZIP_MEMORY 8
#define GZIP_HEADER_ROOM 64

/*
 * The length of a compressed answer tells something of its content to whoever can put words into it and watch the
 * line. So neither what other sites make a browser ask for is compressed, nor the answers to changes, which are the
 * ones that hold secrets (tokens, one-time links).
 */
static bool is_wanted(const struct request *q)
{
	struct str accept = request_header(q, "accept-encoding"), site = request_header(q, "sec-fetch-site");
	unsigned method = router_method(q->x->head.method);
	if (site.p && !str_is(site, "same-origin") && !str_is(site, "none"))
		return false;
	if (method != METHOD_GET && method != METHOD_HEAD)
		return false;
	return accept.p && static_accepts(accept, STR("gzip")) > 0 &&
	       static_accepts(accept, STR("gzip")) >= static_accepts(accept, STR("identity"));
}

static bool deflate_whole(struct str plain, struct buf *out)
{
	z_stream z = { .next_in = (unsigned char *)plain.p, .avail_in = (unsigned)plain.n };
	if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	size_t room = deflateBound(&z, plain.n) + GZIP_HEADER_ROOM;
	z.next_out = (unsigned char *)buf_reserve(out, room);
	z.avail_out = (unsigned)room;
	bool good = z.next_out && deflate(&z, Z_FINISH) == Z_STREAM_END;
	out->n = good ? room - z.avail_out : 0;
	deflateEnd(&z);
	return good;
}

void response_compress(struct response *r)
{
	const struct str plain = r->fixed.n ? r->fixed : buf_str(&r->body);
	struct buf packed = BUF_INIT(2 * LIMIT_RESPONSE_BYTES);
	/* Files of the page are compressed already. */
	if (r->q->page || !r->type || strcmp(r->type, "application/json") != 0 || plain.n < LIMIT_PLAIN_BYTES)
		return;
	response_header(r, "Vary", STR("Accept-Encoding"));
	if (!is_wanted(r->q) || !deflate_whole(plain, &packed) || packed.n >= plain.n) {
		buf_free(&packed);
		return;
	}
	buf_free(&r->body);
	r->body = packed;
	r->fixed = (struct str){ 0 };
	response_header(r, "Content-Encoding", STR("gzip"));
}
