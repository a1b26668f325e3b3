/*
 * One request, as its handler sees it.
 *
 * Everything a request hands out (text, parsed JSON) lives as long as the request, in its arena; nothing is to be freed
 * by the handler. A request belongs to the thread that handles it; only the cancel flag may be looked at from elsewhere
 * while the handler runs.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "http/route.h"
#include "json/fields.h"

#include <stdatomic.h>
#include <sys/types.h>

struct arena *request_arena(struct request *q);
const struct route *request_route(const struct request *q);
struct response *request_response(struct request *q); /* what is being written; for hooks */

struct str request_method(const struct request *q);   /* "HEAD" too, though the GET handler runs */
struct str request_path(const struct request *q);     /* as sent, without the query */
const char *request_id(const struct request *q);      /* 16 characters, in the log and in X-Request-Id */
const char *request_address(const struct request *q); /* "192.0.2.1", "2001:db8::1" or "unix" */
bool request_is_tls(const struct request *q);
bool request_stopping(const struct request *q); /* the server is going down: end a long stream */

/* Set by the authorise hook; means something to the layer above. */
void request_set_user(struct request *q, void *user);
void *request_user(const struct request *q);
void *request_app(const struct request *q); /* http_config.app */

/* A parameter of the path, percent-decoded, valid UTF-8; empty when the route has none of that name. */
struct str request_param(const struct request *q, const char *name);
/* The same as an id; ERR_NOT_FOUND when it is none. */
bool request_param_id(const struct request *q, const char *name, int64_t *ret, struct err *e);

/*
 * Parameters of the query, decoded ("+" is a blank), valid UTF-8. Absent: true, *ret as it was (so fill defaults
 * first). A parameter given twice or with a wrong value is ERR_VALUE naming it.
 */
bool request_query_has(const struct request *q, const char *name);
bool request_query_str(const struct request *q, const char *name, struct str *ret, struct err *e);
bool request_query_i64(const struct request *q, const char *name, int64_t min, int64_t max, int64_t *ret,
		       struct err *e);
bool request_query_f64(const struct request *q, const char *name, double *ret, struct err *e); /* finite */
bool request_query_bool(const struct request *q, const char *name, bool *ret,
			struct err *e); /* true 1 yes / false 0 no */
bool request_query_id(const struct request *q, const char *name, int64_t *ret, struct err *e);
size_t request_query_count(const struct request *q);
void request_query_at(const struct request *q, size_t i, struct str *ret_name, struct str *ret_value);

/* The value of a header, any case of name; the first when there are several; p is NULL when there is none. */
struct str request_header(const struct request *q, const char *name);
struct str request_cookie(const struct request *q, const char *name);
/* The token of `Authorization: Bearer TOKEN`; p is NULL when there is none. */
struct str request_bearer(const struct request *q);
/* Sec-Fetch-Site says same-origin, or else Origin names the host of this request. Neither sent: false. */
bool request_same_origin(const struct request *q);
/* The media type in lower case without parameters, "" when not said. */
struct str request_content_type(const struct request *q);
int64_t request_content_length(const struct request *q); /* -1 = not said (chunked) */

/* The whole body. Of a ROUTE_STREAM: empty. */
struct str request_body(const struct request *q);
/* 415 when the type is not JSON, 400 when it cannot be parsed, 422 when a field is wrong. */
bool request_json(struct request *q, const struct json_table *t, void *ret, struct err *e);
bool request_json_any(struct request *q, json_t **ret, struct err *e); /* borrowed */

/*
 * ROUTE_STREAM: the next bytes of the body, waiting for them; 0 = end, -1 = the client went away, was too slow,
 * or sent more than the limit. The first call answers an `Expect: 100-continue`.
 */
ssize_t request_read(struct request *q, void *p, size_t n, struct err *e);

/* The client has closed its side: nobody waits for the answer any more. */
bool request_gone(const struct request *q);
/* For loops that do not know requests (a query to be cancelled). Valid until the handler returns. */
const _Atomic bool *request_cancel_flag(const struct request *q);
