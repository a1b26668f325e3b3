#include "model/sign_in.h"

#include "base/clock.h"
#include "crypt/password.h"
#include "db/db.h"
#include "model/audit.h"
#include "model/people.h"
#include "model/session.h"
#include "model/throttle.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const struct throttle_rule account_rule = { SIGN_IN_ACCOUNT_HITS, 15 * 60 * USEC_PER_SEC, 60 * USEC_PER_SEC,
						   3600 * USEC_PER_SEC };
static const struct throttle_rule address_rule = { SIGN_IN_ADDRESS_HITS, 15 * 60 * USEC_PER_SEC, 60 * USEC_PER_SEC,
						   3600 * USEC_PER_SEC };

struct attempt {
	const struct sign_in *s;
	int64_t now;
	char folded[EMAIL_BYTES + 1]; /* empty when it is no address at all */
	char account[THROTTLE_NAME], address[THROTTLE_NAME];
	bool known; /* an account that may sign in, if the password is right */
	struct caller caller;
	const char *org_name;
	const char *hash;     /* of the account; NULL = none */
	const char *old_hash; /* some bcrypt hash of the store; NULL = none is left */
	struct throttle_answer counted;
};

/* A home line owns a whole /64, so that is what an IPv6 address counts as. */
static void name_of_address(const char *address, char ret[THROTTLE_NAME])
{
	static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	struct in6_addr v6;
	char text[INET6_ADDRSTRLEN];
	if (inet_pton(AF_INET6, address, &v6) == 1) {
		if (memcmp(&v6, mapped, sizeof mapped) == 0) {
			inet_ntop(AF_INET, v6.s6_addr + 12, text, sizeof text);
			snprintf(ret, THROTTLE_NAME, "address:%s", text);
			return;
		}
		memset(v6.s6_addr + 8, 0, 8);
		inet_ntop(AF_INET6, &v6, text, sizeof text);
		snprintf(ret, THROTTLE_NAME, "address:%s/64", text);
		return;
	}
	snprintf(ret, THROTTLE_NAME, "address:%.64s", address);
}

static bool refuse_for_now(int64_t until, int64_t now, struct err *e)
{
	err_set(e, ERR_THROTTLED, "too_many_attempts", "Too many attempts to sign in; wait before the next one.");
	if (e)
		e->retry_after = (int)((until - now + USEC_PER_SEC - 1) / USEC_PER_SEC);
	return false;
}

static bool wrong(struct err *e)
{
	return err_set(e, ERR_UNAUTHENTICATED, "wrong_credentials", "The e-mail address or the password is wrong.");
}

/* Whom an entry of the audit log about this attempt is about: the account, or nobody, noted with the bank. */
static bool note(struct db *db, struct attempt *at, const char *action, struct err *e)
{
	struct caller by = at->caller;
	by.address = at->s->address;
	if (!by.user) {
		/* What was typed may be a password in the wrong field, so it is not kept. */
		by.email = "";
		if (!db_query_i64(db, &by.org, NULL, e, "SELECT id FROM org WHERE is_bank = 1", ""))
			return false;
	}
	return audit_add(db, &by, action, "user", by.user, NULL, e);
}

/* Counts the attempt; false with ERR_THROTTLED when there were too many. */
static bool count_attempt(struct db *db, struct attempt *at, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	struct throttle_answer answer = { .allowed = true };
	if (!db_begin_tx(db, &tx, e))
		return false;
	if (at->s->address[0] && !throttle_take(db, at->address, &address_rule, at->now, &answer, e))
		return false;
	if (answer.allowed) {
		if (!throttle_take(db, at->account, &account_rule, at->now, &answer, e))
			return false;
		at->counted = answer;
	}
	if (answer.began && !note(db, at, "sign_in_blocked", e))
		return false;
	/* Shown to administrators; the count itself is the throttle's, which also knows accounts that do not exist. */
	if (answer.began && at->counted.began &&
	    !db_exec(db, e, "UPDATE user_account SET locked_until = ?2 WHERE id = ?1", "ii", at->caller.user,
		     answer.blocked_until))
		return false;
	if (!db_commit_tx(&tx, e))
		return false;
	return answer.allowed || refuse_for_now(answer.blocked_until, at->now, e);
}

