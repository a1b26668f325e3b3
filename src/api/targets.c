/* Where reports go: chats, mail addresses, webhooks. */
#include "api/api.h"
#include "model/target.h"
#include "report/send.h"

static void target_json(struct json_writer *w, const struct target *t)
{
	jw_open(w, '{');
	jw_kv_id(w, "id", t->id);
	jw_kv_cstr(w, "name", t->name);
	jw_kv_cstr(w, "kind", target_kind_name(t->kind));
	jw_kv_cstr(w, "address", t->address);
	jw_kv_i64(w, "thread", t->thread);
	jw_kv_bool(w, "management", t->management);
	jw_kv_bool(w, "on", !t->off_reason[0]);
	jw_kv_cstr(w, "off_reason", t->off_reason[0] ? t->off_reason : NULL);
	jw_kv_cstr(w, "off_code", t->off_code[0] ? t->off_code : NULL);
	jw_kv_time(w, "created_at", t->created_at);
	jw_close(w, '}');
}

static bool targets_list(struct request *q, struct response *r, struct err *e)
{
	struct target *items;
	size_t n;
	if (!target_list(api_db(q), api_caller(q)->org, request_arena(q), &items, &n, e))
		return false;
	struct json_writer *w = api_list_begin(r);
	for (size_t i = 0; i < n; i++)
		target_json(w, &items[i]);
	api_list_end(w, 0, (int64_t)n);
	return true;
}

#define AT(member) offsetof(struct target_input, member)
#define COMMON_FIELDS                                                                                         \
	{ "thread", JSON_FIELD_I64, AT(thread), false, 0, INT32_MAX, NULL, "Topic of a group of Telegram." }, \
	{                                                                                                     \
		"management", JSON_FIELD_BOOL, AT(management), false, 0, 0, NULL,                             \
			"A chat of the management: ?send=telegram sends there."                               \
	}
static const struct json_field new_fields[] = {
	{ "name", JSON_FIELD_STR, AT(name), true, 1, TARGET_NAME_BYTES, NULL, "Its name." },
	{ "kind", JSON_FIELD_STR, AT(kind), true, 1, 20, NULL, "telegram, email or webhook." },
	{ "address", JSON_FIELD_STR, AT(address), true, 1, TARGET_ADDRESS_BYTES, NULL,
	  "A chat's number or @name; e-mail addresses with commas; an address of the web." },
	COMMON_FIELDS,
};
static const struct json_field change_fields[] = {
	{ "name", JSON_FIELD_STR, AT(name), false, 1, TARGET_NAME_BYTES, NULL, "Its name." },
	{ "address", JSON_FIELD_STR, AT(address), false, 1, TARGET_ADDRESS_BYTES, NULL, "The same as for a new one." },
	{ "on", JSON_FIELD_BOOL, AT(on), false, 0, 0, NULL, "false: nothing is sent there." },
	COMMON_FIELDS,
};
static const struct json_table new_table = { "NewTarget", new_fields, countof(new_fields) };
static const struct json_table change_table = { "TargetChange", change_fields, countof(change_fields) };

static bool targets_create(struct request *q, struct response *r, struct err *e)
{
	struct target_input in = { .on = true };
	char secret[TOKEN_TEXT];
	int64_t id;
	if (!request_json(q, &new_table, &in, e) || !target_create(api_db(q), api_caller(q), &in, &id, secret, e))
		return false;
	struct json_writer *w = response_json(r, 201);
	jw_open(w, '{');
	jw_kv_id(w, "id", id);
	if (secret[0])
		jw_kv_cstr(w, "secret", secret);
	jw_close(w, '}');
	return true;
}

static bool of_path(struct request *q, struct target *ret, struct err *e)
{
	int64_t id;
	return request_param_id(q, "id", &id, e) &&
	       target_find(api_db(q), api_caller(q)->org, id, request_arena(q), ret, e);
}

static bool targets_change(struct request *q, struct response *r, struct err *e)
{
	struct target t;
	if (!of_path(q, &t, e))
		return false;
	struct target_input in = { .thread = t.thread, .management = t.management, .on = !t.off_reason[0] };
	if (!request_json(q, &change_table, &in, e) || !target_change(api_db(q), api_caller(q), t.id, &in, e) ||
	    !of_path(q, &t, e))
		return false;
	target_json(response_json(r, 200), &t);
	return true;
}

static bool targets_delete(struct request *q, struct response *r, struct err *e)
{
	int64_t id;
	if (!request_param_id(q, "id", &id, e) || !target_delete(api_db(q), api_caller(q), id, e))
		return false;
	response_no_content(r);
	return true;
}

static bool targets_test(struct request *q, struct response *r, struct err *e)
{
	struct target t;
	struct str asked = STR("en");
	enum language language;
	int64_t id;
	if (!of_path(q, &t, e) || !request_query_str(q, "language", &asked, e))
		return false;
	if (!language_parse(asked, &language))
		return err_field(e, ERR_VALUE, "language", "en, ru, pl or mk is wanted");
	if (!target_test(api_instance(q), api_db(q), api_caller(q)->org, api_caller(q)->user, t.id, language,
			 request_arena(q), &id, e))
		return false;
	struct json_writer *w = response_json(r, 202);
	jw_open(w, '{');
	jw_kv_id(w, "delivery", id);
	jw_close(w, '}');
	return true;
}

static const struct route_param test_params[] = { { "language", ROUTE_PARAM_STR, "en, ru, pl or mk." } };

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/targets",
	  .handle = targets_list,
	  .permission = PERM_REPORT,
	  .summary = "All targets of the organisation. off_code says why one is off: person, chat_closed, gone.",
	  .answer = "Page:Target" },
	{ .method = "POST",
	  .path = "/api/v1/targets",
	  .handle = targets_create,
	  .permission = PERM_INTEGRATIONS,
	  .body = &new_table,
	  .summary = "Add one; a webhook's secret is shown in this answer only." },
	{ .method = "PATCH",
	  .path = "/api/v1/targets/{id}",
	  .handle = targets_change,
	  .permission = PERM_INTEGRATIONS,
	  .body = &change_table,
	  .summary = "Change it, or switch it on and off.",
	  .answer = "Target" },
	{ .method = "DELETE",
	  .path = "/api/v1/targets/{id}",
	  .handle = targets_delete,
	  .permission = PERM_INTEGRATIONS,
	  .summary = "Remove it; what waits for it fails." },
	{ .method = "POST",
	  .path = "/api/v1/targets/{id}/test",
	  .handle = targets_test,
	  .permission = PERM_INTEGRATIONS,
	  .query = test_params,
	  .n_query = countof(test_params),
	  .summary = "Send it a test message." },
};

const struct resource targets_resource = { "targets", "Where reports go.", routes, countof(routes) };
