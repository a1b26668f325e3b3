/* Bearer tokens of programs: they act for the account that they belong to, with its role. Only the hash is kept. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "crypt/token.h"
#include "model/caller.h"
#include "model/page.h"

struct db;

#define TOKEN_NAME_BYTES 100

struct token {
	int64_t id, user;
	const char *name, *email;
	int64_t created_at;
	int64_t last_used_at; /* 0 = never; to the minute */
	int64_t expires_at;   /* 0 = does not end */
};

/* Needs PERM_TOKENS; user: of the caller's organisation, 0 = the caller. expires_at 0 = never. */
MUST_CHECK bool token_create(struct db *db, const struct caller *by, int64_t user, struct str name, int64_t expires_at,
			     char ret[TOKEN_TEXT], int64_t *ret_id, struct err *e);
/* As session_find. */
MUST_CHECK bool token_find(struct db *db, struct str token, const char *address, int64_t now, struct arena *a,
			   struct caller *ret, struct err *e);
/* Of the whole organisation. */
MUST_CHECK bool token_list(struct db *db, const struct caller *by, struct page *page, struct arena *a,
			   struct token **ret, struct err *e);
MUST_CHECK bool token_delete(struct db *db, const struct caller *by, int64_t id, struct err *e);
