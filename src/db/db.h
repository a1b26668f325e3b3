/*
 * The store's connection: a small face over SQLite today and PostgreSQL later.
 *
 * SQL is written once, in the common subset of SQLite and PostgreSQL 15, with parameters ?1, ?2 …; it belongs to model/
 * and nowhere else. A connection and its statements belong to one thread at a time; take one from a db_pool. Text and
 * blobs given to bind are copied. What a column returns lives until the statement's next step or its end.
 *
 * Errors: a broken constraint is ERR_CONFLICT (`duplicate` with the column in `field`, `reference`) or ERR_VALUE; a
 *full disk ERR_IO `disk_full`; damaged pages ERR_CORRUPT naming the file; a store that stays locked ERR_UNAVAILABLE.
 *
 *	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
 *	bool row;
 *	if (!db_query(db, &s, e, "SELECT name FROM org WHERE id = ?1", "i", id) || !db_step(s, &row, e))
 *		return false;
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "base/util.h"

struct key;
struct db;
struct db_stmt;

#define DB_CREATE 1u /* make the file when there is none */
#define DB_READ 2u   /* refuse every write */

#define DB_BUSY_SECONDS 10 /* how long a writer waits for another before ERR_UNAVAILABLE */

/* "sqlite:/path/of/the/file". The key is used during the call only. */
MUST_CHECK bool db_open(const char *url, const struct key *key, unsigned flags, struct db **ret, struct err *e);
void db_close(struct db **db);

/* Statements are kept prepared per connection under their text; one that is still in use yields a fresh one. */
MUST_CHECK bool db_prepare(struct db *db, const char *sql, struct db_stmt **ret, struct err *e);
/* Positions from 1. A position that is not there fails the next step. */
void db_bind_i64(struct db_stmt *s, int pos, int64_t v);
void db_bind_f64(struct db_stmt *s, int pos, double v);
void db_bind_str(struct db_stmt *s, int pos, struct str v);   /* p == NULL binds NULL */
void db_bind_cstr(struct db_stmt *s, int pos, const char *v); /* NULL binds NULL */
void db_bind_blob(struct db_stmt *s, int pos, struct str v);  /* p == NULL binds NULL */
void db_bind_null(struct db_stmt *s, int pos);
/* *ret_row: there is a row to read; false at the end. */
MUST_CHECK bool db_step(struct db_stmt *s, bool *ret_row, struct err *e);
/* Ready to be bound and stepped again; bindings are cleared. */
void db_stmt_reset(struct db_stmt *s);
/* Columns from 0. NULL reads as 0 and as an empty str with p == NULL. */
int64_t db_col_i64(struct db_stmt *s, int col);
double db_col_f64(struct db_stmt *s, int col);
struct str db_col_str(struct db_stmt *s, int col);
struct str db_col_blob(struct db_stmt *s, int col);
bool db_col_null(struct db_stmt *s, int col);
int db_col_count(struct db_stmt *s);
/* Gives the statement back to the connection; takes NULL. */
void db_stmt_done(struct db_stmt **s);

/*
 * types: one letter an argument. i int64_t (cast literals: INT64_C(1)), o int64_t where 0 means NULL, d double,
 * s const char * (NULL = NULL), S struct str, b struct str as a blob, n nothing (NULL, takes no argument).
 */
MUST_CHECK bool db_exec(struct db *db, struct err *e, const char *sql, const char *types, ...);
/* Prepared and bound, not stepped. */
MUST_CHECK bool db_query(struct db *db, struct db_stmt **ret, struct err *e, const char *sql, const char *types, ...);
/* The first column of the first row; *ret_found (may be NULL) false and *ret untouched when there is no row. */
MUST_CHECK bool db_query_i64(struct db *db, int64_t *ret, bool *ret_found, struct err *e, const char *sql,
			     const char *types, ...);
/* Rows changed by the last finished statement. */
int64_t db_changes(struct db *db);

/*
 * Transactions nest: an inner one is a savepoint, so that a model function is whole on its own and inside a caller's.
 * db_rollback takes a connection without a transaction without complaint.
 */
MUST_CHECK bool db_begin(struct db *db, struct err *e);      /* for writing: waits for other writers here, not later */
MUST_CHECK bool db_begin_read(struct db *db, struct err *e); /* one consistent view */
MUST_CHECK bool db_commit(struct db *db, struct err *e);     /* on failure it is rolled back */
void db_rollback(struct db *db);                             /* the innermost */
void db_rollback_all(struct db *db);
bool db_in_transaction(const struct db *db);
/*
 * CLEANUP(db_tx_end) struct db *tx = NULL;
 * if (!db_begin_tx(db, &tx, e) … return false;     leaving the block without db_commit_tx rolls back
 * return db_commit_tx(&tx, e);
 */
MUST_CHECK bool db_begin_tx(struct db *db, struct db **ret_tx, struct err *e);
MUST_CHECK bool db_commit_tx(struct db **tx, struct err *e);
void db_tx_end(struct db **tx);

/*
 * Counts the writes of this process that have ended, whatever the store: what was read after asking for it still holds
 * while it has not changed. Only where no other process writes, which the data folder's lock sees to.
 */
uint64_t db_writes(void);

/* Where it is, for messages: the path, or the host and the database without secrets. */
const char *db_name(const struct db *db);
