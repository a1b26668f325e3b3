#include "http/openapi.h"

#include "base/limits.h"

static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };

/* "get_api_v1_datasets_id_rows" */
static void operation_id(struct json_writer *w, const struct route *r)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(1024);
	for (const char *p = r->method; *p; p++)
		buf_addc(&b, (char)(*p | 0x20));
	for (const char *p = r->path; *p; p++) {
		bool word = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
		if (word)
			buf_addc(&b, *p);
		else if (b.p[b.n - 1] != '_')
			buf_addc(&b, '_');
	}
	while (b.n && b.p[b.n - 1] == '_')
		b.n--;
	jw_kv_str(w, "operationId", buf_str(&b));
}

static void param_schema(struct json_writer *w, enum route_param_type type)
{
	static const char *const types[] = { "string", "integer", "number", "boolean", "string" };
	jw_key(w, "schema");
	jw_open(w, '{');
	jw_kv_cstr(w, "type", types[type]);
	if (type == ROUTE_PARAM_ID)
		jw_kv_cstr(w, "pattern", "^[0-9]+$");
	jw_close(w, '}');
}

static void param(struct json_writer *w, struct str name, const char *in, enum route_param_type type, const char *doc)
{
	jw_open(w, '{');
	jw_kv_str(w, "name", name);
	jw_kv_cstr(w, "in", in);
	if (str_is(str_of(in), "path"))
		jw_kv_bool(w, "required", true);
	if (doc)
		jw_kv_cstr(w, "description", doc);
	param_schema(w, type);
	jw_close(w, '}');
}

static void parameters(struct json_writer *w, const struct route *r)
{
	jw_key(w, "parameters");
	jw_open(w, '[');
	for (const char *p = strchr(r->path, '{'); p; p = strchr(p, '{')) {
		const char *end = strchr(p, '}');
		param(w, str_n(p + 1, (size_t)(end - p - 1)), "path", ROUTE_PARAM_STR, NULL);
		p = end;
	}
	for (size_t i = 0; i < r->n_query; i++)
		param(w, str_of(r->query[i].name), "query", r->query[i].type, r->query[i].doc);
	jw_close(w, ']');
}

static void ref(struct json_writer *w, const char *kind, const char *name)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(512);
	buf_addf(&b, "#/components/%s/%s", kind, name);
	jw_open(w, '{');
	jw_kv_str(w, "$ref", buf_str(&b));
	jw_close(w, '}');
}

static void request_body(struct json_writer *w, const struct route *r)
{
	bool raw = r->flags & ROUTE_BODY_RAW;
	if (!r->body && !raw && !(r->flags & ROUTE_MULTIPART))
		return;
	jw_key(w, "requestBody");
	jw_open(w, '{');
	jw_kv_bool(w, "required", true);
	jw_key(w, "content");
	jw_open(w, '{');
	jw_key(w, r->flags & ROUTE_MULTIPART ? "multipart/form-data"
		  : r->body                  ? "application/json"
					     : "application/octet-stream");
	jw_open(w, '{');
	if (r->body) {
		jw_key(w, "schema");
		ref(w, "schemas", r->body->name);
	} else if (r->flags & ROUTE_MULTIPART) {
		jw_key(w, "schema");
		jw_raw(w,
		       STR("{\"type\":\"object\",\"properties\":{\"file\":{\"type\":\"string\",\"contentMediaType\":"
			   "\"application/octet-stream\"},\"name\":{\"type\":\"string\"}},\"required\":[\"file\"]}"));
	}
	jw_close(w, '}');
	jw_close(w, '}');
	jw_close(w, '}');
}

static void responses(struct json_writer *w, const struct route *r)
{
	jw_key(w, "responses");
	jw_open(w, '{');
	jw_key(w, r->flags & ROUTE_WEBSOCKET ? "101" : "2XX");
	jw_open(w, '{');
	jw_kv_cstr(w, "description", r->flags & ROUTE_WEBSOCKET ? "The connection speaks WebSocket." : "Done.");
	if (!(r->flags & ROUTE_WEBSOCKET)) {
		jw_key(w, "content");
		jw_open(w, '{');
		jw_key(w, r->flags & ROUTE_SSE    ? "text/event-stream"
			  : r->flags & ROUTE_PAGE ? "text/html"
						  : "application/json");
		jw_open(w, '{');
		if (r->answer) {
			jw_key(w, "schema");
			json_shape_answer(w, r->answer);
		}
		jw_close(w, '}');
		jw_close(w, '}');
	}
	jw_close(w, '}');
	jw_key(w, "default");
	ref(w, "responses", "Error");
	jw_close(w, '}');
}

static void operation(struct json_writer *w, const struct resource *resource, const struct route *r)
{
	jw_open(w, '{');
	operation_id(w, r);
	if (r->summary)
		jw_kv_cstr(w, "summary", r->summary);
	jw_key(w, "tags");
	jw_open(w, '[');
	jw_cstr(w, resource->name);
	jw_close(w, ']');
	parameters(w, r);
	request_body(w, r);
	responses(w, r);
	if (r->flags & ROUTE_PUBLIC) {
		jw_key(w, "security");
		jw_raw(w, STR("[]"));
	}
	jw_close(w, '}');
}

