/* model/: the packed products of a card, money, ages and names, what a person may type, and circles among links. */
#include "model/customer.h"
#include "model/link.h"

#include "base/clock.h"
#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void random_products(struct rand_seeded *r, struct customer_product *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool dated = rand_below(r, 4) > 0;
		int32_t first = (int32_t)rand_below(r, 40000) - 10000;
		p[i] = (struct customer_product){ (uint32_t)rand_next(r) >> rand_below(r, 32),
						  (uint32_t)rand_below(r, 1000),
						  (int64_t)rand_next(r) >> rand_below(r, 60), dated ? first : DAY_NONE,
						  dated ? first + (int32_t)rand_below(r, 500) : DAY_NONE };
	}
}

static void test_pack(void **state)
{
	struct rand_seeded r;
	rand_seed(&r, 1);
	for (int round = 0; round < 500; round++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 * MIB);
		CLEANUP(buf_free) struct buf b = BUF_INIT(1 * MIB);
		struct customer_product wanted[40], *got;
		size_t n = rand_below(&r, countof(wanted) + 1), n_got;
		struct err e;
		uint32_t first = 0;
		random_products(&r, wanted, n);
		customer_products_pack(&b, wanted, n);
		assert_true(customer_products_read(buf_str(&b), &a, &got, &n_got, &e));
		assert_int_equal(n_got, n);
		assert_int_equal(customer_products_count(buf_str(&b), &first), n);
		for (size_t i = 0; i < n; i++)
			assert_true(got[i].product == wanted[i].product && got[i].times == wanted[i].times &&
				    got[i].spend == wanted[i].spend && got[i].first_day == wanted[i].first_day &&
				    got[i].last_day == wanted[i].last_day);
		if (n)
			assert_int_equal(first, wanted[0].product);
		/* Cut short it is damaged, never read past its end. */
		size_t cut = rand_below(&r, b.n);
		char *bytes = mem_alloc(cut ? cut : 1);
		memcpy(bytes, b.p, cut);
		if (cut && customer_products_read(str_n(bytes, cut), &a, &got, &n_got, &e))
			fail_msg("%zu of %zu bytes were taken for whole", cut, b.n);
		free(bytes);
	}
}

static void test_pack_noise(void **state)
{
	struct rand_seeded r;
	rand_seed(&r, 2);
	for (int round = 0; round < 20000; round++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 * MIB);
		struct customer_product *got;
		size_t n = rand_below(&r, 40), n_got;
		unsigned char *bytes = mem_alloc(n ? n : 1);
		uint32_t first;
		struct err e = { 0 };
		for (size_t i = 0; i < n; i++)
			bytes[i] = (unsigned char)(rand_below(&r, 3) ? rand_below(&r, 6) : rand_below(&r, 256));
		bool good = customer_products_read(str_n((char *)bytes, n), &a, &got, &n_got, &e);
		assert_true(good || e.kind == ERR_CORRUPT);
		customer_products_count(str_n((char *)bytes, n), &first);
		free(bytes);
	}
}

