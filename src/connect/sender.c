#include "connect/sender.h"

#include "base/clock.h"
#include "base/log.h"
#include "connect/mail.h"
#include "connect/pace.h"
#include "connect/telegram.h"
#include "connect/webhook.h"
#include "db/pool.h"
#include "model/org.h"
#include "model/settings.h"
#include "json/read.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define SENDERS 4
#define STORE_WAIT_MS 10000
#define IDLE_USEC (30 * USEC_PER_SEC)
#define TROUBLE_USEC (5 * USEC_PER_SEC)
#define FIRST_WAIT (2 * USEC_PER_SEC)
#define LONGEST_WAIT (1800 * USEC_PER_SEC)
#define GIVE_UP_AFTER USEC_PER_DAY
#define SHORT_PAUSE (3 * USEC_PER_SEC) /* a sender waits itself; longer ones go back to the outbox */
#define MOVES_MOST 3
#define LEASE_MORE_SECONDS 15

struct sender {
	struct instance *inst;
	struct connect_options options;
	struct pace *pace;
	pthread_mutex_t lock;
	pthread_cond_t wake; /* CLOCK_REALTIME */
	uint64_t news;
	_Atomic bool stop;
	pthread_t threads[SENDERS];
	size_t n_threads;
};

/* One delivery in hand. */
struct work {
	struct sender *s;
	struct db *db;
	struct arena *a;
	struct delivery d;
	struct target to;
	struct str telegram, subject, text, html, data, picture;
	json_t *body;
	struct sent sent;
};

bool telegram_token_of(struct db *db, int64_t org, const struct connect_options *o, struct arena *a, const char **ret,
		       struct err *e)
{
	struct org bank;
	if (!setting_get(db, org, SETTING_TELEGRAM_TOKEN, a, ret, e))
		return false;
	if (*ret || !o->telegram_token)
		return true;
	/* The installation's bot sits in the bank's chats: a partner must not speak through it. */
	if (!org_find_bank(db, a, &bank, e))
		return false;
	*ret = bank.id == org ? o->telegram_token : NULL;
	return true;
}

/* Until when a sender has what it claims: as many calls as it makes between two words to the store, and some more. */
static int64_t lease(const struct sender *s)
{
	return clock_now() + ((int64_t)s->options.seconds * MOVES_MOST + LEASE_MORE_SECONDS) * USEC_PER_SEC;
}

static void pause_for(struct sender *s, int64_t usec)
{
	int64_t until = clock_now() + usec;
	struct timespec t = { (time_t)(until / USEC_PER_SEC), (long)(until % USEC_PER_SEC * 1000) };
	pthread_mutex_lock(&s->lock);
	while (!atomic_load(&s->stop) && clock_now() < until)
		if (pthread_cond_timedwait(&s->wake, &s->lock, &t) != 0)
			break;
	pthread_mutex_unlock(&s->lock);
}

static struct str text_of(const json_t *v, const char *key)
{
	const json_t *s = json_object_get(v, key);
	return str_n(json_string_value(s), json_string_length(s));
}

static bool open_message(struct work *w, struct err *e)
{
	struct str body;
	if (!message_read(w->db, w->d.message, w->a, &body, &w->picture, e) ||
	    !json_read(body, MESSAGE_BYTES, &w->body, e))
		return false;
	w->subject = text_of(w->body, "subject");
	w->telegram = text_of(w->body, "telegram");
	w->text = text_of(w->body, "text");
	w->html = text_of(w->body, "html");
	w->data = text_of(w->body, "data");
	return true;
}

static bool fail(struct work *w, const char *code, const char *reason)
{
	w->sent.result = SENT_FAILED;
	sent_code(&w->sent, code);
	snprintf(w->sent.reason, sizeof w->sent.reason, "%.250s", reason);
	return true;
}

/* One message of Telegram, following a group that has moved. */
static bool telegram_part(struct work *w, const char *token, struct str text, bool photo, struct err *e)
{
	for (int moves = 0; moves < MOVES_MOST; moves++) {
		struct telegram_chat chat = { token, w->to.address, w->to.thread };
		const _Atomic bool *stop = &w->s->stop;
		if (photo)
			telegram_send_photo(&w->s->options, &chat, w->picture, text, stop, &w->sent);
		else
			telegram_send_text(&w->s->options, &chat, text, stop, &w->sent);
		if (w->sent.result != SENT_MOVED)
			return true;
		w->to.address = arena_strdup(w->a, w->sent.moved_to);
		if (!w->to.address || !target_moved(w->db, w->d.org, w->to.id, w->to.address, e))
			return false;
	}
	return fail(w, "moving", "Telegram moves the group again and again");
}