static bool find_account(struct db *db, struct attempt *at, struct arena *a, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	CLEANUP(db_stmt_done) struct db_stmt *old = NULL;
	bool row;
	if (!db_query(db, &s, e,
		      "SELECT " CALLER_COLUMNS ", u.password_hash, CASE WHEN u.disabled_at IS NULL AND o.closed_at IS "
		      "NULL THEN 1 ELSE 0 END, o.name "
		      "FROM user_account u JOIN org o ON o.id = u.org WHERE u.email_folded = ?1",
		      "s", at->folded) ||
	    !db_step(s, &row, e))
		return false;
	if (row) {
		struct str hash = db_col_str(s, 5), org_name = db_col_str(s, 7);
		if (!caller_read(s, 0, a, &at->caller, e))
			return false;
		at->known = db_col_i64(s, 6) != 0;
		at->hash = hash.p ? arena_strndup(a, hash.p, hash.n) : NULL;
		at->org_name = arena_strndup(a, org_name.p, org_name.n);
	}
	if (!db_query(db, &old, e, "SELECT password_hash FROM user_account WHERE password_hash LIKE '$2%' LIMIT 1",
		      "") ||
	    !db_step(old, &row, e))
		return false;
	if (row)
		at->old_hash = arena_strndup(a, db_col_str(old, 0).p, db_col_str(old, 0).n);
	return !a->failed || err_set(e, ERR_LIMIT, NULL, "The request needs too much memory.");
}

/* The same work whether there is an account or not, and whichever kind of hash it has. */
static bool check_password(const struct attempt *at, bool *ret_match, bool *ret_renew, struct err *e)
{
	struct str password = at->s->password;
	bool match = false, renew = false;
	bool readable = at->hash && password_hash_valid(str_of(at->hash)) && password.n <= PASSWORD_MAX_BYTES;
	bool old = readable && password_is_bcrypt(at->hash);
	if (readable && !password_verify(password, at->hash, &match, &renew, e))
		return false;
	if ((!readable || old) && !password_decoy(password, e))
		return false;
	if (!old && at->old_hash && !password_decoy_bcrypt(password, at->old_hash, e))
		return false;
	*ret_match = match && at->known;
	*ret_renew = renew;
	return true;
}

static bool fail(struct db *db, struct attempt *at, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	if (!db_begin_tx(db, &tx, e) || !note(db, at, "sign_in_failed", e) ||
	    !db_exec(db, e, "UPDATE user_account SET failed_count = failed_count + 1 WHERE id = ?1", "i",
		     at->caller.user) ||
	    !db_commit_tx(&tx, e))
		return false;
	return wrong(e);
}

static bool succeed(struct db *db, struct attempt *at, const char *new_hash, struct signed_in *ret, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	const struct session_new session = { .user = at->caller.user,
					     .remember = at->s->remember,
					     .lifetime = at->s->lifetime,
					     .address = at->s->address,
					     .user_agent = at->s->user_agent };
	struct signed_in in = { .caller = at->caller, .org_name = at->org_name };
	bool still;
	int64_t id;
	/* Between the look-up and here the account may have been disabled. */
	if (!db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &id, &still, e,
			  "SELECT u.id FROM user_account u JOIN org o ON o.id = u.org WHERE u.id = ?1 AND "
			  "u.password_hash = ?2 AND u.disabled_at IS NULL AND o.closed_at IS NULL",
			  "is", at->caller.user, at->hash))
		return false;
	if (!still)
		return wrong(e);
	if (new_hash[0] && !db_exec(db, e, "UPDATE user_account SET password_hash = ?2 WHERE id = ?1", "is",
				    at->caller.user, new_hash))
		return false;
	if (!db_exec(db, e,
		     "UPDATE user_account SET failed_count = 0, locked_until = NULL, last_seen_at = ?2 WHERE id = ?1",
		     "ii", at->caller.user, at->now) ||
	    !throttle_clear(db, at->account, e) || (at->address[0] && !throttle_give_back(db, at->address, e)) ||
	    !session_create(db, &session, at->now, in.token, &in.caller.session, &in.expires_at, e) ||
	    !note(db, at, "sign_in", e) || !db_commit_tx(&tx, e))
		return false;
	in.caller.via = CALLER_SESSION;
	in.caller.address = at->s->address;
	*ret = in;
	return true;
}

bool sign_in(struct db *db, const struct sign_in *s, int64_t now, struct arena *a, struct signed_in *ret, struct err *e)
{
	struct attempt at = { .s = s, .now = now, .caller = { .email = "", .address = "" } };
	char new_hash[PASSWORD_HASH_BYTES] = "";
	bool match, renew;
	if (db_in_transaction(db))
		return err_set(e, ERR_INTERNAL, NULL, "signing in inside a transaction");
	if (!email_fold(s->email, at.folded))
		at.folded[0] = 0;
	throttle_name_of_account(at.folded, at.account);
	if (s->address[0])
		name_of_address(s->address, at.address);
	if (!find_account(db, &at, a, e) || !count_attempt(db, &at, e))
		return false;
	if (!check_password(&at, &match, &renew, e) || (match && renew && !password_rehash(s->password, new_hash, e))) {
		/* Nothing was answered about the password, so it was no attempt. */
		(void)!throttle_give_back(db, at.account, NULL);
		if (at.address[0])
			(void)!throttle_give_back(db, at.address, NULL);
		return false;
	}
	return match ? succeed(db, &at, new_hash, ret, e) : fail(db, &at, e);
}
