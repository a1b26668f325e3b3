/* What headers say about a request. */
#include "http/internal.h"

struct str request_header(const struct request *q, const char *name)
{
	const struct head *h = &q->x->head;
	struct str want = str_of(name);
	for (size_t i = 0; i < h->n_headers; i++)
		if (str_ieq(h->headers[i].name, want))
			return h->headers[i].value;
	return str_n(NULL, 0);
}

/* Several Cookie headers are read like one. */
struct str request_cookie(const struct request *q, const char *name)
{
	const struct head *h = &q->x->head;
	for (size_t i = 0; i < h->n_headers; i++) {
		if (!str_ieq(h->headers[i].name, STR("cookie")))
			continue;
		struct str rest = h->headers[i].value, part;
		while (str_split(&rest, ';', &part)) {
			part = str_trim(part);
			size_t eq = str_find(part, '=');
			if (eq < part.n && str_is(str_n(part.p, eq), name))
				return str_n(part.p + eq + 1, part.n - eq - 1);
		}
	}
	return str_n(NULL, 0);
}

struct str request_bearer(const struct request *q)
{
	struct str v = request_header(q, "authorization");
	if (v.n > 7 && str_ieq(str_n(v.p, 7), STR("Bearer ")))
		return str_trim(str_n(v.p + 7, v.n - 7));
	return str_n(NULL, 0);
}

/* "https://host:port" names this host? The scheme is left alone: a proxy may speak TLS for us. */
static bool is_own_origin(const struct request *q, struct str origin)
{
	static const struct str schemes[] = { { "http://", 7 }, { "https://", 8 } };
	struct str host = q->x->head.host;
	for (size_t i = 0; i < countof(schemes); i++)
		if (str_starts(origin, schemes[i]))
			return host.n && str_ieq(str_n(origin.p + schemes[i].n, origin.n - schemes[i].n), host);
	return false;
}

bool request_same_origin(const struct request *q)
{
	struct str site = request_header(q, "sec-fetch-site"), origin = request_header(q, "origin");
	if (site.p)
		return str_is(site, "same-origin");
	return origin.p && is_own_origin(q, origin);
}

struct str request_content_type(const struct request *q)
{
	struct str v = request_header(q, "content-type");
	v = str_trim(str_n(v.p, v.n ? str_find(v, ';') : 0));
	if (v.n == 0)
		return str_n("", 0);
	char *lower = arena_strndup(&q->x->arena, v.p, v.n);
	for (size_t i = 0; i < v.n; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] += 'a' - 'A';
	return str_n(lower, v.n);
}

int64_t request_content_length(const struct request *q)
{
	const struct head *h = &q->x->head;
	return h->chunked ? -1 : h->content_length < 0 ? 0 : h->content_length;
}