/* Every operation of path, in the order of methods; the first route of a path writes them all. */
static void path_item(struct json_writer *w, const struct openapi_info *info, const char *path)
{
	jw_key(w, path);
	jw_open(w, '{');
	for (size_t m = 0; m < countof(methods); m++)
		for (size_t i = 0; i < info->n; i++)
			for (size_t j = 0; j < info->resources[i]->n; j++) {
				const struct route *r = &info->resources[i]->routes[j];
				if (!str_is(str_of(r->path), path) || !str_is(str_of(r->method), methods[m]))
					continue;
				char lower[8] = { 0 };
				for (size_t k = 0; k < sizeof lower - 1 && r->method[k]; k++)
					lower[k] = (char)(r->method[k] | 0x20);
				jw_key(w, lower);
				operation(w, info->resources[i], r);
			}
	jw_close(w, '}');
}

static const struct route *route_at(const struct openapi_info *info, size_t n)
{
	for (size_t i = 0; i < info->n; i++) {
		if (n < info->resources[i]->n)
			return &info->resources[i]->routes[n];
		n -= info->resources[i]->n;
	}
	return NULL;
}

static void paths(struct json_writer *w, const struct openapi_info *info)
{
	const struct route *r;
	jw_key(w, "paths");
	jw_open(w, '{');
	for (size_t i = 0; (r = route_at(info, i)); i++) {
		size_t first = 0;
		while (!str_is(str_of(route_at(info, first)->path), r->path))
			first++;
		if (first == i)
			path_item(w, info, r->path);
	}
	jw_close(w, '}');
}

static void schemas(struct json_writer *w, const struct openapi_info *info)
{
	const struct route *r;
	jw_key(w, "schemas");
	jw_open(w, '{');
	jw_key(w, "Error");
	jw_raw(w, STR("{\"type\":\"object\",\"required\":[\"error\"],\"properties\":{\"error\":{\"type\":\"object\","
		      "\"required\":[\"code\",\"message\"],\"properties\":{\"code\":{\"type\":\"string\"},\"message\":"
		      "{\"type\":\"string\"},\"field\":{\"type\":\"string\"}}}}}"));
	for (size_t i = 0; (r = route_at(info, i)); i++) {
		bool seen = !r->body;
		for (size_t j = 0; j < i && !seen; j++) {
			const struct json_table *before = route_at(info, j)->body;
			seen = before && str_is(str_of(before->name), r->body->name);
		}
		if (seen)
			continue;
		jw_key(w, r->body->name);
		json_schema(w, r->body);
	}
	for (size_t i = 0; i < info->n_shapes; i++) {
		jw_key(w, info->shapes[i].name);
		json_shape_schema(w, &info->shapes[i]);
	}
	jw_close(w, '}');
}

static void components(struct json_writer *w, const struct openapi_info *info)
{
	jw_key(w, "components");
	jw_open(w, '{');
	schemas(w, info);
	jw_key(w, "responses");
	jw_raw(w, STR("{\"Error\":{\"description\":\"Refused or failed. 400 malformed, 401 not signed in, 403 not "
		      "allowed, "
		      "404 unknown, 405 wrong method, 409 conflict, 413 too large, 415 wrong type, 422 wrong value, "
		      "429 and 503 try again after Retry-After.\",\"content\":{\"application/json\":{\"schema\":{"
		      "\"$ref\":\"#/components/schemas/Error\"}}}}}"));
	jw_key(w, "securitySchemes");
	jw_open(w, '{');
	jw_key(w, "token");
	jw_raw(w, STR("{\"type\":\"http\",\"scheme\":\"bearer\"}"));
	if (info->session_cookie) {
		jw_key(w, "session");
		jw_open(w, '{');
		jw_kv_cstr(w, "type", "apiKey");
		jw_kv_cstr(w, "in", "cookie");
		jw_kv_cstr(w, "name", info->session_cookie);
		jw_close(w, '}');
	}
	jw_close(w, '}');
	jw_close(w, '}');
}

void openapi_write(struct buf *b, const struct openapi_info *info)
{
	struct json_writer w = json_writer(b);
	jw_open(&w, '{');
	jw_kv_cstr(&w, "openapi", "3.1.0");
	jw_key(&w, "info");
	jw_open(&w, '{');
	jw_kv_cstr(&w, "title", info->title);
	jw_kv_cstr(&w, "version", info->version);
	jw_close(&w, '}');
	jw_key(&w, "security");
	jw_raw(&w, info->session_cookie ? STR("[{\"token\":[]},{\"session\":[]}]") : STR("[{\"token\":[]}]"));
	jw_key(&w, "tags");
	jw_open(&w, '[');
	for (size_t i = 0; i < info->n; i++) {
		jw_open(&w, '{');
		jw_kv_cstr(&w, "name", info->resources[i]->name);
		if (info->resources[i]->doc)
			jw_kv_cstr(&w, "description", info->resources[i]->doc);
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	paths(&w, info);
	components(&w, info);
	jw_close(&w, '}');
}
