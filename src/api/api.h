/*
 * api/: the resources. One file a resource with one static table of routes, listed in resources.c.
 *
 * A handler runs after the hook (hook.c) has found out who calls, has checked the permission in the table row (bits
 * of enum permission; 0 = any signed-in caller) and the origin of writes, and has borrowed a store connection that goes
 * back when the handler has returned. So a handler reads parameters, checks them, calls the model and writes JSON.
 *
 * Another organisation's object is not found: every model function takes api_caller(q)->org.
 */
#pragma once

#include "analysis/instance.h"
#include "db/pool.h"
#include "http/request.h"
#include "http/response.h"
#include "http/server.h"
#include "model/caller.h"

struct hot;
struct vouchers;

/* What the server is given; request_app(). */
struct api {
	struct instance *inst;
	int64_t session_seconds, remember_seconds, invitation_seconds;
	int query_seconds; /* that one query may take */
	struct vouchers *vouchers;
	struct hot *hot; /* made and freed with the server (api_open, api_close) */
};

extern const struct resource *const api_resources[];
extern const size_t api_resources_n;
extern const struct json_shape api_shapes[];
extern const size_t api_shapes_n;
/* What the layer keeps in memory; before api_hooks, and after the server has stopped. */
void api_open(struct api *api);
void api_close(struct api *api);
struct http_hooks api_hooks(struct api *api);

/* -- for handlers -- */

struct api *api_of(const struct request *q);
struct instance *api_instance(const struct request *q);
/* Who calls; NULL in a ROUTE_PUBLIC. */
const struct caller *api_caller(const struct request *q);
/* The store connection of this request; NULL in a ROUTE_PUBLIC before api_db_take. */
struct db *api_db(const struct request *q);
/* For ROUTE_PUBLIC, and after api_db_release. Given back with the request. */
bool api_db_take(struct request *q, struct db **ret, struct err *e);
/* For handlers that go on for long without the store (uploads, event streams); api_db is NULL afterwards. */
void api_db_release(struct request *q);

/* -- lists: ?limit=&cursor= in, {"items":[…],"next":…,"total":N} out -- */

struct api_page {
	int64_t limit; /* 1 … LIMIT_PAGE */
	int64_t after; /* the number in the cursor: an id or a position; 0 = the first page */
};

/* The two parameters, for the query of a route. */
#define API_PAGE_PARAMS                                                             \
	{ "limit", ROUTE_PARAM_I64, "How many items, 1 to 1000; 50 unless said." }, \
	{                                                                           \
		"cursor", ROUTE_PARAM_STR, "The `next` of the page before."         \
	}

bool api_page_read(struct request *q, struct api_page *ret, struct err *e);
/* Opens the object and its items; write each item next, then api_list_end. */
struct json_writer *api_list_begin(struct response *r);
/* next: the number for the cursor of the next page; 0 = there is none. total -1 = not counted (left out). */
void api_list_end(struct json_writer *w, int64_t next, int64_t total);

/* Writes the error object {"code","message","field"} as answers show it: what is our own fault says no details. */
void api_error_json(struct json_writer *w, const struct err *e);
