/* Accounts of the organisation: administration by its administrators. */
#include "api/api.h"
#include "base/clock.h"
#include "model/invitation.h"
#include "model/user.h"

static void write_user(struct json_writer *w, const struct user *u)
{
	jw_open(w, '{');
	jw_kv_id(w, "id", u->id);
	jw_kv_cstr(w, "email", u->email);
	jw_kv_cstr(w, "role", role_name(u->role));
	jw_kv_cstr(w, "org", u->org_name);
	jw_kv_id(w, "org_id", u->org);
	jw_kv_bool(w, "invited", !u->has_password);
	jw_kv_bool(w, "disabled", u->disabled_at != 0);
	jw_kv_bool(w, "locked", u->locked_until > clock_now());
	jw_kv_time(w, "created_at", u->created_at);
	jw_kv_time(w, "last_seen_at", u->last_seen_at ? u->last_seen_at : INT64_MIN);
	jw_close(w, '}');
}

static bool users_list(struct request *q, struct response *r, struct err *e)
{
	struct api_page asked;
	struct user *items;
	if (!api_page_read(q, &asked, e))
		return false;
	struct page page = { .after = asked.after, .limit = asked.limit };
	if (!user_list(api_db(q), api_caller(q), &page, request_arena(q), &items, e))
		return false;
	struct json_writer *w = api_list_begin(r);
	for (size_t i = 0; i < page.n; i++)
		write_user(w, &items[i]);
	api_list_end(w, page.next, page.total);
	return true;
}

/* The link is for the page of this server: what comes after # is not sent to any server, so it is in no log. */
static void write_invitation(struct json_writer *w, struct request *q, const char *token, int64_t expires_at)
{
	struct str host = request_header(q, "Host");
	const char *link = arena_printf(request_arena(q), "%s://%.*s/#/invitation?token=%s",
					request_is_tls(q) ? "https" : "http", STR_ARG(host), token);
	jw_key(w, "invitation");
	jw_open(w, '{');
	jw_kv_cstr(w, "token", token);
	jw_kv_cstr(w, "link", link);
	jw_kv_time(w, "expires_at", expires_at);
	jw_close(w, '}');
}

/* The account, and a fresh invitation when asked for. */
static bool answer_user(struct request *q, struct response *r, int status, int64_t id, bool invite, struct err *e)
{
	struct user u;
	char token[TOKEN_TEXT];
	int64_t expires_at = 0;
	if (!user_find(api_db(q), api_caller(q), id, request_arena(q), &u, e))
		return false;
	if (invite && !invitation_create(api_db(q), api_caller(q), id, clock_now(),
					 api_of(q)->invitation_seconds * USEC_PER_SEC, token, &expires_at, e))
		return false;
	struct json_writer *w = response_json(r, status);
	jw_open(w, '{');
	jw_key(w, "user");
	write_user(w, &u);
	if (invite)
		write_invitation(w, q, token, expires_at);
	jw_close(w, '}');
	return true;
}

static bool users_get(struct request *q, struct response *r, struct err *e)
{
	int64_t id;
	return request_param_id(q, "id", &id, e) && answer_user(q, r, 200, id, false, e);
}

static const char *const roles[] = { "admin", "analyst", "manager", "operator", "client", NULL };

struct user_body {
	struct str email, role;
	int64_t org;
};

static const struct json_field user_fields[] = {
	{ "email", JSON_FIELD_STR, offsetof(struct user_body, email), true, 3, EMAIL_BYTES, NULL, "E-mail address." },
	{ "role", JSON_FIELD_STR, offsetof(struct user_body, role), true, 0, 0, roles, "What the person may do." },
	{ "org", JSON_FIELD_ID, offsetof(struct user_body, org), false, 0, 0, NULL,
	  "Organisation; the bank's administrators may make administrators of a partner." },
};
static const struct json_table user_table = { "NewUser", user_fields, countof(user_fields) };

