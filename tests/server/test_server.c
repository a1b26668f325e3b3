/*
 * A small server over net/ and http/ alone, for tests/api/test_server_*.py: one route for each thing the layers do.
 *
 *	test_server KEY=VALUE…       see the table of settings; prints "listening on ADDRESS" for each listener
 *
 * SIGHUP reloads the certificate, SIGTERM stops gracefully. POST /sleep and friends let a test hold a worker.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "http/metrics.h"
#include "http/multipart.h"
#include "http/request.h"
#include "http/response.h"
#include "http/server.h"
#include "http/static.h"
#include "net/websocket.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static _Atomic int cancelled; /* handlers that saw their client go */
static _Atomic int finished;  /* calls of the finish hook */

static bool small(struct request *q, struct response *r, struct err *e)
{
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	jw_kv_i64(w, "user_id", 791);
	jw_kv_f64(w, "total_spent", 26796.21);
	jw_close(w, '}');
	return true;
}

/* What the server understood of a request. */
static bool show(struct request *q, struct response *r, struct err *e)
{
	struct json_writer *w = response_json(r, 200);
	int64_t n = -1;
	bool flag = false;
	struct str text = STR("");
	if (!request_query_i64(q, "n", 0, 100, &n, e) || !request_query_bool(q, "flag", &flag, e) ||
	    !request_query_str(q, "text", &text, e))
		return false;
	jw_open(w, '{');
	jw_kv_str(w, "method", request_method(q));
	jw_kv_str(w, "path", request_path(q));
	jw_kv_str(w, "name", request_param(q, "name"));
	jw_kv_i64(w, "n", n);
	jw_kv_bool(w, "flag", flag);
	jw_kv_str(w, "text", text);
	jw_kv_str(w, "cookie", request_cookie(q, "c"));
	jw_kv_str(w, "bearer", request_bearer(q));
	jw_kv_str(w, "header", request_header(q, "x-test"));
	jw_kv_str(w, "type", request_content_type(q));
	jw_kv_i64(w, "length", request_content_length(q));
	jw_kv_str(w, "body", request_body(q));
	jw_kv_cstr(w, "address", request_address(q));
	jw_kv_bool(w, "tls", request_is_tls(q));
	jw_kv_bool(w, "same_origin", request_same_origin(q));
	jw_kv_cstr(w, "id", request_id(q));
	jw_close(w, '}');
	return true;
}

struct body {
	struct str name;
	int64_t count;
};
static const struct json_field body_fields[] = {
	{ "name", JSON_FIELD_STR, offsetof(struct body, name), true, 1, 20, NULL, "a name" },
	{ "count", JSON_FIELD_I64, offsetof(struct body, count), false, 0, 10, NULL, "how many" },
};
static const struct json_table body_table = { "Body", body_fields, countof(body_fields) };

static bool json_body(struct request *q, struct response *r, struct err *e)
{
	struct body b = { .count = 1 };
	if (!request_json(q, &body_table, &b, e))
		return false;
	struct json_writer *w = response_json(r, 201);
	jw_open(w, '{');
	jw_kv_str(w, "name", b.name);
	jw_kv_i64(w, "count", b.count);
	jw_close(w, '}');
	return true;
}

static bool fail(struct request *q, struct response *r, struct err *e)
{
	static const struct {
		const char *name;
		enum err_kind kind;
	} kinds[] = {
		{ "internal", ERR_INTERNAL },   { "io", ERR_IO },
		{ "corrupt", ERR_CORRUPT },     { "value", ERR_VALUE },
		{ "throttled", ERR_THROTTLED }, { "conflict", ERR_CONFLICT },
	};
	response_header(r, "X-Dropped", STR("yes")); /* an error drops what the handler had written */
	for (size_t i = 0; i < countof(kinds); i++)
		if (str_is(request_param(q, "kind"), kinds[i].name)) {
			err_field(e, kinds[i].kind, "kind", "secret /var/lib/path");
			e->retry_after = kinds[i].kind == ERR_THROTTLED ? 7 : 0;
		}
	return e->kind == ERR_NONE;
}

static bool sleep_ms(struct request *q, struct response *r, struct err *e)
{
	int64_t ms = 100, until;
	if (!request_query_i64(q, "ms", 0, 20000, &ms, e))
		return false;
	until = clock_monotonic() + ms * 1000;
	while (clock_monotonic() < until) {
		if (atomic_load(request_cancel_flag(q))) {
			atomic_fetch_add(&cancelled, 1);
			return err_set(e, ERR_CANCELLED, NULL, "The client went away.");
		}
		usleep(2000);
	}
	return small(q, r, e);
}

