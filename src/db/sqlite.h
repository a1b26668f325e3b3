/* What the files of the SQLite driver share. */
#pragma once

#include "db/driver.h"

#include <sqlite3.h>

#define SQLITE_STMTS 256 /* prepared statements kept by a connection; past it the oldest idle one goes */

struct sqlite_stmt {
	struct db_stmt base;
	sqlite3_stmt *handle;
	char *sql;
	uint64_t hash;   /* of sql */
	uint64_t used;   /* turn of the last use, for choosing the oldest */
	bool kept;       /* in the connection's list */
	bool busy;       /* given out */
	bool misused;    /* a value was bound where there is no parameter */
	bool positioned; /* on a row */
};

struct sqlite_db {
	struct db base;
	sqlite3 *handle;
	uint64_t turn;
	size_t n;
	struct sqlite_stmt *kept[SQLITE_STMTS];
};

/* Opens, gives the key and proves that it fits; create: the file may be new. */
MUST_CHECK bool sqlite_open_file(const char *path, const struct key *key, bool create, sqlite3 **ret, struct err *e);
/* Fills e from the connection's last failure rc. name is for the message. Returns false. */
bool sqlite_error(sqlite3 *handle, const char *name, int rc, struct err *e);

/* sqlite_wal.c: ERR_CORRUPT when damage in the log would make committed changes vanish silently. */
MUST_CHECK bool sqlite_wal_whole(const char *path, struct err *e);

/* sqlite_backup.c, sqlite_check.c */
bool sqlite_backup(struct db *db, const char *path, const struct key *key, db_progress_fn *progress, void *ctx,
		   struct err *e);
bool sqlite_check(struct db *db, db_damage_fn *report, void *ctx, db_progress_fn *progress, uint64_t *ret_damaged,
		  struct err *e);
