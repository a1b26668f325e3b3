/* http/: decoding, routes, forms, codings of files, figures, the description, worker threads. */
#include "http/decode.h"
#include "http/metrics.h"
#include "http/multipart.h"
#include "http/openapi.h"
#include "http/router.h"
#include "http/static.h"
#include "http/workers.h"
#include "json/read.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void test_percent(void **state)
{
	static const struct {
		const char *text;
		bool plus;
		const char *decoded; /* NULL = refused */
	} rows[] = {
		{ "", false, "" },
		{ "abc", false, "abc" },
		{ "a%20b", false, "a b" },
		{ "a+b", false, "a+b" },
		{ "a+b", true, "a b" },
		{ "%2B", true, "+" },
		{ "%d0%98", false, "И" },
		{ "И", false, "И" },
		{ "%25%32%30", false, "%20" },
		{ "%", false, NULL },
		{ "%2", false, NULL },
		{ "a%2", false, NULL },
		{ "%zz", false, NULL },
		{ "% 1", false, NULL },
		{ "%00", false, NULL },
		{ "%ff", false, NULL },
		{ "%c3", false, NULL },
		{ "%C0%80", false, NULL },
		{ "%ED%A0%80", false, NULL },
		{ "\xff", false, NULL },
		{ "%+1", true, NULL },
		{ "%2%30", false, NULL },
	};
	struct arena a = ARENA_INIT(1 * MIB);
	for (size_t i = 0; i < countof(rows); i++) {
		struct str got = STR("untouched");
		struct err e = { 0 };
		bool ok = decode_percent(&a, str_of(rows[i].text), rows[i].plus, &got, &e);
		if (ok != (rows[i].decoded != NULL) || !str_is(got, ok ? rows[i].decoded : "untouched"))
			fail_msg("%s: %.*s", rows[i].text, STR_ARG(got));
		assert_int_equal(e.kind, ok ? ERR_NONE : ERR_MALFORMED);
	}
	arena_free(&a);
}

static void test_query(void **state)
{
	static const struct {
		const char *text;
		int n;                    /* -1 = refused */
		const char *name, *value; /* of the last */
	} rows[] = {
		{ "", 0, NULL, NULL },     { "a", 1, "a", "" },
		{ "a=", 1, "a", "" },      { "a=b&c=d", 2, "c", "d" },
		{ "&&a=b&", 1, "a", "b" }, { "a=b=c", 1, "a", "b=c" },
		{ "=b", 1, "", "b" },      { "a+b=c+d", 1, "a b", "c d" },
		{ "a=%26", 1, "a", "&" },  { "a=%", -1, NULL, NULL },
		{ "%=a", -1, NULL, NULL }, { "b=1&a=%00", -1, NULL, NULL },
	};
	struct arena a = ARENA_INIT(1 * MIB);
	struct query_param *list;
	struct err e;
	size_t n;
	for (size_t i = 0; i < countof(rows); i++) {
		bool ok = decode_query(&a, str_of(rows[i].text), &list, &n, &e);
		assert_int_equal(ok, rows[i].n >= 0);
		if (!ok)
			continue;
		assert_int_equal(n, rows[i].n);
		if (n)
			assert_true(str_is(list[n - 1].name, rows[i].name) && str_is(list[n - 1].value, rows[i].value));
	}
	CLEANUP(buf_free) struct buf many = BUF_INIT(10000);
	for (size_t i = 0; i < LIMIT_QUERY_PARAMS; i++)
		buf_adds(&many, "a=1&");
	assert_true(decode_query(&a, buf_str(&many), &list, &n, &e) && n == LIMIT_QUERY_PARAMS);
	buf_adds(&many, "b");
	assert_false(decode_query(&a, buf_str(&many), &list, &n, &e));
	arena_free(&a);
}

static bool nothing(struct request *q, struct response *r, struct err *e)
{
	return true;
}

static const struct route routes[] = {
	{ .method = "GET", .path = "/", .handle = nothing },
	{ .method = "GET", .path = "/a", .handle = nothing },
	{ .method = "POST", .path = "/a", .handle = nothing },
	{ .method = "GET", .path = "/a/{id}", .handle = nothing },
	{ .method = "GET", .path = "/a/new", .handle = nothing },
	{ .method = "DELETE", .path = "/a/{id}", .handle = nothing },
	{ .method = "GET", .path = "/a/{id}/b/{other}", .handle = nothing },
	{ .method = "PUT", .path = "/a/new/b", .handle = nothing },
};

