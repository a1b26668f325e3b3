/* net/: the header and the framing of requests, whatever pieces they come in; WebSocket frames. */
#include "net/http1.h"
#include "net/internal.h"
#include "net/websocket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct head_limits limits = { 1000, 10, 200 };

/* What came of a request: its status (0 = taken), the body, and how many bytes belong to it. */
struct outcome {
	int status;
	struct buf body;
	size_t used;
	bool ended;
};

static void collect(void *ctx, const char *p, size_t n)
{
	buf_add(ctx, p, n);
}

/* Feeds text in pieces of `step` bytes, each in a block of its own so that a sanitizer sees a read past its end. */
static struct outcome run(struct str text, size_t step)
{
	struct outcome o = { .body = BUF_INIT(100000) };
	struct head_fault fault = { 0 };
	struct arena a = ARENA_INIT(1 * MIB);
	struct head h;
	struct http1 m;
	size_t scanned = 0, end = 0;
	for (size_t n = MIN(step, text.n); !end; n = MIN(n + step, text.n)) {
		char *exact = mem_alloc(n ? n : 1);
		memcpy(exact, text.p, n);
		end = head_end(exact, n, &scanned, &limits, &fault);
		free(exact);
		if (fault.status || (!end && n == text.n))
			break;
	}
	if (end && head_parse(str_n(text.p, end), &limits, &a, &h, &fault) &&
	    http1_begin(&m, &h, collect, &o.body, &fault)) {
		o.used = end;
		while (!http1_ended(&m) && o.used < text.n) {
			size_t take = MIN(step, text.n - o.used), used = 0;
			char *exact = mem_alloc(take);
			memcpy(exact, text.p + o.used, take);
			bool ok = http1_feed(&m, exact, take, &used, &fault);
			free(exact);
			if (!ok)
				break;
			o.used += used;
		}
		o.ended = http1_ended(&m);
	}
	o.status = fault.status;
	arena_free(&a);
	return o;
}

#define GET "GET / HTTP/1.1\r\nHost: x\r\n"
#define POST "POST /a?b HTTP/1.1\r\nHost: x\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

static void test_requests(void **state)
{
	static const struct {
		const char *text;
		int status;
		const char *body; /* NULL = not ended */
		const char *rest;
	} rows[] = {
		{ GET "\r\n", 0, "", "" },
		{ GET "\r\nGET", 0, "", "GET" },
		{ GET, 0, NULL, "" },
		{ POST "Content-Length: 3\r\n\r\nabcd", 0, "abc", "d" },
		{ POST "Content-Length: 3\r\n\r\nab", 0, NULL, "" },
		{ POST "Content-Length: 0\r\n\r\nab", 0, "", "ab" },
		{ CHUNKED "0\r\n\r\nX", 0, "", "X" },
		{ CHUNKED "1\r\na\r\n00002\r\nbc\r\n0\r\n\r\n", 0, "abc", "" },
		{ CHUNKED "3;x=y\r\nabc\r\n0;z\r\nA: b\r\nC:\r\n\r\nX", 0, "abc", "X" },
		{ CHUNKED "3\r\nabc\r\n0\r\n", 0, NULL, "" },
		{ CHUNKED "5\r\n0\r\n\r\n\r\n0\r\n\r\n", 0, "0\r\n\r\n", "" },
		{ CHUNKED "3 \r\nabc\r\n0\r\n\r\n", 400, NULL, NULL },
		{ CHUNKED "3\nabc\r\n0\r\n\r\n", 400, NULL, NULL },
		{ CHUNKED "3\r\nabcd\r\n0\r\n\r\n", 400, NULL, NULL },
		{ CHUNKED "x\r\n", 400, NULL, NULL },
		{ CHUNKED "\r\n", 400, NULL, NULL },
		{ CHUNKED "10000000000000000\r\n", 400, NULL, NULL },
		{ CHUNKED "0\r\nA b\r\n\r\n", 400, NULL, NULL },
		{ CHUNKED "0\r\n A: b\r\n\r\n", 400, NULL, NULL },
		{ "GET / HTTP/1.1\r\n\r\n", 400, NULL, NULL },
		{ GET "Host: x\r\n\r\n", 400, NULL, NULL },
		{ GET "A : b\r\n\r\n", 400, NULL, NULL },
		{ GET "A: b\r\n c\r\n\r\n", 400, NULL, NULL },
		{ GET "A: b\n\r\n", 400, NULL, NULL },
		{ GET "A: \x01\r\n\r\n", 400, NULL, NULL },
		{ GET "A\r\n\r\n", 400, NULL, NULL },
		{ GET "\n", 400, NULL, NULL },
		{ POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400, NULL, NULL },
		{ POST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, NULL, NULL },
		{ POST "Content-Length: 1234567890123456789\r\n\r\n", 400, NULL, NULL },
		{ POST "Transfer-Encoding: gzip\r\n\r\n", 501, NULL, NULL },
		{ GET "A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\nF: 1\r\nG: 1\r\nH: 1\r\nI: 1\r\nJ: 1\r\n\r\n", 431, NULL,
		  NULL },
	};
	static const size_t steps[] = { 1, 2, 3, 7, 100000 };
	for (size_t i = 0; i < countof(rows); i++)
		for (size_t j = 0; j < countof(steps); j++) {
			struct outcome o = run(str_of(rows[i].text), steps[j]);
			if (o.status != rows[i].status)
				fail_msg("row %zu by %zu: status %d", i, steps[j], o.status);
			assert_int_equal(o.ended, rows[i].body != NULL);
			if (rows[i].body) {
				assert_string_equal(o.body.n ? o.body.p : "", rows[i].body);
				assert_string_equal(rows[i].text + o.used, rows[i].rest);
			}
			buf_free(&o.body);
		}
}

