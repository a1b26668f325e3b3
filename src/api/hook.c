/* Before and after every handler: who calls, may they, from where; the store connection. */
#include "api/call.h"
#include "api/hot.h"
#include "base/clock.h"
#include "model/session.h"
#include "model/token.h"

#define STORE_WAIT_MS 5000

struct api_call *api_call_of(struct request *q)
{
	struct api_call *c = request_user(q);
	if (!c) {
		c = arena_new(request_arena(q), struct api_call);
		request_set_user(q, c);
	}
	return c;
}

struct api *api_of(const struct request *q)
{
	return request_app(q);
}

struct instance *api_instance(const struct request *q)
{
	return api_of(q)->inst;
}

const struct caller *api_caller(const struct request *q)
{
	const struct api_call *c = request_user(q);
	return c && c->known ? &c->caller : NULL;
}

struct db *api_db(const struct request *q)
{
	const struct api_call *c = request_user(q);
	return c ? c->db : NULL;
}

bool api_db_take(struct request *q, struct db **ret, struct err *e)
{
	struct api_call *c = api_call_of(q);
	if (!c)
		return err_set(e, ERR_LIMIT, NULL, "the request takes too much memory");
	if (!c->db && !db_pool_take(api_instance(q)->dbs, STORE_WAIT_MS, &c->db, e))
		return false;
	*ret = c->db;
	return true;
}

void api_db_release(struct request *q)
{
	struct api_call *c = request_user(q);
	if (c)
		db_pool_give(api_instance(q)->dbs, &c->db);
}

void api_open(struct api *api)
{
	api->hot = hot_new();
}

void api_close(struct api *api)
{
	hot_free(&api->hot);
}

static bool identify(struct request *q, struct db *db, struct caller *ret, struct err *e)
{
	struct str bearer = request_bearer(q), cookie = request_cookie(q, API_COOKIE);
	const char *address = request_address(q);
	struct arena *a = request_arena(q);
	if (bearer.p)
		return token_find(db, bearer, address, clock_now(), a, ret, e);
	if (cookie.p && cookie.n)
		return session_find(db, cookie, address, clock_now(), a, ret, e);
	return err_set(e, ERR_UNAUTHENTICATED, NULL, "sign in first, or send a token");
}

/* What identify() goes by. */
static struct str token_of(const struct request *q)
{
	struct str bearer = request_bearer(q);
	return bearer.p ? bearer : request_cookie(q, API_COOKIE);
}

static bool changes_something(const struct request *q)
{
	struct str m = request_method(q);
	return !str_is(m, "GET") && !str_is(m, "HEAD") && !str_is(m, "OPTIONS");
}

static bool check_origin(const struct request *q, const struct caller *c, struct err *e)
{
	if (c->via != CALLER_SESSION || !changes_something(q) || request_same_origin(q))
		return true;
	return err_set(e, ERR_FORBIDDEN, "wrong_origin", "this request does not come from a page of this server");
}

/* One of the bits is enough; 0 asks for no more than being signed in. */
static bool check_permission(const struct caller *c, unsigned wanted, struct err *e)
{
	if (!wanted)
		return true;
	for (unsigned bit = 1; bit && bit <= wanted; bit <<= 1)
		if ((wanted & bit) && caller_may(c, (enum permission)bit))
			return true;
	return caller_must(c, (enum permission)(wanted & -wanted), e);
}

static bool authorise(void *ctx, struct request *q, const struct route *r, struct err *e)
{
	struct db *db;
	uint64_t writes = db_writes();
	if (!api_db_take(q, &db, e))
		return false;
	struct api_call *c = api_call_of(q);
	if (!identify(q, db, &c->caller, e) || !check_origin(q, &c->caller, e) ||
	    !check_permission(&c->caller, r->permission, e))
		return false;
	c->known = true;
	if (r->hot)
		hot_keep_caller(api_of(q)->hot, token_of(q), writes, &c->caller);
	return true;
}

/* The same from memory, for what only reads. */
static bool hot(void *ctx, struct request *q, const struct route *r)
{
	struct str token = token_of(q);
	struct api_call *c = api_call_of(q);
	if (!c || !token.n || !hot_caller(api_of(q)->hot, token, request_address(q), &c->caller) ||
	    !check_permission(&c->caller, r->permission, NULL))
		return false;
	c->known = true;
	bool answered = r->hot(q, request_response(q));
	c->known = answered;
	return answered;
}

static void finish(void *ctx, struct request *q, struct response *r)
{
	api_db_release(q);
}

void api_error_json(struct json_writer *w, const struct err *e)
{
	bool ours = err_http_status(e->kind) == 500;
	char sentence[ERR_SENTENCE_BYTES];
	jw_open(w, '{');
	jw_kv_cstr(w, "code", err_code(e));
	jw_kv_cstr(w, "message",
		   err_sentence(ours ? "Something went wrong on the server; its log says more" : e->message, sentence));
	if (e->field[0])
		jw_kv_cstr(w, "field", e->field);
	jw_close(w, '}');
}

/* The routes of the bank's interface at the root say their status in the body as well. */
static bool write_error(void *ctx, struct request *q, const struct err *e, struct buf *json)
{
	struct str path = request_path(q);
	if (!str_is(path, "/load_db") && !str_is(path, "/stat_user"))
		return false;
	struct json_writer w = json_writer(json);
	jw_open(&w, '{');
	jw_kv_i64(&w, "index_result", err_http_status(e->kind));
	jw_key(&w, "error");
	api_error_json(&w, e);
	jw_close(&w, '}');
	return true;
}

struct http_hooks api_hooks(struct api *api)
{
	return (struct http_hooks){
		.ctx = api, .authorise = authorise, .hot = hot, .finish = finish, .write_error = write_error
	};
}
