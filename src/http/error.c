#include "http/internal.h"

#include "base/log.h"

#include <stdio.h>

void error_json(struct buf *b, const char *code, const char *message, const char *field)
{
	struct json_writer w = json_writer(b);
	char sentence[ERR_SENTENCE_BYTES];
	jw_open(&w, '{');
	jw_key(&w, "error");
	jw_open(&w, '{');
	jw_kv_cstr(&w, "code", code);
	jw_kv_cstr(&w, "message", err_sentence(message, sentence));
	if (field && field[0])
		jw_kv_cstr(&w, "field", field);
	jw_close(&w, '}');
	jw_close(&w, '}');
}

/* Is the message about our own insides? */
static bool is_ours(enum err_kind kind)
{
	return err_http_status(kind) >= 500 && kind != ERR_UNAVAILABLE;
}

static void log_own_fault(const struct request *q, const struct err *e)
{
	struct log_line l;
	log_begin(&l, LOG_ERROR, "request_failed");
	log_cstr(&l, "id", q->id);
	log_cstr(&l, "route", q->match.route ? q->match.route->path : "-");
	log_err(&l, e);
	log_end(&l);
}

void error_answer(struct request *q, struct response *r, const struct err *given)
{
	struct err e = *given;
	const struct http_hooks *h = q->server->config.hooks;
	if (e.kind == ERR_NONE)
		err_set(&e, ERR_INTERNAL, NULL, "A handler failed without saying why");
	if (is_ours(e.kind)) {
		log_own_fault(q, &e);
		char code[sizeof e.code];
		snprintf(code, sizeof code, "%s", err_code(&e));
		if (strcmp(code, "disk_full") == 0)
			err_set(&e, e.kind, code, "The server's disk is full, so nothing was changed.");
		else
			err_set(&e, e.kind, code, "Something went wrong here. The server's log tells more under %s.",
				q->id);
	}
	response_reset(r);
	r->status = err_http_status(e.kind);
	r->type = "application/json";
	if (r->status == 401)
		response_header(r, "WWW-Authenticate", STR("Bearer"));
	if (r->status == 429 || r->status == 503)
		response_headerf(r, "Retry-After", "%d", e.retry_after > 0 ? e.retry_after : 1);
	struct buf *b = response_buf(r);
	if (!h || !h->write_error || !h->write_error(h->ctx, q, &e, b)) {
		buf_clear(b);
		error_json(b, err_code(&e), e.message, e.field);
	}
}
