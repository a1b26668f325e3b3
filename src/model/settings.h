/*
 * Settings that people change while the server runs: one text by name, of an organisation (a positive id) or of the
 * whole installation (SETTING_GLOBAL). What a name means and which values it takes is the business of its reader.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/caller.h"

struct db;

#define SETTING_GLOBAL INT64_C(0)
#define SETTING_NAME_BYTES 100
#define SETTING_VALUE_BYTES (64 * KIB)

/* *ret is NULL when it is not set. */
MUST_CHECK bool setting_get(struct db *db, int64_t org, const char *name, struct arena *a, const char **ret,
			    struct err *e);
/* The organisation's, or else the installation's, or else NULL. */
MUST_CHECK bool setting_effective(struct db *db, int64_t org, const char *name, struct arena *a, const char **ret,
				  struct err *e);
/*
 * Needs PERM_SETTINGS, and the bank for SETTING_GLOBAL. value.p == NULL removes it. Names are lower case letters,
 * digits, "_" and ".". The audit log gets the name, never the value, which may be a secret.
 */
MUST_CHECK bool setting_set(struct db *db, const struct caller *by, int64_t org, struct str name, struct str value,
			    struct err *e);
