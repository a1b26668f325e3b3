/* Small help for reading rows of the store into an arena; used by the files of this layer only. */
#pragma once

#include "base/arena.h"
#include "db/db.h"
#include "model/page.h"

/* Text of a column, terminated; NULL reads as NULL. */
static inline char *read_text(struct arena *a, struct db_stmt *s, int col)
{
	struct str v = db_col_str(s, col);
	return v.p ? arena_strndup(a, v.p, v.n) : NULL;
}

/* Makes room for one more element of `size` bytes; NULL when the arena is full. */
void *read_grow(struct arena *a, void *p, size_t n, size_t *cap, size_t size);
/* True unless the arena ran over: then ERR_LIMIT. */
bool read_fits(const struct arena *a, struct err *e);

/* Reads the row that s stands on into *ret, an element of the list; its texts go to the arena. */
typedef bool read_row_fn(struct db_stmt *s, struct arena *a, void *ret, struct err *e);
/* The only row of a query; without one ERR_NOT_FOUND with this message. */
MUST_CHECK bool read_one(struct db_stmt *s, struct arena *a, read_row_fn *row, void *ret, const char *missing,
			 struct err *e);
/* All rows of a query as an array in the arena, elements of `size` bytes; ret: where its address goes. ERR_LIMIT when
 * it runs over. */
MUST_CHECK bool read_rows(struct db_stmt *s, struct arena *a, size_t size, read_row_fn *row, void *ret, size_t *ret_n,
			  struct err *e);

/* Room for a page of elements and one more, by which it is known that there are more; NULL with ERR_VALUE, ERR_LIMIT.
 */
void *page_alloc(const struct page *page, struct arena *a, size_t size, struct err *e);
/*
 * One page of a query that asks for page->limit + 1 rows, into what page_alloc gave. The query's first column is the id
 * by which pages follow one another. Sets n and next of the page.
 */
MUST_CHECK bool read_page(struct db_stmt *s, struct arena *a, struct page *page, void *list, size_t size,
			  read_row_fn *row, struct err *e);
