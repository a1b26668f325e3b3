#include "model/read.h"

void *read_grow(struct arena *a, void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	size_t want = *cap ? *cap * 2 : 16;
	void *q = arena_array(a, want, size);
	if (!q)
		return NULL;
	if (n)
		memcpy(q, p, n * size);
	*cap = want;
	return q;
}

bool read_fits(const struct arena *a, struct err *e)
{
	return !a->failed || err_set(e, ERR_LIMIT, "too_much", "This is too much to read at once.");
}
