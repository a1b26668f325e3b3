/* The services that an organisation sends with: its bot of Telegram, its mail server. Secrets are written, never read.
 */
#include "api/api.h"
#include "connect/mail.h"
#include "connect/sender.h"
#include "connect/telegram.h"
#include "model/settings.h"

static const struct connect_options *options(const struct request *q)
{
	return sender_options(api_instance(q)->sender);
}

static bool mail_now(struct request *q, struct mail_server *ret, bool *ret_set, struct err *e)
{
	const char *json;
	if (!setting_get(api_db(q), api_caller(q)->org, SETTING_MAIL_SERVER, request_arena(q), &json, e))
		return false;
	*ret_set = json != NULL;
	return !json || mail_server_read(str_of(json), request_arena(q), ret, e);
}

static bool integrations_get(struct request *q, struct response *r, struct err *e)
{
	const char *own, *token;
	struct mail_server mail;
	bool set;
	if (!setting_get(api_db(q), api_caller(q)->org, SETTING_TELEGRAM_TOKEN, request_arena(q), &own, e) ||
	    !telegram_token_of(api_db(q), api_caller(q)->org, options(q), request_arena(q), &token, e) ||
	    !mail_now(q, &mail, &set, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	jw_key(w, "telegram");
	jw_open(w, '{');
	jw_kv_bool(w, "set", token != NULL);
	jw_kv_bool(w, "own", own != NULL);
	jw_close(w, '}');
	jw_key(w, "mail");
	if (set) {
		jw_open(w, '{');
		jw_kv_cstr(w, "host", mail.host);
		jw_kv_i64(w, "port", mail.port);
		jw_kv_cstr(w, "security", mail.security_name);
		jw_kv_cstr(w, "user", mail.user);
		jw_kv_bool(w, "password_set", mail.password[0] != 0);
		jw_kv_cstr(w, "from", mail.from);
		jw_close(w, '}');
	} else {
		jw_null(w);
	}
	jw_kv_bool(w, "private_allowed", options(q)->private_allowed);
	jw_close(w, '}');
	return true;
}

struct telegram_body {
	struct str token;
};
static const struct json_field telegram_fields[] = {
	{ "token", JSON_FIELD_STR, offsetof(struct telegram_body, token), true, 0, TELEGRAM_TOKEN_BYTES, NULL,
	  "The bot's token; empty removes it." },
};
static const struct json_table telegram_table = { "TelegramBot", telegram_fields, countof(telegram_fields) };

static bool telegram_put(struct request *q, struct response *r, struct err *e)
{
	struct telegram_body body = { .token = STR("") };
	if (!request_json(q, &telegram_table, &body, e))
		return false;
	body.token = str_trim(body.token);
	if (body.token.n && !telegram_token_valid(body.token))
		return err_field(e, ERR_VALUE, "token", "This is not the token of a bot.");
	if (!body.token.n)
		body.token = (struct str){ 0 };
	if (!setting_set(api_db(q), api_caller(q), api_caller(q)->org, STR(SETTING_TELEGRAM_TOKEN), body.token, e))
		return false;
	response_no_content(r);
	return true;
}

struct mail_body {
	struct str host, security, user, password, from;
	int64_t port;
};
static const char *const securities[] = { "tls", "starttls", "none", NULL };
static const struct json_field mail_fields[] = {
	{ "host", JSON_FIELD_STR, offsetof(struct mail_body, host), true, 1, 253, NULL, "The SMTP server." },
	{ "port", JSON_FIELD_I64, offsetof(struct mail_body, port), false, 1, 65535, NULL, "Its port." },
	{ "security", JSON_FIELD_STR, offsetof(struct mail_body, security), false, 0, 20, securities,
	  "tls, starttls, or none in private networks." },
	{ "user", JSON_FIELD_STR, offsetof(struct mail_body, user), false, 0, 300, NULL,
	  "To sign in with; empty = not." },
	{ "password", JSON_FIELD_STR, offsetof(struct mail_body, password), false, 0, 1000, NULL,
	  "Left out: the one that is set stays." },
	{ "from", JSON_FIELD_STR, offsetof(struct mail_body, from), true, 1, 254, NULL, "The sender's address." },
};
static const struct json_table mail_table = { "MailServer", mail_fields, countof(mail_fields) };

static bool mail_put(struct request *q, struct response *r, struct err *e)
{
	CLEANUP(buf_free) struct buf json = BUF_INIT(16 * KIB);
	struct mail_body b = { .user = STR(""), .security = STR("tls"), .port = 465 };
	struct mail_server was = { .password = "" }, now;
	bool set;
	if (!request_json(q, &mail_table, &b, e) || !mail_now(q, &was, &set, e))
		return false;
	/* A password is for the server it was given for: to another one it does not go along. */
	bool same = set && str_is(b.host, was.host) && was.port == b.port;
	struct json_writer w = json_writer(&json);
	jw_open(&w, '{');
	jw_kv_str(&w, "host", b.host);
	jw_kv_i64(&w, "port", b.port);
	jw_kv_str(&w, "security", b.security);
	jw_kv_str(&w, "user", b.user);
	jw_kv_str(&w, "password", b.password.p ? b.password : str_of(same ? was.password : ""));
	jw_kv_str(&w, "from", b.from);
	jw_close(&w, '}');
	if (!mail_server_read(buf_str(&json), request_arena(q), &now, e) || !mail_server_check(&now, options(q), e) ||
	    !setting_set(api_db(q), api_caller(q), api_caller(q)->org, STR(SETTING_MAIL_SERVER), buf_str(&json), e))
		return false;
	response_no_content(r);
	return true;
}

static bool mail_delete(struct request *q, struct response *r, struct err *e)
{
	if (!setting_set(api_db(q), api_caller(q), api_caller(q)->org, STR(SETTING_MAIL_SERVER), (struct str){ 0 }, e))
		return false;
	response_no_content(r);
	return true;
}

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/integrations",
	  .handle = integrations_get,
	  .permission = PERM_INTEGRATIONS,
	  .summary = "Which services are set; no secrets." },
	{ .method = "PUT",
	  .path = "/api/v1/integrations/telegram",
	  .handle = telegram_put,
	  .permission = PERM_INTEGRATIONS,
	  .body = &telegram_table,
	  .summary = "Set the token of the organisation's bot; it cannot be read again." },
	{ .method = "PUT",
	  .path = "/api/v1/integrations/mail",
	  .handle = mail_put,
	  .permission = PERM_INTEGRATIONS,
	  .body = &mail_table,
	  .summary = "Set the organisation's mail server; its password cannot be read again." },
	{ .method = "DELETE",
	  .path = "/api/v1/integrations/mail",
	  .handle = mail_delete,
	  .permission = PERM_INTEGRATIONS,
	  .summary = "Send no e-mail any more." },
};

const struct resource integrations_resource = { "integrations", "Services that reports are sent with.", routes,
						countof(routes) };
