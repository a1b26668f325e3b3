/* model/: organisations, accounts, sign-in, sessions, tokens, audit, throttles, settings; and who must not. */
#include "model/audit.h"
#include "model/invitation.h"
#include "model/org.h"
#include "model/session.h"
#include "model/settings.h"
#include "model/sign_in.h"
#include "model/throttle.h"
#include "model/token.h"
#include "model/user.h"

#include "base/clock.h"
#include "crypt/keys.h"
#include "crypt/password.h"
#include "db/db.h"
#include "db/migrate.h"
#include "db/pool.h"

#include <pthread.h>
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
/* Made by python3-bcrypt: bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4, prefix=…)). */
#define BCRYPT_2A "$2a$04$CiHKZ5L00jGISOZ/2bju4O8SPebp4IV94ZY4IHLJ7Rkh2VBB/zxPC"
#define BCRYPT_2B "$2b$04$qudwCQjK40/Kh/quoqPB0e4WFoPPZw0w3xfCkGDBg/fKCsT0c8ama"

/* A bank and a partner, each with an administrator whose password is PASSWORD. */
struct house {
	char folder[64], path[96], url[128];
	struct key key;
	struct db *db;
	struct arena a;
	struct caller root, bank, partner; /* the command line, and the two administrators */
	int64_t now;
};

/* Every test has its `struct err e`. */
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

static int64_t add_user(struct house *h, const struct caller *by, const char *email, enum role role)
{
	struct err e;
	int64_t id = 0;
	const struct user_new u = { .email = str_of(email), .role = role, .password = STR(PASSWORD) };
	OK(user_create(h->db, by, &u, &id, &e));
	return id;
}

static int begin(void **state)
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

static int end(void **state)
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

static int64_t number(struct house *h, const char *sql)
{
	struct err e;
	int64_t n = -1;
	OK(db_query_i64(h->db, &n, NULL, &e, sql, ""));
	return n;
}

