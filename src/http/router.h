/* From method and path to a route: a tree of path segments, a literal one before a parameter. Pure after building. */
#pragma once

#include "base/arena.h"
#include "base/limits.h"
#include "http/route.h"

struct router_node;

struct router {
	struct arena arena;
	struct router_node *root;
	size_t n; /* routes; each has its number */
};

struct router_match {
	const struct route *route;              /* NULL: the path or the method is unknown */
	size_t number;                          /* of the route, in the order of adding */
	unsigned allow;                         /* methods of the path, bits of enum; 0 = unknown path */
	struct str params[LIMIT_PATH_SEGMENTS]; /* decoded, in the order of the pattern */
	size_t n_params;
};

enum {
	METHOD_GET = 1,
	METHOD_HEAD = 2,
	METHOD_POST = 4,
	METHOD_PUT = 8,
	METHOD_PATCH = 16,
	METHOD_DELETE = 32,
	METHOD_OPTIONS = 64
};

void router_init(struct router *t);
void router_free(struct router *t);
/* ERR_INTERNAL when the pattern is malformed or the route is there already. */
bool router_add(struct router *t, const struct route *r, struct err *e);
/* False: the path cannot be decoded. HEAD finds the route of GET. */
bool router_find(const struct router *t, struct str method, struct str path, struct arena *a, struct router_match *ret,
		 struct err *e);
/* "GET, HEAD, OPTIONS" */
void router_allow(unsigned methods, char *ret, size_t n);
unsigned router_method(struct str method);
