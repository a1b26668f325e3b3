/* learn/trend.h on series whose next values are known. */
#include "base/rand.h"
#include "learn/trend.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define YEARS 5
#define N ((size_t)(YEARS * TREND_SEASON))

static void test_too_short(void **state)
{
	struct trend t;
	double y[] = { 1, 2, 3 };
	assert_false(trend_forecast(y, 0, 3, &t));
	assert_false(trend_forecast(y, countof(y), 3, &t));
}

static void test_constant(void **state)
{
	struct trend t;
	double y[] = { 5, 5, 5, 5, 5, 5 };
	assert_true(trend_forecast(y, countof(y), 3, &t));
	assert_int_equal(t.n, 3);
	for (size_t h = 0; h < 3; h++)
		assert_true(fabs(t.next[h].value - 5) < 1e-9 && t.next[h].low <= 5 && t.next[h].high >= 5);
	assert_true(isnan(t.error[TREND_SEASONAL]) && isnan(t.error[TREND_YEAR_AGO]));
}

/* A season around a rising level with noise: the seasonal method wins, and the next year falls into its intervals. */
static void test_season(void **state)
{
	struct rand_seeded r;
	struct trend t;
	double y[N + TREND_SEASON];
	int inside = 0;
	rand_seed(&r, 8);
	for (size_t i = 0; i < countof(y); i++)
		y[i] = 1000 + 3 * (double)i + 300 * sin((double)i * M_PI / 6) + 20 * rand_normal(&r);
	assert_true(trend_forecast(y, N, TREND_SEASON, &t));
	assert_int_equal(t.method, TREND_SEASONAL);
	assert_true(t.error[TREND_SEASONAL] < t.error[TREND_LAST] && t.error[TREND_SEASONAL] < t.error[TREND_YEAR_AGO]);
	for (size_t h = 0; h < TREND_SEASON; h++) {
		assert_true(fabs(t.next[h].value - y[N + h]) < 150);
		inside += y[N + h] >= t.next[h].low && y[N + h] <= t.next[h].high;
		assert_true(h == 0 || t.next[h].high - t.next[h].low >= t.next[h - 1].high - t.next[h - 1].low - 1e-9);
	}
	assert_true(inside >= 7); /* of 12; 8 of 10 are promised */
}

/* A walk without memory: nothing beats the last value by much, and the interval widens. */
static void test_walk(void **state)
{
	struct rand_seeded r;
	struct trend t;
	double y[N];
	rand_seed(&r, 2);
	y[0] = 100;
	for (size_t i = 1; i < N; i++)
		y[i] = y[i - 1] + rand_normal(&r);
	assert_true(trend_forecast(y, N, 12, &t));
	assert_true(t.error[t.method] <= t.error[TREND_LAST]);
	assert_true(fabs(t.next[0].value - y[N - 1]) < 2);
	assert_true(t.next[11].high - t.next[11].low > 2 * (t.next[0].high - t.next[0].low));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_short),
		cmocka_unit_test(test_constant),
		cmocka_unit_test(test_season),
		cmocka_unit_test(test_walk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