/* Parts: the text, then the chart, if there is one. Those that have arrived are not sent again. */
static bool by_telegram(struct work *w, struct err *e)
{
	CLEANUP(buf_free) struct buf caption = BUF_INIT(16 * KIB);
	const char *token;
	struct str *parts, *captions;
	size_t n, n_captions, photos = w->picture.n > 0;
	if (!telegram_token_of(w->db, w->d.org, &w->s->options, w->a, &token, e))
		return false;
	if (!token)
		return fail(w, "no_bot", "no bot of Telegram is set for this organisation");
	telegram_escape(&caption, w->subject);
	if (!telegram_split(buf_str(&caption), TELEGRAM_CAPTION_MOST, w->a, &captions, &n_captions, e) ||
	    !telegram_split(w->telegram, TELEGRAM_TEXT_MOST, w->a, &parts, &n, e))
		return false;
	for (int64_t i = w->d.parts_done; i < (int64_t)(n + photos); i++) {
		int64_t wait;
		while ((wait = pace_take(w->s->pace, w->d.org, str_of(w->to.address), clock_monotonic())) > 0) {
			if (wait > SHORT_PAUSE || atomic_load(&w->s->stop))
				return delivery_postpone(w->db, &w->d, clock_now() + wait, e) &&
				       (w->sent.result = SENT_STOPPING, true);
			pause_for(w->s, wait);
		}
		bool photo = i == (int64_t)n;
		struct str text = photo ? n_captions ? captions[0] : STR("") : parts[i];
		if (!telegram_part(w, token, text, photo, e))
			return false;
		if (w->sent.result != SENT_DONE)
			return true;
		if (!delivery_part_done(w->db, &w->d, i + 1, lease(w->s), e))
			return false;
	}
	return true;
}

static bool by_mail(struct work *w, struct err *e)
{
	struct mail_server server;
	const char *json;
	if (!setting_get(w->db, w->d.org, SETTING_MAIL_SERVER, w->a, &json, e))
		return false;
	if (!json)
		return fail(w, "no_mail_server", "no mail server is set for this organisation");
	if (!mail_server_read(str_of(json), w->a, &server, e))
		return false;
	struct mail m = { w->to.address, w->subject, w->text, w->html, w->picture, w->d.id };
	mail_send(&w->s->options, &server, &m, &w->s->stop, &w->sent);
	return true;
}

static bool by_webhook(struct work *w, struct err *e)
{
	const char *secret;
	if (!target_secret(w->db, w->d.org, w->to.id, w->a, &secret, e))
		return false;
	webhook_send(&w->s->options, w->to.address, str_of(secret), w->d.id, w->data, &w->s->stop, &w->sent);
	return true;
}

static bool send_it(struct work *w, struct err *e)
{
	if (!target_find(w->db, w->d.org, w->d.target, w->a, &w->to, e) || !open_message(w, e))
		return e->kind == ERR_NOT_FOUND && fail(w, "message", e->message);
	if (w->to.off_reason[0])
		return fail(w, "target_off", w->to.off_reason);
	switch (w->to.kind) {
	case TARGET_TELEGRAM:
		return by_telegram(w, e);
	case TARGET_EMAIL:
		return by_mail(w, e);
	case TARGET_WEBHOOK:
	case TARGET_KINDS:
		break;
	}
	return by_webhook(w, e);
}

static int64_t back_off(int64_t attempts)
{
	int64_t wait = FIRST_WAIT;
	for (int64_t i = 1; i < attempts && wait < LONGEST_WAIT; i++)
		wait *= 2;
	return MIN(wait, LONGEST_WAIT);
}

static bool settle(struct work *w, struct err *e)
{
	int64_t now = clock_now();
	struct delivery_why why = { w->sent.code, w->sent.reason };
	switch (w->sent.result) {
	case SENT_DONE:
		return delivery_end(w->db, &w->d, NULL, e);
	case SENT_AGAIN:
		if (now - w->d.created_at < GIVE_UP_AFTER)
			return delivery_wait(w->db, &w->d, now + MAX(w->sent.wait, back_off(w->d.attempts)), &why, e);
		break;
	case SENT_TARGET_OFF:
		if (!target_switch_off(w->db, w->d.org, w->d.target, w->sent.code, w->sent.reason, e))
			return false;
		break;
	case SENT_STOPPING:
		return true; /* postponed, or claimed again by the next server */
	case SENT_FAILED:
	case SENT_MOVED:
		break;
	}
	return delivery_end(w->db, &w->d, &why, e);
}

