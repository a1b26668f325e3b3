#include "model/user.h"

#include "base/clock.h"
#include "base/ids.h"
#include "crypt/password.h"
#include "model/audit.h"
#include "model/people.h"
#include "model/throttle.h"

#include <stdio.h>

#define COLUMNS                                                                                              \
	"SELECT u.id, u.org, u.email, o.name, u.role, CASE WHEN u.password_hash IS NULL THEN 0 ELSE 1 END, " \
	"u.created_at, u.disabled_at, "                                                                      \
	"u.last_seen_at, u.locked_until, u.failed_count FROM user_account u JOIN org o ON o.id = u.org "

static bool read_user(struct db_stmt *s, struct arena *a, void *ret, struct err *e)
{
	struct str email = db_col_str(s, 2), org_name = db_col_str(s, 3);
	struct user u = { .id = db_col_i64(s, 0),
			  .org = db_col_i64(s, 1),
			  .email = arena_strndup(a, email.p, email.n),
			  .org_name = arena_strndup(a, org_name.p, org_name.n),
			  .has_password = db_col_i64(s, 5) != 0,
			  .created_at = db_col_i64(s, 6),
			  .disabled_at = db_col_i64(s, 7),
			  .last_seen_at = db_col_i64(s, 8),
			  .locked_until = db_col_i64(s, 9),
			  .failed_count = db_col_i64(s, 10) };
	if (!role_read(db_col_str(s, 4), &u.role, e))
		return false;
	if (!u.email || !u.org_name)
		return err_set(e, ERR_LIMIT, NULL, "The request needs too much memory.");
	*(struct user *)ret = u;
	return true;
}

bool user_find(struct db *db, const struct caller *by, int64_t id, struct arena *a, struct user *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e, COLUMNS "WHERE u.id = ?1 AND u.org = ?2", "ii", id, by->org) &&
	       read_one(s, a, read_user, ret, "There is no such account.", e);
}

bool user_find_by_email(struct db *db, struct str email, struct arena *a, struct user *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	char folded[EMAIL_BYTES + 1];
	return email_check(email, folded, e) && db_query(db, &s, e, COLUMNS "WHERE u.email_folded = ?1", "s", folded) &&
	       read_one(s, a, read_user, ret, "There is no such account.", e);
}

bool user_list(struct db *db, const struct caller *by, struct page *page, struct arena *a, struct user **ret,
	       struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct user *list = page_alloc(page, a, sizeof *list, e);
	if (!list || !caller_must(by, PERM_PEOPLE, e) ||
	    !db_query_i64(db, &page->total, NULL, e, "SELECT count(*) FROM user_account WHERE org = ?1", "i",
			  by->org) ||
	    !db_query(db, &s, e, COLUMNS "WHERE u.org = ?1 AND u.id > ?2 ORDER BY u.id LIMIT ?3", "iii", by->org,
		      page->after, page->limit + 1))
		return false;
	*ret = list;
	return read_page(s, a, page, list, sizeof *list, read_user, e);
}

/* In the caller's own organisation; the bank's administrators also give a partner its first administrators. */
static bool check_org(struct db *db, const struct caller *by, int64_t org, enum role role, struct err *e)
{
	int64_t closed = 0;
	bool found;
	bool own = org == by->org;
	if (!own && !caller_may(by, PERM_ORGS))
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such organisation.");
	if (!db_query_i64(db, &closed, &found, e, "SELECT closed_at FROM org WHERE id = ?1", "i", org))
		return false;
	if (!found)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such organisation.");
	if (closed)
		return err_set(e, ERR_CONFLICT, "closed", "The organisation is closed.");
	if (!own && role != ROLE_ADMIN && by->via != CALLER_LOCAL)
		return err_set(e, ERR_FORBIDDEN, NULL,
			       "The bank makes a partner's administrators; they make the other accounts.");
	return true;
}

/* The text that goes into password_hash: of a new password, of an old account, or none (empty). */
static bool make_hash(const struct user_new *u, char ret[PASSWORD_HASH_BYTES], struct err *e)
{
	ret[0] = 0;
	if (u->password.p)
		return password_hash(u->password, ret, e);
	if (!u->hash.p)
		return true;
	if (!password_hash_valid(u->hash))
		return err_field(e, ERR_VALUE, "hash",
				 "This is neither an Argon2id nor a bcrypt hash that can be taken over.");
	snprintf(ret, PASSWORD_HASH_BYTES, "%.*s", STR_ARG(u->hash));
	return true;
}

