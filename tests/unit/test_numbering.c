/* analysis/numbering.h, beside the slow way to say the same. */
#include "analysis/numbering.h"
#include "base/rand.h"
#include "base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_texts(void **state)
{
	struct numbering x;
	numbering_init(&x, MIB);
	assert_int_equal(numbering_find(&x, STR("a")), NUMBERING_NONE);
	char text[32];
	for (int turn = 0; turn < 2; turn++) {
		for (uint32_t i = 0; i < 5000; i++) {
			snprintf(text, sizeof text, "Product %u", i);
			assert_int_equal(numbering_add(&x, str_of(text)), i);
		}
	}
	assert_int_equal(x.n, 5000);
	assert_int_equal(numbering_find(&x, STR("Product 4999")), 4999);
	assert_int_equal(numbering_find(&x, STR("Product 5000")), NUMBERING_NONE);
	assert_int_equal(numbering_add(&x, (struct str){ 0 }), 5000);
	assert_int_equal(numbering_add(&x, STR("")), 5000);
	assert_true(str_eq(numbering_text(&x, 17), STR("Product 17")));
	assert_true(str_eq(numbering_text(&x, 5000), STR("")));
	numbering_free(&x);
}

/* Where one part ends and the next begins makes a difference. */
static void test_pairs(void **state)
{
	struct numbering x;
	numbering_init(&x, MIB);
	assert_int_equal(numbering_add_pair(&x, STR("ab"), STR("c")), 0);
	assert_int_equal(numbering_add_pair(&x, STR("a"), STR("bc")), 1);
	assert_int_equal(numbering_add_pair(&x, STR("abc"), (struct str){ 0 }), 2);
	assert_int_equal(numbering_add_pair(&x, (struct str){ 0 }, STR("abc")), 3);
	assert_int_equal(numbering_add_pair(&x, (struct str){ 0 }, (struct str){ 0 }), 4);
	assert_int_equal(numbering_add_pair(&x, STR("ab"), STR("c")), 0);
	assert_int_equal(numbering_add_pair(&x, STR(""), STR("abc")), 3);
	assert_true(str_eq(numbering_text(&x, 1), str_n("a\0bc", 4)));
	numbering_free(&x);
}

static void test_text_limit(void **state)
{
	struct numbering x;
	numbering_init(&x, 8);
	numbering_add(&x, STR("1234"));
	assert_false(x.text.failed);
	numbering_add(&x, STR("56789"));
	assert_true(x.text.failed);
	numbering_free(&x);
}

static void test_whole_numbers(void **state)
{
	static const int64_t edges[] = { 0,         -1,        1,  NUMBERING_SMALL - 1, NUMBERING_SMALL,
					 INT64_MIN, INT64_MAX, 42, 112312323321,        -42 };
	struct numbering_whole x;
	numbering_whole_init(&x);
	for (uint32_t i = 0; i < countof(edges); i++)
		assert_int_equal(numbering_whole_find(&x, edges[i]), NUMBERING_NONE);
	for (int turn = 0; turn < 2; turn++) {
		for (uint32_t i = 0; i < countof(edges); i++) {
			numbering_whole_soon(&x, edges[i]);
			assert_int_equal(numbering_whole_add(&x, edges[i]), i);
		}
	}
	for (uint32_t i = 0; i < countof(edges); i++)
		assert_int_equal(numbering_whole_find(&x, edges[i]), i);
	numbering_whole_free(&x);
}

/* Many, growing on the way: each is found again under its own number. */
static void test_many_whole_numbers(void **state)
{
	enum { N = 20000 };
	int64_t *values = mem_array(N, sizeof *values);
	struct rand_seeded random;
	struct numbering_whole x;
	numbering_whole_init(&x);
	rand_seed(&random, 3);
	uint32_t n = 0;
	for (uint32_t i = 0; i < N; i++) {
		int64_t value = (int64_t)(rand_next(&random) >> (i % 60));
		uint32_t number = numbering_whole_add(&x, value);
		assert_true(number <= n);
		if (number == n)
			values[n++] = value;
		assert_int_equal(values[number], value);
	}
	assert_int_equal(x.n, n);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(numbering_whole_find(&x, values[i]), i);
	numbering_whole_free(&x);
	free(values);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_text_limit),
		cmocka_unit_test(test_whole_numbers),
		cmocka_unit_test(test_many_whole_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
