#include "report/send.h"

#include "base/clock.h"
#include "connect/sender.h"
#include "connect/telegram.h"
#include "db/db.h"
#include "model/delivery.h"

#define SUBJECT_BYTES 300

bool figure_chart(const struct figure *f, struct buf *ret, struct err *e)
{
	return f->chart.n ? chart_png(&f->chart, ret, e)
			  : err_set(e, ERR_VALUE, "nothing_to_draw", "There is nothing to draw.");
}

struct layout {
	struct buf telegram, text, html, data, body, picture;
};

static void layout_init(struct layout *l)
{
	l->telegram = l->text = l->html = l->data = BUF_INIT(MESSAGE_BYTES);
	l->body = BUF_INIT(MESSAGE_BYTES);
	l->picture = BUF_INIT(PICTURE_BYTES);
}

static void layout_free(struct layout *l)
{
	buf_free(&l->telegram);
	buf_free(&l->text);
	buf_free(&l->html);
	buf_free(&l->data);
	buf_free(&l->body);
	buf_free(&l->picture);
}

static bool layout_close(struct layout *l, const char *subject, struct err *e)
{
	struct json_writer w = json_writer(&l->body);
	jw_open(&w, '{');
	jw_kv_cstr(&w, "subject", subject);
	jw_kv_str(&w, "telegram", buf_str(&l->telegram));
	jw_kv_str(&w, "text", buf_str(&l->text));
	jw_kv_str(&w, "html", buf_str(&l->html));
	jw_kv_str(&w, "data", buf_str(&l->data));
	jw_close(&w, '}');
	return !l->body.failed || err_set(e, ERR_LIMIT, NULL, "The report is too large to be sent.");
}

static bool layout_figure(struct layout *l, const struct report *r, const struct figure *f, struct arena *a,
			  struct err *e)
{
	figure_telegram(&l->telegram, f, r->parts);
	figure_text(&l->text, f, r->parts);
	figure_mail(&l->html, f, r->parts);
	struct json_writer w = json_writer(&l->data);
	jw_open(&w, '{');
	jw_kv_cstr(&w, "report", r->name);
	jw_key(&w, "figure");
	figure_json(&w, f);
	jw_close(&w, '}');
	if ((r->parts & REPORT_CHART) && f->chart.n && !figure_chart(f, &l->picture, e))
		return false;
	if (r->parts == REPORT_CHART && f->chart.n)
		buf_clear(&l->telegram); /* the caption says it all */
	const char *subject = r->name[0] ? arena_printf(a, "%s: %s", r->name, f->title) : f->title;
	return subject ? layout_close(l, subject, e) : err_set(e, ERR_LIMIT, NULL, "The report is too large.");
}

/* In the caller's transaction. */
static bool queue(struct db *db, const struct report *r, const struct layout *l, int64_t user, const char *cause,
		  struct arena *a, struct send_result *ret, struct err *e)
{
	struct delivery_new d = { .org = r->org, .user = user, .report = r->name, .cause = cause };
	if (!message_create(db, r->org, buf_str(&l->body), buf_str(&l->picture), &d.message, e))
		return false;
	ret->n = 0;
	for (size_t i = 0; i < MIN(r->n_targets, (size_t)SEND_MOST); i++) {
		if (!target_find(db, r->org, r->targets[i], a, &ret->targets[ret->n], e) ||
		    !delivery_create(db, &d, &ret->targets[ret->n], &ret->ids[ret->n], e))
			return false;
		ret->n++;
	}
	return true;
}

bool report_send(struct instance *in, struct db *db, const struct report *r, int64_t user, const char *cause,
		 struct arena *a, struct send_result *ret, struct err *e)
{
	CLEANUP(layout_free) struct layout l;
	CLEANUP(db_tx_end) struct db *tx = NULL;
	struct figure f;
	layout_init(&l);
	if (!r->n_targets)
		return err_field(e, ERR_VALUE, "targets", "The report has no target to be sent to.");
	if (!figure_make(in, db, r, a, &f, e) || !layout_figure(&l, r, &f, a, e) || !db_begin_tx(db, &tx, e) ||
	    !queue(db, r, &l, user, cause, a, ret, e) || !db_commit_tx(&tx, e))
		return false;
	sender_wake(in->sender);
	return true;
}

bool target_test(struct instance *in, struct db *db, int64_t org, int64_t user, int64_t target, enum language language,
		 struct arena *a, int64_t *ret_id, struct err *e)
{
	CLEANUP(layout_free) struct layout l;
	CLEANUP(db_tx_end) struct db *tx = NULL;
	struct send_result *sent = arena_new(a, struct send_result);
	struct report r = { .org = org, .name = "", .targets = &target, .n_targets = 1 };
	const char *text = word(language, WORD_TEST);
	layout_init(&l);
	if (!sent)
		return err_set(e, ERR_LIMIT, NULL, "The request takes too much memory.");
	buf_addf(&l.telegram, "<b>Vitrina</b>\n%s", text);
	buf_addf(&l.text, "Vitrina\n\n%s\n", text);
	buf_addf(&l.html, "<!doctype html><html><body><p>%s</p></body></html>", text);
	struct json_writer w = json_writer(&l.data);
	jw_open(&w, '{');
	jw_kv_bool(&w, "test", true);
	jw_kv_cstr(&w, "text", text);
	jw_close(&w, '}');
	if (!layout_close(&l, "Vitrina", e) || !db_begin_tx(db, &tx, e) ||
	    !queue(db, &r, &l, user, "test", a, sent, e) || !db_commit_tx(&tx, e))
		return false;
	*ret_id = sent->ids[0];
	sender_wake(in->sender);
	return true;
}

bool report_run_due(struct instance *in, struct db *db, bool *ret_found, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA_DEFAULT_LIMIT);
	CLEANUP(layout_free) struct layout l;
	CLEANUP(db_tx_end) struct db *tx = NULL;
	struct send_result *sent = arena_new(&a, struct send_result);
	struct report r;
	struct figure f;
	struct err why = { 0 };
	bool mine;
	layout_init(&l);
	if (!report_due(db, clock_now(), &a, &r, ret_found, e) || !*ret_found)
		return e->kind == ERR_NONE;
	/* A figure that cannot be made is this run's outcome: the report says why, and goes on with the next one. */
	bool made = sent && figure_make(in, db, &r, &a, &f, &why) && layout_figure(&l, &r, &f, &a, &why);
	if (!made && (why.kind == ERR_UNAVAILABLE || why.kind == ERR_CANCELLED)) {
		*e = why; /* the engine or the store is busy: the run stays due */
		return false;
	}
	if (!made && err_http_status(why.kind) == 500)
		err_set(&why, why.kind, NULL, "something went wrong on the server");
	if (!db_begin_tx(db, &tx, e) || !report_take_run(db, &r, clock_now(), made ? NULL : &why, &mine, e))
		return false;
	if (!mine)
		return true;
	if (made && r.n_targets && !queue(db, &r, &l, 0, "schedule", &a, sent, e))
		return false;
	if (!db_commit_tx(&tx, e))
		return false;
	sender_wake(in->sender);
	return true;
}
