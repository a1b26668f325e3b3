/* What reports are made of: schedules over changes of the clock, texts cut for Telegram, the pace of messages,
 * addresses. */
#include "base/arena.h"
#include "base/clock.h"
#include "connect/call.h"
#include "connect/pace.h"
#include "connect/telegram.h"
#include "crypt/sign.h"
#include "draw/chart.h"
#include "model/cron.h"
#include "report/words.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void next_runs(void **state)
{
	static const struct {
		const char *cron, *zone, *after, *next;
	} rows[] = {
		{ "0 9 * * *", "UTC", "2026-11-21T08:59:59Z", "2026-11-21T09:00:00Z" },
		{ "0 9 * * *", "UTC", "2026-11-21T09:00:00Z", "2026-11-22T09:00:00Z" },
		{ "*/15 * * * *", "UTC", "2026-11-21T09:07:00Z", "2026-11-21T09:15:00Z" },
		{ "5-10/5,30 8-9 * * *", "UTC", "2026-11-21T08:10:00Z", "2026-11-21T08:30:00Z" },
		{ "0 0 29 2 *", "UTC", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z" },
		{ "0 0 29 2 *", "UTC", "2097-01-01T00:00:00Z", "2104-02-29T00:00:00Z" },
		{ "0 0 31 * *", "UTC", "2026-04-01T00:00:00Z", "2026-05-31T00:00:00Z" },
		{ "0 7 * * mon-fri", "UTC", "2026-11-20T08:00:00Z", "2026-11-23T07:00:00Z" },
		{ "0 7 * * 7", "UTC", "2026-11-20T08:00:00Z", "2026-11-22T07:00:00Z" },
		{ "0 0 13 * fri", "UTC", "2026-11-01T00:00:00Z", "2026-11-06T00:00:00Z" }, /* either is enough */
		{ "@monthly", "UTC", "2026-11-21T00:00:00Z", "2026-12-01T00:00:00Z" },
		{ "@Hourly", "Asia/Kolkata", "2026-11-21T00:00:00Z", "2026-11-21T00:30:00Z" },
		{ "0 9 * * *", "Europe/Warsaw", "2026-11-21T00:00:00Z", "2026-11-21T08:00:00Z" },
		{ "0 9 * * *", "Europe/Warsaw", "2026-07-21T00:00:00Z", "2026-07-21T07:00:00Z" },
		{ "0 9 1 jan *", "Pacific/Kiritimati", "2026-12-31T00:00:00Z", "2026-12-31T19:00:00Z" },
		/* 29 March 2026, 02:00 becomes 03:00 (01:00 UTC): what lies in between runs at the change, once. */
		{ "30 2 * * *", "Europe/Warsaw", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z" },
		{ "30 2 * * *", "Europe/Warsaw", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z" },
		{ "0,30 2 * * *", "Europe/Warsaw", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z" },
		{ "0 3 * * *", "Europe/Warsaw", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z" },
		{ "30 * * * *", "Europe/Warsaw", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z" },
		/* 25 October 2026, 03:00 becomes 02:00 (01:00 UTC): the doubled hour runs the first time only. */
		{ "30 2 * * *", "Europe/Warsaw", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z" },
		{ "30 2 * * *", "Europe/Warsaw", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z" },
		{ "0 3 * * *", "Europe/Warsaw", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z" },
		{ "30 * * * *", "Europe/Warsaw", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z" },
		/* Half an hour, and from midnight. */
		{ "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z" },
		{ "30 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-23T22:00:00Z" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct cron c;
		struct err e = { 0 };
		int64_t after, next = 0;
		char text[CLOCK_TEXT];
		assert_true(clock_parse(str_of(rows[i].after), &after));
		if (!cron_parse(str_of(rows[i].cron), &c, &e) || !cron_next(&c, str_of(rows[i].zone), after, &next, &e))
			fail_msg("%s: %s", rows[i].cron, e.message);
		clock_format(next, text);
		if (strcmp(text, rows[i].next) != 0)
			fail_msg("%s %s after %s: %s, not %s", rows[i].cron, rows[i].zone, rows[i].after, text,
				 rows[i].next);
	}
}

/* Over two years and both changes each: runs grow, and each day has exactly one. */
static void once_a_day(void **state)
{
	static const char *const zones[] = { "Europe/Warsaw", "Europe/Skopje", "America/St_Johns", "Africa/Cairo" };
	for (size_t z = 0; z < countof(zones); z++) {
		for (int minute = 0; minute < 4 * 60; minute += 30) {
			char text[32];
			struct cron c;
			struct err e = { 0 };
			int64_t at, end, n = 0;
			snprintf(text, sizeof text, "%d %d * * *", minute % 60, minute / 60);
			assert_true(cron_parse(str_of(text), &c, &e));
			assert_true(clock_parse(STR("2026-01-01T12:00:00Z"), &at));
			end = at + 730 * USEC_PER_DAY;
			for (;;) {
				int64_t next;
				assert_true(cron_next(&c, str_of(zones[z]), at, &next, &e));
				assert_true(next > at);
				at = next;
				if (at > end)
					break;
				n++;
			}
			if (n != 730)
				fail_msg("%s in %s: %lld runs in 730 days", text, zones[z], (long long)n);
		}
	}
}

static void wrong_schedules(void **state)
{
	static const char *const wrong[] = { "",
					     " ",
					     "*",
					     "* * * *",
					     "* * * * * *",
					     "60 * * * *",
					     "* 24 * * *",
					     "* * 0 * *",
					     "* * 32 * *",
					     "* * * 13 *",
					     "* * * * 8",
					     "*/0 * * * *",
					     "5-1 * * * *",
					     "a * * * *",
					     "1,,2 * * * *",
					     "1, * * * *",
					     "-1 * * * *",
					     "+1 * * * *",
					     "1- * * * *",
					     "1/ * * * *",
					     "*/+2 * * * *",
					     "* * * janu *",
					     "@often",
					     "001 * * * *",
					     "*/99999999999999999999 * * * *",
					     "1-2-3 * * * *" };
	static const char *const zones[] = { "",
					     "Warsaw",
					     "EST5EDT",
					     "Europe/Nowhere",
					     "../../etc/passwd",
					     "/etc/localtime",
					     "Europe/../../../../etc/passwd",
					     "Europe/Warsaw ",
					     "Europe" };
	struct cron c;
	int64_t next;
	for (size_t i = 0; i < countof(wrong); i++) {
		struct err e = { 0 };
		if (cron_parse(str_of(wrong[i]), &c, &e))
			fail_msg("\"%s\" is taken", wrong[i]);
		assert_int_equal(e.kind, ERR_VALUE);
		assert_string_equal(e.field, "schedule");
	}
	for (size_t i = 0; i < countof(zones); i++) {
		struct err e = { 0 };
		if (zone_check(str_of(zones[i]), &e))
			fail_msg("\"%s\" is taken", zones[i]);
		assert_string_equal(e.field, "zone");
	}
	struct err e = { 0 };
	assert_true(cron_parse(STR("0 0 30 2 *"), &c, &e));
	assert_false(cron_next(&c, STR("UTC"), clock_now(), &next, &e));
	assert_string_equal(e.field, "schedule");
}

/* Units as Telegram counts them: without tags, an entity is one. */
static size_t shown(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '<')
			while (s.p[i] != '>')
				i++;
		else if (s.p[i] == '&') {
			while (s.p[i] != ';')
				i++;
			n++;
		} else if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			n += (unsigned char)s.p[i] >= 0xf0 ? 2 : 1;
	}
	return n;
}

static void texts_are_cut(void **state)
{
	struct arena a = ARENA_INIT(16 * MIB);
	struct err e = { 0 };
	struct str *parts;
	size_t n;
	assert_true(telegram_split(STR("<b>a &amp; b</b>"), 4096, &a, &parts, &n, &e));
	assert_int_equal(n, 1);
	assert_true(str_is(parts[0], "<b>a &amp; b</b>"));
	assert_true(telegram_split(STR("<b>one two</b>"), 4, &a, &parts, &n, &e));
	assert_int_equal(n, 2);
	assert_true(str_is(parts[0], "<b>one </b>"));
	assert_true(str_is(parts[1], "<b>two</b>"));
	assert_true(telegram_split(STR("<pre>ab\ncd\nef</pre>"), 6, &a, &parts, &n, &e));
	assert_true(str_is(parts[0], "<pre>ab\ncd\n</pre>"));
	assert_true(telegram_split(STR("&lt;&lt;&lt;"), 2, &a, &parts, &n, &e));
	assert_true(str_is(parts[0], "&lt;&lt;") && str_is(parts[1], "&lt;"));
	assert_true(telegram_split(STR(""), 10, &a, &parts, &n, &e));
	assert_int_equal(n, 0);
	struct buf b = BUF_INIT(4 * MIB);
	buf_adds(&b, "<b><i>");
	for (int i = 0; i < 20000; i++)
		buf_adds(&b, i % 7 ? "Щ" : i % 3 ? "😀" : "&amp;");
	buf_adds(&b, "</i></b>");
	assert_true(telegram_split(buf_str(&b), 4096, &a, &parts, &n, &e));
	size_t all = 0;
	for (size_t i = 0; i < n; i++) {
		assert_in_range(shown(parts[i]), 1, 4096);
		assert_true(str_starts(parts[i], STR("<b><i>")) && str_ends(parts[i], STR("</i></b>")));
		all += shown(parts[i]);
	}
	assert_int_equal(all, shown(buf_str(&b)));
	for (int i = 0; i < 300000; i++)
		buf_adds(&b, "x");
	assert_false(telegram_split(buf_str(&b), 4096, &a, &parts, &n, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_free(&b);
	arena_free(&a);
}

static void pace_is_kept(void **state)
{
	struct pace *p = pace_new();
	int64_t now = 1000 * USEC_PER_SEC;
	assert_int_equal(pace_take(p, 1, STR("5"), now), 0);
	assert_int_equal(pace_take(p, 1, STR("5"), now + 1), USEC_PER_SEC - 1);
	assert_int_equal(pace_take(p, 1, STR("6"), now + 1), 0);
	assert_int_equal(pace_take(p, 2, STR("5"), now + 1), 0); /* another organisation's bot */
	assert_int_equal(pace_take(p, 1, STR("5"), now + USEC_PER_SEC), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(pace_take(p, 3, STR("-9"), now + i * USEC_PER_SEC), 0);
	assert_int_equal(pace_take(p, 3, STR("-9"), now + 20 * USEC_PER_SEC), 40 * USEC_PER_SEC);
	assert_int_equal(pace_take(p, 3, STR("-9"), now + 60 * USEC_PER_SEC), 0);
	for (int i = 0; i < 30; i++) {
		char chat[16];
		snprintf(chat, sizeof chat, "%d", 100 + i);
		assert_int_equal(pace_take(p, 4, str_of(chat), now), 0);
	}
	assert_int_equal(pace_take(p, 4, STR("99"), now), USEC_PER_SEC);
	pace_free(&p);
}

static void private_addresses(void **state)
{
	static const struct {
		const char *text;
		bool private;
	} rows[] = { { "127.0.0.1", true },
		     { "10.1.2.3", true },
		     { "172.31.0.1", true },
		     { "172.32.0.1", false },
		     { "192.168.1.1", true },
		     { "169.254.169.254", true },
		     { "100.64.0.1", true },
		     { "0.0.0.0", true },
		     { "224.0.0.1", true },
		     { "255.255.255.255", true },
		     { "8.8.8.8", false },
		     { "149.154.167.220", false },
		     { "::1", true },
		     { "::", true },
		     { "fe80::1", true },
		     { "fd00::1", true },
		     { "ff02::1", true },
		     { "::ffff:10.0.0.1", true },
		     { "::ffff:8.8.8.8", false },
		     { "64:ff9b::7f00:1", true },
		     { "2002:7f00:1::", true },
		     { "2001:db8::1", true },
		     { "2001:67c:4e8::1", false } };
	for (size_t i = 0; i < countof(rows); i++) {
		struct sockaddr_in four = { .sin_family = AF_INET };
		struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
		bool is_four = inet_pton(AF_INET, rows[i].text, &four.sin_addr) == 1;
		assert_true(is_four || inet_pton(AF_INET6, rows[i].text, &six.sin6_addr) == 1);
		if (address_is_private(is_four ? (void *)&four : (void *)&six) != rows[i].private)
			fail_msg("%s", rows[i].text);
	}
}

/* Computed with Python's hmac. */
static void signatures(void **state)
{
	char hex[SIGN_HEX];
	struct buf b = BUF_INIT(100);
	sign_body(STR("key"), 1700000000, STR("{\"a\":1}"), hex);
	assert_string_equal(hex, "a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03");
	base64_add(&b, STR("Vitrina!"));
	assert_true(str_is(buf_str(&b), "Vml0cmluYSE="));
	buf_free(&b);
}

static void charts_are_drawn(void **state)
{
	static const char *labels[300];
	static double values[300];
	static const enum chart_kind kinds[] = { CHART_BAR, CHART_ROWS, CHART_LINE };
	static const size_t sizes[] = { 0, 1, 5, 300 };
	for (size_t i = 0; i < countof(labels); i++) {
		labels[i] = i % 2 ? "Łódź i Мāкедонија, которая очень длинная и не помещается никуда" : "";
		values[i] = i % 5 == 3 ? NAN : i % 4 == 1 ? -1e12 : (double)i * 1e9;
	}
	for (size_t k = 0; k < countof(kinds); k++) {
		for (size_t s = 0; s < countof(sizes); s++) {
			struct buf png = BUF_INIT(CHART_PNG_BYTES);
			struct err e = { 0 };
			struct chart c = { kinds[k], "Título длинный", "note", labels, values,
					   labels,   sizes[s],         '.',    ',' };
			if (!chart_png(&c, &png, &e))
				fail_msg("%s", e.message);
			assert_memory_equal(png.p, "\x89PNG", 4);
			buf_free(&png);
		}
	}
	struct buf small = BUF_INIT(100);
	struct err e = { 0 };
	struct chart c = { CHART_BAR, "t", "", labels, values, labels, 5, '.', ',' };
	assert_false(chart_png(&c, &small, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_free(&small);
}

static void numbers(void **state)
{
	struct buf b = BUF_INIT(1000);
	number_money(&b, LANGUAGE_EN, 12345678900);
	buf_addc(&b, '|');
	number_money(&b, LANGUAGE_PL, -49);
	buf_addc(&b, '|');
	number_money(&b, LANGUAGE_MK, -12345650);
	buf_addc(&b, '|');
	number_whole(&b, LANGUAGE_RU, -123456);
	assert_true(str_is(buf_str(&b), "1,234,567.89|0,00|-1.234,57|-123 456"));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next_runs),       cmocka_unit_test(once_a_day),
		cmocka_unit_test(wrong_schedules), cmocka_unit_test(texts_are_cut),
		cmocka_unit_test(pace_is_kept),    cmocka_unit_test(private_addresses),
		cmocka_unit_test(signatures),      cmocka_unit_test(charts_are_drawn),
		cmocka_unit_test(numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
