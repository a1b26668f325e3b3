/*
 * Accounts. An e-mail address is unique over all organisations, whatever its case. Changing functions need PERM_PEOPLE
 * and work inside the caller's organisation; each writes the audit log in the same transaction. The last administrator
 * of an organisation can neither be disabled nor given another role, but by the command line.
 *
 * Hashing a password takes a tenth of a second: user_create and user_set_password do it before their transaction, so
 * call them outside of one.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/caller.h"
#include "model/page.h"

struct db;

#define EMAIL_BYTES 254

struct user {
	int64_t id, org;
	const char *email;
	const char *org_name;
	enum role role;
	bool has_password; /* false until the invitation is taken up */
	int64_t created_at;
	int64_t disabled_at;  /* 0 = enabled */
	int64_t last_seen_at; /* 0 = never */
	int64_t locked_until; /* 0 or past = not locked */
	int64_t failed_count; /* wrong passwords in a row */
};

struct user_new {
	int64_t org; /* 0 = the caller's. The bank's administrators may make administrators of a partner */
	struct str email;
	enum role role;
	struct str password; /* p == NULL: none, to be invited */
	struct str hash;     /* instead of a password: of an old account, Argon2id or bcrypt; p == NULL: none */
};

struct user_change {
	bool set_role, set_disabled, unlock;
	enum role role;
	bool disabled;
};

MUST_CHECK bool user_create(struct db *db, const struct caller *by, const struct user_new *u, int64_t *ret_id,
			    struct err *e);
MUST_CHECK bool user_find(struct db *db, const struct caller *by, int64_t id, struct arena *a, struct user *ret,
			  struct err *e);
MUST_CHECK bool user_list(struct db *db, const struct caller *by, struct page *page, struct arena *a, struct user **ret,
			  struct err *e);
/* In every organisation: for the command line. */
MUST_CHECK bool user_find_by_email(struct db *db, struct str email, struct arena *a, struct user *ret, struct err *e);
/* All of it or nothing. Disabling ends the sessions; unlocking forgets the wrong passwords. */
MUST_CHECK bool user_update(struct db *db, const struct caller *by, int64_t id, const struct user_change *change,
			    struct err *e);
MUST_CHECK bool user_disable(struct db *db, const struct caller *by, int64_t id, struct err *e);
/* One's own (PERM_SELF) or another's (PERM_PEOPLE). Ends that account's sessions but the caller's own. */
MUST_CHECK bool user_set_password(struct db *db, const struct caller *by, int64_t id, struct str password,
				  struct err *e);
