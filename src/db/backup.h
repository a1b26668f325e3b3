/* A consistent copy of the store while others write to it, and a check of every page. */
#pragma once

#include "db/db.h"

/* pages done of all; false stops it (ERR_CANCELLED). May be NULL where it is taken. */
typedef bool db_progress_fn(void *ctx, uint64_t done, uint64_t total);

/*
 * Copies the store as of this moment to a new file at path (an existing one is refused), encrypted under key (the
 * store's own), flushed to the disk. A failed or cancelled copy leaves no file. Writers go on meanwhile.
 */
MUST_CHECK bool db_backup(struct db *db, const char *path, const struct key *key, db_progress_fn *progress, void *ctx,
			  struct err *e);

struct db_damage {
	int64_t page;       /* from 1; 0 when it is not one page */
	const char *object; /* the table or index that the page belongs to; "" when unknown */
	const char *what;   /* a sentence */
};
typedef void db_damage_fn(void *ctx, const struct db_damage *damage);

/*
 * Authenticates every page and verifies the structure of every table and index; report is called for each damage.
 * *ret_damaged counts them. False only when the check itself could not run.
 */
MUST_CHECK bool db_check(struct db *db, db_damage_fn *report, void *ctx, db_progress_fn *progress,
			 uint64_t *ret_damaged, struct err *e);