static void test_routes(void **state)
{
	static const struct {
		const char *method, *path;
		int number; /* -1 = none, -2 = refused */
		const char *allow, *params;
	} rows[] = {
		{ "GET", "/", 0, "GET, HEAD, OPTIONS", "" },
		{ "GET", "/a", 1, "GET, HEAD, POST, OPTIONS", "" },
		{ "HEAD", "/a", 1, "GET, HEAD, POST, OPTIONS", "" },
		{ "POST", "/a", 2, NULL, "" },
		{ "PUT", "/a", -1, "GET, HEAD, POST, OPTIONS", "" },
		{ "GET", "/a/x%2Fy", 3, NULL, "x/y," },
		{ "GET", "/a/new", 4, NULL, "" },
		{ "DELETE", "/a/new", 5, NULL, "new," }, /* the literal has no DELETE, the parameter has */
		{ "POST", "/a/new", -1, "GET, HEAD, DELETE, OPTIONS", "" },
		{ "GET", "/%61/1/b/%D0%98", 6, NULL, "1,И," },
		{ "GET", "/a/new/b/2", 6, NULL, "new,2," },
		{ "PUT", "/a/new/b", 7, NULL, "" },
		{ "GET", "/a/", -1, "", "" },
		{ "GET", "/a//b/1", -1, "", "" },
		{ "GET", "//", -1, "", "" },
		{ "GET", "/b", -1, "", "" },
		{ "GET", "/a/1/b", -1, "", "" },
		{ "GET", "/a/1/b/2/", -1, "", "" },
		{ "GET", "*", -1, "", "" },
		{ "GET", "", -1, "", "" },
		{ "GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18", -1, "", "" },
		{ "GET", "/a/%", -2, "", "" },
		{ "GET", "/a/%00", -2, "", "" },
	};
	struct arena a = ARENA_INIT(1 * MIB);
	struct router t;
	struct err e;
	router_init(&t);
	for (size_t i = 0; i < countof(routes); i++)
		assert_true(router_add(&t, &routes[i], &e));
	for (size_t i = 0; i < countof(rows); i++) {
		struct router_match m;
		char allow[64];
		CLEANUP(buf_free) struct buf params = BUF_INIT(1000);
		bool ok = router_find(&t, str_of(rows[i].method), str_of(rows[i].path), &a, &m, &e);
		assert_int_equal(ok, rows[i].number != -2);
		if (!ok)
			continue;
		if ((m.route ? (int)m.number : -1) != rows[i].number)
			fail_msg("%s %s: %zu", rows[i].method, rows[i].path, m.number);
		if (m.route)
			assert_ptr_equal(m.route, &routes[m.number]);
		router_allow(m.allow, allow, sizeof allow);
		if (rows[i].allow)
			assert_string_equal(allow, rows[i].allow);
		for (size_t j = 0; m.route && j < m.n_params; j++)
			buf_addf(&params, "%.*s,", STR_ARG(m.params[j]));
		assert_string_equal(params.n ? params.p : "", rows[i].params);
	}
	router_free(&t);
	arena_free(&a);
}

static void test_wrong_routes(void **state)
{
	static const struct route wrong[] = {
		{ .method = "GET", .path = "/a" },  { .method = "BREW", .path = "/b" },
		{ .method = "HEAD", .path = "/b" }, { .method = "GET", .path = "" },
		{ .method = "GET", .path = "b" },   { .method = "GET", .path = "/b/" },
		{ .method = "GET", .path = "//b" }, { .method = "GET", .path = "/{b" },
		{ .method = "GET", .path = "/b}" }, { .method = "GET", .path = "/a/{renamed}" },
	};
	struct router t;
	struct err e;
	router_init(&t);
	assert_true(router_add(&t, &routes[1], &e));
	assert_true(router_add(&t, &routes[3], &e));
	for (size_t i = 0; i < countof(wrong); i++)
		if (router_add(&t, &wrong[i], &e))
			fail_msg("%s %s", wrong[i].method, wrong[i].path);
	router_free(&t);
}