static void test_head(void **state)
{
	struct arena a = ARENA_INIT(1 * MIB);
	struct head_fault f = { 0 };
	struct head h;
	struct str text =
		STR("POST http://H.example:8/p/%20q?a=b&c HTTP/1.1\r\nhost:\th.EXAMPLE:8 \r\n"
		    "Connection: Keep-Alive , upgrade\r\nUpgrade: WebSocket\r\nExpect: 100-Continue\r\nEmpty:\r\n"
		    "Content-Length: 7\r\n\r\n");
	assert_true(head_parse(text, &limits, &a, &h, &f));
	assert_true(str_is(h.method, "POST") && str_is(h.path, "/p/%20q") && str_is(h.query, "a=b&c"));
	assert_true(str_is(h.host, "h.EXAMPLE:8") && h.n_headers == 6 && h.minor == 1);
	assert_true(h.keep_alive && h.upgrade && h.expects && !h.chunked);
	assert_int_equal(h.content_length, 7);
	assert_true(str_is(h.headers[4].name, "Empty") && h.headers[4].value.n == 0);
	text = STR("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
	assert_true(head_parse(text, &limits, &a, &h, &f));
	assert_true(!h.keep_alive && !h.upgrade && h.query.p == NULL && h.content_length == -1);
	arena_free(&a);
}

static void test_head_limits(void **state)
{
	struct head_fault f;
	char text[3000];
	size_t scanned = 0;
	memset(text, 'a', sizeof text);
	assert_int_equal(head_end(text, 264, &scanned, &limits, &f), 0);
	assert_int_equal(f.status, 0);
	assert_int_equal(head_end(text, 265, &scanned, &limits, &f), 0);
	assert_int_equal(f.status, 414);
	memcpy(text + 20, "\r\n", 2);
	scanned = 0;
	assert_int_equal(head_end(text, 1200, &scanned, &limits, &f), 0);
	assert_int_equal(f.status, 0);
	assert_int_equal(head_end(text, 1201, &scanned, &limits, &f), 0);
	assert_int_equal(f.status, 431);
	/* What is wrong behind a limit is not looked at, so it does not matter in how many pieces it comes. */
	text[1250] = '\n';
	scanned = 0;
	assert_int_equal(head_end(text, sizeof text, &scanned, &limits, &f), 0);
	assert_int_equal(f.status, 431);
	memcpy(text + 20, "aa", 2);
	text[400] = '\n';
	scanned = 0;
	assert_int_equal(head_end(text, sizeof text, &scanned, &limits, &f), 0);
	assert_int_equal(f.status, 414);
	memcpy(text + 20, "\r\n", 2);
	text[400] = text[1250] = 'a';
	memcpy(text + 1300, "\r\n\r\n", 4);
	scanned = 0;
	assert_int_equal(head_end(text, sizeof text, &scanned, &limits, &f), 0);
	assert_int_equal(f.status, 431);
}

static void test_lists(void **state)
{
	static const struct {
		const char *list;
		bool has;
	} rows[] = {
		{ "close", true },        { "CLOSE", true }, { "a, close", true },
		{ "a,\tclose ,b", true }, { "", false },     { "closed", false },
		{ "a close", false },     { ",,", false },   { "\"close\"", false },
	};
	for (size_t i = 0; i < countof(rows); i++)
		assert_int_equal(head_list_has(str_of(rows[i].list), "close"), rows[i].has);
}

static void test_accept_key(void **state)
{
	static const char *const wrong[] = { "",
					     "dGhlIHNhbXBsZSBub25jZQ=",
					     "dGhlIHNhbXBsZSBub25jZQ===",
					     "dGhlIHNhbXBsZSBub25jZQ!=",
					     "dGhlIHNhbXBsZSBub25jZQAA",
					     "dGhlIHNhbX\nsZSBub25jZQ==" };
	char text[32];
	assert_true(ws_accept_key(STR("dGhlIHNhbXBsZSBub25jZQ=="), text)); /* RFC 6455 §1.3 */
	assert_string_equal(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	for (size_t i = 0; i < countof(wrong); i++)
		assert_false(ws_accept_key(str_of(wrong[i]), text));
}

struct heard {
	struct buf text;
	int code;
};

static void hear(struct websocket *w, void *ctx, bool text, struct str message)
{
	struct heard *h = ctx;
	buf_addf(&h->text, "%c%zu:%.*s;", text ? 't' : 'b', message.n, STR_ARG(message));
	assert_true(ws_send(w, text, message));
}

static void closed(struct websocket *w, void *ctx, int code)
{
	((struct heard *)ctx)->code = code;
}

static void test_websocket(void **state)
{
	static const struct ws_handler handler = { .message = hear, .closed = closed };
	/* All masked with zeros, so that the text can be read here. */
	static const struct {
		struct str frames;
		const char *heard;
		bool ended;
	} rows[] = {
		{ STR("\x81\x82\0\0\0\0hi"), "t2:hi;", false },
		{ STR("\x82\x80\0\0\0\0\x81\x81\0\0\0\0a"), "b0:;t1:a;", false },
		{ STR("\x01\x81\0\0\0\0a\x89\x80\0\0\0\0\x80\x81\0\0\0\0b"), "t2:ab;", false },
		{ STR("\x81\x02hi"), "", true },
		{ STR("\x81\x81\0\0\0\0\xff"), "", true },
		{ STR("\x83\x80\0\0\0\0"), "", true },
		{ STR("\x88\x82\0\0\0\0\x03\xe8\x81\x81\0\0\0\0a"), "", true },
		{ STR("\x82\xff\0\0\0\0\0\x01\0\x01\0\0\0\0x"), "", true },
	};
	for (size_t i = 0; i < countof(rows); i++)
		for (size_t step = 1; step <= rows[i].frames.n; step += rows[i].frames.n - 1) {
			struct heard h = { .text = BUF_INIT(1000) };
			struct websocket *w = ws_ref(ws_open(NULL, &handler, &h));
			for (size_t at = 0; at < rows[i].frames.n; at += step)
				ws_input(w, rows[i].frames.p + at, MIN(step, rows[i].frames.n - at));
			if (strcmp(h.text.n ? h.text.p : "", rows[i].heard) != 0 || ws_ended(w) != rows[i].ended)
				fail_msg("row %zu: %s", i, h.text.n ? h.text.p : "");
			ws_lost(w);
			assert_true(h.code >= 1000);
			assert_false(ws_send(w, true, STR("too late")));
			ws_unref(w);
			buf_free(&h.text);
		}
}

static void test_date(void **state)
{
	char text[EXCHANGE_DATE];
	exchange_date(text);
	assert_int_equal(strlen(text), 29);
	assert_string_equal(text + 25, " GMT");
	assert_string_equal(exchange_reason(404), "Not Found");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests), cmocka_unit_test(test_head),       cmocka_unit_test(test_head_limits),
		cmocka_unit_test(test_lists),    cmocka_unit_test(test_accept_key), cmocka_unit_test(test_websocket),
		cmocka_unit_test(test_date),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
