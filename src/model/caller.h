/*
 * Who is asking, and what that role may do.
 *
 * A caller is made once a request, by session_find or token_find (or caller_local for the command line), and handed
 * down to every model function that is about an organisation's data: its `org` is the scope of every statement.
 * Another organisation's object is not found, never forbidden. Plain values; the texts belong to the request's arena.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "base/util.h"

enum role { ROLE_ADMIN, ROLE_ANALYST, ROLE_MANAGER, ROLE_OPERATOR, ROLE_CLIENT, ROLES };

enum caller_via {
	CALLER_SESSION, /* a cookie: writes need the page's own origin */
	CALLER_TOKEN,   /* Authorization: Bearer */
	CALLER_LOCAL,   /* the command line on the server's machine */
};

enum permission {
	PERM_SELF = 1u << 0,   /* sign out, own password, who am I */
	PERM_PEOPLE = 1u << 1, /* accounts of the organisation, invitations */
	PERM_ORGS = 1u << 2,   /* make and close partner organisations: only the bank's */
	PERM_TOKENS = 1u << 3, /* bearer tokens */
	PERM_SETTINGS = 1u << 4,
	PERM_LINKS = 1u << 5, /* edit the table of linked products */
	PERM_INTEGRATIONS = 1u << 6,
	PERM_BACKUP = 1u << 7, /* backup, restore, check: only the bank's, as they hold everybody's data */
	PERM_AUDIT = 1u << 8,
	PERM_METRICS = 1u << 9,        /* /metrics */
	PERM_DATASET_READ = 1u << 10,  /* list, columns, rows, rejects */
	PERM_DATASET_WRITE = 1u << 11, /* load, roles, versions, remove */
	PERM_STATISTICS = 1u << 12,
	PERM_CUSTOMER_READ = 1u << 13, /* find and open one customer */
	PERM_CUSTOMER_LIST = 1u << 14, /* lists with filters and sorting */
	PERM_CUSTOMER_WRITE = 1u << 15,
	PERM_CONTACT = 1u << 16, /* unmasked phone and e-mail of one customer; audited */
	PERM_EXPORT = 1u << 17,
	PERM_RECOMMEND = 1u << 18,   /* next products */
	PERM_MODEL_READ = 1u << 19,  /* metrics, forecasts, versions */
	PERM_MODEL_WRITE = 1u << 20, /* train, choose, threshold */
	PERM_SQL = 1u << 21,
	PERM_DASHBOARD = 1u << 22,
	PERM_REPORT = 1u << 23,
	PERM_VOUCHER = 1u << 24,
};

struct caller {
	int64_t user; /* 0 for CALLER_LOCAL */
	int64_t org;
	int64_t session; /* id of the session or token; 0 for CALLER_LOCAL */
	enum role role;
	bool org_is_bank;
	enum caller_via via;
	const char *email;   /* never NULL */
	const char *address; /* of the network peer; never NULL */
};

/* Bits of enum permission. */
uint32_t role_permissions(enum role role);
const char *role_name(enum role role);
bool role_parse(struct str s, enum role *ret);

/* The role allows it and, for what concerns every organisation, the caller is of the bank. */
bool caller_may(const struct caller *c, enum permission p);
/* The same as an error: ERR_FORBIDDEN with a sentence. */
MUST_CHECK bool caller_must(const struct caller *c, enum permission p, struct err *e);
/* The command line acting for an organisation, with an administrator's permissions. */
struct caller caller_local(int64_t org, bool org_is_bank);
