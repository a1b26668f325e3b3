#include "http/internal.h"

#include <stdio.h>
#include <stdlib.h>

static int compare(const void *path, const void *file)
{
	const struct str *p = path;
	return str_cmp(*p, str_of(((const struct static_file *)file)->path));
}

const struct static_file *static_find(const struct static_table *t, struct str path)
{
	if (str_is(path, "/"))
		path = STR("/index.html");
	return t->n ? bsearch(&path, t->files, t->n, sizeof *t->files, compare) : NULL;
}

/* "0.5" → 500; -1 when it is none */
static int parse_weight(struct str s)
{
	double v;
	if (s.n == 0 || s.n > 5 || !str_to_f64(s, &v) || v < 0 || v > 1)
		return -1;
	return (int)(v * 1000 + 0.5);
}

int static_accepts(struct str accept, struct str coding)
{
	bool identity = str_is(coding, "identity");
	int named = -1, any = -1;
	struct str part;
	while (str_split(&accept, ',', &part)) {
		struct str name;
		int weight = 1000;
		if (!str_split(&part, ';', &name))
			continue;
		name = str_trim(name);
		if (part.p) {
			struct str q = str_trim(part);
			weight = q.n > 2 && (q.p[0] == 'q' || q.p[0] == 'Q') && q.p[1] == '='
					 ? parse_weight(str_n(q.p + 2, q.n - 2))
					 : 0;
		}
		if (str_ieq(name, coding) || (str_is(coding, "gzip") && str_ieq(name, STR("x-gzip"))))
			named = weight;
		else if (str_is(name, "*"))
			any = weight;
	}
	return named >= 0 ? named : any >= 0 ? any : identity ? 1 : 0;
}

/* The tag of the gzip form differs from that of the plain one: they are different bytes. */
static void etag_of(const struct static_file *f, bool gzip, char ret[64])
{
	size_t n = strlen(f->etag);
	snprintf(ret, 64, "%.*s%s\"", (int)(n - 1), f->etag, gzip ? "-gz" : "");
}

static bool etag_listed(struct str list, const char *etag)
{
	struct str part;
	while (str_split(&list, ',', &part)) {
		part = str_trim(part);
		if (str_starts(part, STR("W/")))
			part = str_n(part.p + 2, part.n - 2);
		if (str_is(part, etag) || str_is(part, "*"))
			return true;
	}
	return false;
}

enum range { RANGE_NONE, RANGE_ONE, RANGE_WRONG };

/* One range only: several, or anything else that is no range of bytes, mean the whole file. */
static enum range parse_range(struct str s, size_t size, size_t *ret_from, size_t *ret_n)
{
	uint64_t a = 0, b = 0;
	if (!str_starts(s, STR("bytes=")) || str_find(s, ',') < s.n)
		return RANGE_NONE;
	s = str_trim(str_n(s.p + 6, s.n - 6));
	size_t dash = str_find(s, '-');
	struct str first = str_n(s.p, dash), last = dash < s.n ? str_n(s.p + dash + 1, s.n - dash - 1) : str_n("", 0);
	if (dash == s.n || (first.n && !str_to_u64(first, &a)) || (last.n && !str_to_u64(last, &b)) ||
	    (first.n == 0 && last.n == 0) || (first.n && last.n && b < a))
		return RANGE_NONE;
	if (first.n == 0) {
		if (b == 0)
			return RANGE_WRONG;
		*ret_n = MIN((size_t)b, size);
		*ret_from = size - *ret_n;
		return size ? RANGE_ONE : RANGE_WRONG;
	}
	if (a >= size)
		return RANGE_WRONG;
	*ret_from = (size_t)a;
	*ret_n = last.n ? MIN((size_t)b - (size_t)a, size - (size_t)a - 1) + 1 : size - (size_t)a;
	return RANGE_ONE;
}

static void whole(const struct static_file *f, bool gzip, struct response *r)
{
	const unsigned char *p = gzip ? f->gzip : f->bytes;
	response_const(r, f->type, str_n((const char *)p, gzip ? f->n_gzip : f->n));
	if (gzip)
		response_header(r, "Content-Encoding", STR("gzip"));
}

static void send_file(const struct static_file *f, struct request *q, struct response *r)
{
	struct str accept = request_header(q, "accept-encoding"), range = request_header(q, "range");
	struct str if_range = request_header(q, "if-range"), if_none = request_header(q, "if-none-match");
	int weight = static_accepts(accept, STR("gzip"));
	bool gzip = f->gzip && !range.p && weight > 0 && weight >= static_accepts(accept, STR("identity"));
	char etag[64], other[64];
	size_t from = 0, n = 0;
	if (!accept.p)
		gzip = false;
	etag_of(f, gzip, etag);
	etag_of(f, !gzip, other);
	response_header(r, "ETag", str_of(etag));
	response_header(r, "Vary", STR("Accept-Encoding"));
	response_header(r, "Accept-Ranges", STR("bytes"));
	response_cache_control(r, f->immutable ? "public, max-age=31536000, immutable" : "no-cache");
	if (if_none.p && (etag_listed(if_none, etag) || etag_listed(if_none, other))) {
		response_status(r, 304);
		return;
	}
	bool fresh = !if_range.p || str_is(if_range, etag);
	switch (range.p && fresh ? parse_range(range, f->n, &from, &n) : RANGE_NONE) {
	case RANGE_NONE:
		whole(f, gzip, r);
		break;
	case RANGE_ONE:
		response_status(r, 206);
		response_headerf(r, "Content-Range", "bytes %zu-%zu/%zu", from, from + n - 1, f->n);
		response_const(r, f->type, str_n((const char *)f->bytes + from, n));
		break;
	case RANGE_WRONG:
		response_status(r, 416);
		response_headerf(r, "Content-Range", "bytes */%zu", f->n);
		response_const(r, "application/json",
			       STR("{\"error\":{\"code\":\"range_not_satisfiable\",\"message\":\"The file has no such "
				   "range.\"}}"));
		break;
	}
}

/* Does a person open this address in a browser? Then the page itself finds out what it shows. */
static bool is_navigation(struct request *q)
{
	struct str path = request_path(q), accept = request_header(q, "accept"), part;
	if (str_starts(path, STR("/api/")))
		return false;
	while (str_split(&accept, ',', &part)) {
		part = str_trim(str_n(part.p, str_find(part, ';')));
		if (str_ieq(part, STR("text/html")))
			return true;
	}
	return false;
}

bool static_answer(const struct static_table *t, struct request *q, struct response *r)
{
	const struct static_file *f = static_find(t, request_path(q));
	if (!f && is_navigation(q))
		f = static_find(t, STR("/"));
	if (!f)
		return false;
	q->page = true;
	send_file(f, q, r);
	return true;
}
