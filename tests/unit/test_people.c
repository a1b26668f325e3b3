/* model/: organisations, accounts, invitations, tokens, audit, settings; and who must not. */
#include "people_fixture.h"

#include "model/audit.h"
#include "model/invitation.h"
#include "model/session.h"
#include "model/settings.h"
#include "model/token.h"

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

int main(void)
{
	assert_true(crypt_init(NULL));
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles), IN_HOUSE(test_orgs),       IN_HOUSE(test_org_close),
		IN_HOUSE(test_users_refused), IN_HOUSE(test_users),      IN_HOUSE(test_other_org_is_not_found),
		IN_HOUSE(test_last_admin),    IN_HOUSE(test_invitation), IN_HOUSE(test_tokens),
		IN_HOUSE(test_audit),         IN_HOUSE(test_settings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
