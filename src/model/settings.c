#include "model/settings.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "db/db.h"
#include "model/audit.h"

static bool read_value(struct db_stmt *s, struct arena *a, const char **ret, struct err *e)
{
	bool row;
	const char *value = NULL;
	if (!db_step(s, &row, e))
		return false;
	if (row) {
		struct str v = db_col_str(s, 0);
		value = arena_strndup(a, v.p, v.n);
		if (!value)
			return err_set(e, ERR_LIMIT, NULL, "The request needs too much memory.");
	}
	*ret = value;
	return true;
}

bool setting_get(struct db *db, int64_t org, const char *name, struct arena *a, const char **ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e, "SELECT value FROM setting WHERE org = ?1 AND name = ?2", "is", org, name) &&
	       read_value(s, a, ret, e);
}

bool setting_effective(struct db *db, int64_t org, const char *name, struct arena *a, const char **ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e,
			"SELECT value FROM setting WHERE org IN (?1, 0) AND name = ?2 ORDER BY org DESC LIMIT 1", "is",
			org, name) &&
	       read_value(s, a, ret, e);
}

static bool check(const struct caller *by, int64_t org, struct str name, struct str value, struct err *e)
{
	if (!caller_must(by, PERM_SETTINGS, e))
		return false;
	if (org == SETTING_GLOBAL && !by->org_is_bank)
		return err_set(e, ERR_FORBIDDEN, NULL, "Only the bank's administrators set this.");
	if (org != SETTING_GLOBAL && org != by->org)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such organisation.");
	bool ok = name.n && name.n <= SETTING_NAME_BYTES;
	for (size_t i = 0; ok && i < name.n; i++) {
		char c = name.p[i];
		ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
	}
	if (!ok)
		return err_field(e, ERR_VALUE, "name", "A setting's name has small letters, digits, \"_\" and \".\".");
	if (value.n > SETTING_VALUE_BYTES || !utf8_valid(value))
		return err_field(e, ERR_VALUE, "value", "A setting's value is UTF-8 of at most %zu bytes.",
				 SETTING_VALUE_BYTES);
	return true;
}

bool setting_set(struct db *db, const struct caller *by, int64_t org, struct str name, struct str value, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	if (!check(by, org, name, value, e) || !db_begin_tx(db, &tx, e))
		return false;
	bool ok = value.p ? db_exec(db, e,
				    "INSERT INTO setting (org, name, value, changed_at) VALUES (?1, ?2, ?3, ?4) "
				    "ON CONFLICT (org, name) DO UPDATE SET value = excluded.value, changed_at = "
				    "excluded.changed_at",
				    "iSSi", org, name, value, clock_now())
			  : db_exec(db, e, "DELETE FROM setting WHERE org = ?1 AND name = ?2", "iS", org, name);
	return ok && audit_add_str(db, by, value.p ? "setting_set" : "setting_remove", "setting", name, NULL, e) &&
	       db_commit_tx(&tx, e);
}
