/*
 * The audit log: who did what to what, when, from where. Append-only: there is no function that changes or removes.
 * Write it in the transaction of what it speaks of. Never names, phones or secrets of customers in it: ids only.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/caller.h"
#include "model/page.h"

struct db;

struct audit_event {
	int64_t id, at; /* at: microseconds UTC */
	int64_t org;
	int64_t user;      /* 0 = the command line, or nobody who is known */
	const char *email; /* as it was then */
	const char *action;
	const char *object_kind, *object_id;
	const char *address;
	const char *detail; /* a JSON object, or "" */
};

struct audit_filter {
	struct str action;      /* p == NULL: any */
	struct str object_kind; /* p == NULL: any */
	int64_t user;           /* 0 = any */
	int64_t since, until;   /* microseconds UTC, until exclusive; 0 = unbounded */
};

/* object_id 0 = none. detail: a JSON object, or NULL. */
MUST_CHECK bool audit_add(struct db *db, const struct caller *by, const char *action, const char *object_kind,
			  int64_t object_id, const char *detail, struct err *e);
/* For objects whose id is text, as customers'. */
MUST_CHECK bool audit_add_str(struct db *db, const struct caller *by, const char *action, const char *object_kind,
			      struct str object_id, const char *detail, struct err *e);
/* Of the caller's organisation, newest first; needs PERM_AUDIT. page->total is counted under the filter. */
MUST_CHECK bool audit_list(struct db *db, const struct caller *by, const struct audit_filter *filter, struct page *page,
			   struct arena *a, struct audit_event **ret, struct err *e);
