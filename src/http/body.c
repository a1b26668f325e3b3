/* The body of a request: JSON, or a stream of bytes. */
#include "http/internal.h"

struct str request_body(const struct request *q)
{
	return buf_str(&q->x->body);
}

bool request_json_any(struct request *q, json_t **ret, struct err *e)
{
	struct str type = request_content_type(q);
	if (!str_is(type, "application/json") && !str_ends(type, STR("+json")))
		return err_set(e, ERR_TYPE, NULL, "The body must be JSON: send Content-Type: application/json.");
	if (!q->json && !json_read(request_body(q), LIMIT_JSON_BYTES, &q->json, e))
		return false;
	*ret = q->json;
	return true;
}

bool request_json(struct request *q, const struct json_table *t, void *ret, struct err *e)
{
	json_t *v;
	return request_json_any(q, &v, e) && json_parse(v, t, ret, e);
}

ssize_t request_read(struct request *q, void *p, size_t n, struct err *e)
{
	if (!q->match.route || !(q->match.route->flags & ROUTE_STREAM)) {
		err_set(e, ERR_INTERNAL, NULL, "This route does not stream its body.");
		return -1;
	}
	return exchange_read(q->x, p, n, e);
}
