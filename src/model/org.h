/*
 * Organisations: the bank and its partners. The first one made is the bank; its administrators make and close the
 * others, and see their names and people counts, never their customers. Texts are allocated in the given arena.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/caller.h"
#include "model/page.h"

struct db;

#define ORG_NAME_BYTES 200

struct org {
	int64_t id;
	const char *name;
	bool is_bank;
	int64_t people; /* accounts that are not disabled */
	int64_t created_at;
	int64_t closed_at; /* 0 = open */
};

/* Needs PERM_ORGS, but for the very first. Names differ by more than case and blanks: else ERR_CONFLICT. */
MUST_CHECK bool org_create(struct db *db, const struct caller *by, struct str name, int64_t *ret_id, struct err *e);
/* The bank sees every organisation, a partner only itself. */
MUST_CHECK bool org_find(struct db *db, const struct caller *by, int64_t id, struct arena *a, struct org *ret,
			 struct err *e);
MUST_CHECK bool org_list(struct db *db, const struct caller *by, struct page *page, struct arena *a, struct org **ret,
			 struct err *e);
/* For the command line, which is in no organisation yet. */
MUST_CHECK bool org_find_by_name(struct db *db, struct str name, struct arena *a, struct org *ret, struct err *e);
MUST_CHECK bool org_find_bank(struct db *db, struct arena *a, struct org *ret, struct err *e);
/* Disables its people and ends their sessions; its data stays. The bank cannot be closed. */
MUST_CHECK bool org_close(struct db *db, const struct caller *by, int64_t id, struct err *e);
