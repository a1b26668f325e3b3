/* A bank and a partner in a store of their own, for the tests about people. Every test has its `struct err e`. */
#pragma once

#include "base/clock.h"
#include "crypt/keys.h"
#include "crypt/password.h"
#include "db/db.h"
#include "db/migrate.h"
#include "model/org.h"
#include "model/sign_in.h"
#include "model/user.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MINUTE (60 * USEC_PER_SEC)
#define PASSWORD "correct horse"
/* A bank and a partner, each with an administrator whose password is PASSWORD. */
struct house {
	char folder[64], path[96], url[128];
	struct key key;
	struct db *db;
	struct arena a;
	struct caller root, bank, partner; /* the command line, and the two administrators */
	int64_t now;
};

#define OK(call)                                           \
	do {                                               \
		if (!(call))                               \
			fail_msg(#call ": %s", e.message); \
	} while (0)
#define REFUSED(call, why)                                                       \
	do {                                                                     \
		e = (struct err){ 0 };                                           \
		assert_false(call);                                              \
		if (e.kind != (why))                                             \
			fail_msg(#call ": kind %d: %s", (int)e.kind, e.message); \
	} while (0)

static inline int64_t add_user(struct house *h, const struct caller *by, const char *email, enum role role)
{
	struct err e;
	int64_t id = 0;
	const struct user_new u = { .email = str_of(email), .role = role, .password = STR(PASSWORD) };
	OK(user_create(h->db, by, &u, &id, &e));
	return id;
}

static inline int begin(void **state)
{
	struct house *h = calloc(1, sizeof *h);
	struct err e;
	struct password_cost cheap = { 8 * KIB, 1, 4 };
	int64_t bank, partner;
	password_set_cost(&cheap);
	h->a = ARENA_INIT(8 * MIB);
	h->now = clock_now();
	strcpy(h->folder, "/tmp/vitrina-people-XXXXXX");
	assert_non_null(mkdtemp(h->folder));
	snprintf(h->path, sizeof h->path, "%s/s.db", h->folder);
	snprintf(h->url, sizeof h->url, "sqlite:%s", h->path);
	key_random(&h->key);
	OK(db_open(h->url, &h->key, DB_CREATE, &h->db, &e));
	OK(db_exec(h->db, &e, "PRAGMA synchronous=OFF", ""));
	OK(db_migrate(h->db, program_migrations, 1, NULL, &e));
	h->root = caller_local(0, true);
	OK(org_create(h->db, &h->root, STR("Северный банк"), &bank, &e));
	h->root.org = bank;
	OK(org_create(h->db, &h->root, STR("Partner Auto"), &partner, &e));
	struct caller at_partner = caller_local(partner, false);
	h->bank = (struct caller){ .user = add_user(h, &h->root, "admin@bank.example", ROLE_ADMIN),
				   .org = bank,
				   .role = ROLE_ADMIN,
				   .org_is_bank = true,
				   .email = "admin@bank.example",
				   .address = "192.0.2.1" };
	h->partner = (struct caller){ .user = add_user(h, &at_partner, "admin@partner.example", ROLE_ADMIN),
				      .org = partner,
				      .role = ROLE_ADMIN,
				      .email = "admin@partner.example",
				      .address = "192.0.2.2" };
	*state = h;
	return 0;
}

static inline int end(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	struct house *h = *state;
	db_close(&h->db);
	arena_free(&h->a);
	for (size_t i = 0; i < countof(ends); i++) {
		char name[128];
		snprintf(name, sizeof name, "%s%s", h->path, ends[i]);
		unlink(name);
	}
	assert_int_equal(rmdir(h->folder), 0);
	free(h);
	return 0;
}

static inline int64_t number(struct house *h, const char *sql)
{
	struct err e;
	int64_t n = -1;
	OK(db_query_i64(h->db, &n, NULL, &e, sql, ""));
	return n;
}

static inline bool try_sign_in(struct house *h, const char *email, const char *password, const char *address,
			       struct signed_in *ret, struct err *e)
{
	const struct sign_in s = { .email = str_of(email),
				   .password = str_of(password),
				   .address = address,
				   .user_agent = "test",
				   .lifetime = 60 * MINUTE };
	*e = (struct err){ 0 };
	return sign_in(h->db, &s, h->now, &h->a, ret, e);
}

#define IN_HOUSE(test) cmocka_unit_test_setup_teardown(test, begin, end)
