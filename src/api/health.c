/* Whether the server is well, its figures, and the description of every route. */
#include "api/api.h"

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/healthz",
	  .handle = http_healthz,
	  .flags = ROUTE_PUBLIC | ROUTE_INLINE,
	  .summary = "The server answers." },
	{ .method = "GET",
	  .path = "/metrics",
	  .handle = http_metrics,
	  .permission = PERM_METRICS,
	  .summary = "Figures for Prometheus." },
	{ .method = "GET",
	  .path = "/api/v1/openapi.json",
	  .handle = http_openapi,
	  .summary = "This description, OpenAPI 3.1, made from the table of routes." },
	{ .method = "GET",
	  .path = "/api/v1/echo",
	  .handle = http_echo,
	  .flags = ROUTE_WEBSOCKET,
	  .summary = "A WebSocket that sends back what it gets." },
};

const struct resource health_resource = { "server", "The server itself.", routes, countof(routes) };
