/* json/: what is written is valid JSON; what is read is bounded and checked. */
#include "json/fields.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_write(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(10000);
	struct json_writer w = json_writer(&b);
	jw_open(&w, '{');
	jw_kv_str(&w, "a\"", STR("x\n\x01\xff<й>"));
	jw_key(&w, "list");
	jw_open(&w, '[');
	jw_i64(&w, -5);
	jw_id(&w, 12);
	jw_f64(&w, 0.1);
	jw_null(&w);
	jw_open(&w, '{');
	jw_close(&w, '}');
	jw_close(&w, ']');
	jw_kv_time(&w, "t", 0);
	jw_close(&w, '}');
	assert_string_equal(b.p, "{\"a\\\"\":\"x\\n\\u0001\xef\xbf\xbd<й>\",\"list\":[-5,\"12\",0.1,null,{}],"
				 "\"t\":\"1970-01-01T00:00:00Z\"}");
	CLEANUP(json_decrefp_) json_t *v = NULL;
	struct err e;
	assert_true(json_read(buf_str(&b), 10000, &v, &e));
}

struct body {
	struct str name;
	int64_t count, id;
	double share;
	bool on;
};

static const char *const colours[] = { "red", "blue", NULL };
static const struct json_field body_fields[] = {
	{ "name", JSON_FIELD_STR, offsetof(struct body, name), true, 2, 5, NULL, "a name" },
	{ "colour", JSON_FIELD_STR, offsetof(struct body, name), false, 0, 0, colours, NULL },
	{ "count", JSON_FIELD_I64, offsetof(struct body, count), false, 1, 10, NULL, NULL },
	{ "id", JSON_FIELD_ID, offsetof(struct body, id), false, 0, 0, NULL, NULL },
	{ "share", JSON_FIELD_F64, offsetof(struct body, share), false, 0, 1, NULL, NULL },
	{ "on", JSON_FIELD_BOOL, offsetof(struct body, on), false, 0, 0, NULL, NULL },
};
static const struct json_table body_table = { "Body", body_fields, countof(body_fields) };

static void test_fields(void **state)
{
	static const struct {
		const char *json, *field; /* field at fault; NULL = accepted */
	} rows[] = {
		{ "{\"name\":\"abc\",\"count\":10,\"id\":\"7\",\"share\":0.5,\"on\":true}", NULL },
		{ "{\"name\":\"abc\",\"count\":null}", NULL },
		{ "{}", "name" },
		{ "{\"name\":\"a\"}", "name" },
		{ "{\"name\":\"abcdef\"}", "name" },
		{ "{\"name\":5}", "name" },
		{ "{\"name\":\"abc\",\"count\":11}", "count" },
		{ "{\"name\":\"abc\",\"count\":1.5}", "count" },
		{ "{\"name\":\"abc\",\"id\":7}", "id" },
		{ "{\"name\":\"abc\",\"share\":2}", "share" },
		{ "{\"name\":\"abc\",\"on\":1}", "on" },
		{ "{\"name\":\"abc\",\"colour\":\"green\"}", "colour" },
		{ "{\"name\":\"abc\",\"what\":1}", "what" },
		{ "[]", "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		CLEANUP(json_decrefp_) json_t *v = NULL;
		struct err e = { 0 };
		struct body got = { .count = 3 };
		assert_true(json_read(str_of(rows[i].json), 1000, &v, &e));
		bool ok = json_parse(v, &body_table, &got, &e);
		assert_int_equal(ok, rows[i].field == NULL);
		if (!ok) {
			assert_int_equal(err_http_status(e.kind), 422);
			assert_string_equal(e.field, rows[i].field);
		}
	}
	CLEANUP(buf_free) struct buf b = BUF_INIT(10000);
	struct json_writer w = json_writer(&b);
	json_schema(&w, &body_table);
	CLEANUP(json_decrefp_) json_t *v = NULL;
	struct err e;
	assert_true(json_read(buf_str(&b), 10000, &v, &e));
	assert_int_equal(json_object_size(json_object_get(v, "properties")), countof(body_fields));
}

static void test_hostile(void **state)
{
	CLEANUP(buf_free) struct buf deep = BUF_INIT(1 * MIB);
	for (int i = 0; i < 100000; i++)
		buf_addc(&deep, '[');
	struct err e;
	CLEANUP(json_decrefp_) json_t *v = NULL;
	assert_false(json_read(buf_str(&deep), MIB, &v, &e));
	assert_string_equal(err_code(&e), "too_deep");
	assert_false(json_read(buf_str(&deep), 1000, &v, &e));
	assert_int_equal(e.kind, ERR_TOO_LARGE);
	static const char *const bad[] = {
		"", "{", "{\"a\":1,\"a\":2}", "[1,]", "nul", "\"\xff\"", "{\"a\":1}x", "NaN"
	};
	for (size_t i = 0; i < countof(bad); i++) {
		assert_false(json_read(str_of(bad[i]), 1000, &v, &e));
		assert_int_equal(e.kind, ERR_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
