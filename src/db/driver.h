/*
 * What a driver does; only db/ includes this. db.c keeps what is the same for all of them: nesting of transactions, the
 * letters of db_exec, the gate. A driver's connection and statement begin with the structs below.
 */
#pragma once

#include "crypt/keys.h"
#include "db/backup.h"
#include "db/db.h"

#define DB_AGAIN 0x100u /* another connection of this process has it open: what is looked at once was looked at */

/* One writer of a pool at a time: waiting here costs nothing, polling the file's lock does. */
struct db_gate;
struct db_gate *db_gate_new(void);
void db_gate_free(struct db_gate **g);
MUST_CHECK bool db_gate_lock(struct db_gate *g, struct err *e);
void db_gate_unlock(struct db_gate *g);

void db_count_write(void);

struct db_driver {
	const char *scheme; /* "sqlite" */
	const char *id;     /* what {id} and {blob} of a migration stand for */
	const char *blob;
	bool (*open)(const char *where, const struct key *key, unsigned flags, struct db **ret, struct err *e);
	void (*close)(struct db *db);
	bool (*prepare)(struct db *db, const char *sql, struct db_stmt **ret, struct err *e);
	void (*bind_i64)(struct db_stmt *s, int pos, int64_t v);
	void (*bind_f64)(struct db_stmt *s, int pos, double v);
	void (*bind_text)(struct db_stmt *s, int pos, struct str v, bool blob); /* p == NULL: NULL */
	bool (*step)(struct db_stmt *s, bool *ret_row, struct err *e);
	void (*reset)(struct db_stmt *s);
	void (*done)(struct db_stmt *s);
	int64_t (*col_i64)(struct db_stmt *s, int col);
	double (*col_f64)(struct db_stmt *s, int col);
	struct str (*col_text)(struct db_stmt *s, int col, bool blob);
	bool (*col_null)(struct db_stmt *s, int col);
	int (*col_count)(struct db_stmt *s);
	int64_t (*changes)(struct db *db);
	/* Statements without parameters, any number of them. */
	bool (*run)(struct db *db, const char *sql, struct err *e);
	const char *begin_write, *begin_read;
	bool (*alive)(struct db *db); /* the transaction that was begun is still open */
	bool (*backup)(struct db *db, const char *path, const struct key *key, db_progress_fn *progress, void *ctx,
		       struct err *e);
	bool (*check)(struct db *db, db_damage_fn *report, void *ctx, db_progress_fn *progress, uint64_t *ret_damaged,
		      struct err *e);
};

struct db {
	const struct db_driver *driver;
	char *name;           /* freed by db_close */
	int depth;            /* open transactions, one in another */
	struct db_gate *gate; /* of the pool, borrowed; NULL outside one */
	int gate_held;        /* by how many of: the transaction, writing statements outside one */
};

struct db_stmt {
	struct db *db;
	bool writes; /* set by prepare */
	bool gated;  /* holds the gate */
};

extern const struct db_driver db_sqlite;
