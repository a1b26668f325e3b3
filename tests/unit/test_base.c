/* base/: rows of input and expectation. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} rows[] = {
		{ "0", true, 0 },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775807", true, INT64_MAX },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "1 ", false, 0 },
		{ "0x1", false, 0 },
		{ "+7", true, 7 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		int64_t v = 42;
		assert_int_equal(str_to_i64(str_of(rows[i].text), &v), rows[i].ok);
		assert_int_equal(v, rows[i].ok ? rows[i].value : 42);
	}
	double d;
	assert_true(str_to_f64(STR("1.5e3"), &d) && d == 1500);
	static const char *const bad[] = { "", "nan", "inf", "1e999", "0x1p3", " 1", "1,5", "1.5x" };
	for (size_t i = 0; i < countof(bad); i++)
		assert_false(str_to_f64(str_of(bad[i]), &d));
}

static void test_buf_limit(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(8);
	buf_adds(&b, "12345");
	buf_adds(&b, "6789");
	assert_true(b.failed);
	assert_string_equal(b.p, "12345");
	buf_adds(&b, "6");
	assert_int_equal(b.n, 5);
	buf_clear(&b);
	buf_add_i64(&b, INT64_C(-1234567));
	assert_string_equal(b.p, "-1234567");
}

static void test_f64_shortest(void **state)
{
	static const struct {
		double v;
		const char *text;
	} rows[] = {
		{ 0.1, "0.1" },
		{ 26796.21, "26796.21" },
		{ 1e21, "1e+21" },
		{ -0.5, "-0.5" },
		{ 100, "100" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 9747747.934, "9747747.934" },
		{ 1e15, "1e+15" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(64);
		buf_add_f64(&b, rows[i].v);
		assert_string_equal(b.p, rows[i].text);
	}
}

static void test_arena_limit(void **state)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(100);
	assert_non_null(arena_alloc(&a, 60));
	assert_null(arena_alloc(&a, 60));
	assert_true(a.failed);
	assert_null(arena_array(&a, SIZE_MAX / 2, 4));
	CLEANUP(arena_free) struct arena big = ARENA_INIT(0);
	for (int i = 0; i < 10000; i++) {
		char *p = arena_printf(&big, "row %d", i);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
	}
}

/* Blocks of arenas that ended serve others, as if they were new. */
static void test_arena_spares(void **state)
{
	struct arena_spares spares = { 0 };
	for (int round = 0; round < 200; round++) {
		struct arena a = ARENA_INIT(MIB);
		arena_begin(&a, &spares);
		for (size_t n = 1; n < 60000; n *= 3) {
			char *p = arena_alloc(&a, n);
			assert_non_null(p);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(p[i], 0);
			memset(p, 'x', n);
		}
		assert_null(arena_alloc(&a, MIB));
		arena_end(&a, &spares);
		assert_in_range(spares.n, 0, 1);
	}
	struct arena none = ARENA_INIT(100);
	arena_begin(&none, &spares); /* used by nobody */
	arena_end(&none, &spares);
	assert_in_range(spares.n, 0, 1);
	arena_spares_free(&spares);
	assert_null(spares.first);
}

static void test_i64_text(void **state)
{
	static const struct {
		int64_t value;
		const char *text;
	} rows[] = { { 0, "0" },
		     { 7, "7" },
		     { -7, "-7" },
		     { 791, "791" },
		     { INT64_MAX, "9223372036854775807" },
		     { INT64_MIN, "-9223372036854775808" } };
	for (size_t i = 0; i < countof(rows); i++) {
		char room[STR_I64];
		assert_true(str_is(str_i64(rows[i].value, room), rows[i].text));
	}
}

static void test_clock(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t usec;
		const char *back;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", true, 0, "1970-01-01T00:00:00Z" },
		{ "2011-12-09T12:50:00.25+02:00", true, INT64_C(1323427800250000), "2011-12-09T10:50:00.250000Z" },
		{ "2024-02-29", true, INT64_C(1709164800000000), "2024-02-29T00:00:00Z" },
		{ "1969-12-31T23:59:59Z", true, -1000000, "1969-12-31T23:59:59Z" },
		{ "2026-11-05T04:03:02.000001Z", true, INT64_C(1793851382000001), "2026-11-05T04:03:02.000001Z" },
		{ "0999-01-01T00:00:00Z", true, INT64_C(-30641760000000000), "0999-01-01T00:00:00Z" },
		{ "2023-02-29", false, 0, NULL },
		{ "2023-13-01", false, 0, NULL },
		{ "2023-01-01T25:00:00Z", false, 0, NULL },
		{ "2023-01-01T10:00:00", false, 0, NULL },
		{ "2023-1-1", false, 0, NULL },
		{ "", false, 0, NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		int64_t v = 0;
		assert_int_equal(clock_parse(str_of(rows[i].text), &v), rows[i].ok);
		if (rows[i].ok) {
			char text[CLOCK_TEXT];
			assert_int_equal(v, rows[i].usec);
			clock_format(v, text);
			assert_string_equal(text, rows[i].back);
		}
	}
	char far[CLOCK_TEXT];
	clock_format(INT64_C(253402300800000000), far);
	assert_string_equal(far, "10000-01-01T00:00:00Z");
	clock_format(INT64_C(-62167305600000000), far); /* the year before the year 0 */
	assert_string_equal(far, "-001-12-31T00:00:00Z");
	for (int64_t day = -800000; day < 800000; day += 37) {
		int64_t y;
		int m, d;
		clock_civil_from_days(day, &y, &m, &d);
		assert_int_equal(clock_days_from_civil(y, m, d), day);
	}
}

