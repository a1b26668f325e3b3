/* SQL over the caller's own data sets. */
#include "analysis/query.h"
#include "api/api.h"
#include "base/limits.h"
#include "model/dataset.h"

#include <stdlib.h>

struct query_body {
	struct str dataset, sql;
	json_t *params;
	int64_t limit;
};
static const struct json_field query_fields[] = {
	{ "dataset", JSON_FIELD_STR, offsetof(struct query_body, dataset), false, 0, 1024, NULL, "Id or name." },
	{ "sql", JSON_FIELD_STR, offsetof(struct query_body, sql), true, 1, LIMIT_QUERY_SQL_BYTES, NULL,
	  "One SELECT. Each data set is a schema; one of a single table is a table of that name too." },
	{ "params", JSON_FIELD_ANY, offsetof(struct query_body, params), false, 0, 0, NULL,
	  "Values for ? in the statement." },
	{ "limit", JSON_FIELD_I64, offsetof(struct query_body, limit), false, 1, LIMIT_QUERY_ROWS, NULL,
	  "Stop after so many rows and say that more were cut." },
};
static const struct json_table query_table = { "Query", query_fields, countof(query_fields) };

static bool read_body(struct request *q, json_t **ret, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_BODY_BYTES);
	char *room;
	ssize_t n;
	if (!str_is(request_content_type(q), "application/json"))
		return err_set(e, ERR_TYPE, NULL, "The body must be application/json.");
	do {
		room = buf_reserve(&b, 16 * KIB);
		if (!room)
			return err_set(e, ERR_TOO_LARGE, NULL, "The body is larger than %zu bytes.",
				       (size_t)LIMIT_BODY_BYTES);
		n = request_read(q, room, 16 * KIB, e);
		if (n > 0)
			b.n += (size_t)n;
	} while (n > 0);
	return n == 0 && json_read(buf_str(&b), LIMIT_BODY_BYTES, ret, e);
}

/* A list of null, booleans, numbers and strings, as text; NULL when there are none. */
static bool params_text(const json_t *params, char **ret, struct err *e)
{
	size_t i;
	json_t *v;
	if (!params)
		return true;
	if (!json_is_array(params))
		return err_field(e, ERR_VALUE, "params", "Parameters are a list.");
	json_array_foreach (params, i, v)
		if (json_is_object(v) || json_is_array(v))
			return err_field(e, ERR_VALUE, "params",
					 "A parameter is a string, a number, true, false or null.");
	*ret = json_dumps(params, JSON_COMPACT);
	return *ret || err_field(e, ERR_VALUE, "params", "The parameters cannot be read.");
}

/* The answer begins with the first bytes, so that what fails before them is an error as always. */
struct sending {
	struct response *r;
	const char *type;
	bool begun;
};

static bool send(void *ctx, const void *p, size_t n, struct err *e)
{
	struct sending *s = ctx;
	if (!s->begun && !response_stream_begin(s->r, 200, s->type, e))
		return false;
	s->begun = true;
	return response_write(s->r, p, n, e);
}

static bool answer(struct request *q, struct response *r, const struct query_spec *asked, bool csv, struct err *e)
{
	struct sending s = { r, csv ? "text/csv; charset=utf-8" : "application/json", false };
	struct query_spec spec = *asked;
	struct query_outcome out;
	spec.org = api_caller(q)->org;
	spec.seconds = api_of(q)->query_seconds;
	spec.cancel = request_cancel_flag(q);
	if (csv) {
		spec.format = ENGINE_CSV_SAFE;
		spec.ctx = &s;
		spec.rows = send;
	}
	api_db_release(q);
	bool ok = csv ? query_run(api_instance(q), NULL, &spec, &out, e)
		      : query_json(api_instance(q), NULL, &spec, send, &s, e);
	return ok && (s.begun || send(&s, "", 0, e)) && response_end(r, e);
}

static bool query_post(struct request *q, struct response *r, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *v = NULL;
	CLEANUP(str_freep) char *params = NULL;
	struct query_body b = { 0 };
	struct query_spec spec = { 0 };
	struct str format = STR("json");
	if (!request_query_str(q, "format", &format, e) || !read_body(q, &v, e) ||
	    !json_parse(v, &query_table, &b, e) || !params_text(b.params, &params, e))
		return false;
	if (!str_is(format, "json") && !str_is(format, "csv"))
		return err_field(e, ERR_VALUE, "format", "The format is json or csv.");
	if (b.dataset.n) {
		struct dataset d;
		if (!dataset_resolve(api_db(q), request_arena(q), api_caller(q)->org, b.dataset, &d, e))
			return false;
		spec.dataset = d.id;
	}
	spec.sql = b.sql;
	spec.params_json = params;
	spec.max_rows = (uint64_t)b.limit;
	spec.truncate = b.limit > 0;
	return answer(q, r, &spec, str_is(format, "csv"), e);
}

static const struct route_param query_params[] = {
	{ "format", ROUTE_PARAM_STR, "json, or csv." },
};
static const struct route routes[] = {
	{ .method = "POST",
	  .path = "/api/v1/query",
	  .handle = query_post,
	  .flags = ROUTE_STREAM,
	  .permission = PERM_SQL,
	  .body_limit = LIMIT_BODY_BYTES,
	  .body = &query_table,
	  .query = query_params,
	  .n_query = countof(query_params),
	  .summary = "One read-only SQL statement over the caller's data sets." },
};
const struct resource query_resource = { "query", "Questions to the data", routes, countof(routes) };
