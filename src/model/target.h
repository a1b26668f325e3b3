/*
 * Where reports go: chats of Telegram, e-mail addresses, webhooks. Each belongs to an organisation. One that turned us
 * away is switched off with the reason and gets nothing until a person switches it on.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "crypt/token.h"
#include "model/caller.h"
#include "model/page.h"

struct db;

#define TARGET_NAME_BYTES 100
#define TARGET_ADDRESS_BYTES 1000
#define TARGETS_MOST 200 /* of an organisation */
#define MAIL_ADDRESSES_MOST 50

enum target_kind { TARGET_TELEGRAM, TARGET_EMAIL, TARGET_WEBHOOK, TARGET_KINDS };
const char *target_kind_name(enum target_kind kind);
bool target_kind_parse(struct str s, enum target_kind *ret);

struct target {
	int64_t id;
	enum target_kind kind;
	const char *name, *address;
	int64_t thread; /* topic of a group of Telegram; 0 = none */
	bool management;
	const char *off_reason; /* "" = on */
	const char *off_code;   /* the same as a word that stays: person, or one of connect/sent.h; "" = not known */
	int64_t created_at;
};

struct target_input {
	struct str name, kind, address; /* p == NULL: left as it is */
	int64_t thread;
	bool management, on;
};

/* Needs PERM_INTEGRATIONS. A webhook's secret is in ret_secret ("" for others), and nowhere to be read again. */
MUST_CHECK bool target_create(struct db *db, const struct caller *by, const struct target_input *in, int64_t *ret_id,
			      char ret_secret[TOKEN_TEXT], struct err *e);
/* The kind stays. *in is what it shall be; `on` switches it on and off. */
MUST_CHECK bool target_change(struct db *db, const struct caller *by, int64_t id, const struct target_input *in,
			      struct err *e);
/* What still waits for it fails. */
MUST_CHECK bool target_delete(struct db *db, const struct caller *by, int64_t id, struct err *e);
MUST_CHECK bool target_find(struct db *db, int64_t org, int64_t id, struct arena *a, struct target *ret, struct err *e);
/* All of the organisation, by name. */
MUST_CHECK bool target_list(struct db *db, int64_t org, struct arena *a, struct target **ret, size_t *ret_n,
			    struct err *e);
/* For the sender: with the webhook's secret. */
MUST_CHECK bool target_secret(struct db *db, int64_t org, int64_t id, struct arena *a, const char **ret, struct err *e);
MUST_CHECK bool target_switch_off(struct db *db, int64_t org, int64_t id, const char *code, const char *reason,
				  struct err *e);
/* A group of Telegram has got another id. */
MUST_CHECK bool target_moved(struct db *db, int64_t org, int64_t id, const char *address, struct err *e);

/* One address of the web, "https://…" or "http://…", without a name and password in it; ERR_VALUE on "address". */
MUST_CHECK bool web_address_check(struct str url, struct err *e);
/* One e-mail address without anything that could end a line of a mail's head. */
bool mail_address_valid(struct str s);
