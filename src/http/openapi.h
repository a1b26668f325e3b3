/* OpenAPI 3.1 made from the route tables, so that it cannot lag behind them. Pure: tables in, JSON out. */
#pragma once

#include "http/route.h"
#include "json/shape.h"

struct openapi_info {
	const char *title, *version;
	const char *session_cookie; /* name, or NULL */
	const struct resource *const *resources;
	size_t n;
	const struct json_shape *shapes;
	size_t n_shapes;
};

void openapi_write(struct buf *b, const struct openapi_info *info);