struct source {
	struct str rest;
	size_t step;
};

static ssize_t read_source(void *ctx, void *p, size_t n, struct err *e)
{
	struct source *s = ctx;
	size_t take = MIN(n, s->step);
	take = MIN(take, s->rest.n);
	memcpy(p, s->rest.p, take);
	s->rest = str_n(s->rest.p + take, s->rest.n - take);
	return (ssize_t)take;
}

/* "name|filename|type|bytes;" of each part, or "!" when the form is refused */
static void read_form(struct str body, size_t step, size_t chunk, struct buf *ret)
{
	struct arena a = ARENA_INIT(4 * MIB);
	struct source s = { body, step };
	struct multipart *m;
	struct err e;
	bool end = false;
	assert_true(multipart_open_source(&a, STR("multipart/form-data; boundary=\"XX\""), read_source, &s, &m, &e));
	for (;;) {
		struct multipart_part p;
		char bytes[256];
		ssize_t n;
		if (!multipart_next(m, &p, &end, &e) || end)
			break;
		buf_addf(ret, "%.*s|%.*s|%.*s|", STR_ARG(p.name), STR_ARG(p.filename), STR_ARG(p.content_type));
		while ((n = multipart_read(m, bytes, chunk, &e)) > 0)
			buf_add(ret, bytes, (size_t)n);
		buf_addc(ret, ';');
		if (n < 0)
			break;
	}
	if (!end)
		buf_addc(ret, '!');
	arena_free(&a);
}

#define PART "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"

static void test_multipart(void **state)
{
	static const struct {
		const char *body, *parts;
	} rows[] = {
		{ PART "v\r\n--XX--\r\n", "a||text/plain|v;" },
		{ PART "\r\n--XX--", "a||text/plain|;" },
		{ PART "1\r\n" PART "2\r\n--XX--\r\nepilogue", "a||text/plain|1;a||text/plain|2;" },
		{ "--XX--", "" },
		{ PART "\r\n--X\r\n--XY\r\n-\r\r\n--XX--", "a||text/plain|\r\n--X\r\n--XY\r\n-\r;" },
		{ PART "\r\n\r\n--XX \t\r\ncontent-type: x/y\r\ncontent-disposition: FORM-DATA; filename=f; "
		       "name=b\r\n\r\nz\r\n--XX--",
		  "a||text/plain|\r\n;b|f|x/y|z;" },
		{ "--XX\r\nContent-Disposition: form-data; name=\"a\"; filename=\"C:\\dir\\\\f "
		  "\\\"1\\\".csv\"\r\n\r\n\r\n--XX--",
		  "a|f \"1\".csv|text/plain|;" },
		{ "", "!" },
		{ "-", "!" },
		{ "--XY", "!" },
		{ "--XX", "!" },
		{ "--XX-", "!" },
		{ "--XX\n", "!" },
		{ "\r\n--XX--", "!" },
		{ PART, "a||text/plain|;!" },
		{ PART "v\r\n--X", "a||text/plain|;!" },
		{ PART "v\r\n--XX", "a||text/plain|v;!" },
		{ PART "v\r\n--XXQ", "a||text/plain|v;!" },
		{ "--XX\r\n\r\n\r\n--XX--", "!" },
		{ "--XX\r\nContent-Disposition: form-data; name=a", "!" },
		{ "--XX\r\nContent-Disposition: form-data; name=a\r\n", "!" },
		{ "--XX\r\nContent-Disposition: form-data; name\r\n\r\n\r\n--XX--", "!" },
		{ "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\n\r\n--XX--", "!" },
		{ "--XX\r\nContent-Disposition: form-data; name=\"a\"x\r\n\r\n\r\n--XX--", "!" },
	};
	static const size_t steps[] = { 1, 3, 100000 }, chunks[] = { 1, 256 };
	for (size_t i = 0; i < countof(rows); i++)
		for (size_t j = 0; j < countof(steps); j++)
			for (size_t k = 0; k < countof(chunks); k++) {
				CLEANUP(buf_free) struct buf got = BUF_INIT(10000);
				read_form(str_of(rows[i].body), steps[j], chunks[k], &got);
				/* What of a cut part was handed out before the cut was seen depends on the pieces. */
				bool same = strcmp(got.n ? got.p : "", rows[i].parts) == 0;
				bool cut = rows[i].parts[0] && str_ends(str_of(rows[i].parts), STR("!")) &&
					   str_ends(buf_str(&got), STR("!"));
				if (!same && !cut)
					fail_msg("row %zu by %zu: %s", i, steps[j], got.p);
			}
}

