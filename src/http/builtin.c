/* Routes that the server answers from what it knows itself. */
#include "http/internal.h"

bool http_healthz(struct request *q, struct response *r, struct err *e)
{
	response_const(r, "application/json", STR("{\"status\":\"ok\"}"));
	return true;
}

bool http_metrics(struct request *q, struct response *r, struct err *e)
{
	struct buf b = BUF_INIT(LIMIT_RESPONSE_BYTES);
	metrics_write(q->server->metrics, &b);
	response_take(r, "text/plain; version=0.0.4; charset=utf-8", &b);
	return true;
}

bool http_openapi(struct request *q, struct response *r, struct err *e)
{
	response_const(r, "application/json", buf_str(&q->server->openapi));
	return true;
}

static void echo(struct websocket *w, void *ctx, bool text, struct str message)
{
	ws_send(w, text, message);
}

bool http_echo(struct request *q, struct response *r, struct err *e)
{
	static const struct ws_handler handler = { .message = echo };
	response_websocket(r, &handler, NULL);
	return true;
}

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/healthz",
	  .handle = http_healthz,
	  .flags = ROUTE_PUBLIC | ROUTE_INLINE,
	  .summary = "Is the server up?" },
	{ .method = "GET", .path = "/metrics", .handle = http_metrics, .summary = "Figures for Prometheus" },
	{ .method = "GET", .path = "/api/v1/openapi.json", .handle = http_openapi, .summary = "This description" },
	{ .method = "GET",
	  .path = "/api/v1/echo",
	  .handle = http_echo,
	  .flags = ROUTE_WEBSOCKET,
	  .summary = "A WebSocket that sends back what it gets" },
};

const struct resource http_resource = { "server", "The server itself", routes, countof(routes) };
