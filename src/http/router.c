#include "http/router.h"

#include "http/decode.h"

#include <stdio.h>

static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };

struct endpoint {
	struct endpoint *next;
	unsigned method;
	const struct route *route;
	size_t number;
};

struct router_node {
	struct str segment;        /* of a literal */
	struct router_node *next;  /* sibling literal */
	struct router_node *child; /* literals */
	struct router_node *param; /* the child that any segment matches */
	struct endpoint *ends;
};

void router_init(struct router *t)
{
	*t = (struct router){ .arena = ARENA_INIT(4 * MIB) };
	t->root = arena_new(&t->arena, struct router_node);
}

void router_free(struct router *t)
{
	arena_free(&t->arena);
}

unsigned router_method(struct str method)
{
	for (size_t i = 0; i < countof(methods); i++)
		if (str_is(method, methods[i]))
			return 1u << i;
	return 0;
}

void router_allow(unsigned allowed, char *ret, size_t n)
{
	size_t at = 0;
	ret[0] = 0;
	for (size_t i = 0; i < countof(methods) && at < n; i++)
		if (allowed >> i & 1)
			at += (size_t)snprintf(ret + at, n - at, "%s%s", at ? ", " : "", methods[i]);
}

static struct router_node *child_for(struct router *t, struct router_node *node, struct str segment)
{
	if (segment.p[0] == '{') {
		if (!node->param)
			node->param = arena_new(&t->arena, struct router_node);
		return node->param;
	}
	for (struct router_node *c = node->child; c; c = c->next)
		if (str_eq(c->segment, segment))
			return c;
	struct router_node *c = arena_new(&t->arena, struct router_node);
	c->segment = segment;
	c->next = node->child;
	node->child = c;
	return c;
}

bool router_add(struct router *t, const struct route *r, struct err *e)
{
	struct router_node *node = t->root;
	unsigned method = router_method(str_of(r->method));
	struct str rest = str_of(r->path), segment;
	size_t depth = 0;
	if (!method || method == METHOD_HEAD || rest.n == 0 || rest.p[0] != '/')
		return err_set(e, ERR_INTERNAL, NULL, "Route %s %s is malformed", r->method, r->path);
	rest = str_n(rest.p + 1, rest.n - 1);
	while (rest.p && (rest.n || depth) && str_split(&rest, '/', &segment)) {
		if (segment.n == 0 || depth++ == LIMIT_PATH_SEGMENTS ||
		    (segment.p[0] == '{') != (segment.p[segment.n - 1] == '}'))
			return err_set(e, ERR_INTERNAL, NULL, "Route %s %s is malformed", r->method, r->path);
		node = child_for(t, node, segment);
	}
	for (struct endpoint *i = node->ends; i; i = i->next)
		if (i->method == method)
			return err_set(e, ERR_INTERNAL, NULL, "Route %s %s is there twice", r->method, r->path);
	struct endpoint *end = arena_new(&t->arena, struct endpoint);
	*end = (struct endpoint){ node->ends, method, r, t->n++ };
	node->ends = end;
	return true;
}

struct walk {
	struct str segments[LIMIT_PATH_SEGMENTS];
	size_t n;
	unsigned method;
	struct router_match *m;
};

/* True when the method was found; else whatever the path allows is noted. */
static bool visit(struct walk *w, const struct router_node *node, size_t depth, size_t params)
{
	if (depth == w->n) {
		for (const struct endpoint *i = node->ends; i; i = i->next) {
			w->m->allow |= i->method | (i->method == METHOD_GET ? METHOD_HEAD : 0) | METHOD_OPTIONS;
			if (i->method == w->method) {
				w->m->route = i->route;
				w->m->number = i->number;
				w->m->n_params = params;
				return true;
			}
		}
		return false;
	}
	struct str segment = w->segments[depth];
	for (const struct router_node *c = node->child; c; c = c->next)
		if (str_eq(c->segment, segment) && visit(w, c, depth + 1, params))
			return true;
	if (!node->param || segment.n == 0)
		return false;
	w->m->params[params] = segment;
	return visit(w, node->param, depth + 1, params + 1);
}

bool router_find(const struct router *t, struct str method, struct str path, struct arena *a, struct router_match *ret,
		 struct err *e)
{
	struct walk w = { .m = ret, .method = router_method(method) };
	struct str rest = str_n(path.p + 1, path.n - 1), segment;
	*ret = (struct router_match){ 0 };
	if (w.method == METHOD_HEAD)
		w.method = METHOD_GET;
	if (path.n == 0 || path.p[0] != '/')
		return true;
	bool deep = false;
	for (bool first = true; (rest.n || !first) && str_split(&rest, '/', &segment); first = false) {
		struct str decoded;
		if (!decode_percent(a, segment, false, &decoded, e))
			return false;
		if (w.n == LIMIT_PATH_SEGMENTS)
			deep = true;
		else
			w.segments[w.n++] = decoded;
	}
	if (!deep)
		visit(&w, t->root, 0, 0);
	return true;
}