bool user_create(struct db *db, const struct caller *by, const struct user_new *u, int64_t *ret_id, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	char folded[EMAIL_BYTES + 1], hash[PASSWORD_HASH_BYTES], detail[64];
	int64_t id = id_new(), org = u->org ? u->org : by->org;
	if (!caller_must(by, PERM_PEOPLE, e) || !email_check(u->email, folded, e) ||
	    !check_org(db, by, org, u->role, e) || !make_hash(u, hash, e) || !db_begin_tx(db, &tx, e))
		return false;
	if (!db_exec(db, e,
		     "INSERT INTO user_account (id, org, email, email_folded, role, password_hash, created_at) "
		     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		     "iiSsssi", id, org, str_trim(u->email), folded, role_name(u->role), hash[0] ? hash : NULL,
		     clock_now())) {
		if (e && e->kind == ERR_CONFLICT)
			err_field(e, ERR_CONFLICT, "email", "There is an account with this e-mail address already.");
		return false;
	}
	snprintf(detail, sizeof detail, "{\"role\":\"%s\"}", role_name(u->role));
	if (!audit_add(db, by, u->hash.p ? "user_import" : "user_create", "user", id, detail, e) ||
	    !db_commit_tx(&tx, e))
		return false;
	*ret_id = id;
	return true;
}

/* Another administrator who can still sign in. */
static bool check_not_last(struct db *db, const struct caller *by, const struct user *u, struct err *e)
{
	int64_t others;
	if (u->role != ROLE_ADMIN || u->disabled_at || by->via == CALLER_LOCAL)
		return true;
	if (!db_query_i64(db, &others, NULL, e,
			  "SELECT count(*) FROM user_account WHERE org = ?1 AND role = 'admin' AND disabled_at IS NULL "
			  "AND id <> ?2",
			  "ii", u->org, u->id))
		return false;
	return others > 0 || err_set(e, ERR_CONFLICT, "last_admin",
				     "This is the organisation's last administrator; make another one first.");
}

static bool change_role(struct db *db, const struct caller *by, const struct user *u, enum role role, struct err *e)
{
	char detail[96];
	if (role == u->role)
		return true;
	snprintf(detail, sizeof detail, "{\"from\":\"%s\",\"to\":\"%s\"}", role_name(u->role), role_name(role));
	return check_not_last(db, by, u, e) &&
	       db_exec(db, e, "UPDATE user_account SET role = ?2 WHERE id = ?1", "is", u->id, role_name(role)) &&
	       audit_add(db, by, "user_role", "user", u->id, detail, e);
}

static bool change_disabled(struct db *db, const struct caller *by, const struct user *u, bool disabled, struct err *e)
{
	if (disabled == (u->disabled_at != 0))
		return true;
	if (disabled && !check_not_last(db, by, u, e))
		return false;
	return db_exec(db, e, "UPDATE user_account SET disabled_at = ?2 WHERE id = ?1", "io", u->id,
		       disabled ? clock_now() : 0) &&
	       (!disabled || (session_drop(db, u->id, 0, e) &&
			      db_exec(db, e, "DELETE FROM invitation WHERE user_id = ?1", "i", u->id))) &&
	       audit_add(db, by, disabled ? "user_disable" : "user_enable", "user", u->id, NULL, e);
}

static bool unlock(struct db *db, const struct caller *by, const struct user *u, struct err *e)
{
	char folded[EMAIL_BYTES + 1], name[THROTTLE_NAME];
	if (!email_check(str_of(u->email), folded, e))
		return false;
	throttle_name_of_account(folded, name);
	return throttle_clear(db, name, e) &&
	       db_exec(db, e, "UPDATE user_account SET failed_count = 0, locked_until = NULL WHERE id = ?1", "i",
		       u->id) &&
	       audit_add(db, by, "user_unlock", "user", u->id, NULL, e);
}

bool user_update(struct db *db, const struct caller *by, int64_t id, const struct user_change *change, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(16 * KIB);
	struct user u;
	if (!caller_must(by, PERM_PEOPLE, e) || !db_begin_tx(db, &tx, e) || !user_find(db, by, id, &a, &u, e))
		return false;
	if (change->set_role && !change_role(db, by, &u, change->role, e))
		return false;
	if (change->set_disabled && !change_disabled(db, by, &u, change->disabled, e))
		return false;
	if (change->unlock && !unlock(db, by, &u, e))
		return false;
	return db_commit_tx(&tx, e);
}

bool user_disable(struct db *db, const struct caller *by, int64_t id, struct err *e)
{
	return user_update(db, by, id, &(struct user_change){ .set_disabled = true, .disabled = true }, e);
}

bool user_set_password(struct db *db, const struct caller *by, int64_t id, struct str password, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	char hash[PASSWORD_HASH_BYTES];
	if (!caller_must(by, by->user == id ? PERM_SELF : PERM_PEOPLE, e) || !user_in_scope(db, by, id, e) ||
	    !password_hash(password, hash, e) || !db_begin_tx(db, &tx, e))
		return false;
	int64_t keep = by->user == id && by->via == CALLER_SESSION ? by->session : 0;
	return user_in_scope(db, by, id, e) && user_put_hash(db, id, hash, e) && session_drop(db, id, keep, e) &&
	       audit_add(db, by, "user_password", "user", id, NULL, e) && db_commit_tx(&tx, e);
}
