/* What is kept of versions: within its bytes, what is not asked for goes first, what is in use lives on, made once. */
#include "analysis/version_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static atomic_int made, freed;

struct thing {
	struct version_item kept;
	int64_t twice;
};

static void free_thing(struct version_item *x)
{
	freed++;
	free(x);
}

struct order {
	int64_t version;
	size_t bytes;
	bool fails;
};

static bool make(void *ctx, struct version_item **ret, struct err *e)
{
	const struct order *o = ctx;
	if (o->fails)
		return err_set(e, ERR_NOT_FOUND, "gone", "it is not there");
	struct thing *t = mem_zalloc(sizeof *t);
	t->kept.version = o->version;
	t->kept.bytes = o->bytes;
	t->twice = 2 * o->version;
	made++;
	*ret = &t->kept;
	return true;
}

static struct thing *get(struct version_cache *c, int64_t version, size_t bytes)
{
	struct order o = { version, bytes, false };
	struct version_item *x = NULL;
	struct err e = { 0 };
	assert_true(version_cache_get(c, version, make, &o, &x, &e));
	assert_int_equal(((struct thing *)x)->twice, 2 * version);
	return (struct thing *)x;
}

static bool has(struct version_cache *c, int64_t version)
{
	struct version_item *x = version_cache_take(c, version);
	if (x)
		version_cache_give(c, x);
	return x != NULL;
}

static void begin(struct version_cache *c, size_t most, size_t bytes)
{
	made = freed = 0;
	version_cache_init(c, most, bytes, free_thing);
}

static void put(struct version_cache *c, int64_t version, size_t bytes)
{
	version_cache_give(c, &get(c, version, bytes)->kept);
}

static void the_least_used_goes(void **state)
{
	struct version_cache c;
	begin(&c, 64, 30);
	for (int64_t v = 1; v <= 3; v++)
		put(&c, v, 10);
	put(&c, 1, 10); /* asked for again: kept, and not made anew */
	assert_int_equal(made, 3);
	put(&c, 4, 10);
	assert_int_equal(freed, 1);
	assert_false(has(&c, 2));
	assert_true(has(&c, 3) && has(&c, 1) && has(&c, 4));
	/* One that is larger than all the room is kept alone. */
	put(&c, 5, 1000);
	assert_int_equal(freed, 4);
	assert_true(has(&c, 5));
	version_cache_end(&c);
	assert_int_equal(freed, made);
	begin(&c, 2, 1000);
	for (int64_t v = 1; v <= 5; v++)
		put(&c, v, 1);
	assert_int_equal(freed, 3);
	version_cache_end(&c);
}

static void in_use_lives_on(void **state)
{
	struct version_cache c;
	begin(&c, 64, 10);
	struct thing *held = get(&c, 1, 10);
	put(&c, 2, 10);
	assert_false(has(&c, 1));
	assert_int_equal(freed, 0);
	assert_int_equal(held->twice, 2);
	struct thing *again = get(&c, 1, 10); /* another one of the same version */
	assert_ptr_not_equal(again, held);
	assert_int_equal(freed, 1);
	version_cache_give(&c, &held->kept);
	assert_int_equal(freed, 2);
	version_cache_forget(&c, 1);
	assert_int_equal(freed, 2);
	assert_false(has(&c, 1));
	version_cache_give(&c, &again->kept);
	assert_int_equal(freed, 3);
	version_cache_forget(&c, 77);
	version_cache_end(&c);
}

static void one_that_grows(void **state)
{
	struct version_cache c;
	begin(&c, 64, 30);
	struct thing *t = get(&c, 1, 10);
	put(&c, 2, 10);
	put(&c, 3, 10);
	version_cache_resize(&c, &t->kept, 25);
	assert_int_equal(freed, 2);
	assert_true(has(&c, 1));
	version_cache_resize(&c, &t->kept, 500); /* never itself */
	assert_true(has(&c, 1));
	version_cache_give(&c, &t->kept);
	version_cache_end(&c);
}

static void what_cannot_be_made(void **state)
{
	struct version_cache c;
	struct order o = { 1, 1, true };
	struct version_item *x = NULL;
	struct err e = { 0 };
	begin(&c, 64, 30);
	assert_false(version_cache_get(&c, 1, make, &o, &x, &e));
	assert_string_equal(err_code(&e), "gone");
	assert_null(x);
	assert_null(version_cache_look(&c, 1));
	put(&c, 1, 1); /* and can be the next time */
	x = version_cache_look(&c, 1);
	assert_non_null(x);
	version_cache_look_end(&c);
	pthread_mutex_lock(&c.lock);
	assert_null(version_cache_look(&c, 1)); /* it does not wait */
	pthread_mutex_unlock(&c.lock);
	version_cache_end(&c);
}

static void *ask(void *ctx)
{
	for (int i = 0; i < 2000; i++)
		put(ctx, i % 7, 10);
	return NULL;
}

static void from_several_threads(void **state)
{
	struct version_cache c;
	pthread_t threads[4];
	begin(&c, 64, 70);
	for (size_t i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask, &c), 0);
	for (size_t i = 0; i < countof(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(made, 7);
	assert_int_equal(freed, 0);
	version_cache_end(&c);
	assert_int_equal(freed, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_used_goes),  cmocka_unit_test(in_use_lives_on),
		cmocka_unit_test(one_that_grows),       cmocka_unit_test(what_cannot_be_made),
		cmocka_unit_test(from_several_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
