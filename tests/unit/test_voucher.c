/* The voucher list in the store: order, pages, updates, the outbox, the limit. */
#include "model/voucher.h"

#include "dataset_fixture.h"

#include "base/rand.h"

static struct voucher entry(const char *id, int64_t total)
{
	return (struct voucher){ str_of(id), total, voucher_now() };
}

static void test_numbers(void **state)
{
	static const struct {
		const char *id;
		int64_t number; /* INT64_MAX: it is a text */
	} rows[] = {
		{ "0", 0 },
		{ "791", 791 },
		{ "-5", -5 },
		{ "9223372036854775806", INT64_MAX - 1 },
		{ "-9223372036854775808", INT64_MIN },
		{ "9223372036854775807", INT64_MAX },
		{ "9223372036854775808", INT64_MAX },
		{ "0791", INT64_MAX },
		{ "+7", INT64_MAX },
		{ "-0", INT64_MAX },
		{ "7.0", INT64_MAX },
		{ " 7", INT64_MAX },
		{ "", INT64_MAX },
		{ "A-7", INT64_MAX },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		int64_t number = 1;
		bool is = voucher_number(str_of(rows[i].id), &number);
		assert_int_equal(number, rows[i].number);
		assert_int_equal(is, rows[i].number != INT64_MAX);
	}
}

static void test_put_and_list(void **state)
{
	struct fixture *f = *state;
	struct caller by = caller_local(ORG, true), other = caller_local(OTHER, false);
	struct voucher_counts n;
	struct voucher list[] = { entry("9", 1), entry("B", 2), entry("10", 3), entry("-1", 4), entry("A", 5) }, *got;
	static const char *const order[] = { "-1", "9", "10", "A", "B" };
	struct voucher changed[] = { entry("10", 30), entry("11", 40) };
	size_t n_got;
	int64_t total;
	must(voucher_put(f->db, &by, list, countof(list), &n, e));
	assert_true(n.created == 5 && n.updated == 0);
	must(voucher_put(f->db, &other, list, 1, &n, e));
	must(voucher_list(f->db, ORG, (struct str){ 0 }, 100, &f->a, &got, &n_got, &total, e));
	assert_true(n_got == 5 && total == 5);
	for (size_t i = 0; i < 5; i++) {
		struct voucher *page;
		size_t n_page;
		assert_true(str_is(got[i].user_id, order[i]));
		must(voucher_list(f->db, ORG, got[i].user_id, 2, &f->a, &page, &n_page, &total, e));
		assert_int_equal(n_page, MIN((size_t)2, 4 - i));
		assert_true(!n_page || str_is(page[0].user_id, order[i + 1]));
	}
	must(voucher_put(f->db, &by, changed, 2, &n, e));
	assert_true(n.created == 1 && n.updated == 1);
	must(voucher_list(f->db, OTHER, (struct str){ 0 }, 100, &f->a, &got, &n_got, &total, e));
	assert_true(n_got == 1 && total == 1 && got[0].total == 1);
}

static void test_outbox(void **state)
{
	struct fixture *f = *state;
	struct voucher list[] = { entry("1", 10), entry("2", 20), entry("3", 30) }, again = entry("2", 21), *got;
	size_t n;
	must(voucher_outbox_put(f->db, ORG, list, 3, e) && voucher_outbox_put(f->db, OTHER, list, 1, e));
	must(voucher_outbox_first(f->db, ORG, 2, &f->a, &got, &n, e));
	assert_true(n == 2 && str_is(got[0].user_id, "1") && got[1].total == 20);
	/* Replaced while it was on its way: the newer one stays. */
	must(voucher_outbox_put(f->db, ORG, &again, 1, e) && voucher_outbox_done(f->db, ORG, got, n, e));
	must(voucher_outbox_first(f->db, ORG, 9, &f->a, &got, &n, e));
	assert_true(n == 2 && got[0].total == 21 && str_is(got[1].user_id, "3"));
	must(voucher_outbox_done(f->db, ORG, got, n, e) && voucher_outbox_first(f->db, ORG, 9, &f->a, &got, &n, e));
	assert_int_equal(n, 0);
	must(voucher_outbox_first(f->db, OTHER, 9, &f->a, &got, &n, e));
	assert_int_equal(n, 1);
}

static void test_limit(void **state)
{
	struct fixture *f = *state;
	struct caller by = caller_local(ORG, true), manager = by;
	int64_t limit;
	manager.role = ROLE_MANAGER;
	must(voucher_limit(f->db, ORG, &limit, e));
	assert_int_equal(limit, VOUCHER_LIMIT_USUAL);
	must(voucher_limit_set(f->db, &by, STR(" 0.07 "), e) && voucher_limit(f->db, ORG, &limit, e));
	assert_int_equal(limit, 700);
	must(voucher_limit(f->db, OTHER, &limit, e));
	assert_int_equal(limit, VOUCHER_LIMIT_USUAL);
	static const char *const bad[] = { "", " ", "-0.01", "x", "1e15", "nan", "inf", "1,5", "0x10", "1 2" };
	for (size_t i = 0; i < countof(bad); i++)
		must_fail(ERR_VALUE, "wrong_value", voucher_limit_set(f->db, &by, str_of(bad[i]), e));
	must_fail(ERR_FORBIDDEN, "not_allowed", voucher_limit_set(f->db, &manager, STR("1"), e));
	must(voucher_limit(f->db, ORG, &limit, e));
	assert_int_equal(limit, 700);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test_setup_teardown(test_put_and_list, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(test_outbox, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(test_limit, fixture_begin, fixture_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
