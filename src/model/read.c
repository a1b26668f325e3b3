#include "model/read.h"

#include "base/limits.h"

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

bool read_one(struct db_stmt *s, struct arena *a, read_row_fn *row, void *ret, const char *missing, struct err *e)
{
	bool found;
	if (!db_step(s, &found, e))
		return false;
	return found ? row(s, a, ret, e) : err_set(e, ERR_NOT_FOUND, NULL, "%s", missing);
}

bool read_rows(struct db_stmt *s, struct arena *a, size_t size, read_row_fn *row, void *ret, size_t *ret_n,
	       struct err *e)
{
	char *list = NULL;
	size_t n = 0, cap = 0;
	for (bool more;;) {
		if (!db_step(s, &more, e))
			return false;
		if (!more)
			break;
		list = read_grow(a, list, n, &cap, size);
		if (!list)
			return read_fits(a, e);
		if (!row(s, a, list + size * n++, e))
			return false;
	}
	memcpy(ret, &list, sizeof list); /* whatever it points to, a pointer */
	*ret_n = n;
	return read_fits(a, e);
}

void *page_alloc(const struct page *page, struct arena *a, size_t size, struct err *e)
{
	if (page->limit < 1 || page->limit > LIMIT_PAGE) {
		err_field(e, ERR_VALUE, "limit", "A page has from 1 to %d items.", LIMIT_PAGE);
		return NULL;
	}
	void *p = arena_array(a, (size_t)page->limit + 1, size);
	if (!p)
		err_set(e, ERR_LIMIT, NULL, "The request needs too much memory.");
	return p;
}

bool read_page(struct db_stmt *s, struct arena *a, struct page *page, void *list, size_t size, read_row_fn *row,
	       struct err *e)
{
	int64_t last = 0;
	page->n = 0;
	page->next = 0;
	for (bool more;;) {
		if (!db_step(s, &more, e))
			return false;
		if (!more)
			return read_fits(a, e);
		if (page->n == (size_t)page->limit) {
			page->next = last;
			return read_fits(a, e);
		}
		last = db_col_i64(s, 0);
		if (!row(s, a, (char *)list + size * page->n++, e))
			return false;
	}
}
