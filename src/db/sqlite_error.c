#include "db/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "UNIQUE constraint failed: user_account.org, user_account.email" → the last column, which is the telling one. */
static void column_of(const char *message, char *ret, size_t n)
{
	const char *dot = strrchr(message, '.');
	snprintf(ret, n, "%s", dot ? dot + 1 : "");
}

static bool constraint(sqlite3 *handle, int rc, struct err *e)
{
	char column[96];
	column_of(sqlite3_errmsg(handle), column, sizeof column);
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		err_set(e, ERR_CONFLICT, "duplicate", "There is one with the same %s already.",
			column[0] ? column : "key");
		break;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		err_set(e, ERR_CONFLICT, "reference",
			"Something else still refers to it, or what it refers to is gone.");
		break;
	case SQLITE_CONSTRAINT_NOTNULL:
		err_set(e, ERR_VALUE, NULL, "%s is missing.", column[0] ? column : "A value");
		break;
	default:
		err_set(e, ERR_VALUE, NULL, "A value is not allowed: %.200s", sqlite3_errmsg(handle));
		column[0] = 0;
		break;
	}
	if (e)
		snprintf(e->field, sizeof e->field, "%s", column);
	return false;
}

bool sqlite_error(sqlite3 *handle, const char *name, int rc, struct err *e)
{
	int errnum = handle ? sqlite3_system_errno(handle) : 0;
	const char *text = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(rc);
	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT:
		return constraint(handle, rc, e);
	case SQLITE_FULL:
		return err_set(e, ERR_IO, "disk_full", "%s: the disk is full", name);
	case SQLITE_CORRUPT:
		return err_set(e, ERR_CORRUPT, NULL, "%s: the store is damaged (%s)", name, text);
	case SQLITE_NOTADB:
		return err_set(e, ERR_CORRUPT, "wrong_key", "%s: this is not a store, or it is encrypted", name);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		err_set(e, ERR_UNAVAILABLE, "store_busy", "The store is busy with another change; try again.");
		if (e)
			e->retry_after = 1;
		return false;
	case SQLITE_IOERR:
		if (errnum == ENOSPC || errnum == EDQUOT)
			return err_set(e, ERR_IO, "disk_full", "%s: the disk is full", name);
		return err_set(e, ERR_IO, NULL, "%s: %s%s%s", name, text, errnum ? ": " : "",
			       errnum ? strerror(errnum) : "");
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return err_set(e, ERR_IO, NULL, "%s: %s%s%s", name, text, errnum ? ": " : "",
			       errnum ? strerror(errnum) : "");
	case SQLITE_READONLY:
		return err_set(e, ERR_FORBIDDEN, "store_read_only", "%s: the store is open for reading only", name);
	case SQLITE_TOOBIG:
		return err_set(e, ERR_TOO_LARGE, NULL, "A value is too large for the store.");
	case SQLITE_INTERRUPT:
		return err_set(e, ERR_CANCELLED, NULL, "It was stopped.");
	default:
		return err_set(e, ERR_INTERNAL, NULL, "%s: %s", name, text);
	}
}
