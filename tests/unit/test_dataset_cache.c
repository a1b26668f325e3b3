/* analysis/query_cache.h: what is kept, what goes first, and that an answer in use outlives its place. */
#include "analysis/query_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>

static struct query_answer *answer(const char *key, size_t bytes)
{
	struct query_answer *a = query_answer_new();
	buf_adds(&a->key, key);
	memset(buf_reserve(&a->rows, bytes), 'x', bytes);
	a->rows.n += bytes;
	return a;
}

static void put(struct query_cache *c, const char *key, size_t bytes)
{
	struct query_answer *a = answer(key, bytes);
	query_cache_put(c, a);
	query_answer_release(c, a);
}

static bool has(struct query_cache *c, const char *key)
{
	struct query_answer *a = query_cache_get(c, str_of(key));
	query_answer_release(c, a);
	return a != NULL;
}

static void longest_unused_goes_first(void **state)
{
	struct query_cache *c = query_cache_new(10 * 4096);
	put(c, "a", 8000);
	put(c, "b", 8000);
	put(c, "c", 8000);
	assert_true(has(c, "a")); /* now b is the oldest */
	put(c, "d", 8000);
	put(c, "e", 8000);
	assert_true(has(c, "a"));
	assert_false(has(c, "b"));
	assert_true(has(c, "e"));
	put(c, "huge", 100000); /* more than everything: not kept, nothing lost for it */
	assert_false(has(c, "huge"));
	assert_true(has(c, "e"));
	query_cache_free(&c);
	assert_null(c);
}

static void keys_are_compared_whole(void **state)
{
	struct query_cache *c = query_cache_new(MIB);
	put(c, "key", 1);
	put(c, "key", 2); /* the first stays */
	struct query_answer *a = query_cache_get(c, STR("key"));
	assert_int_equal(a->rows.n, 1);
	query_answer_release(c, a);
	assert_false(has(c, "ke"));
	assert_false(has(c, "key "));
	assert_false(has(c, ""));
	query_cache_free(&c);
}

static void an_answer_in_use_stays(void **state)
{
	struct query_cache *c = query_cache_new(4 * 4096);
	put(c, "a", 8000);
	struct query_answer *a = query_cache_get(c, STR("a"));
	put(c, "b", 8000);
	assert_false(has(c, "a"));
	assert_int_equal(a->rows.n, 8000);
	assert_int_equal(a->rows.p[7999], 'x');
	query_answer_release(c, a);
	query_answer_release(c, NULL);
	query_cache_free(&c);
}

static void *hammer(void *arg)
{
	struct query_cache *c = arg;
	char key[16];
	for (int i = 0; i < 20000; i++) {
		snprintf(key, sizeof key, "k%d", i % 37);
		struct query_answer *a = query_cache_get(c, str_of(key));
		if (a)
			assert_int_equal(a->rows.p[0], 'x');
		else
			put(c, key, 500);
		query_answer_release(c, a);
	}
	return NULL;
}

static void many_threads(void **state)
{
	struct query_cache *c = query_cache_new(20 * 1024);
	pthread_t t[4];
	for (size_t i = 0; i < countof(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, hammer, c), 0);
	for (size_t i = 0; i < countof(t); i++)
		pthread_join(t[i], NULL);
	query_cache_free(&c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest_unused_goes_first),
		cmocka_unit_test(keys_are_compared_whole),
		cmocka_unit_test(an_answer_in_use_stays),
		cmocka_unit_test(many_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
