/* Signing in and out, one's own password, and taking up an invitation. */
#include "model/session.h"
#include "api/call.h"
#include "base/clock.h"
#include "crypt/password.h"
#include "model/invitation.h"
#include "model/org.h"
#include "model/sign_in.h"
#include "model/user.h"

#define PASSWORD_FIELD_MAX PASSWORD_MAX_BYTES

static const struct {
	enum permission bit;
	const char *name;
} permission_names[] = {
	{ PERM_PEOPLE, "people" },
	{ PERM_ORGS, "orgs" },
	{ PERM_TOKENS, "tokens" },
	{ PERM_SETTINGS, "settings" },
	{ PERM_LINKS, "links" },
	{ PERM_INTEGRATIONS, "integrations" },
	{ PERM_BACKUP, "backup" },
	{ PERM_AUDIT, "audit" },
	{ PERM_METRICS, "metrics" },
	{ PERM_DATASET_READ, "dataset_read" },
	{ PERM_DATASET_WRITE, "dataset_write" },
	{ PERM_STATISTICS, "statistics" },
	{ PERM_CUSTOMER_READ, "customer_read" },
	{ PERM_CUSTOMER_LIST, "customer_list" },
	{ PERM_CUSTOMER_WRITE, "customer_write" },
	{ PERM_CONTACT, "contact" },
	{ PERM_EXPORT, "export" },
	{ PERM_RECOMMEND, "recommend" },
	{ PERM_MODEL_READ, "model_read" },
	{ PERM_MODEL_WRITE, "model_write" },
	{ PERM_SQL, "sql" },
	{ PERM_DASHBOARD, "dashboard" },
	{ PERM_REPORT, "report" },
	{ PERM_VOUCHER, "voucher" },
};

static void write_user(struct json_writer *w, const struct caller *c, const char *org_name)
{
	jw_open(w, '{');
	jw_key(w, "user");
	jw_open(w, '{');
	jw_kv_id(w, "id", c->user);
	jw_kv_cstr(w, "email", c->email);
	jw_kv_cstr(w, "role", role_name(c->role));
	jw_kv_cstr(w, "org", org_name);
	jw_kv_id(w, "org_id", c->org);
	jw_kv_bool(w, "bank", c->org_is_bank);
	jw_key(w, "may");
	jw_open(w, '[');
	for (size_t i = 0; i < countof(permission_names); i++)
		if (caller_may(c, permission_names[i].bit))
			jw_cstr(w, permission_names[i].name);
	jw_close(w, ']');
	jw_close(w, '}');
	jw_close(w, '}');
}

static void set_cookie(struct response *r, const char *token, int64_t max_age)
{
	struct response_cookie c = {
		.name = API_COOKIE, .value = str_of(token), .max_age = max_age, .http_only = true
	};
	response_cookie(r, &c);
}

/* A page of somebody else must not sign its visitors in either. Programs that send neither header are let through. */
static bool refuse_foreign_page(struct request *q, struct err *e)
{
	bool from_page = request_header(q, "Origin").p || request_header(q, "Sec-Fetch-Site").p;
	if (!from_page || request_same_origin(q))
		return true;
	return err_set(e, ERR_FORBIDDEN, "wrong_origin", "this request does not come from a page of this server");
}

struct sign_in_body {
	struct str email, password;
	bool remember;
};

static const struct json_field sign_in_fields[] = {
	{ "email", JSON_FIELD_STR, offsetof(struct sign_in_body, email), true, 1, EMAIL_BYTES, NULL,
	  "E-mail address." },
	{ "password", JSON_FIELD_STR, offsetof(struct sign_in_body, password), true, 0, PASSWORD_FIELD_MAX, NULL,
	  "Password." },
	{ "remember", JSON_FIELD_BOOL, offsetof(struct sign_in_body, remember), false, 0, 0, NULL,
	  "Stay signed in after the browser is closed." },
};
static const struct json_table sign_in_table = { "SignIn", sign_in_fields, countof(sign_in_fields) };

static bool session_post(struct request *q, struct response *r, struct err *e)
{
	struct sign_in_body body = { 0 };
	struct signed_in done;
	struct arena *a = request_arena(q);
	const struct api *api = api_of(q);
	struct db *db;
	if (!refuse_foreign_page(q, e) || !request_json(q, &sign_in_table, &body, e) || !api_db_take(q, &db, e))
		return false;
	struct str agent = request_header(q, "User-Agent");
	int64_t seconds = body.remember ? api->remember_seconds : api->session_seconds;
	struct sign_in s = { .email = body.email,
			     .password = body.password,
			     .remember = body.remember,
			     .address = request_address(q),
			     .user_agent = agent.p ? arena_strndup(a, agent.p, agent.n) : NULL,
			     .lifetime = seconds * USEC_PER_SEC };
	if (!sign_in(db, &s, clock_now(), a, &done, e))
		return false;
	set_cookie(r, done.token, body.remember ? seconds : 0);
	write_user(response_json(r, 200), &done.caller, done.org_name);
	return true;
}

static bool session_get(struct request *q, struct response *r, struct err *e)
{
	const struct caller *c = api_caller(q);
	struct org org;
	if (!org_find(api_db(q), c, c->org, request_arena(q), &org, e))
		return false;
	write_user(response_json(r, 200), c, org.name);
	return true;
}

static bool session_delete(struct request *q, struct response *r, struct err *e)
{
	if (api_caller(q)->via != CALLER_SESSION)
		return err_set(e, ERR_CONFLICT, "no_session",
			       "a token is not a session; delete it under /api/v1/tokens");
	if (!session_end(api_db(q), api_caller(q), e))
		return false;
	set_cookie(r, "", 0);
	response_no_content(r);
	return true;
}

