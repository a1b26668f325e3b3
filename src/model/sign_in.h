/*
 * Signing in with e-mail and password.
 *
 * An unknown address, a wrong password, a disabled account and a closed organisation get the same answer after the same
 * work. Attempts are counted before the password is looked at, by account (also by one that does not exist) and by
 * network address, so that many at once do not slip through; too many are ERR_THROTTLED with retry_after. While old
 * bcrypt hashes are left in the store, every attempt does the work of both kinds; one that matches is replaced.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "crypt/token.h"
#include "model/caller.h"

struct db;

/* Wrong passwords before an account or an address has to wait: first a minute, then twice as long each time. */
#define SIGN_IN_ACCOUNT_HITS 8
#define SIGN_IN_ADDRESS_HITS 60

struct sign_in {
	struct str email, password;
	bool remember;
	const char *address;    /* of the network peer; "" = the command line, which is not throttled by address */
	const char *user_agent; /* may be NULL */
	int64_t lifetime;       /* microseconds without a request after which the session ends */
};

struct signed_in {
	char token[TOKEN_TEXT]; /* for the cookie */
	int64_t expires_at;
	struct caller caller;
	const char *org_name;
};

/*
 * Call it outside a transaction: it keeps its counts although it refuses. ERR_UNAUTHENTICATED `wrong_credentials`,
 * ERR_THROTTLED, ERR_UNAVAILABLE when too many sign in at once. now: microseconds UTC.
 */
MUST_CHECK bool sign_in(struct db *db, const struct sign_in *s, int64_t now, struct arena *a, struct signed_in *ret,
			struct err *e);
