/*
 * Passwords: made with Argon2id, old bcrypt hashes still read.
 *
 * One hash takes tens of mebibytes and a tenth of a second on purpose, so at most `concurrent` are computed at the same
 * time in the process; a few others wait, for a bounded time, and the rest is refused with ERR_UNAVAILABLE. Every
 * function may be called from any thread. Never call one inside a write transaction of the store.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "base/util.h"

#define PASSWORD_HASH_BYTES 128 /* of the text of a hash, its NUL included */
#define PASSWORD_MIN_BYTES 8
#define PASSWORD_MAX_BYTES 1024
#define PASSWORD_GENERATED 24 /* bytes of password_generate, its NUL included */

struct password_cost {
	size_t memory;       /* bytes */
	unsigned passes;     /* over that memory */
	unsigned concurrent; /* hashes at the same time */
};

/* 64 MiB, 3 passes, 2 at a time until changed; 0 keeps what is. Old hashes stay valid and are renewed at sign-in. */
void password_set_cost(const struct password_cost *cost);

/* ERR_VALUE on the field "password" when it is too short, too long, not UTF-8 or has control characters. */
MUST_CHECK bool password_check(struct str password, struct err *e);
MUST_CHECK bool password_hash(struct str password, char ret[PASSWORD_HASH_BYTES], struct err *e);
/* Without password_check: for one that an old hash has accepted and that today's rules would not. */
MUST_CHECK bool password_rehash(struct str password, char ret[PASSWORD_HASH_BYTES], struct err *e);
/*
 * hash: "$argon2id$…" or bcrypt "$2a$", "$2b$", "$2y$"; anything else never matches. *ret_renew: it matched, but should
 * be hashed anew (bcrypt, or another cost). False only when it could not be computed.
 */
MUST_CHECK bool password_verify(struct str password, const char *hash, bool *ret_match, bool *ret_renew, struct err *e);
/* The work of a verification with the present cost and no answer: for accounts that do not exist. */
MUST_CHECK bool password_decoy(struct str password, struct err *e);
/* The same as a bcrypt verification at the cost of `like`. */
MUST_CHECK bool password_decoy_bcrypt(struct str password, const char *like, struct err *e);
bool password_is_bcrypt(const char *hash);
/* Well-formed and of a kind that password_verify reads: for imports of old accounts. */
bool password_hash_valid(struct str hash);
/* Four groups of five letters and digits that are not mistaken for each other: 100 bits. */
void password_generate(char ret[PASSWORD_GENERATED]);