static bool sessions_list(struct request *q, struct response *r, struct err *e)
{
	struct session *items;
	size_t n;
	if (!session_list(api_db(q), api_caller(q), clock_now(), request_arena(q), &items, &n, e))
		return false;
	struct json_writer *w = api_list_begin(r);
	for (size_t i = 0; i < n; i++) {
		jw_open(w, '{');
		jw_kv_id(w, "id", items[i].id);
		jw_kv_time(w, "created_at", items[i].created_at);
		jw_kv_time(w, "last_seen_at", items[i].last_seen_at);
		jw_kv_time(w, "expires_at", items[i].expires_at);
		jw_kv_bool(w, "current", items[i].current);
		jw_kv_cstr(w, "address", items[i].address);
		jw_kv_cstr(w, "user_agent", items[i].user_agent);
		jw_close(w, '}');
	}
	api_list_end(w, 0, (int64_t)n);
	return true;
}

static bool sessions_delete(struct request *q, struct response *r, struct err *e)
{
	const struct caller *c = api_caller(q);
	if (!session_end_all(api_db(q), c, c->user, e))
		return false;
	if (c->via == CALLER_SESSION)
		set_cookie(r, "", 0);
	response_no_content(r);
	return true;
}

struct password_body {
	struct str current, password;
};

static const struct json_field password_fields[] = {
	{ "current", JSON_FIELD_STR, offsetof(struct password_body, current), true, 0, PASSWORD_FIELD_MAX, NULL,
	  "The password until now." },
	{ "password", JSON_FIELD_STR, offsetof(struct password_body, password), true, PASSWORD_MIN_BYTES,
	  PASSWORD_FIELD_MAX, NULL, "The new one." },
};
static const struct json_table password_table = { "PasswordChange", password_fields, countof(password_fields) };

/* Signing in once more checks the present password, throttled as any sign-in is; the session it makes ends at once. */
static bool check_current(struct request *q, struct db *db, struct str current, struct err *e)
{
	const struct caller *c = api_caller(q);
	struct signed_in again;
	struct sign_in s = {
		.email = str_of(c->email), .password = current, .address = request_address(q), .lifetime = USEC_PER_SEC
	};
	if (!sign_in(db, &s, clock_now(), request_arena(q), &again, e)) {
		if (e->kind == ERR_UNAUTHENTICATED)
			return err_field(e, ERR_VALUE, "current", "the present password is not right");
		return false;
	}
	return session_end(db, &again.caller, e);
}

static bool password_put(struct request *q, struct response *r, struct err *e)
{
	struct password_body body;
	const struct caller *c = api_caller(q);
	struct db *db = api_db(q);
	if (!request_json(q, &password_table, &body, e) || !check_current(q, db, body.current, e) ||
	    !user_set_password(db, c, c->user, body.password, e))
		return false;
	response_no_content(r);
	return true;
}

struct invitation_body {
	struct str token, password;
};

static const struct json_field invitation_fields[] = {
	{ "token", JSON_FIELD_STR, offsetof(struct invitation_body, token), true, 1, 200, NULL, "From the link." },
	{ "password", JSON_FIELD_STR, offsetof(struct invitation_body, password), false, PASSWORD_MIN_BYTES,
	  PASSWORD_FIELD_MAX, NULL, "Sets it and uses the link up; without it the answer only says whose link it is." },
};
static const struct json_table invitation_table = { "InvitationUse", invitation_fields, countof(invitation_fields) };

static bool invitation_post(struct request *q, struct response *r, struct err *e)
{
	struct invitation_body body = { 0 };
	struct user u;
	struct db *db;
	int64_t now = clock_now();
	if (!refuse_foreign_page(q, e) || !request_json(q, &invitation_table, &body, e) || !api_db_take(q, &db, e) ||
	    !invitation_find(db, body.token, now, request_arena(q), &u, e))
		return false;
	if (body.password.p && !invitation_accept(db, body.token, body.password, request_address(q), now, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	jw_kv_cstr(w, "email", u.email);
	jw_kv_cstr(w, "role", role_name(u.role));
	jw_kv_cstr(w, "org", u.org_name);
	jw_kv_bool(w, "accepted", body.password.p != NULL);
	jw_close(w, '}');
	return true;
}

static const struct route routes[] = {
	{ .method = "POST",
	  .path = "/api/v1/session",
	  .answer = "Session",
	  .handle = session_post,
	  .flags = ROUTE_PUBLIC,
	  .body = &sign_in_table,
	  .summary = "Sign in: sets the session cookie." },
	{ .method = "GET",
	  .path = "/api/v1/session",
	  .answer = "Session",
	  .handle = session_get,
	  .summary = "Who am I, and what may I do." },
	{ .method = "DELETE", .path = "/api/v1/session", .handle = session_delete, .summary = "Sign out." },
	{ .method = "PUT",
	  .path = "/api/v1/session/password",
	  .handle = password_put,
	  .permission = PERM_SELF,
	  .body = &password_table,
	  .summary = "Change one's own password; ends one's other sessions." },
	{ .method = "GET",
	  .path = "/api/v1/sessions",
	  .answer = "Page:Place",
	  .handle = sessions_list,
	  .permission = PERM_SELF,
	  .summary = "Where one is signed in." },
	{ .method = "DELETE",
	  .path = "/api/v1/sessions",
	  .handle = sessions_delete,
	  .permission = PERM_SELF,
	  .summary = "Sign out everywhere." },
	{ .method = "POST",
	  .path = "/api/v1/invitation",
	  .handle = invitation_post,
	  .flags = ROUTE_PUBLIC,
	  .body = &invitation_table,
	  .summary = "Take up an invitation: set the password by a one-time link." },
};

const struct resource session_resource = { "session", "Signing in and out.", routes, countof(routes) };