static bool try_sign_in(struct house *h, const char *email, const char *password, const char *address,
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

static void test_roles(void **state)
{
	static const struct {
		enum role role;
		bool bank;
		enum permission permission;
		bool may;
	} rows[] = {
		{ ROLE_ADMIN, true, PERM_ORGS, true },
		{ ROLE_ADMIN, false, PERM_ORGS, false },
		{ ROLE_ADMIN, true, PERM_BACKUP, true },
		{ ROLE_ADMIN, false, PERM_BACKUP, false },
		{ ROLE_ADMIN, false, PERM_PEOPLE, true },
		{ ROLE_ADMIN, false, PERM_VOUCHER, true },
		{ ROLE_ANALYST, true, PERM_SQL, true },
		{ ROLE_ANALYST, true, PERM_MODEL_WRITE, true },
		{ ROLE_ANALYST, true, PERM_PEOPLE, false },
		{ ROLE_ANALYST, true, PERM_ORGS, false },
		{ ROLE_ANALYST, true, PERM_AUDIT, false },
		{ ROLE_MANAGER, true, PERM_VOUCHER, true },
		{ ROLE_MANAGER, true, PERM_EXPORT, true },
		{ ROLE_MANAGER, true, PERM_SQL, false },
		{ ROLE_MANAGER, true, PERM_DATASET_WRITE, false },
		{ ROLE_OPERATOR, true, PERM_CUSTOMER_READ, true },
		{ ROLE_OPERATOR, true, PERM_RECOMMEND, true },
		{ ROLE_OPERATOR, true, PERM_EXPORT, false },
		{ ROLE_OPERATOR, true, PERM_STATISTICS, false },
		{ ROLE_CLIENT, true, PERM_SELF, true },
		{ ROLE_CLIENT, true, PERM_CUSTOMER_READ, false },
		{ ROLE_CLIENT, true, PERM_DATASET_READ, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct caller c = { .role = rows[i].role, .org_is_bank = rows[i].bank };
		struct err e = { 0 };
		assert_int_equal(caller_may(&c, rows[i].permission), rows[i].may);
		assert_int_equal(caller_must(&c, rows[i].permission, &e), rows[i].may);
		assert_int_equal(e.kind, rows[i].may ? ERR_NONE : ERR_FORBIDDEN);
	}
	for (int i = 0; i < ROLES; i++) {
		enum role role;
		assert_true(role_parse(str_of(role_name((enum role)i)), &role));
		assert_int_equal(role, i);
	}
	static const char *const bad[] = { "", "Admin", "root", "admin ", "owner" };
	for (size_t i = 0; i < countof(bad); i++) {
		enum role role = ROLE_CLIENT;
		assert_false(role_parse(str_of(bad[i]), &role));
		assert_int_equal(role, ROLE_CLIENT);
	}
}

static void test_orgs(void **state)
{
	struct house *h = *state;
	struct err e;
	struct org o, *list;
	int64_t id = 7;
	struct page page = { .limit = 1 };
	OK(org_find_bank(h->db, &h->a, &o, &e));
	assert_true(o.is_bank && o.id == h->bank.org && o.people == 1);
	static const char *const bad[] = { "", "   ", "a\nb", "\xff\xfe", "...\x7f" };
	for (size_t i = 0; i < countof(bad); i++)
		REFUSED(org_create(h->db, &h->bank, str_of(bad[i]), &id, &e), ERR_VALUE);
	static const char *const same[] = { "partner auto", "  PARTNER   AUTO ", "СЕВЕРНЫЙ  банк" };
	for (size_t i = 0; i < countof(same); i++)
		REFUSED(org_create(h->db, &h->bank, str_of(same[i]), &id, &e), ERR_CONFLICT);
	REFUSED(org_create(h->db, &h->partner, STR("Mine"), &id, &e), ERR_FORBIDDEN);
	assert_int_equal(id, 7);
	OK(org_create(h->db, &h->bank, STR("Third"), &id, &e));
	OK(org_find_by_name(h->db, STR("third"), &h->a, &o, &e));
	assert_int_equal(o.id, id);
	/* The bank sees all, a page at a time; a partner itself. */
	size_t seen = 0;
	do {
		OK(org_list(h->db, &h->bank, &page, &h->a, &list, &e));
		assert_int_equal(page.total, 3);
		seen += page.n;
		page.after = page.next;
	} while (page.next);
	assert_int_equal(seen, 3);
	page = (struct page){ .limit = 10 };
	OK(org_list(h->db, &h->partner, &page, &h->a, &list, &e));
	assert_int_equal(page.total, 1);
	assert_true(page.n == 1 && list[0].id == h->partner.org);
	REFUSED(org_find(h->db, &h->partner, h->bank.org, &h->a, &o, &e), ERR_NOT_FOUND);
	REFUSED(org_find(h->db, &h->bank, 12345, &h->a, &o, &e), ERR_NOT_FOUND);
	page.limit = 100000;
	REFUSED(org_list(h->db, &h->bank, &page, &h->a, &list, &e), ERR_VALUE);
}

static void test_org_close(void **state)
{
	struct house *h = *state;
	struct err e;
	struct signed_in in;
	struct caller c;
	char token[TOKEN_TEXT];
	int64_t id;
	OK(try_sign_in(h, "admin@partner.example", PASSWORD, "", &in, &e));
	OK(token_create(h->db, &h->partner, 0, STR("robot"), 0, token, &id, &e));
	REFUSED(org_close(h->db, &h->partner, h->partner.org, &e), ERR_FORBIDDEN);
	REFUSED(org_close(h->db, &h->bank, h->bank.org, &e), ERR_CONFLICT);
	REFUSED(org_close(h->db, &h->bank, 99, &e), ERR_NOT_FOUND);
	OK(org_close(h->db, &h->bank, h->partner.org, &e));
	REFUSED(org_close(h->db, &h->bank, h->partner.org, &e), ERR_CONFLICT);
	REFUSED(session_find(h->db, str_of(in.token), "", h->now, &h->a, &c, &e), ERR_UNAUTHENTICATED);
	REFUSED(token_find(h->db, str_of(token), "", h->now, &h->a, &c, &e), ERR_UNAUTHENTICATED);
	assert_false(try_sign_in(h, "admin@partner.example", PASSWORD, "", &in, &e));
	assert_string_equal(err_code(&e), "wrong_credentials");
	const struct user_new u = { .org = h->partner.org, .email = STR("new@partner.example"), .role = ROLE_ADMIN };
	REFUSED(user_create(h->db, &h->bank, &u, &id, &e), ERR_CONFLICT);
	OK(try_sign_in(h, "admin@bank.example", PASSWORD, "", &in, &e));
}

static void test_users_refused(void **state)
{
	struct house *h = *state;
	struct caller analyst = h->bank;
	analyst.role = ROLE_ANALYST;
	static const char long_email[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"@bank.example";
	const struct {
		const struct caller *by;
		struct user_new u;
		enum err_kind kind;
		const char *field;
	} rows[] = {
		{ &h->bank, { .email = STR(""), .role = ROLE_CLIENT }, ERR_VALUE, "email" },
		{ &h->bank, { .email = STR("nobody"), .role = ROLE_CLIENT }, ERR_VALUE, "email" },
		{ &h->bank, { .email = STR("@bank"), .role = ROLE_CLIENT }, ERR_VALUE, "email" },
		{ &h->bank, { .email = STR("a@"), .role = ROLE_CLIENT }, ERR_VALUE, "email" },
		{ &h->bank, { .email = STR("a@b@c"), .role = ROLE_CLIENT }, ERR_VALUE, "email" },
		{ &h->bank, { .email = STR("a b@c"), .role = ROLE_CLIENT }, ERR_VALUE, "email" },
		{ &h->bank, { .email = STR("a@c\0d"), .role = ROLE_CLIENT }, ERR_VALUE, "email" },
		{ &h->bank, { .email = STR("<a@c>"), .role = ROLE_CLIENT }, ERR_VALUE, "email" },
		{ &h->bank, { .email = STR("\xff@c"), .role = ROLE_CLIENT }, ERR_VALUE, "email" },
		{ &h->bank, { .email = str_of(long_email), .role = ROLE_CLIENT }, ERR_VALUE, "email" },
		{ &h->bank, { .email = STR("ADMIN@Bank.Example"), .role = ROLE_CLIENT }, ERR_CONFLICT, "email" },
		{ &h->bank, { .email = STR(" admin@partner.example "), .role = ROLE_CLIENT }, ERR_CONFLICT, "email" },
		{ &h->bank, { .email = STR("a@b"), .password = STR("short") }, ERR_VALUE, "password" },
		{ &h->bank, { .email = STR("a@b"), .hash = STR("plain") }, ERR_VALUE, "hash" },
		{ &h->bank, { .email = STR("a@b"), .hash = STR("$2b$31$xx") }, ERR_VALUE, "hash" },
		{ &analyst, { .email = STR("a@b"), .role = ROLE_CLIENT }, ERR_FORBIDDEN, "" },
		{ &h->partner, { .org = h->bank.org, .email = STR("a@b"), .role = ROLE_ADMIN }, ERR_NOT_FOUND, "" },
		{ &h->bank, { .org = h->partner.org, .email = STR("a@b"), .role = ROLE_ANALYST }, ERR_FORBIDDEN, "" },
		{ &h->bank, { .org = 4242, .email = STR("a@b"), .role = ROLE_ADMIN }, ERR_NOT_FOUND, "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct err e;
		int64_t id = 7;
		REFUSED(user_create(h->db, rows[i].by, &rows[i].u, &id, &e), rows[i].kind);
		assert_string_equal(e.field, rows[i].field);
		assert_int_equal(id, 7);
	}
	assert_int_equal(number(h, "SELECT count(*) FROM user_account"), 2);
}

static void test_users(void **state)
{
	struct house *h = *state;
	struct err e;
	struct user u, *list;
	struct page page = { .limit = 2 };
	int64_t id = add_user(h, &h->bank, " Анна@Bank.example", ROLE_OPERATOR), partner_admin;
	OK(user_find(h->db, &h->bank, id, &h->a, &u, &e));
	assert_string_equal(u.email, "Анна@Bank.example");
	assert_int_equal(u.role, ROLE_OPERATOR);
	assert_true(u.has_password && !u.disabled_at && !u.last_seen_at);
	OK(user_find_by_email(h->db, STR("Анна@BANK.EXAMPLE"), &h->a, &u, &e));
	assert_int_equal(u.id, id);
	add_user(h, &h->bank, "second@bank.example", ROLE_MANAGER);
	OK(user_list(h->db, &h->bank, &page, &h->a, &list, &e));
	assert_true(page.n == 2 && page.total == 3 && page.next == list[1].id);
	page.after = page.next;
	OK(user_list(h->db, &h->bank, &page, &h->a, &list, &e));
	assert_true(page.n == 1 && page.next == 0);
	/* The bank gives a partner an administrator, and sees nothing else of it. */
	const struct user_new new_admin = { .org = h->partner.org, .email = STR("boss@partner.example") };
	OK(user_create(h->db, &h->bank, &new_admin, &partner_admin, &e));
	REFUSED(user_find(h->db, &h->bank, partner_admin, &h->a, &u, &e), ERR_NOT_FOUND);
	OK(user_find(h->db, &h->partner, partner_admin, &h->a, &u, &e));
	assert_false(u.has_password);
}

static void test_other_org_is_not_found(void **state)
{
	struct house *h = *state;
	struct err e;
	struct user u;
	struct token *tokens;
	struct audit_event *events;
	struct page page = { .limit = 100 };
	char token[TOKEN_TEXT];
	int64_t id, expires, theirs = h->bank.user;
	const struct user_change change = { .set_role = true, .role = ROLE_CLIENT };
	OK(token_create(h->db, &h->bank, 0, STR("robot"), 0, token, &id, &e));
	REFUSED(user_find(h->db, &h->partner, theirs, &h->a, &u, &e), ERR_NOT_FOUND);
	REFUSED(user_update(h->db, &h->partner, theirs, &change, &e), ERR_NOT_FOUND);
	REFUSED(user_disable(h->db, &h->partner, theirs, &e), ERR_NOT_FOUND);
	REFUSED(user_set_password(h->db, &h->partner, theirs, STR("another one"), &e), ERR_NOT_FOUND);
	REFUSED(session_end_all(h->db, &h->partner, theirs, &e), ERR_NOT_FOUND);
	REFUSED(invitation_create(h->db, &h->partner, theirs, h->now, MINUTE, token, &expires, &e), ERR_NOT_FOUND);
	REFUSED(token_create(h->db, &h->partner, theirs, STR("x"), 0, token, &expires, &e), ERR_NOT_FOUND);
	REFUSED(token_delete(h->db, &h->partner, id, &e), ERR_NOT_FOUND);
	OK(token_list(h->db, &h->partner, &page, &h->a, &tokens, &e));
	assert_int_equal(page.n, 0);
	const struct audit_filter any = { 0 };
	OK(audit_list(h->db, &h->partner, &any, &page, &h->a, &events, &e));
	for (size_t i = 0; i < page.n; i++)
		assert_true(events[i].org == h->partner.org);
	OK(user_find(h->db, &h->bank, theirs, &h->a, &u, &e));
	assert_int_equal(u.role, ROLE_ADMIN);
}

static void test_last_admin(void **state)
{
	struct house *h = *state;
	struct err e;
	struct user u;
	const struct user_change demote = { .set_role = true, .role = ROLE_ANALYST };
	REFUSED(user_disable(h->db, &h->bank, h->bank.user, &e), ERR_CONFLICT);
	REFUSED(user_update(h->db, &h->bank, h->bank.user, &demote, &e), ERR_CONFLICT);
	assert_string_equal(err_code(&e), "last_admin");
	int64_t second = add_user(h, &h->bank, "second@bank.example", ROLE_ADMIN);
	OK(user_update(h->db, &h->bank, h->bank.user, &demote, &e));
	REFUSED(user_disable(h->db, &h->bank, second, &e), ERR_CONFLICT);
	OK(user_disable(h->db, &h->root, second, &e)); /* the command line may */
	OK(user_find(h->db, &h->bank, second, &h->a, &u, &e));
	assert_true(u.disabled_at > 0);
	const struct user_change enable = { .set_disabled = true };
	OK(user_update(h->db, &h->bank, second, &enable, &e));
	OK(user_find(h->db, &h->bank, second, &h->a, &u, &e));
	assert_int_equal(u.disabled_at, 0);
}

static void test_sign_in(void **state)
{
	struct house *h = *state;
	struct err e, unknown;
	struct signed_in in;
	struct caller c;
	struct user u;
	assert_false(try_sign_in(h, "nobody@bank.example", PASSWORD, "192.0.2.7", &in, &unknown));
	static const struct {
		const char *email, *password;
	} rows[] = {
		{ "admin@bank.example", "wrong horse" },
		{ "admin@bank.example", "" },
		{ "", PASSWORD },
		{ "admin", PASSWORD },
		{ "' OR 1=1 --", PASSWORD },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		assert_false(try_sign_in(h, rows[i].email, rows[i].password, "192.0.2.7", &in, &e));
		assert_memory_equal(&e, &unknown, sizeof e); /* nothing tells them apart */
	}
	assert_int_equal(unknown.kind, ERR_UNAUTHENTICATED);
	OK(user_find(h->db, &h->bank, h->bank.user, &h->a, &u, &e));
	assert_int_equal(u.failed_count, 2);
	OK(try_sign_in(h, "ADMIN@bank.example ", PASSWORD, "192.0.2.7", &in, &e));
	assert_true(in.caller.user == h->bank.user && in.caller.org == h->bank.org && in.caller.org_is_bank);
	assert_string_equal(in.org_name, "Северный банк");
	OK(session_find(h->db, str_of(in.token), "192.0.2.7", h->now, &h->a, &c, &e));
	assert_true(c.user == h->bank.user && c.via == CALLER_SESSION && c.session == in.caller.session);
	assert_string_equal(c.email, "admin@bank.example");
	OK(user_find(h->db, &h->bank, h->bank.user, &h->a, &u, &e));
	assert_true(u.failed_count == 0 && u.last_seen_at == h->now);
	/* Neither the token nor the password is in the store as it is. */
	assert_int_equal(number(h, "SELECT count(*) FROM session WHERE token_hash LIKE 'vts%'"), 0);
	OK(db_begin(h->db, &e));
	REFUSED(try_sign_in(h, "admin@bank.example", PASSWORD, "", &in, &e), ERR_INTERNAL);
	db_rollback(h->db);
	/* Disabled: the same answer. */
	add_user(h, &h->bank, "second@bank.example", ROLE_ADMIN);
	OK(user_disable(h->db, &h->bank, h->bank.user, &e));
	assert_false(try_sign_in(h, "admin@bank.example", PASSWORD, "192.0.2.7", &in, &e));
	assert_memory_equal(&e, &unknown, sizeof e);
	REFUSED(session_find(h->db, str_of(in.token), "", h->now, &h->a, &c, &e), ERR_UNAUTHENTICATED);
}

static void test_account_throttle(void **state)
{
	struct house *h = *state;
	static const char *const emails[] = { "admin@bank.example", "nobody@bank.example" };
	/* An account that does not exist waits just as long. */
	for (size_t i = 0; i < countof(emails); i++) {
		struct err e;
		struct signed_in in;
		int64_t began = h->now;
		char address[32];
		for (int k = 0; k < SIGN_IN_ACCOUNT_HITS; k++) {
			snprintf(address, sizeof address, "192.0.2.%d", k); /* from many addresses */
			assert_false(try_sign_in(h, emails[i], "wrong horse", address, &in, &e));
			assert_int_equal(e.kind, ERR_UNAUTHENTICATED);
		}
		/* Even the right password has to wait. */
		assert_false(try_sign_in(h, emails[i], PASSWORD, "192.0.2.99", &in, &e));
		assert_int_equal(e.kind, ERR_THROTTLED);
		assert_int_equal(e.retry_after, 60);
		h->now += 59 * USEC_PER_SEC;
		assert_false(try_sign_in(h, emails[i], PASSWORD, "192.0.2.99", &in, &e));
		assert_int_equal(e.retry_after, 1);
		h->now += USEC_PER_SEC;
		assert_false(try_sign_in(h, emails[i], "wrong horse", "192.0.2.99", &in, &e));
		assert_int_equal(e.kind, ERR_UNAUTHENTICATED);
		assert_false(try_sign_in(h, emails[i], "wrong horse", "192.0.2.99", &in, &e));
		assert_int_equal(e.retry_after, 120); /* twice as long */
		h->now = began;
	}
	struct err e;
	struct user u;
	struct signed_in in;
	h->now += MINUTE;
	OK(user_find(h->db, &h->bank, h->bank.user, &h->a, &u, &e));
	assert_int_equal(u.failed_count, SIGN_IN_ACCOUNT_HITS + 1);
	assert_true(u.locked_until > h->now);
	/* Somebody else signs in meanwhile, and an administrator unlocks. */
	OK(try_sign_in(h, "admin@partner.example", PASSWORD, "192.0.2.99", &in, &e));
	const struct user_change unlock = { .unlock = true };
	OK(user_update(h->db, &h->root, h->bank.user, &unlock, &e));
	OK(try_sign_in(h, "admin@bank.example", PASSWORD, "192.0.2.99", &in, &e));
	OK(user_find(h->db, &h->bank, h->bank.user, &h->a, &u, &e));
	assert_true(u.failed_count == 0 && u.locked_until == 0);
}

static void test_address_throttle(void **state)
{
	struct house *h = *state;
	struct err e;
	struct signed_in in;
	char email[64];
	for (int i = 0; i < SIGN_IN_ADDRESS_HITS; i++) {
		snprintf(email, sizeof email, "guess%d@bank.example", i);
		assert_false(try_sign_in(h, email, "wrong horse", "2001:db8:1:2::5", &in, &e));
		assert_int_equal(e.kind, ERR_UNAUTHENTICATED);
		/* Right ones in between are not counted. */
		if (i % 20 == 0)
			OK(try_sign_in(h, "admin@bank.example", PASSWORD, "2001:db8:1:2::6", &in, &e));
	}
	assert_false(try_sign_in(h, "admin@bank.example", PASSWORD, "2001:db8:1:2:ffff::9", &in, &e));
	assert_int_equal(e.kind, ERR_THROTTLED);
	OK(try_sign_in(h, "admin@bank.example", PASSWORD, "2001:db8:1:3::5", &in, &e));
	OK(try_sign_in(h, "admin@bank.example", PASSWORD, "", &in, &e));
	assert_int_equal(number(h, "SELECT count(*) FROM audit WHERE action = 'sign_in_blocked'"), 1);
	assert_int_equal(number(h, "SELECT count(*) FROM audit WHERE email LIKE 'guess%'"), 0);
}

static void test_throttle_windows(void **state)
{
	struct house *h = *state;
	const struct throttle_rule rule = { 3, 10 * MINUTE, MINUTE, 4 * MINUTE };
	/* seconds since the row before → allowed, and the wait that is left */
	static const struct {
		int64_t after;
		bool allowed;
		int64_t wait;
	} rows[] = {
		{ 0, true, 0 },    { 1, true, 0 },   { 1, true, 0 },    { 1, false, 60 },
		{ 30, false, 30 }, { 30, true, 0 },  { 0, false, 120 }, { 120, true, 0 },
		{ 0, false, 240 }, { 240, true, 0 }, { 0, false, 240 },                 /* no longer than wait_max */
		{ 239, false, 1 }, { 601, true, 0 }, { 0, true, 0 },    { 0, true, 0 }, /* all forgotten */
		{ 0, false, 60 },  { 660, true, 0 }, { 599, true, 0 },  { 2, true, 0 }, /* a new window */
		{ 0, true, 0 },    { 0, true, 0 },   { 0, false, 60 },
	};
	int64_t now = h->now;
	for (size_t i = 0; i < countof(rows); i++) {
		struct throttle_answer answer;
		struct err e;
		now += rows[i].after * USEC_PER_SEC;
		OK(throttle_take(h->db, "door", &rule, now, &answer, &e));
		if (answer.allowed != rows[i].allowed)
			fail_msg("row %zu", i);
		if (!answer.allowed)
			assert_int_equal((answer.blocked_until - now) / USEC_PER_SEC, rows[i].wait);
	}
	struct err e;
	struct throttle_answer answer;
	OK(throttle_clear(h->db, "door", &e));
	for (int i = 0; i < 10; i++) {
		OK(throttle_take(h->db, "door", &rule, now, &answer, &e));
		assert_true(answer.allowed);
		OK(throttle_give_back(h->db, "door", &e));
	}
	OK(throttle_sweep(h->db, now + MINUTE, &e));
	assert_int_equal(number(h, "SELECT count(*) FROM throttle"), 0);
}

static void test_old_hashes(void **state)
{
	struct house *h = *state;
	static const char *const hashes[] = { BCRYPT_2A, BCRYPT_2B };
	for (size_t i = 0; i < countof(hashes); i++) {
		struct err e;
		struct signed_in in;
		int64_t id;
		char email[40];
		snprintf(email, sizeof email, "old%zu@bank.example", i);
		const struct user_new u = { .email = str_of(email), .role = ROLE_MANAGER, .hash = str_of(hashes[i]) };
		OK(user_create(h->db, &h->bank, &u, &id, &e));
		assert_int_equal(number(h, "SELECT count(*) FROM user_account WHERE password_hash LIKE '$2%'"), 1);
		assert_false(try_sign_in(h, email, "wrong horse", "", &in, &e));
		assert_false(try_sign_in(h, "nobody@bank.example", "wrong horse", "", &in, &e));
		assert_int_equal(e.kind, ERR_UNAUTHENTICATED);
		assert_int_equal(number(h, "SELECT count(*) FROM user_account WHERE password_hash LIKE '$2%'"), 1);
		OK(try_sign_in(h, "admin@bank.example", PASSWORD, "", &in, &e));
		OK(try_sign_in(h, email, PASSWORD, "", &in, &e));
		assert_int_equal(number(h, "SELECT count(*) FROM user_account WHERE password_hash LIKE '$2%'"), 0);
		OK(try_sign_in(h, email, PASSWORD, "", &in, &e)); /* now with Argon2id */
		assert_false(try_sign_in(h, email, "wrong horse", "", &in, &e));
	}
	assert_int_equal(number(h, "SELECT count(*) FROM user_account WHERE password_hash LIKE '$argon2id$%'"), 4);
}

static void test_sessions(void **state)
{
	struct house *h = *state;
	struct err e;
	struct signed_in in, other;
	struct caller c;
	struct session *list;
	size_t n;
	OK(try_sign_in(h, "admin@bank.example", PASSWORD, "192.0.2.7", &in, &e));
	OK(try_sign_in(h, "admin@bank.example", PASSWORD, "192.0.2.8", &other, &e));
	static const char *const bad[] = { "", "vts_", "vtr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
					   "vts_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "' OR ''='" };
	for (size_t i = 0; i < countof(bad); i++)
		REFUSED(session_find(h->db, str_of(bad[i]), "", h->now, &h->a, &c, &e), ERR_UNAUTHENTICATED);
	REFUSED(token_find(h->db, str_of(in.token), "", h->now, &h->a, &c, &e), ERR_UNAUTHENTICATED);
	/* The lifetime of an hour slides with each request, but is written at most once a minute. */
	int64_t t = h->now + 59 * USEC_PER_SEC;
	OK(session_find(h->db, str_of(in.token), "", t, &h->a, &c, &e));
	assert_int_equal(number(h, "SELECT max(last_seen_at) FROM session"), h->now);
	for (int i = 0; i < 5; i++) {
		t += 50 * MINUTE;
		OK(session_find(h->db, str_of(in.token), "", t, &h->a, &c, &e));
		assert_int_equal(number(h, "SELECT max(last_seen_at) FROM session"), t);
	}
	REFUSED(session_find(h->db, str_of(other.token), "", t, &h->a, &c, &e), ERR_UNAUTHENTICATED);
	OK(session_list(h->db, &c, t, &h->a, &list, &n, &e));
	assert_true(n == 1 && list[0].current);
	assert_string_equal(list[0].address, "192.0.2.7");
	REFUSED(session_find(h->db, str_of(in.token), "", t + 60 * MINUTE, &h->a, &c, &e), ERR_UNAUTHENTICATED);
	/* However busy, it ends. */
	const struct session_new long_one = { .user = h->bank.user, .lifetime = 400 * USEC_PER_DAY, .address = "" };
	char token[TOKEN_TEXT];
	int64_t id, expires;
	OK(session_create(h->db, &long_one, h->now, token, &id, &expires, &e));
	assert_int_equal(expires, h->now + SESSION_MAX_AGE);
	OK(session_find(h->db, str_of(token), "", h->now + SESSION_MAX_AGE - 1, &h->a, &c, &e));
	REFUSED(session_find(h->db, str_of(token), "", h->now + SESSION_MAX_AGE, &h->a, &c, &e), ERR_UNAUTHENTICATED);
	OK(session_sweep(h->db, h->now + SESSION_MAX_AGE, &e));
	assert_int_equal(number(h, "SELECT count(*) FROM session"), 0);
}

static void test_sessions_end(void **state)
{
	struct house *h = *state;
	struct err e;
	struct signed_in one, two;
	struct caller c;
	OK(try_sign_in(h, "admin@bank.example", PASSWORD, "", &one, &e));
	OK(try_sign_in(h, "admin@bank.example", PASSWORD, "", &two, &e));
	OK(session_end(h->db, &one.caller, &e));
	REFUSED(session_find(h->db, str_of(one.token), "", h->now, &h->a, &c, &e), ERR_UNAUTHENTICATED);
	OK(session_find(h->db, str_of(two.token), "", h->now, &h->a, &c, &e));
	/* A new password keeps the session in which it was set, and no other. */
	OK(try_sign_in(h, "admin@bank.example", PASSWORD, "", &one, &e));
	REFUSED(user_set_password(h->db, &two.caller, h->bank.user, STR("short"), &e), ERR_VALUE);
	OK(user_set_password(h->db, &two.caller, h->bank.user, STR("battery staple"), &e));
	OK(session_find(h->db, str_of(two.token), "", h->now, &h->a, &c, &e));
	REFUSED(session_find(h->db, str_of(one.token), "", h->now, &h->a, &c, &e), ERR_UNAUTHENTICATED);
	assert_false(try_sign_in(h, "admin@bank.example", PASSWORD, "", &one, &e));
	OK(try_sign_in(h, "admin@bank.example", "battery staple", "", &one, &e));
	OK(session_end_all(h->db, &h->bank, h->bank.user, &e));
	assert_int_equal(number(h, "SELECT count(*) FROM session"), 0);
	struct caller operator_ = h->bank;
	operator_.role = ROLE_OPERATOR;
	operator_.user = add_user(h, &h->bank, "op@bank.example", ROLE_OPERATOR);
	REFUSED(session_end_all(h->db, &operator_, h->bank.user, &e), ERR_FORBIDDEN);
	REFUSED(user_set_password(h->db, &operator_, h->bank.user, STR("battery staple"), &e), ERR_FORBIDDEN);
	OK(user_set_password(h->db, &operator_, operator_.user, STR("battery staple"), &e));
}

static void test_invitation(void **state)
{
	struct house *h = *state;
	struct err e;
	struct user u;
	struct signed_in in;
	char first[TOKEN_TEXT], token[TOKEN_TEXT];
	int64_t id, expires;
	const struct user_new new_one = { .email = STR("new@bank.example"), .role = ROLE_ANALYST };
	OK(user_create(h->db, &h->bank, &new_one, &id, &e));
	assert_false(try_sign_in(h, "new@bank.example", "", "", &in, &e));
	OK(invitation_create(h->db, &h->bank, id, h->now, 60 * MINUTE, first, &expires, &e));
	OK(invitation_create(h->db, &h->bank, id, h->now, 60 * MINUTE, token, &expires, &e));
	assert_int_equal(expires, h->now + 60 * MINUTE);
	OK(invitation_find(h->db, str_of(token), h->now, &h->a, &u, &e));
	assert_string_equal(u.email, "new@bank.example");
	const struct {
		struct str token, password;
		int64_t at;
		enum err_kind kind;
	} rows[] = {
		{ str_of(first), STR("battery staple"), h->now, ERR_NOT_FOUND }, /* replaced */
		{ STR("vti_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), STR("battery staple"), h->now,
		  ERR_NOT_FOUND },
		{ STR(""), STR("battery staple"), h->now, ERR_NOT_FOUND },
		{ str_of(token), STR("battery staple"), expires, ERR_NOT_FOUND }, /* too late */
		{ str_of(token), STR("short"), h->now, ERR_VALUE },
	};
	for (size_t i = 0; i < countof(rows); i++)
		REFUSED(invitation_accept(h->db, rows[i].token, rows[i].password, "", rows[i].at, &e), rows[i].kind);
	OK(invitation_accept(h->db, str_of(token), STR("battery staple"), "192.0.2.5", h->now, &e));
	REFUSED(invitation_accept(h->db, str_of(token), STR("battery staple"), "", h->now, &e), ERR_NOT_FOUND);
	OK(try_sign_in(h, "new@bank.example", "battery staple", "", &in, &e));
	OK(invitation_create(h->db, &h->bank, id, h->now, 60 * MINUTE, token, &expires, &e));
	OK(user_disable(h->db, &h->bank, id, &e));
	REFUSED(invitation_find(h->db, str_of(token), h->now, &h->a, &u, &e), ERR_NOT_FOUND);
	REFUSED(invitation_create(h->db, &h->bank, id, h->now, MINUTE, token, &expires, &e), ERR_CONFLICT);
}

static void test_tokens(void **state)
{
	struct house *h = *state;
	struct err e;
	struct caller c, analyst = h->bank;
	struct token *list;
	struct page page = { .limit = 10 };
	char token[TOKEN_TEXT], brief[TOKEN_TEXT];
	int64_t id, other;
	analyst.role = ROLE_ANALYST;
	REFUSED(token_create(h->db, &analyst, 0, STR("x"), 0, token, &id, &e), ERR_FORBIDDEN);
	REFUSED(token_create(h->db, &h->bank, 0, STR(" "), 0, token, &id, &e), ERR_VALUE);
	REFUSED(token_create(h->db, &h->bank, 0, STR("x"), 1, token, &id, &e), ERR_VALUE);
	REFUSED(token_create(h->db, &h->root, 0, STR("x"), 0, token, &id, &e), ERR_NOT_FOUND);
	OK(token_create(h->db, &h->bank, 0, STR("robot"), 0, token, &id, &e));
	OK(token_create(h->db, &h->bank, 0, STR("brief"), clock_now() + MINUTE, brief, &other, &e));
	OK(token_find(h->db, str_of(token), "192.0.2.9", h->now, &h->a, &c, &e));
	assert_true(c.user == h->bank.user && c.via == CALLER_TOKEN && c.session == id && c.org_is_bank);
	assert_int_equal(number(h, "SELECT max(last_used_at) FROM api_token"), h->now);
	OK(token_find(h->db, str_of(token), "", h->now + MINUTE - 1, &h->a, &c, &e));
	assert_int_equal(number(h, "SELECT max(last_used_at) FROM api_token"), h->now);
	OK(token_find(h->db, str_of(brief), "", h->now, &h->a, &c, &e));
	REFUSED(token_find(h->db, str_of(brief), "", clock_now() + 2 * MINUTE, &h->a, &c, &e), ERR_UNAUTHENTICATED);
	OK(token_list(h->db, &h->bank, &page, &h->a, &list, &e));
	assert_true(page.n == 2 && page.total == 2);
	assert_string_equal(list[0].name, "robot");
	OK(token_delete(h->db, &h->bank, id, &e));
	REFUSED(token_delete(h->db, &h->bank, id, &e), ERR_NOT_FOUND);
	REFUSED(token_find(h->db, str_of(token), "", h->now, &h->a, &c, &e), ERR_UNAUTHENTICATED);
	add_user(h, &h->bank, "second@bank.example", ROLE_ADMIN);
	OK(user_disable(h->db, &h->bank, h->bank.user, &e));
	REFUSED(token_find(h->db, str_of(brief), "", h->now, &h->a, &c, &e), ERR_UNAUTHENTICATED);
}

static void test_audit(void **state)
{
	struct house *h = *state;
	struct err e;
	struct audit_event *list;
	struct caller operator_ = h->bank;
	struct page page = { .limit = 2 };
	operator_.role = ROLE_OPERATOR;
	for (int64_t i = 1; i <= 5; i++)
		OK(audit_add(h->db, &h->bank, "customer_contact", "customer", i, "{\"n\":1}", &e));
	OK(audit_add_str(h->db, &h->partner, "customer_contact", "customer", STR("0042"), NULL, &e));
	const struct audit_filter contact = { .action = STR("customer_contact") };
	int64_t last = INT64_MAX;
	size_t seen = 0;
	do {
		OK(audit_list(h->db, &h->bank, &contact, &page, &h->a, &list, &e));
		assert_int_equal(page.total, 5);
		for (size_t i = 0; i < page.n; i++) {
			assert_true(list[i].id < last);
			last = list[i].id;
			assert_string_equal(list[i].address, "192.0.2.1");
			assert_string_equal(list[i].email, "admin@bank.example");
		}
		seen += page.n;
		page.after = page.next;
	} while (page.next);
	assert_int_equal(seen, 5);
	assert_string_equal(list[0].object_id, "1");
	page = (struct page){ .limit = 50 };
	OK(audit_list(h->db, &h->partner, &contact, &page, &h->a, &list, &e));
	assert_true(page.n == 1);
	assert_string_equal(list[0].object_id, "0042");
	const struct audit_filter filters[] = {
		{ .action = STR("nothing") },      { .object_kind = STR("nothing") }, { .user = 4242 },
		{ .since = clock_now() + MINUTE }, { .until = h->now - MINUTE },
	};
	for (size_t i = 0; i < countof(filters); i++) {
		OK(audit_list(h->db, &h->bank, &filters[i], &page, &h->a, &list, &e));
		assert_true(page.n == 0 && page.total == 0);
	}
	REFUSED(audit_list(h->db, &operator_, &contact, &page, &h->a, &list, &e), ERR_FORBIDDEN);
	/* Refused changes leave no trace of having been done. */
	REFUSED(user_disable(h->db, &h->bank, h->bank.user, &e), ERR_CONFLICT);
	assert_int_equal(number(h, "SELECT count(*) FROM audit WHERE action = 'user_disable'"), 0);
}

static void test_settings(void **state)
{
	struct house *h = *state;
	struct err e;
	const char *value = "untouched";
	struct caller analyst = h->bank;
	analyst.role = ROLE_ANALYST;
	OK(setting_set(h->db, &h->bank, SETTING_GLOBAL, STR("voucher.limit"), STR("2000"), &e));
	OK(setting_effective(h->db, h->partner.org, "voucher.limit", &h->a, &value, &e));
	assert_string_equal(value, "2000");
	OK(setting_set(h->db, &h->partner, h->partner.org, STR("voucher.limit"), STR("1500"), &e));
	OK(setting_set(h->db, &h->partner, h->partner.org, STR("voucher.limit"), STR("1600"), &e));
	OK(setting_effective(h->db, h->partner.org, "voucher.limit", &h->a, &value, &e));
	assert_string_equal(value, "1600");
	OK(setting_effective(h->db, h->bank.org, "voucher.limit", &h->a, &value, &e));
	assert_string_equal(value, "2000");
	OK(setting_set(h->db, &h->partner, h->partner.org, STR("voucher.limit"), str_n(NULL, 0), &e));
	OK(setting_get(h->db, h->partner.org, "voucher.limit", &h->a, &value, &e));
	assert_null(value);
	assert_int_equal(number(h, "SELECT count(*) FROM audit WHERE detail LIKE '%1500%'"), 0);
	REFUSED(setting_set(h->db, &analyst, h->bank.org, STR("a"), STR("b"), &e), ERR_FORBIDDEN);
	REFUSED(setting_set(h->db, &h->partner, SETTING_GLOBAL, STR("a"), STR("b"), &e), ERR_FORBIDDEN);
	REFUSED(setting_set(h->db, &h->partner, h->bank.org, STR("a"), STR("b"), &e), ERR_NOT_FOUND);
	static const char *const bad[] = { "", "A", "a b", "a-b", "а" };
	for (size_t i = 0; i < countof(bad); i++)
		REFUSED(setting_set(h->db, &h->bank, h->bank.org, str_of(bad[i]), STR("b"), &e), ERR_VALUE);
	REFUSED(setting_set(h->db, &h->bank, h->bank.org, STR("a"), STR("\xff"), &e), ERR_VALUE);
}

struct guessing {
	struct house *h;
	struct db_pool *pool;
	int unauthenticated, throttled, other;
	pthread_mutex_t lock;
};

static void *guess(void *arg)
{
	struct guessing *g = arg;
	for (int i = 0; i < 5; i++) {
		const struct sign_in s = { .email = STR("admin@bank.example"),
					   .password = STR("wrong horse"),
					   .address = "",
					   .lifetime = MINUTE };
		CLEANUP(arena_free) struct arena a = ARENA_INIT(MIB);
		struct db *db = NULL;
		struct signed_in in;
		struct err e = { 0 };
		if (db_pool_take(g->pool, 20000, &db, &e))
			(void)!sign_in(db, &s, g->h->now, &a, &in, &e);
		db_pool_give(g->pool, &db);
		pthread_mutex_lock(&g->lock);
		g->unauthenticated += e.kind == ERR_UNAUTHENTICATED;
		g->throttled += e.kind == ERR_THROTTLED;
		g->other += e.kind != ERR_THROTTLED && e.kind != ERR_UNAUTHENTICATED;
		pthread_mutex_unlock(&g->lock);
	}
	return NULL;
}

/* Guessing on many connections at once tries no more passwords than one after the other. */
static void test_parallel_guesses(void **state)
{
	struct house *h = *state;
	struct err e;
	struct guessing g = { .h = h, .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_t threads[6];
	OK(db_pool_open(h->url, &h->key, 0, 6, &g.pool, &e));
	for (size_t i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, guess, &g), 0);
	for (size_t i = 0; i < countof(threads); i++)
		pthread_join(threads[i], NULL);
	db_pool_close(&g.pool);
	assert_int_equal(g.other, 0);
	assert_int_equal(g.unauthenticated, SIGN_IN_ACCOUNT_HITS);
	assert_int_equal(g.throttled, 30 - SIGN_IN_ACCOUNT_HITS);
}

#define IN_HOUSE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	assert_true(crypt_init(NULL));
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles),
		IN_HOUSE(test_orgs),
		IN_HOUSE(test_org_close),
		IN_HOUSE(test_users_refused),
		IN_HOUSE(test_users),
		IN_HOUSE(test_other_org_is_not_found),
		IN_HOUSE(test_last_admin),
		IN_HOUSE(test_sign_in),
		IN_HOUSE(test_account_throttle),
		IN_HOUSE(test_address_throttle),
		IN_HOUSE(test_throttle_windows),
		IN_HOUSE(test_old_hashes),
		IN_HOUSE(test_sessions),
		IN_HOUSE(test_sessions_end),
		IN_HOUSE(test_invitation),
		IN_HOUSE(test_tokens),
		IN_HOUSE(test_audit),
		IN_HOUSE(test_settings),
		IN_HOUSE(test_parallel_guesses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
