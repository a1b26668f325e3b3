/* What the files about people share; only they include this. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "db/db.h"
#include "model/read.h"
#include "model/user.h"

/* The form under which an address is unique and found: trimmed, ASCII letters small. False when it is no address. */
bool email_fold(struct str email, char ret[EMAIL_BYTES + 1]);
/* The same, saying what is wrong (ERR_VALUE on "email"). */
MUST_CHECK bool email_check(struct str email, char ret[EMAIL_BYTES + 1], struct err *e);
/* The name under which attempts to sign in to this address are counted. */
#define THROTTLE_NAME 96
void throttle_name_of_account(const char *email_folded, char ret[THROTTLE_NAME]);

/* Columns of the account and its organisation from which a caller is read, in this order. */
#define CALLER_COLUMNS "u.id, u.org, u.role, o.is_bank, u.email"
/* from: the first of those columns. id and address of the caller are the taker's business. */
MUST_CHECK bool caller_read(struct db_stmt *s, int from, struct arena *a, struct caller *ret, struct err *e);
/* A role as it is in the store. */
MUST_CHECK bool role_read(struct str s, enum role *ret, struct err *e);

/* The account is of the caller's organisation (for the command line: exists); else ERR_NOT_FOUND. */
MUST_CHECK bool user_in_scope(struct db *db, const struct caller *by, int64_t id, struct err *e);
/* Ends the sessions of a user but one (0 = none is kept). */
MUST_CHECK bool session_drop(struct db *db, int64_t user, int64_t keep, struct err *e);
/* Puts the hash, forgets wrong passwords and open invitations. */
MUST_CHECK bool user_put_hash(struct db *db, int64_t user, const char *hash, struct err *e);
