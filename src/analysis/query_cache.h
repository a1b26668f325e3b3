/* Small answers by their key, bounded in bytes, the longest unused going first. For analysis/query.c; thread-safe. */
#pragma once

#include "analysis/query.h"

struct query_answer {
	struct buf key; /* bytes; see query.c */
	struct arena arena;
	struct engine_column *columns;
	size_t n_columns;
	struct buf rows; /* in the format of the key */
	uint64_t n_rows;
	bool truncated;
	/* The cache's own. */
	int refs;
	struct query_answer *newer, *older, *next;
};

/* One reference belongs to the caller. */
struct query_answer *query_answer_new(void);
/* NULL when there is none; else a reference for the caller. */
struct query_answer *query_cache_get(struct query_cache *c, struct str key);
/* Keeps it too, unless the same key is there; the caller's reference stays the caller's. */
void query_cache_put(struct query_cache *c, struct query_answer *a);
/* c may be NULL when the answer was never put anywhere. Takes NULL. */
void query_answer_release(struct query_cache *c, struct query_answer *a);