static void test_money(void **state)
{
	static const struct {
		int64_t amount;
		const char *text;
		double round2;
	} rows[] = {
		{ 0, "0.00", 0 },
		{ 1, "0.0001", 0 },
		{ 12345, "1.2345", 1.23 },
		{ 12350, "1.235", 1.24 },
		{ 10000, "1.00", 1 },
		{ 267962100, "26796.21", 26796.21 },
		{ -12300, "-1.23", -1.23 },
		{ -50, "-0.005", -0.01 },
		{ 89114079040, "8911407.904", 8911407.9 },
		{ INT64_MAX, "922337203685477.5807", 922337203685477.58 },
		{ INT64_MIN, "-922337203685477.5808", -922337203685477.58 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(100);
		money_write(&b, rows[i].amount);
		assert_string_equal(b.p, rows[i].text);
		assert_true(money_round2(rows[i].amount) == rows[i].round2);
	}
}

static void test_age(void **state)
{
	static const struct {
		const char *born, *at;
		int64_t age;
	} rows[] = {
		{ "1990-05-17", "2024-05-16", 33 },
		{ "1990-05-17", "2024-05-17", 34 },
		{ "2000-02-29", "2023-02-28", 22 },
		{ "2000-02-29", "2023-03-01", 23 },
		{ "1900-01-01", "2024-01-01", 124 },
		{ "1960-12-31", "1970-01-01", 9 },
		{ "1990-05-17 10:00:00", "2024-05-17", 34 },
		{ "2025-01-01", "2024-01-01", -1 },
		{ "1850-01-01", "2024-01-01", -1 },
		{ "17.05.1990", "2024-01-01", -1 },
		{ "1990-02-30", "2024-01-01", -1 },
		{ "1990", "2024-01-01", -1 },
		{ "", "2024-01-01", -1 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		int64_t at;
		assert_true(clock_parse(str_of(rows[i].at), &at));
		if (customer_age(str_of(rows[i].born), at) != rows[i].age)
			fail_msg("%s at %s: %lld", rows[i].born, rows[i].at,
				 (long long)customer_age(str_of(rows[i].born), at));
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *full, *first, *middle, *last, *wanted;
	} rows[] = {
		{ " Иван Иванов ", "x", "y", "z", "Иван Иванов" },
		{ NULL, "Иван", "Иванович", "Иванов", "Иванов Иван Иванович" },
		{ "", "Иван", NULL, "Иванов", "Иванов Иван" },
		{ NULL, "Maria", NULL, "Anders", "Maria Anders" },
		{ NULL, "Maria", " ", NULL, "Maria" },
		{ NULL, NULL, NULL, "Иванов", "Иванов" },
		{ NULL, NULL, NULL, NULL, "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(1000);
		struct customer_names n = { str_of(rows[i].full), str_of(rows[i].first), str_of(rows[i].middle),
					    str_of(rows[i].last) };
		customer_name_make(&b, &n);
		assert_true(str_is(buf_str(&b), rows[i].wanted));
	}
}

/* Whether some product can be reached from itself: by following all links n times. */
static bool circle_by_force(const struct link_list *l)
{
	bool reach[8][8] = { 0 };
	for (size_t i = 0; i < l->n; i++)
		reach[l->items[i].from.p[0] - 'a'][l->items[i].to.p[0] - 'a'] = true;
	for (int k = 0; k < 8; k++)
		for (int i = 0; i < 8; i++)
			for (int j = 0; j < 8; j++)
				reach[i][j] |= reach[i][k] && reach[k][j];
	bool any = false;
	for (int i = 0; i < 8; i++)
		any |= reach[i][i];
	return any;
}

static void test_links(void **state)
{
	static const char letters[] = "abcdefgh";
	struct rand_seeded r;
	int circles = 0, rounds = 20000;
	rand_seed(&r, 3);
	for (int round = 0; round < rounds; round++) {
		struct link items[10];
		struct link_list l = { items, rand_below(&r, countof(items) + 1) };
		bool self = false, twice = false;
		struct err e;
		for (size_t i = 0; i < l.n; i++) {
			items[i] = (struct link){ str_n(letters + rand_below(&r, 8), 1),
						  str_n(letters + rand_below(&r, 8), 1) };
			self |= items[i].from.p == items[i].to.p;
			for (size_t k = 0; k < i; k++)
				twice |= items[k].from.p == items[i].from.p && items[k].to.p == items[i].to.p;
		}
		bool circle = circle_by_force(&l);
		circles += circle && !self && !twice;
		assert_int_equal(link_check(&l, &e), !self && !twice && !circle);
	}
	assert_true(circles > rounds / 100);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pack), cmocka_unit_test(test_pack_noise), cmocka_unit_test(test_money),
		cmocka_unit_test(test_age),  cmocka_unit_test(test_names),      cmocka_unit_test(test_links),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