static void test_multipart_text(void **state)
{
	struct arena a = ARENA_INIT(4 * MIB);
	struct source s = { STR(PART "12345\r\n" PART "123456\r\n--XX--"), 4 };
	struct multipart_part p;
	struct multipart *m;
	struct err e;
	struct str text = STR("");
	bool end;
	assert_false(multipart_open_source(&a, STR("text/plain"), read_source, &s, &m, &e));
	assert_int_equal(e.kind, ERR_TYPE);
	assert_true(multipart_open_source(&a, STR("Multipart/Form-Data;boundary=XX"), read_source, &s, &m, &e));
	assert_true(multipart_next(m, &p, &end, &e) && multipart_read_text(m, 5, &text, &e));
	assert_true(str_is(text, "12345"));
	assert_true(multipart_next(m, &p, &end, &e));
	assert_false(multipart_read_text(m, 5, &text, &e));
	assert_int_equal(e.kind, ERR_TOO_LARGE);
	arena_free(&a);
}

static void test_accept_encoding(void **state)
{
	static const struct {
		const char *value;
		int gzip, identity;
	} rows[] = {
		{ "", 0, 1 },
		{ "gzip", 1000, 1 },
		{ "GZip ; Q=0.25", 250, 1 },
		{ "*", 1000, 1000 },
		{ "*;q=0.1, gzip;q=0", 0, 100 },
		{ "identity;q=0, gzip;q=1", 1000, 0 },
		{ "gzip;q=1.5", -1, 1 },
		{ "gzip;q=abc", -1, 1 },
		{ "gzipped, br", 0, 1 },
		{ "gzip;q=0.001", 1, 1 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		int gzip = static_accepts(str_of(rows[i].value), STR("gzip"));
		assert_int_equal(gzip < 0 ? 0 : gzip, rows[i].gzip < 0 ? 0 : rows[i].gzip);
		assert_int_equal(static_accepts(str_of(rows[i].value), STR("identity")), rows[i].identity);
	}
}

static void test_static_find(void **state)
{
	static const struct static_file files[] = {
		{ .path = "/a.css" },
		{ .path = "/index.html" },
		{ .path = "/z" },
	};
	static const struct static_table t = { files, countof(files) }, empty = { NULL, 0 };
	assert_ptr_equal(static_find(&t, STR("/")), &files[1]);
	assert_ptr_equal(static_find(&t, STR("/a.css")), &files[0]);
	assert_ptr_equal(static_find(&t, STR("/z")), &files[2]);
	static const char *const unknown[] = { "", "/a", "/a.css/", "a.css", "/../a.css", "/A.CSS", "//a.css" };
	for (size_t i = 0; i < countof(unknown); i++)
		assert_null(static_find(&t, str_of(unknown[i])));
	assert_null(static_find(&empty, STR("/")));
}

static void more(void *ctx, struct buf *b)
{
	metrics_put_gauge(b, "own", "Mine.", 1.5);
}

static void test_metrics(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(100000);
	struct metrics *m = metrics_new();
	struct metric *a = metrics_counter(m, "a_total", "kind=\"x\"", "As.");
	struct metric *g = metrics_gauge(m, "g", NULL, "Gs.");
	struct metric *a2 = metrics_counter(m, "a_total", "kind=\"y\"", "As.");
	struct metric *h = metrics_histogram(m, "h_seconds", "r=\"/\"", "Hs.");
	metrics_register(m, more, NULL);
	metric_add(a, 2);
	metric_add(a2, 3);
	metric_set(g, -4);
	metric_observe(h, 500);
	metric_observe(h, 501);
	metric_observe(h, 60 * 1000000);
	metrics_write(m, &b);
	assert_non_null(
		strstr(b.p, "# HELP a_total As.\n# TYPE a_total counter\na_total{kind=\"x\"} 2\na_total{kind=\"y\"} 3\n"
			    "# HELP g Gs.\n# TYPE g gauge\ng -4\n"));
	assert_non_null(
		strstr(b.p, "h_seconds_bucket{r=\"/\",le=\"0.0005\"} 1\nh_seconds_bucket{r=\"/\",le=\"0.001\"} 2\n"));
	assert_non_null(
		strstr(b.p, "le=\"30\"} 2\nh_seconds_bucket{r=\"/\",le=\"+Inf\"} 3\nh_seconds_sum{r=\"/\"} 60.001001\n"
			    "h_seconds_count{r=\"/\"} 3\n"));
	assert_non_null(strstr(b.p, "# TYPE own gauge\nown 1.5\n"));
	assert_int_equal(metric_value(a2), 3);
	metrics_free(m);
}

static void test_openapi(void **state)
{
	static const struct json_field fields[] = { { "name", JSON_FIELD_STR, 0, true, 1, 9, NULL, "a \"name\"" } };
	static const struct json_table table = { "Thing", fields, 1 };
	static const struct route_param params[] = { { "limit", ROUTE_PARAM_I64, "how many" } };
	static const struct route list[] = {
		{ .method = "POST", .path = "/things", .body = &table, .summary = "Adds" },
		{ .method = "GET", .path = "/things/{id}/x/{n}", .query = params, .n_query = 1 },
		{ .method = "GET", .path = "/things", .flags = ROUTE_PUBLIC },
		{ .method = "PUT", .path = "/files", .flags = ROUTE_MULTIPART },
	};
	static const struct resource r = { "things", NULL, list, countof(list) };
	static const struct resource *const all[] = { &r };
	struct openapi_info info = { "T", "1", "crumb", all, 1 };
	CLEANUP(buf_free) struct buf b = BUF_INIT(100000);
	CLEANUP(json_decrefp_) json_t *doc = NULL;
	struct err e;
	openapi_write(&b, &info);
	assert_true(json_read(buf_str(&b), 100000, &doc, &e));
	json_t *paths = json_object_get(doc, "paths");
	assert_non_null(strstr(b.p, "\"in\":\"cookie\",\"name\":\"crumb\""));
	assert_int_equal(json_object_size(paths), 3);
	assert_int_equal(json_object_size(json_object_get(paths, "/things")), 2);
	json_t *get = json_object_get(json_object_get(paths, "/things/{id}/x/{n}"), "get");
	assert_int_equal(json_array_size(json_object_get(get, "parameters")), 3);
	assert_string_equal(json_string_value(json_object_get(get, "operationId")), "get_things_id_x_n");
	assert_non_null(json_object_get(json_object_get(json_object_get(doc, "components"), "schemas"), "Thing"));
}

struct job {
	struct work_task task;
	_Atomic int *done;
	_Atomic bool *gate;
};

static void work(struct work_task *t)
{
	struct job *j = (struct job *)t;
	while (!atomic_load(j->gate))
		usleep(100);
	atomic_fetch_add(j->done, 1);
}

static void test_workers(void **state)
{
	for (int lazy = 0; lazy < 2; lazy++) {
		static struct job jobs[10];
		_Atomic int done = 0;
		_Atomic bool gate = false;
		size_t threads, busy, waiting, taken = 0;
		struct workers *w = workers_new("test", 2, 3, lazy, work);
		workers_counts(w, &threads, &busy, &waiting);
		assert_int_equal(threads, lazy ? 0 : 2);
		for (size_t i = 0; i < countof(jobs); i++) {
			jobs[i] = (struct job){ .done = &done, .gate = &gate };
			taken += workers_push(w, &jobs[i].task);
		}
		/* Two run, three wait, unless a thread was slow to come for its task. */
		assert_in_range(taken, 3, 5);
		atomic_store(&gate, true);
		workers_stop(w); /* does what was taken first */
		assert_int_equal(atomic_load(&done), taken);
		assert_false(workers_push(w, &jobs[0].task));
		workers_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_percent),         cmocka_unit_test(test_query),
		cmocka_unit_test(test_routes),          cmocka_unit_test(test_wrong_routes),
		cmocka_unit_test(test_multipart),       cmocka_unit_test(test_multipart_text),
		cmocka_unit_test(test_accept_encoding), cmocka_unit_test(test_static_find),
		cmocka_unit_test(test_metrics),         cmocka_unit_test(test_openapi),
		cmocka_unit_test(test_workers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
