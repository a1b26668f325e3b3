#include "model/session.h"

#include "base/ids.h"
#include "base/utf8.h"
#include "model/audit.h"
#include "model/people.h"
#include "model/throttle.h"

#define USER_AGENT_BYTES 200
#define ADDRESS_BYTES 64
#define SESSIONS_LISTED 100

/* Foreign text cut to whole characters. */
static struct str clipped(const char *text, size_t max)
{
	struct str s = str_of(text ? text : "");
	s.n = MIN(s.n, max);
	s.n = utf8_valid_prefix(s);
	return s;
}

bool session_create(struct db *db, const struct session_new *s, int64_t now, char ret_token[TOKEN_TEXT],
		    int64_t *ret_id, int64_t *ret_expires, struct err *e)
{
	char token[TOKEN_TEXT], hash[TOKEN_HASH];
	int64_t id = id_new(), expires = now + MIN(s->lifetime, SESSION_MAX_AGE);
	token_make(TOKEN_SESSION, token);
	token_hash(str_of(token), hash);
	if (!db_exec(db, e,
		     "INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at, lifetime, "
		     "remember, address, user_agent) VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9)",
		     "iisiiiiSS", id, s->user, hash, now, expires, s->lifetime, (int64_t)s->remember,
		     clipped(s->address, ADDRESS_BYTES), clipped(s->user_agent, USER_AGENT_BYTES)))
		return false;
	memcpy(ret_token, token, sizeof token);
	*ret_id = id;
	*ret_expires = expires;
	return true;
}

/* Puts the end ahead again; the account was seen, too. */
static bool touch(struct db *db, const struct caller *c, int64_t created, int64_t lifetime, int64_t now, struct err *e)
{
	int64_t expires = MIN(now + lifetime, created + SESSION_MAX_AGE);
	CLEANUP(db_tx_end) struct db *tx = NULL;
	return db_begin_tx(db, &tx, e) &&
	       db_exec(db, e, "UPDATE session SET last_seen_at = ?2, expires_at = ?3 WHERE id = ?1", "iii", c->session,
		       now, expires) &&
	       db_exec(db, e, "UPDATE user_account SET last_seen_at = ?2 WHERE id = ?1", "ii", c->user, now) &&
	       db_commit_tx(&tx, e);
}

static bool not_signed_in(struct err *e)
{
	return err_set(e, ERR_UNAUTHENTICATED, NULL, "Sign in first.");
}

bool session_find(struct db *db, struct str token, const char *address, int64_t now, struct arena *a,
		  struct caller *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct caller c;
	char hash[TOKEN_HASH];
	bool row;
	if (!token_well_formed(token, TOKEN_SESSION))
		return not_signed_in(e);
	token_hash(token, hash);
	if (!db_query(db, &s, e,
		      "SELECT " CALLER_COLUMNS ", s.id, s.created_at, s.last_seen_at, s.lifetime FROM session s "
		      "JOIN user_account u ON u.id = s.user_id JOIN org o ON o.id = u.org "
		      "WHERE s.token_hash = ?1 AND s.expires_at > ?2 AND u.disabled_at IS NULL AND o.closed_at IS NULL",
		      "si", hash, now) ||
	    !db_step(s, &row, e))
		return false;
	if (!row)
		return not_signed_in(e);
	if (!caller_read(s, 0, a, &c, e))
		return false;
	c.via = CALLER_SESSION;
	c.session = db_col_i64(s, 5);
	c.address = address;
	int64_t created = db_col_i64(s, 6), seen = db_col_i64(s, 7), lifetime = db_col_i64(s, 8);
	db_stmt_done(&s);
	if (now - seen >= SESSION_TOUCH && !touch(db, &c, created, lifetime, now, e))
		return false;
	*ret = c;
	return true;
}

bool session_end(struct db *db, const struct caller *by, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	if (by->via != CALLER_SESSION)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no session to end.");
	return db_begin_tx(db, &tx, e) &&
	       db_exec(db, e, "DELETE FROM session WHERE id = ?1 AND user_id = ?2", "ii", by->session, by->user) &&
	       audit_add(db, by, "sign_out", "user", by->user, NULL, e) && db_commit_tx(&tx, e);
}

bool session_end_all(struct db *db, const struct caller *by, int64_t user, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	return caller_must(by, user == by->user ? PERM_SELF : PERM_PEOPLE, e) && db_begin_tx(db, &tx, e) &&
	       user_in_scope(db, by, user, e) && session_drop(db, user, 0, e) &&
	       audit_add(db, by, "sessions_end", "user", user, NULL, e) && db_commit_tx(&tx, e);
}

static bool read_session(struct db_stmt *s, const struct caller *by, struct arena *a, struct session *ret,
			 struct err *e)
{
	struct str address = db_col_str(s, 6), agent = db_col_str(s, 7);
	*ret = (struct session){ .id = db_col_i64(s, 0),
				 .user = db_col_i64(s, 1),
				 .created_at = db_col_i64(s, 2),
				 .last_seen_at = db_col_i64(s, 3),
				 .expires_at = db_col_i64(s, 4),
				 .remember = db_col_i64(s, 5) != 0,
				 .current = by->via == CALLER_SESSION && by->session == db_col_i64(s, 0),
				 .address = arena_strndup(a, address.p, address.n),
				 .user_agent = arena_strndup(a, agent.p, agent.n) };
	return !a->failed || err_set(e, ERR_LIMIT, NULL, "The request needs too much memory.");
}

bool session_list(struct db *db, const struct caller *by, int64_t now, struct arena *a, struct session **ret,
		  size_t *ret_n, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct session *list = arena_array(a, SESSIONS_LISTED, sizeof *list);
	size_t n = 0;
	bool row = true;
	if (!list)
		return err_set(e, ERR_LIMIT, NULL, "The request needs too much memory.");
	if (!db_query(db, &s, e,
		      "SELECT id, user_id, created_at, last_seen_at, expires_at, remember, address, user_agent FROM "
		      "session WHERE user_id = ?1 AND expires_at > ?2 ORDER BY id DESC LIMIT ?3",
		      "iii", by->user, now, (int64_t)SESSIONS_LISTED))
		return false;
	for (;;) {
		if (!db_step(s, &row, e))
			return false;
		if (!row)
			break;
		if (!read_session(s, by, a, &list[n++], e))
			return false;
	}
	*ret = list;
	*ret_n = n;
	return true;
}

bool session_sweep(struct db *db, int64_t now, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	return db_begin_tx(db, &tx, e) && db_exec(db, e, "DELETE FROM session WHERE expires_at <= ?1", "i", now) &&
	       db_exec(db, e, "DELETE FROM invitation WHERE expires_at <= ?1", "i", now) &&
	       db_exec(db, e, "DELETE FROM api_token WHERE expires_at <= ?1", "i", now) &&
	       throttle_sweep(db, now - USEC_PER_DAY, e) && db_commit_tx(&tx, e);
}
