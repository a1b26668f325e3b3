/* OpenAPI 3.1 made from the route tables, so that it cannot lag behind them. Pure: tables in, JSON out. */
#pragma once

#include "http/route.h"

struct openapi_info {
	const char *title, *version;
	const char *session_cookie; /* name, or NULL */
	const struct resource *const *resources;
	size_t n;
};

void openapi_write(struct buf *b, const struct openapi_info *info);
