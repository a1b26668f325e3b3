/* Bearer tokens of programs. */
#include "api/api.h"
#include "base/clock.h"
#include "model/token.h"

static bool tokens_list(struct request *q, struct response *r, struct err *e)
{
	struct api_page asked;
	struct token *items;
	if (!api_page_read(q, &asked, e))
		return false;
	struct page page = { .after = asked.after, .limit = asked.limit };
	if (!token_list(api_db(q), api_caller(q), &page, request_arena(q), &items, e))
		return false;
	struct json_writer *w = api_list_begin(r);
	for (size_t i = 0; i < page.n; i++) {
		jw_open(w, '{');
		jw_kv_id(w, "id", items[i].id);
		jw_kv_cstr(w, "name", items[i].name);
		jw_kv_id(w, "user", items[i].user);
		jw_kv_cstr(w, "email", items[i].email);
		jw_kv_time(w, "created_at", items[i].created_at);
		jw_kv_time(w, "last_used_at", items[i].last_used_at ? items[i].last_used_at : INT64_MIN);
		jw_kv_time(w, "expires_at", items[i].expires_at ? items[i].expires_at : INT64_MIN);
		jw_close(w, '}');
	}
	api_list_end(w, page.next, page.total);
	return true;
}

struct token_body {
	struct str name, expires_at;
	int64_t user;
};

static const struct json_field token_fields[] = {
	{ "name", JSON_FIELD_STR, offsetof(struct token_body, name), true, 1, TOKEN_NAME_BYTES, NULL,
	  "What it is for." },
	{ "user", JSON_FIELD_ID, offsetof(struct token_body, user), false, 0, 0, NULL,
	  "The account it acts for; the caller's unless said." },
	{ "expires_at", JSON_FIELD_STR, offsetof(struct token_body, expires_at), false, 0, 0, NULL,
	  "When it ends (RFC 3339); never unless said." },
};
static const struct json_table token_table = { "NewToken", token_fields, countof(token_fields) };

static bool tokens_create(struct request *q, struct response *r, struct err *e)
{
	struct token_body body = { 0 };
	char text[TOKEN_TEXT];
	int64_t id, expires_at = 0;
	if (!request_json(q, &token_table, &body, e))
		return false;
	if (body.expires_at.p && (!clock_parse(body.expires_at, &expires_at) || expires_at <= clock_now()))
		return err_field(e, ERR_VALUE, "expires_at", "expires_at is a time to come, as 2027-01-31T00:00:00Z");
	if (!token_create(api_db(q), api_caller(q), body.user, body.name, expires_at, text, &id, e))
		return false;
	struct json_writer *w = response_json(r, 201);
	jw_open(w, '{');
	jw_kv_id(w, "id", id);
	jw_kv_str(w, "name", body.name);
	jw_kv_cstr(w, "token", text);
	jw_close(w, '}');
	return true;
}

static bool tokens_delete(struct request *q, struct response *r, struct err *e)
{
	int64_t id;
	if (!request_param_id(q, "id", &id, e) || !token_delete(api_db(q), api_caller(q), id, e))
		return false;
	response_no_content(r);
	return true;
}

static const struct route_param page_params[] = { API_PAGE_PARAMS };

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/tokens",
	  .answer = "Page:Token",
	  .handle = tokens_list,
	  .permission = PERM_TOKENS,
	  .summary = "Tokens of the organisation; the tokens themselves are not kept.",
	  .query = page_params,
	  .n_query = countof(page_params) },
	{ .method = "POST",
	  .path = "/api/v1/tokens",
	  .handle = tokens_create,
	  .permission = PERM_TOKENS,
	  .body = &token_table,
	  .summary = "Make one; it is shown in this answer only." },
	{ .method = "DELETE",
	  .path = "/api/v1/tokens/{id}",
	  .handle = tokens_delete,
	  .permission = PERM_TOKENS,
	  .summary = "It lets nobody in any more." },
};

const struct resource tokens_resource = { "tokens", "Bearer tokens of programs.", routes, countof(routes) };
