/*
 * The whole way of bytes to a request: end of the header, header, framing of the body, address. The first byte says in
 * what pieces the rest comes; the same bytes in one piece must give the same, or an attacker could choose by timing.
 */
#include "http/decode.h"
#include "http/router.h"
#include "net/http1.h"

#include <stdlib.h>

static const struct head_limits limits = { 4096, 20, 1024 };

struct outcome {
	int status;
	bool ended;
	size_t used;
	uint64_t hash; /* of the body */
	size_t body;
};

static void on_body(void *ctx, const char *p, size_t n)
{
	struct outcome *o = ctx;
	for (size_t i = 0; i < n; i++)
		o->hash = (o->hash ^ (unsigned char)p[i]) * 1099511628211u;
	o->body += n;
}

static void address(struct arena *a, const struct head *h)
{
	struct query_param *params;
	struct router_match match;
	struct router empty;
	struct err e;
	size_t n;
	router_init(&empty);
	(void)router_find(&empty, h->method, h->path, a, &match, &e);
	(void)decode_query(a, h->query, &params, &n, &e);
	router_free(&empty);
}

static struct outcome run(const char *p, size_t n, size_t step)
{
	struct outcome o = { .hash = 14695981039346656037u };
	struct head_fault f = { 0 };
	struct arena a = ARENA_INIT(1 * MIB);
	struct head h;
	struct http1 m;
	size_t scanned = 0, end = 0, have = 0;
	while (!end && !f.status && have < n) {
		have = MIN(have + step, n);
		end = head_end(p, have, &scanned, &limits, &f);
	}
	if (end && head_parse(str_n(p, end), &limits, &a, &h, &f) && http1_begin(&m, &h, on_body, &o, &f)) {
		address(&a, &h);
		o.used = end;
		while (!http1_ended(&m) && o.used < n) {
			size_t used;
			if (!http1_feed(&m, p + o.used, MIN(step, n - o.used), &used, &f))
				break;
			o.used += used;
		}
		o.ended = http1_ended(&m);
	}
	o.status = f.status;
	arena_free(&a);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	const char *p = (const char *)data + 1;
	struct outcome pieces = run(p, size - 1, (size_t)data[0] % 64 + 1), whole = run(p, size - 1, size);
	bool same = pieces.status == whole.status && pieces.ended == whole.ended;
	if (same && whole.ended)
		same = pieces.used == whole.used && pieces.hash == whole.hash && pieces.body == whole.body;
	if (!same)
		abort();
	return 0;
}
