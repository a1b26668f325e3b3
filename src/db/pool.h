/*
 * A bounded set of connections to one store. Worker threads take one for a request and give it back; connections are
 * opened when first needed and kept. Writers of one pool wait for each other here instead of polling the file's
 * lock. Any thread may take and give; the pool outlives what was taken from it.
 */
#pragma once

#include "db/db.h"

struct db_pool;

/* Opens the first connection at once, so that a wrong key or path is known here. The key is copied. */
MUST_CHECK bool db_pool_open(const char *url, const struct key *key, unsigned flags, size_t max, struct db_pool **ret,
			     struct err *e);
/* All connections must have been given back. */
void db_pool_close(struct db_pool **pool);
/* Waits up to wait_ms for a free one; ERR_UNAVAILABLE with retry_after when there is none. */
MUST_CHECK bool db_pool_take(struct db_pool *pool, int wait_ms, struct db **ret, struct err *e);
/* An open transaction is rolled back. Sets *db to NULL; takes NULL. */
void db_pool_give(struct db_pool *pool, struct db **db);
