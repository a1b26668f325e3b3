/*
 * Sessions: a random token in a cookie, its hash in the store. The end slides: each request puts it `lifetime` ahead
 * (written at most once a minute), but never past SESSION_MAX_AGE from the beginning.
 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "crypt/token.h"
#include "model/caller.h"

struct db;

#define SESSION_MAX_AGE (90 * USEC_PER_DAY)
#define SESSION_TOUCH (60 * USEC_PER_SEC)

struct session_new {
	int64_t user;
	bool remember;
	int64_t lifetime; /* microseconds */
	const char *address, *user_agent;
};

struct session {
	int64_t id, user;
	int64_t created_at, last_seen_at, expires_at;
	bool remember, current; /* current: the caller's own */
	const char *address, *user_agent;
};

MUST_CHECK bool session_create(struct db *db, const struct session_new *s, int64_t now, char ret_token[TOKEN_TEXT],
			       int64_t *ret_id, int64_t *ret_expires, struct err *e);
/* Who calls with this token; address is kept in the caller and not copied. ERR_UNAUTHENTICATED when it is no more. */
MUST_CHECK bool session_find(struct db *db, struct str token, const char *address, int64_t now, struct arena *a,
			     struct caller *ret, struct err *e);
/* The caller's own session. */
MUST_CHECK bool session_end(struct db *db, const struct caller *by, struct err *e);
/* All of a user of the caller's organisation; one's own need no more than PERM_SELF. */
MUST_CHECK bool session_end_all(struct db *db, const struct caller *by, int64_t user, struct err *e);
/* The caller's own sessions, newest first, at most 100. */
MUST_CHECK bool session_list(struct db *db, const struct caller *by, int64_t now, struct arena *a, struct session **ret,
			     size_t *ret_n, struct err *e);
/* Removes what has expired: sessions, invitations, tokens of a bygone end, throttle counts. For a timer. */
MUST_CHECK bool session_sweep(struct db *db, int64_t now, struct err *e);
