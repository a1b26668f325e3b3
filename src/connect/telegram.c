#include "connect/telegram.h"

#include "json/read.h"
#include "json/write.h"

#include <stdio.h>

bool telegram_token_valid(struct str token)
{
	for (size_t i = 0; i < token.n; i++) {
		char c = token.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
		      c == '_' || c == '-'))
			return false;
	}
	return token.n >= 3 && token.n <= TELEGRAM_TOKEN_BYTES;
}

PRINTF_LIKE(4, 5)
static void because(struct sent *ret, enum sent_result result, const char *code, const char *fmt, ...)
{
	va_list ap;
	ret->result = result;
	sent_code(ret, code);
	va_start(ap, fmt);
	vsnprintf(ret->reason, sizeof ret->reason, fmt, ap);
	va_end(ap);
}

/* {"ok":false,"error_code":…,"description":…,"parameters":{…}}; the token never stands in it, but is looked for. */
static void refused(long status, const json_t *v, const char *token, struct sent *ret)
{
	const json_t *parameters = json_object_get(v, "parameters");
	const char *said = json_string_value(json_object_get(v, "description"));
	json_int_t code = json_integer_value(json_object_get(v, "error_code"));
	json_int_t moved = json_integer_value(json_object_get(parameters, "migrate_to_chat_id"));
	json_int_t wait = json_integer_value(json_object_get(parameters, "retry_after"));
	if (!code)
		code = status;
	if (!said || strstr(said, token))
		said = "no reason given";
	if (moved) {
		snprintf(ret->moved_to, sizeof ret->moved_to, "%lld", (long long)moved);
		because(ret, SENT_MOVED, "moving", "the group has another number now");
	} else if (code == 429) {
		ret->wait = MIN(MAX(wait, 1), 86400) * USEC_PER_SEC;
		because(ret, SENT_AGAIN, "busy", "Telegram asks to wait %lld s", (long long)(ret->wait / USEC_PER_SEC));
	} else if (code == 403) {
		because(ret, SENT_TARGET_OFF, "chat_closed", "Telegram: %.200s", said);
	} else if (code == 401 || (code == 404 && !json_is_object(parameters) && strcmp(said, "Not Found") == 0)) {
		because(ret, SENT_FAILED, "token", "Telegram does not know the bot's token");
	} else if (code >= 500 || code < 400) {
		because(ret, SENT_AGAIN, "answer", "Telegram answers %lld: %.200s", (long long)code, said);
	} else {
		because(ret, SENT_FAILED, "refused", "Telegram: %.200s", said);
	}
}

static void run(const struct connect_options *o, const char *token, const char *method, struct call *c,
		struct sent *ret)
{
	CLEANUP(buf_free) struct buf url = BUF_INIT(4 * KIB), body = BUF_INIT(CALL_ANSWER_BYTES);
	CLEANUP(json_decrefp_) json_t *v = NULL;
	struct err e = { 0 };
	long status = 0;
	size_t n = strlen(o->telegram_url);
	*ret = (struct sent){ .result = SENT_DONE };
	while (n && o->telegram_url[n - 1] == '/')
		n--;
	buf_addf(&url, "%.*s/bot%s/%s", (int)n, o->telegram_url, token, method);
	c->url = url.p;
	c->any_address = true; /* the installation's own setting */
	if (url.failed || !call_run(o, c, &status, &body, &e)) {
		because(ret, e.kind == ERR_CANCELLED ? SENT_STOPPING : SENT_AGAIN,
			url.failed ? "trouble" : err_code(&e), "Telegram cannot be reached: %s", e.message);
		return;
	}
	if (!json_read(buf_str(&body), CALL_ANSWER_BYTES, &v, &e) || !json_is_object(v)) {
		because(ret, SENT_AGAIN, "answer", "what answers for Telegram is not its API (status %ld)", status);
		return;
	}
	if (!json_is_true(json_object_get(v, "ok")))
		refused(status, v, token, ret);
}

static void put_chat(struct json_writer *w, const struct telegram_chat *to)
{
	int64_t number;
	if (str_to_i64(str_of(to->chat), &number))
		jw_kv_i64(w, "chat_id", number);
	else
		jw_kv_cstr(w, "chat_id", to->chat);
	if (to->thread)
		jw_kv_i64(w, "message_thread_id", to->thread);
}

void telegram_send_text(const struct connect_options *o, const struct telegram_chat *to, struct str html,
			const _Atomic bool *cancel, struct sent *ret)
{
	CLEANUP(buf_free) struct buf body = BUF_INIT(256 * KIB);
	static const char *const headers[] = { "Content-Type: application/json", NULL };
	struct json_writer w = json_writer(&body);
	jw_open(&w, '{');
	put_chat(&w, to);
	jw_kv_str(&w, "text", html);
	jw_kv_cstr(&w, "parse_mode", "HTML");
	jw_close(&w, '}');
	struct call c = { .headers = headers, .body = buf_str(&body), .cancel = cancel };
	run(o, to->token, "sendMessage", &c, ret);
}

void telegram_send_photo(const struct connect_options *o, const struct telegram_chat *to, struct str png,
			 struct str caption_html, const _Atomic bool *cancel, struct sent *ret)
{
	char thread[32];
	snprintf(thread, sizeof thread, "%lld", (long long)to->thread);
	const struct call_part parts[] = {
		{ "chat_id", NULL, NULL, str_of(to->chat) },         { "caption", NULL, NULL, caption_html },
		{ "parse_mode", NULL, NULL, STR("HTML") },           { "photo", "chart.png", "image/png", png },
		{ "message_thread_id", NULL, NULL, str_of(thread) },
	};
	struct call c = { .parts = parts, .n_parts = countof(parts) - (to->thread ? 0 : 1), .cancel = cancel };
	run(o, to->token, "sendPhoto", &c, ret);
}
