/* model/: signing in, sessions and throttles; what is guessed, and what it costs. */
#include "people_fixture.h"

#include "db/pool.h"
#include "model/session.h"
#include "model/throttle.h"
#include "model/token.h"

#include <pthread.h>

/* Made by python3-bcrypt: bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4, prefix=…)). */
#define BCRYPT_2A "$2a$04$CiHKZ5L00jGISOZ/2bju4O8SPebp4IV94ZY4IHLJ7Rkh2VBB/zxPC"
#define BCRYPT_2B "$2b$04$qudwCQjK40/Kh/quoqPB0e4WFoPPZw0w3xfCkGDBg/fKCsT0c8ama"

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

int main(void)
{
	assert_true(crypt_init(NULL));
	const struct CMUnitTest tests[] = {
		IN_HOUSE(test_sign_in),          IN_HOUSE(test_account_throttle), IN_HOUSE(test_address_throttle),
		IN_HOUSE(test_throttle_windows), IN_HOUSE(test_old_hashes),       IN_HOUSE(test_sessions),
		IN_HOUSE(test_sessions_end),     IN_HOUSE(test_parallel_guesses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