static bool users_create(struct request *q, struct response *r, struct err *e)
{
	struct user_body body = { 0 };
	struct user_new fresh = { 0 };
	char token[TOKEN_TEXT];
	int64_t id, expires_at;
	CLEANUP(db_tx_end) struct db *tx = NULL;
	if (!request_json(q, &user_table, &body, e) || !role_parse(body.role, &fresh.role))
		return false;
	fresh.org = body.org;
	fresh.email = body.email;
	/* Whoever may make the account of a partner's administrator may invite that one too. */
	struct caller inviter = *api_caller(q);
	if (body.org)
		inviter.org = body.org;
	/* The account and its invitation, or neither. */
	if (!db_begin_tx(api_db(q), &tx, e) || !user_create(api_db(q), api_caller(q), &fresh, &id, e) ||
	    !invitation_create(api_db(q), &inviter, id, clock_now(), api_of(q)->invitation_seconds * USEC_PER_SEC,
			       token, &expires_at, e) ||
	    !db_commit_tx(&tx, e))
		return false;
	struct json_writer *w = response_json(r, 201);
	jw_open(w, '{');
	jw_key(w, "user");
	jw_open(w, '{');
	jw_kv_id(w, "id", id);
	jw_kv_str(w, "email", body.email);
	jw_kv_str(w, "role", body.role);
	jw_kv_bool(w, "invited", true);
	jw_close(w, '}');
	write_invitation(w, q, token, expires_at);
	jw_close(w, '}');
	return true;
}

struct change_body {
	struct str role;
	json_t *disabled;
	bool unlock, invite;
};

static const struct json_field change_fields[] = {
	{ "role", JSON_FIELD_STR, offsetof(struct change_body, role), false, 0, 0, roles, "Another role." },
	{ "disabled", JSON_FIELD_ANY, offsetof(struct change_body, disabled), false, 0, 0, NULL,
	  "true ends every session of the account and lets it in no more; false lets it in again." },
	{ "unlock", JSON_FIELD_BOOL, offsetof(struct change_body, unlock), false, 0, 0, NULL,
	  "Forget the wrong passwords that locked it." },
	{ "invite", JSON_FIELD_BOOL, offsetof(struct change_body, invite), false, 0, 0, NULL,
	  "Answer a new one-time link, for a password that was lost." },
};
static const struct json_table change_table = { "UserChange", change_fields, countof(change_fields) };

static bool read_change(struct request *q, struct user_change *ret, bool *ret_invite, struct err *e)
{
	struct change_body body = { 0 };
	if (!request_json(q, &change_table, &body, e))
		return false;
	*ret = (struct user_change){ .set_role = body.role.p != NULL, .unlock = body.unlock };
	if (body.role.p && !role_parse(body.role, &ret->role))
		return err_field(e, ERR_VALUE, "role", "unknown role");
	if (body.disabled && !json_is_boolean(body.disabled))
		return err_field(e, ERR_VALUE, "disabled", "disabled is true or false");
	ret->set_disabled = body.disabled != NULL;
	ret->disabled = json_is_true(body.disabled);
	*ret_invite = body.invite;
	return true;
}

static bool users_change(struct request *q, struct response *r, struct err *e)
{
	int64_t id;
	struct user_change change;
	bool invite = false;
	if (!request_param_id(q, "id", &id, e) || !read_change(q, &change, &invite, e))
		return false;
	if ((change.set_role || change.set_disabled || change.unlock) &&
	    !user_update(api_db(q), api_caller(q), id, &change, e))
		return false;
	return answer_user(q, r, 200, id, invite, e);
}

static const struct route_param page_params[] = { API_PAGE_PARAMS };

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/users",
	  .answer = "Page:User",
	  .handle = users_list,
	  .permission = PERM_PEOPLE,
	  .summary = "Accounts of the organisation.",
	  .query = page_params,
	  .n_query = countof(page_params) },
	{ .method = "POST",
	  .path = "/api/v1/users",
	  .handle = users_create,
	  .permission = PERM_PEOPLE,
	  .body = &user_table,
	  .summary = "Invite a person: makes the account and a one-time link by which its password is set." },
	{ .method = "GET",
	  .path = "/api/v1/users/{id}",
	  .handle = users_get,
	  .permission = PERM_PEOPLE,
	  .summary = "One account." },
	{ .method = "PATCH",
	  .path = "/api/v1/users/{id}",
	  .handle = users_change,
	  .permission = PERM_PEOPLE,
	  .body = &change_table,
	  .summary = "Another role, disabling, unlocking, a new link." },
};

const struct resource users_resource = { "users", "People of the organisation.", routes, countof(routes) };
