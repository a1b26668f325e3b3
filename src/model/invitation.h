/*
 * One-time links, by which a person sets the password of an account: for a new account, or for one whose password is
 * lost. The store keeps the hash; a new link replaces the one before.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "crypt/token.h"
#include "model/caller.h"
#include "model/user.h"

struct db;

/* Needs PERM_PEOPLE; lifetime in microseconds. The token goes into the link and is never shown again. */
MUST_CHECK bool invitation_create(struct db *db, const struct caller *by, int64_t user, int64_t now, int64_t lifetime,
				  char ret[TOKEN_TEXT], int64_t *ret_expires, struct err *e);
/* Whose it is. ERR_NOT_FOUND when it does not exist, has expired or was used. */
MUST_CHECK bool invitation_find(struct db *db, struct str token, int64_t now, struct arena *a, struct user *ret,
				struct err *e);
/* Sets the password, ends the account's sessions and uses up the link. Call it outside a transaction. */
MUST_CHECK bool invitation_accept(struct db *db, struct str token, struct str password, const char *address,
				  int64_t now, struct err *e);
