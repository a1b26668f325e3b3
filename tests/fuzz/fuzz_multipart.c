/* A form: the first line is the Content-Type, the first byte of the second says in what pieces the rest comes. */
#include "http/multipart.h"

#include "base/limits.h"

#include <stdlib.h>

struct source {
	struct str rest;
	size_t step;
};

static ssize_t take(void *ctx, void *p, size_t n, struct err *e)
{
	struct source *s = ctx;
	size_t got = MIN(n, s->step);
	got = MIN(got, s->rest.n);
	if (got)
		memcpy(p, s->rest.p, got);
	s->rest = str_n(s->rest.p + got, s->rest.n - got);
	return (ssize_t)got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = str_n((const char *)data, size), type;
	struct arena a = ARENA_INIT(8 * MIB);
	struct multipart_part part;
	struct multipart *m;
	struct err e = { 0 };
	bool end = false;
	size_t parts = 0;
	if (!str_split(&all, '\n', &type) || all.n == 0)
		return 0;
	struct source s = { str_n(all.p + 1, all.n - 1), (size_t)(unsigned char)all.p[0] + 1 };
	bool ok = multipart_open_source(&a, type, take, &s, &m, &e);
	while (ok && !end && (ok = multipart_next(m, &part, &end, &e)) && !end) {
		char bytes[100];
		ssize_t n;
		if (++parts > LIMIT_MULTIPART_PARTS || memchr(part.name.p, 0, part.name.n))
			abort();
		while ((n = multipart_read(m, bytes, sizeof bytes, &e)) > 0)
			;
		ok = n == 0;
	}
	if (!ok && e.kind == ERR_NONE)
		abort();
	arena_free(&a);
	return 0;
}