static bool counts(struct request *q, struct response *r, struct err *e)
{
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	jw_kv_i64(w, "cancelled", atomic_load(&cancelled));
	jw_kv_i64(w, "finished", atomic_load(&finished));
	jw_close(w, '}');
	return true;
}

/* FNV-1a of the body as it streams; `slow` takes that many milliseconds a read. */
static bool upload(struct request *q, struct response *r, struct err *e)
{
	char chunk[16384];
	uint64_t n = 0, hash = 14695981039346656037u;
	int64_t slow = 0;
	ssize_t got;
	if (!request_query_i64(q, "slow", 0, 1000, &slow, e))
		return false;
	if (request_query_has(q, "refuse"))
		return err_set(e, ERR_FORBIDDEN, NULL, "Not you.");
	while ((got = request_read(q, chunk, sizeof chunk, e)) > 0) {
		for (ssize_t i = 0; i < got; i++)
			hash = (hash ^ (unsigned char)chunk[i]) * 1099511628211u;
		n += (uint64_t)got;
		if (slow)
			usleep((useconds_t)slow * 1000);
	}
	if (got < 0) {
		atomic_fetch_add(&cancelled, 1);
		return false;
	}
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	jw_kv_i64(w, "bytes", (int64_t)n);
	jw_kv_id(w, "hash", (int64_t)(hash >> 1));
	jw_close(w, '}');
	return true;
}

