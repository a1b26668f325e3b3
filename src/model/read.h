/* Small help for reading rows of the store into an arena; used by the files of this layer only. */
#pragma once

#include "base/arena.h"
#include "db/db.h"

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