static void tell(const struct work *w)
{
	struct log_line l;
	if (w->sent.result == SENT_STOPPING)
		return;
	log_begin(&l, w->sent.result == SENT_DONE ? LOG_INFO : LOG_WARN,
		  w->sent.result == SENT_DONE ? "delivered" : "not_delivered");
	log_id(&l, "delivery", w->d.id);
	log_id(&l, "target", w->d.target);
	log_i64(&l, "attempt", w->d.attempts);
	if (w->sent.result != SENT_DONE)
		log_cstr(&l, "reason", w->sent.reason);
	log_end(&l);
}

/* False: the store could not be asked. */
static bool one(struct sender *s, struct db *db, bool *ret_found, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(32 * MIB);
	struct work w = { .s = s, .db = db, .a = &a, .sent = { .result = SENT_DONE } };
	if (!delivery_claim(db, clock_now(), lease(s), &a, &w.d, ret_found, e) || !*ret_found)
		return !*ret_found && e->kind == ERR_NONE;
	struct err why = { 0 };
	if (!send_it(&w, &why)) {
		/* Our own trouble is no reason to lose it, unless it will be the same for ever. */
		w.sent = (struct sent){ .result = why.kind == ERR_LIMIT || why.kind == ERR_VALUE ? SENT_FAILED
												 : SENT_AGAIN };
		sent_code(&w.sent, w.sent.result == SENT_FAILED ? "message" : "trouble");
		snprintf(w.sent.reason, sizeof w.sent.reason, "%.250s",
			 err_http_status(why.kind) == 500 ? "something went wrong on the server" : why.message);
	}
	json_decref(w.body);
	tell(&w);
	return settle(&w, e);
}

static void *sender_thread(void *arg)
{
	struct sender *s = arg;
	while (!atomic_load(&s->stop)) {
		struct db *db = NULL;
		struct err e = { 0 };
		bool found = false;
		int64_t due = INT64_MAX, now = clock_now(), wait = IDLE_USEC;
		pthread_mutex_lock(&s->lock);
		uint64_t news = s->news;
		pthread_mutex_unlock(&s->lock);
		bool good = db_pool_take(s->inst->dbs, STORE_WAIT_MS, &db, &e) && delivery_next_due(db, &due, &e) &&
			    (due > now || one(s, db, &found, &e));
		db_pool_give(s->inst->dbs, &db);
		if (!good) {
			struct log_line l;
			log_begin(&l, LOG_ERROR, "outbox");
			log_err(&l, &e);
			log_end(&l);
			wait = TROUBLE_USEC;
		}
		if (found) {
			sender_wake(s); /* the next one to the same target is free now */
			continue;
		}
		if (good && due != INT64_MAX)
			wait = MIN(MAX(due - now, USEC_PER_SEC / 20), IDLE_USEC);
		int64_t until = clock_now() + wait;
		struct timespec t = { (time_t)(until / USEC_PER_SEC), (long)(until % USEC_PER_SEC * 1000) };
		pthread_mutex_lock(&s->lock);
		if (s->news == news && !atomic_load(&s->stop))
			pthread_cond_timedwait(&s->wake, &s->lock, &t);
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

bool sender_start(struct instance *in, const struct connect_options *o, struct sender **ret, struct err *e)
{
	struct db *db = NULL;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	bool good = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) && delivery_recover(db, e);
	db_pool_give(in->dbs, &db);
	if (!good)
		return false;
	struct sender *s = mem_zalloc(sizeof *s);
	s->inst = in;
	s->options = *o;
	s->pace = pace_new();
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	for (; s->n_threads < SENDERS; s->n_threads++)
		if (pthread_create(&s->threads[s->n_threads], NULL, sender_thread, s) != 0)
			break;
	*ret = s;
	if (s->n_threads)
		return true;
	sender_stop(ret);
	return err_set(e, ERR_UNAVAILABLE, NULL, "no thread for the sender");
}

void sender_wake(struct sender *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->news++;
	pthread_cond_broadcast(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

const struct connect_options *sender_options(const struct sender *s)
{
	return &s->options;
}

void sender_stop(struct sender **sp)
{
	struct sender *s = *sp;
	if (!s)
		return;
	*sp = NULL;
	atomic_store(&s->stop, true);
	sender_wake(s);
	for (size_t i = 0; i < s->n_threads; i++)
		pthread_join(s->threads[i], NULL);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->wake);
	pace_free(&s->pace);
	free(s);
}
