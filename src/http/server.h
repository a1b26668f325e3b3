/*
 * The server: listeners, loop threads, worker pool and dispatcher behind one object.
 *
 *	http_server_new → http_server_listen… → http_server_start → (serves) → http_server_stop → http_server_free
 *
 * The tables in the configuration must outlive it. The functions are called by one thread (main);
 *http_server_reload_tls and http_server_stop are safe while requests run.
 */
#pragma once

#include "base/err.h"
#include "base/limits.h"
#include "http/route.h"
#include "net/net.h"
#include "json/shape.h"

struct http_server;
struct metrics;
struct static_table;

struct http_config {
	struct net_config net; /* net_config_default() */
	size_t workers;        /* threads of ordinary handlers; 0 = twice the processors, at least 4 */
	size_t stream_threads; /* 0 = LIMIT_STREAM_THREADS; started when first needed */
	size_t queue;          /* waiting for a worker; 0 = LIMIT_QUEUE */
	const struct resource *const *resources;
	size_t n_resources;
	const struct json_shape *shapes; /* that the routes' answers refer to */
	size_t n_shapes;
	const struct http_hooks *hooks;   /* or NULL */
	const struct static_table *files; /* the page, or NULL */
	void *app;                        /* request_app() */
	const char *title, *version;      /* for OpenAPI */
	const char *session_cookie;       /* its name, for OpenAPI; NULL = there are tokens only */
	bool no_access_log;
};

bool http_server_new(const struct http_config *c, struct http_server **ret, struct err *e);
/* "HOST:PORT", "[::1]:PORT" or "unix:/path"; port 0 takes a free one. tls: net_config has a certificate. */
bool http_server_listen(struct http_server *s, const char *where, bool tls, struct err *e);
/* "http://127.0.0.1:8080", "https://[::1]:8443" or "unix:/path" of listener i. */
const char *http_server_address(const struct http_server *s, size_t i);
bool http_server_start(struct http_server *s, struct err *e);
/* Reads certificate and key again for new connections; on failure the old ones stay. */
bool http_server_reload_tls(struct http_server *s, struct err *e);
/* Stops accepting, lets running requests end, at most LIMIT_STOP_SECONDS; then returns with every thread ended. */
void http_server_stop(struct http_server *s);
void http_server_free(struct http_server *s); /* NULL is fine */
struct metrics *http_server_metrics(struct http_server *s);

/* The server that a request came to: for handlers of its own routes. */
struct http_server *request_server(const struct request *q);

/*
 * Routes the server answers itself; put them into a resource of the layer above, or list http_resource:
 * GET /healthz (public, inline), GET /metrics, GET /api/v1/openapi.json, GET /api/v1/echo (WebSocket).
 */
bool http_healthz(struct request *q, struct response *r, struct err *e);
bool http_metrics(struct request *q, struct response *r, struct err *e);
bool http_openapi(struct request *q, struct response *r, struct err *e);
bool http_echo(struct request *q, struct response *r, struct err *e);
extern const struct resource http_resource;
