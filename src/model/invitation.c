#include "model/invitation.h"

#include "base/ids.h"
#include "crypt/password.h"
#include "db/db.h"
#include "model/audit.h"
#include "model/people.h"

bool invitation_create(struct db *db, const struct caller *by, int64_t user, int64_t now, int64_t lifetime,
		       char ret[TOKEN_TEXT], int64_t *ret_expires, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(16 * KIB);
	char token[TOKEN_TEXT], hash[TOKEN_HASH];
	struct user u;
	token_make(TOKEN_INVITATION, token);
	token_hash(str_of(token), hash);
	if (!caller_must(by, PERM_PEOPLE, e) || !db_begin_tx(db, &tx, e) || !user_find(db, by, user, &a, &u, e))
		return false;
	if (u.disabled_at)
		return err_set(e, ERR_CONFLICT, "disabled", "The account is disabled.");
	if (!db_exec(db, e, "DELETE FROM invitation WHERE user_id = ?1", "i", user) ||
	    !db_exec(db, e,
		     "INSERT INTO invitation (id, user_id, token_hash, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, "
		     "?5)",
		     "iisii", id_new(), user, hash, now, now + lifetime) ||
	    !audit_add(db, by, "user_invite", "user", user, NULL, e) || !db_commit_tx(&tx, e))
		return false;
	memcpy(ret, token, sizeof token);
	*ret_expires = now + lifetime;
	return true;
}

static bool find_caller(struct db *db, struct str token, int64_t now, struct arena *a, struct caller *ret,
			struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	char hash[TOKEN_HASH];
	bool row = false;
	if (token_well_formed(token, TOKEN_INVITATION)) {
		token_hash(token, hash);
		if (!db_query(db, &s, e,
			      "SELECT " CALLER_COLUMNS " FROM invitation i JOIN user_account u ON u.id = i.user_id "
			      "JOIN org o ON o.id = u.org WHERE i.token_hash = ?1 AND i.expires_at > ?2 "
			      "AND u.disabled_at IS NULL AND o.closed_at IS NULL",
			      "si", hash, now) ||
		    !db_step(s, &row, e))
			return false;
	}
	if (!row)
		return err_set(e, ERR_NOT_FOUND, NULL, "The link has been used or has expired; ask for a new one.");
	return caller_read(s, 0, a, ret, e);
}

bool invitation_find(struct db *db, struct str token, int64_t now, struct arena *a, struct user *ret, struct err *e)
{
	struct caller c;
	return find_caller(db, token, now, a, &c, e) && user_find(db, &c, c.user, a, ret, e);
}

bool invitation_accept(struct db *db, struct str token, struct str password, const char *address, int64_t now,
		       struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(16 * KIB);
	char hash[PASSWORD_HASH_BYTES];
	struct caller c;
	if (!find_caller(db, token, now, &a, &c, e) || !password_hash(password, hash, e) || !db_begin_tx(db, &tx, e) ||
	    !find_caller(db, token, now, &a, &c, e)) /* again: two at once use it once */
		return false;
	c.address = address;
	return user_put_hash(db, c.user, hash, e) && session_drop(db, c.user, 0, e) &&
	       audit_add(db, &c, "invitation_accept", "user", c.user, NULL, e) && db_commit_tx(&tx, e);
}
