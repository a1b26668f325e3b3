#include "model/caller.h"

#define EVERY ((uint32_t)PERM_VOUCHER * 2 - 1)
#define LOOKING                                                                                                       \
	(PERM_DATASET_READ | PERM_STATISTICS | PERM_CUSTOMER_READ | PERM_CUSTOMER_LIST | PERM_CONTACT | PERM_EXPORT | \
	 PERM_RECOMMEND | PERM_MODEL_READ | PERM_DASHBOARD | PERM_REPORT)
/* What concerns every organisation's data or existence. */
#define BANK_ONLY (PERM_ORGS | PERM_BACKUP)

static const struct {
	const char *name;
	uint32_t permissions;
} roles[ROLES] = {
	[ROLE_ADMIN] = { "admin", EVERY },
	[ROLE_ANALYST] = { "analyst", PERM_SELF | LOOKING | PERM_DATASET_WRITE | PERM_CUSTOMER_WRITE |
					      PERM_MODEL_WRITE | PERM_SQL },
	[ROLE_MANAGER] = { "manager", PERM_SELF | LOOKING | PERM_VOUCHER },
	[ROLE_OPERATOR] = { "operator", PERM_SELF | PERM_CUSTOMER_READ | PERM_CONTACT | PERM_RECOMMEND },
	[ROLE_CLIENT] = { "client", PERM_SELF },
};

uint32_t role_permissions(enum role role)
{
	return roles[role].permissions;
}

const char *role_name(enum role role)
{
	return roles[role].name;
}

bool role_parse(struct str s, enum role *ret)
{
	for (int i = 0; i < ROLES; i++) {
		if (str_is(s, roles[i].name)) {
			*ret = (enum role)i;
			return true;
		}
	}
	return false;
}

bool caller_may(const struct caller *c, enum permission p)
{
	if ((p & BANK_ONLY) && !c->org_is_bank)
		return false;
	return (roles[c->role].permissions & p) == (uint32_t)p;
}

bool caller_must(const struct caller *c, enum permission p, struct err *e)
{
	if (caller_may(c, p))
		return true;
	if ((p & BANK_ONLY) && c->role == ROLE_ADMIN)
		return err_set(e, ERR_FORBIDDEN, NULL, "Only the bank's administrators may do this.");
	return err_set(e, ERR_FORBIDDEN, NULL, "The role \"%s\" may not do this.", role_name(c->role));
}

struct caller caller_local(int64_t org, bool org_is_bank)
{
	return (struct caller){ .org = org,
				.role = ROLE_ADMIN,
				.org_is_bank = org_is_bank,
				.via = CALLER_LOCAL,
				.email = "",
				.address = "" };
}
