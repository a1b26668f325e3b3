#include "http/internal.h"

#include "base/ids.h"

struct response *request_response(struct request *q)
{
	return &q->response;
}

struct arena *request_arena(struct request *q)
{
	return &q->x->arena;
}

const struct route *request_route(const struct request *q)
{
	return q->match.route;
}

struct http_server *request_server(const struct request *q)
{
	return q->server;
}

struct str request_method(const struct request *q)
{
	return q->x->head.method;
}

struct str request_path(const struct request *q)
{
	return q->x->head.path;
}

const char *request_id(const struct request *q)
{
	return q->id;
}

const char *request_address(const struct request *q)
{
	return q->x->address;
}

bool request_is_tls(const struct request *q)
{
	return q->x->tls;
}

bool request_stopping(const struct request *q)
{
	return net_stopping(q->server->net);
}

void request_set_user(struct request *q, void *user)
{
	q->user = user;
}

void *request_user(const struct request *q)
{
	return q->user;
}

void *request_app(const struct request *q)
{
	return q->server->config.app;
}

bool request_gone(const struct request *q)
{
	return atomic_load(&q->x->gone);
}

const _Atomic bool *request_cancel_flag(const struct request *q)
{
	return &q->x->gone;
}

/* -- path: the n-th {name} of the pattern is the n-th value of the match */

struct str request_param(const struct request *q, const char *name)
{
	const char *p = q->match.route ? q->match.route->path : "";
	size_t n = strlen(name);
	for (size_t i = 0; i < q->match.n_params; i++) {
		p = strchr(p, '{') + 1;
		if (strncmp(p, name, n) == 0 && p[n] == '}')
			return q->match.params[i];
	}
	return str_n("", 0);
}

bool request_param_id(const struct request *q, const char *name, int64_t *ret, struct err *e)
{
	if (!id_parse(request_param(q, name), ret))
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such thing.");
	return true;
}

/* -- query */

static bool find(const struct request *q, const char *name, struct str *ret, bool *ret_found, struct err *e)
{
	*ret_found = false;
	for (size_t i = 0; i < q->n_query; i++) {
		if (!str_is(q->query[i].name, name))
			continue;
		if (*ret_found)
			return err_field(e, ERR_VALUE, name, "The parameter %s is given twice.", name);
		*ret = q->query[i].value;
		*ret_found = true;
	}
	return true;
}

bool request_query_has(const struct request *q, const char *name)
{
	for (size_t i = 0; i < q->n_query; i++)
		if (str_is(q->query[i].name, name))
			return true;
	return false;
}

bool request_query_str(const struct request *q, const char *name, struct str *ret, struct err *e)
{
	struct str s;
	bool found;
	if (!find(q, name, &s, &found, e))
		return false;
	if (found)
		*ret = s;
	return true;
}

bool request_query_i64(const struct request *q, const char *name, int64_t min, int64_t max, int64_t *ret, struct err *e)
{
	struct str s;
	bool found;
	int64_t v;
	if (!find(q, name, &s, &found, e))
		return false;
	if (!found)
		return true;
	if (!str_to_i64(s, &v) || v < min || v > max)
		return err_field(e, ERR_VALUE, name, "The parameter %s must be a whole number from %lld to %lld.", name,
				 (long long)min, (long long)max);
	*ret = v;
	return true;
}

bool request_query_f64(const struct request *q, const char *name, double *ret, struct err *e)
{
	struct str s;
	bool found;
	double v;
	if (!find(q, name, &s, &found, e))
		return false;
	if (!found)
		return true;
	if (!str_to_f64(s, &v))
		return err_field(e, ERR_VALUE, name, "The parameter %s must be a number.", name);
	*ret = v;
	return true;
}

bool request_query_bool(const struct request *q, const char *name, bool *ret, struct err *e)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = { { "true", true },   { "1", true },  { "yes", true }, { "", true },
		      { "false", false }, { "0", false }, { "no", false } };
	struct str s;
	bool found;
	if (!find(q, name, &s, &found, e))
		return false;
	if (!found)
		return true;
	for (size_t i = 0; i < countof(words); i++) {
		if (str_ieq(s, str_of(words[i].text))) {
			*ret = words[i].value;
			return true;
		}
	}
	return err_field(e, ERR_VALUE, name, "The parameter %s must be true or false.", name);
}

bool request_query_id(const struct request *q, const char *name, int64_t *ret, struct err *e)
{
	struct str s;
	bool found;
	if (!find(q, name, &s, &found, e))
		return false;
	if (found && !id_parse(s, ret))
		return err_field(e, ERR_VALUE, name, "The parameter %s must be an id.", name);
	return true;
}

size_t request_query_count(const struct request *q)
{
	return q->n_query;
}

void request_query_at(const struct request *q, size_t i, struct str *ret_name, struct str *ret_value)
{
	*ret_name = q->query[i].name;
	*ret_value = q->query[i].value;
}
