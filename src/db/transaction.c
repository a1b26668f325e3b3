/* Transactions, one in another: the outermost is the store's, inner ones are savepoints named by their depth. */
#include "db/driver.h"

#include <stdatomic.h>
#include <stdio.h>

static _Atomic uint64_t writes;

uint64_t db_writes(void)
{
	return atomic_load(&writes);
}

void db_count_write(void)
{
	atomic_fetch_add(&writes, 1);
}

static bool savepoint(struct db *db, const char *verb, int depth, struct err *e)
{
	char sql[64];
	snprintf(sql, sizeof sql, "%s sp%d", verb, depth);
	return db->driver->run(db, sql, e);
}

static void end_outermost(struct db *db)
{
	db->depth = 0;
	if (db->gate_held && --db->gate_held == 0 && db->gate)
		db_gate_unlock(db->gate);
}

bool db_begin(struct db *db, struct err *e)
{
	if (db->depth) {
		if (!savepoint(db, "SAVEPOINT", db->depth, e))
			return false;
		db->depth++;
		return true;
	}
	if (db->gate && db->gate_held == 0 && !db_gate_lock(db->gate, e))
		return false;
	db->gate_held++;
	if (!db->driver->run(db, db->driver->begin_write, e)) {
		end_outermost(db);
		return false;
	}
	db->depth = 1;
	return true;
}

bool db_begin_read(struct db *db, struct err *e)
{
	if (db->depth)
		return db_begin(db, e);
	if (!db->driver->run(db, db->driver->begin_read, e))
		return false;
	db->depth = 1;
	return true;
}

bool db_commit(struct db *db, struct err *e)
{
	if (db->depth == 0)
		return err_set(e, ERR_INTERNAL, NULL, "a commit without a transaction");
	if (!db->driver->alive(db)) {
		/* A full disk or a damaged page ends the transaction on its own; what was written is gone. */
		end_outermost(db);
		return err_set(e, ERR_IO, NULL, "%s: the transaction was given up after a failure", db->name);
	}
	if (db->depth > 1) {
		if (!savepoint(db, "RELEASE SAVEPOINT", db->depth - 1, e)) {
			db_rollback(db);
			return false;
		}
		db->depth--;
		return true;
	}
	if (!db->driver->run(db, "COMMIT", e)) {
		db_rollback(db);
		return false;
	}
	if (db->gate_held)
		db_count_write();
	end_outermost(db);
	return true;
}

void db_rollback(struct db *db)
{
	if (db->depth > 1) {
		db->depth--;
		if (db->driver->alive(db)) {
			(void)!savepoint(db, "ROLLBACK TO SAVEPOINT", db->depth, NULL);
			(void)!savepoint(db, "RELEASE SAVEPOINT", db->depth, NULL);
		}
		return;
	}
	if (db->depth == 1) {
		if (db->driver->alive(db))
			(void)!db->driver->run(db, "ROLLBACK", NULL);
		end_outermost(db);
	}
}

void db_rollback_all(struct db *db)
{
	if (db->depth > 1)
		db->depth = 1;
	db_rollback(db);
}

bool db_in_transaction(const struct db *db)
{
	return db->depth > 0;
}

bool db_begin_tx(struct db *db, struct db **ret_tx, struct err *e)
{
	if (!db_begin(db, e))
		return false;
	*ret_tx = db;
	return true;
}

bool db_commit_tx(struct db **tx, struct err *e)
{
	struct db *db = *tx;
	*tx = NULL;
	return db_commit(db, e);
}

void db_tx_end(struct db **tx)
{
	if (*tx)
		db_rollback(*tx);
	*tx = NULL;
}