static void test_ids(void **state)
{
	int64_t last = 0;
	for (int i = 0; i < 100000; i++) {
		int64_t id = id_new();
		assert_true(id > last);
		last = id;
	}
	assert_true(llabs(id_time(last) - clock_now()) < USEC_PER_SEC * 5);
	int64_t v;
	static const char *const bad[] = { "", "0", "-1", "+1", "1.0", "99999999999999999999", "1a", " 1" };
	for (size_t i = 0; i < countof(bad); i++)
		assert_false(id_parse(str_of(bad[i]), &v));
}

static void test_fold(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "  Иванов\t Пётр\xc2\xa0Андреевич ", "иванов петр андреевич" },
		{ "ЁЖ Й", "еж й" },
		{ "Łukasz ŻÓŁĆ", "lukasz zolc" },
		{ "Straße", "strasse" },
		{ "и\xcc\x86", "и" },
		{ "a\xff"
		  "b",
		  "ab" },
		{ "", "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(1000);
		utf8_fold(&b, str_of(rows[i].in));
		assert_string_equal(b.p ? b.p : "", rows[i].out);
	}
	static const char *const invalid[] = { "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80" };
	for (size_t i = 0; i < countof(invalid); i++)
		assert_false(utf8_valid(str_of(invalid[i])));
	assert_int_equal(utf8_valid_prefix(STR("12345678é\xff")), 10);
}

static void test_rand(void **state)
{
	struct rand_seeded r, again;
	rand_seed(&r, 7);
	rand_seed(&again, 7);
	uint64_t counts[5] = { 0 };
	for (int i = 0; i < 50000; i++) {
		uint64_t v = rand_below(&r, 5);
		assert_int_equal(v, rand_below(&again, 5));
		counts[v]++;
	}
	for (size_t i = 0; i < 5; i++)
		assert_in_range(counts[i], 9500, 10500);
}

static void test_err(void **state)
{
	struct err e;
	assert_false(err_errno(&e, 28, "writing segment 5"));
	assert_string_equal(err_code(&e), "disk_full");
	assert_false(err_prefix(&e, "import"));
	assert_string_equal(e.message, "import: writing segment 5: No space left on device");
	for (int k = 0; k < ERR_KINDS; k++) {
		assert_true(err_http_status((enum err_kind)k) >= 200);
		assert_non_null(err_code(&(struct err){ .kind = (enum err_kind)k }));
	}
}

static void test_err_sentence(void **state)
{
	static const struct {
		const char *message, *shown;
	} rows[] = {
		{ "Sign in first, or send a token", "Sign in first, or send a token." },
		{ "The file is empty.", "The file is empty." },
		{ "Cancelled", "Cancelled." },
		{ "What is this?", "What is this?" },
		{ "clients.csv: The file is empty.", "clients.csv: The file is empty." },
		{ "clients: The file is empty.", "clients: The file is empty." },
		{ "train_cutoffs has to be a day", "train_cutoffs has to be a day." },
		{ "--listen needs an address", "--listen needs an address." },
		{ "клиенты.csv is empty", "клиенты.csv is empty." },
		{ "job holds VARCHAR, not numbers", "job holds VARCHAR, not numbers." }, /* a column */
		{ "There is no folder /var/lib/vitrina", "There is no folder /var/lib/vitrina" },
		{ "", "" },
	};
	char to[ERR_SENTENCE_BYTES], again[ERR_SENTENCE_BYTES];
	for (size_t i = 0; i < countof(rows); i++) {
		assert_string_equal(err_sentence(rows[i].message, to), rows[i].shown);
		assert_string_equal(err_sentence(to, again), rows[i].shown);
	}
	struct err e;
	err_set(&e, ERR_VALUE, NULL, "sign in first");
	assert_string_equal(e.message, "Sign in first");
	err_field(&e, ERR_VALUE, "target", "%s holds VARCHAR", "job");
	assert_string_equal(e.message, "job holds VARCHAR");
	err_field(&e, ERR_VALUE, "cutoff", "train_cutoffs has to be a day");
	assert_string_equal(e.message, "train_cutoffs has to be a day");
	err_set(&e, ERR_CONFLICT, NULL, "%s", "Sign in first");
	assert_string_equal(e.message, "Sign in first");
	char longest[sizeof e.message];
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_int_equal(strlen(err_sentence(longest, to)), sizeof e.message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),      cmocka_unit_test(test_buf_limit),
		cmocka_unit_test(test_f64_shortest), cmocka_unit_test(test_arena_limit),
		cmocka_unit_test(test_arena_spares), cmocka_unit_test(test_i64_text),
		cmocka_unit_test(test_clock),        cmocka_unit_test(test_ids),
		cmocka_unit_test(test_fold),         cmocka_unit_test(test_rand),
		cmocka_unit_test(test_err),          cmocka_unit_test(test_err_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