static bool form(struct request *q, struct response *r, struct err *e)
{
	struct multipart *m;
	char chunk[16384];
	if (!multipart_open(q, &m, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '[');
	for (;;) {
		struct multipart_part part;
		int64_t n = 0;
		ssize_t got;
		bool end;
		if (!multipart_next(m, &part, &end, e))
			return false;
		if (end)
			break;
		while ((got = multipart_read(m, chunk, sizeof chunk, e)) > 0)
			n += got;
		if (got < 0)
			return false;
		jw_open(w, '{');
		jw_kv_str(w, "name", part.name);
		jw_kv_str(w, "filename", part.filename);
		jw_kv_str(w, "type", part.content_type);
		jw_kv_i64(w, "bytes", n);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	return true;
}

/* `n` bytes of a known pattern; `cut` breaks off in the middle. */
static bool download(struct request *q, struct response *r, struct err *e)
{
	int64_t n = 1000;
	char chunk[10000];
	bool cut = false;
	if (!request_query_i64(q, "n", 0, INT64_C(1) << 40, &n, e) || !request_query_bool(q, "cut", &cut, e) ||
	    !response_stream_begin(r, 200, "application/octet-stream", e))
		return false;
	for (size_t i = 0; i < sizeof chunk; i++)
		chunk[i] = (char)('a' + i % 25); /* 10000 is a multiple of 25: the pattern goes on */
	for (int64_t left = n; left > 0;) {
		size_t take = (size_t)MIN(left, (int64_t)sizeof chunk);
		if (!response_write(r, chunk, take, e)) {
			atomic_fetch_add(&cancelled, 1);
			return false;
		}
		left -= (int64_t)take;
		if (cut && left < n / 2)
			return err_set(e, ERR_INTERNAL, NULL, "Broke off.");
	}
	return response_end(r, e);
}

static bool events(struct request *q, struct response *r, struct err *e)
{
	int64_t n = 3, ms = 0;
	if (!request_query_i64(q, "n", 0, 1000000, &n, e) || !request_query_i64(q, "ms", 0, 10000, &ms, e) ||
	    !response_sse_begin(r, e))
		return false;
	for (int64_t i = 0; i < n; i++) {
		char text[64];
		int len = snprintf(text, sizeof text, "line %d\nsecond", (int)i);
		if (!response_sse(r, "tick", str_n(text, (size_t)len), e)) {
			atomic_fetch_add(&cancelled, 1);
			return false;
		}
		for (int64_t until = clock_monotonic() + ms * 1000; clock_monotonic() < until;) {
			if (request_gone(q) || request_stopping(q))
				break;
			usleep(2000);
		}
	}
	return response_end(r, e);
}

static bool cookie(struct request *q, struct response *r, struct err *e)
{
	struct response_cookie c = { .name = "session", .value = STR("abc"), .max_age = 60, .http_only = true };
	response_cookie(r, &c);
	response_header(r, "X-Odd", STR("a\r\nSet-Cookie: evil=1"));
	response_no_content(r);
	return true;
}

static bool big(struct request *q, struct response *r, struct err *e)
{
	int64_t n = 0;
	if (!request_query_i64(q, "n", 0, INT64_C(1) << 30, &n, e))
		return false;
	struct buf *b = response_buf(r);
	response_json(r, 200);
	while (b->n < (size_t)n && !b->failed)
		buf_adds(b, "0123456789abcdef");
	return true;
}

static bool authorise(void *ctx, struct request *q, const struct route *r, struct err *e)
{
	struct str token = request_bearer(q);
	if (r->permission == 0)
		return true;
	if (!token.p)
		return err_set(e, ERR_UNAUTHENTICATED, NULL, "Sign in first.");
	if (!str_is(token, "let-me-in"))
		return err_set(e, ERR_FORBIDDEN, NULL, "You may not do this.");
	request_set_user(q, ctx);
	return true;
}

static void finish(void *ctx, struct request *q, struct response *r)
{
	atomic_fetch_add(&finished, 1);
}

static bool write_error(void *ctx, struct request *q, const struct err *e, struct buf *json)
{
	if (!str_is(request_path(q), "/own-error"))
		return false;
	buf_addf(json, "{\"index_result\":%d}", err_http_status(e->kind));
	return true;
}

static bool own_error(struct request *q, struct response *r, struct err *e)
{
	return err_set(e, ERR_NOT_FOUND, NULL, "Nothing.");
}

static const struct route_param show_params[] = {
	{ "n", ROUTE_PARAM_I64, "a number" },
	{ "flag", ROUTE_PARAM_BOOL, "a flag" },
	{ "text", ROUTE_PARAM_STR, "a text" },
};

static const struct route routes[] = {
	{ .method = "GET", .path = "/small", .handle = small, .summary = "A small answer from a worker" },
	{ .method = "GET", .path = "/inline", .handle = small, .flags = ROUTE_INLINE, .summary = "The same, inline" },
	{ .method = "GET",
	  .path = "/show/{name}",
	  .handle = show,
	  .summary = "Shows a request",
	  .query = show_params,
	  .n_query = countof(show_params) },
	{ .method = "GET", .path = "/show/fixed", .handle = small, .summary = "A literal segment beside a parameter" },
	{ .method = "POST", .path = "/show/{name}", .handle = show, .flags = ROUTE_BODY_RAW, .summary = "With a body" },
	{ .method = "POST",
	  .path = "/tiny",
	  .handle = show,
	  .flags = ROUTE_BODY_RAW,
	  .body_limit = 100,
	  .summary = "Takes 100 bytes" },
	{ .method = "POST", .path = "/json", .handle = json_body, .body = &body_table, .summary = "Takes JSON" },
	{ .method = "GET", .path = "/fail/{kind}", .handle = fail, .summary = "Fails" },
	{ .method = "GET", .path = "/own-error", .handle = own_error, .summary = "Fails with a body of its own" },
	{ .method = "GET", .path = "/sleep", .handle = sleep_ms, .summary = "Takes its time" },
	{ .method = "GET", .path = "/counts", .handle = counts, .flags = ROUTE_INLINE, .summary = "What happened" },
	{ .method = "POST",
	  .path = "/upload",
	  .handle = upload,
	  .flags = ROUTE_STREAM | ROUTE_BODY_RAW,
	  .body_limit = 2 * GIB,
	  .summary = "Reads a stream" },
	{ .method = "POST",
	  .path = "/upload-small",
	  .handle = upload,
	  .flags = ROUTE_STREAM | ROUTE_BODY_RAW,
	  .body_limit = 1000,
	  .summary = "Reads a stream of at most 1000 bytes" },
	{ .method = "POST",
	  .path = "/form",
	  .handle = form,
	  .flags = ROUTE_STREAM | ROUTE_MULTIPART,
	  .summary = "Reads a form" },
	{ .method = "GET", .path = "/download", .handle = download, .flags = ROUTE_STREAM, .summary = "A stream" },
	{ .method = "GET",
	  .path = "/events",
	  .handle = events,
	  .flags = ROUTE_STREAM | ROUTE_SSE,
	  .summary = "Events" },
	{ .method = "GET", .path = "/cookie", .handle = cookie, .summary = "Sets a cookie" },
	{ .method = "GET", .path = "/big", .handle = big, .summary = "A large answer" },
	{ .method = "GET",
	  .path = "/figures",
	  .handle = http_metrics,
	  .flags = ROUTE_INLINE,
	  .summary = "/metrics, inline" },
	{ .method = "GET", .path = "/private", .handle = small, .permission = 1, .summary = "Needs a token" },
};
static const struct resource resource = { "test", "Routes for tests", routes, countof(routes) };

struct settings {
	struct http_config http;
	const char *listen[8];
	bool tls[8];
	size_t n_listen;
};

static bool set_number(struct settings *s, const char *name, const char *value)
{
	struct net_config *n = &s->http.net;
	const struct {
		const char *name;
		int64_t *ms;
		size_t *count;
	} rows[] = {
		{ "header_ms", &n->header_ms, NULL },
		{ "idle_ms", &n->idle_ms, NULL },
		{ "body_rate_ms", &n->body_rate_ms, NULL },
		{ "stop_ms", &n->stop_ms, NULL },
		{ "sse_ms", &n->sse_ms, NULL },
		{ "linger_ms", &n->linger_ms, NULL },
		{ "loops", NULL, &n->loops },
		{ "connections", NULL, &n->connections },
		{ "per_address", NULL, &n->connections_per_address },
		{ "workers", NULL, &s->http.workers },
		{ "queue", NULL, &s->http.queue },
		{ "stream_threads", NULL, &s->http.stream_threads },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		if (strcmp(name, rows[i].name) != 0)
			continue;
		if (rows[i].ms)
			*rows[i].ms = atoll(value);
		else
			*rows[i].count = (size_t)atoll(value);
		return true;
	}
	return false;
}

static void parse(struct settings *s, char *arg)
{
	char *value = strchr(arg, '=');
	enum log_level level;
	if (!value)
		exit(2);
	*value++ = 0;
	if (strcmp(arg, "listen") == 0 || strcmp(arg, "listen_tls") == 0) {
		s->tls[s->n_listen] = strcmp(arg, "listen_tls") == 0;
		s->listen[s->n_listen++] = value;
	} else if (strcmp(arg, "cert") == 0) {
		s->http.net.tls_cert = value;
	} else if (strcmp(arg, "key") == 0) {
		s->http.net.tls_key = value;
	} else if (strcmp(arg, "log") == 0 && log_level_parse(str_of(value), &level)) {
		log_set_level(level);
	} else if (!set_number(s, arg, value)) {
		fprintf(stderr, "unknown setting: %s\n", arg);
		exit(2);
	}
}

static void serve(struct http_server *s, const sigset_t *signals)
{
	int got;
	while (sigwait(signals, &got) == 0 && got == SIGHUP) {
		struct err e;
		if (http_server_reload_tls(s, &e))
			log_event(LOG_INFO, "tls_reloaded", "new certificate");
		else
			log_event(LOG_ERROR, "tls_reload_failed", "%s", e.message);
	}
	http_server_stop(s);
}

int main(int argc, char **argv)
{
	static const struct resource *const resources[] = { &resource, &http_resource };
	static const struct http_hooks hooks = { .authorise = authorise, .finish = finish, .write_error = write_error };
	struct settings s = { .http = { .net = net_config_default(),
					.resources = resources,
					.n_resources = 2,
					.hooks = &hooks,
					.files = &page_files,
					.title = "Test",
					.version = "1" } };
	struct http_server *server = NULL;
	struct err e;
	sigset_t signals;
	for (int i = 1; i < argc; i++)
		parse(&s, argv[i]);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	bool ok = http_server_new(&s.http, &server, &e);
	for (size_t i = 0; ok && i < s.n_listen; i++)
		ok = http_server_listen(server, s.listen[i], s.tls[i], &e);
	ok = ok && http_server_start(server, &e);
	if (!ok) {
		fprintf(stderr, "test_server: %s\n", e.message);
		http_server_free(server);
		return 1;
	}
	for (size_t i = 0; i < s.n_listen; i++)
		printf("listening on %s\n", http_server_address(server, i));
	fflush(stdout);
	serve(server, &signals);
	http_server_free(server);
	return 0;
}
