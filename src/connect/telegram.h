/*
 * The Bot API of Telegram. A token stands in the path of every call: no error and no log line has the address. Any
 * thread.
 */
#pragma once

#include "base/arena.h"
#include "connect/call.h"
#include "connect/sent.h"

#define TELEGRAM_TEXT_MOST 4096 /* UTF-16 units of a message, tags not counted */
#define TELEGRAM_CAPTION_MOST 1024
#define TELEGRAM_TOKEN_BYTES 200
#define TELEGRAM_PARTS_MOST 50

/* "123456:ABC…": letters, digits, ":", "_" and "-". */
bool telegram_token_valid(struct str token);

/* & < > as entities. */
void telegram_escape(struct buf *b, struct str text);
/*
 * Cuts HTML of the kind that telegram_escape and the tags b, i, u, s, code, pre make into messages of at most `most`
 * units: at a line end where there is one, else at a blank, never inside a tag, an entity or a letter; tags that are
 * open at a cut are closed there and opened again in the next part. ERR_LIMIT when more than TELEGRAM_PARTS_MOST come
 * out.
 */
MUST_CHECK bool telegram_split(struct str html, size_t most, struct arena *a, struct str **ret, size_t *ret_n,
			       struct err *e);

struct telegram_chat {
	const char *token;
	const char *chat; /* number or @name */
	int64_t thread;   /* 0 = none */
};
/* ret->moved_to is filled when the group has another id now: the caller keeps it and sends again. */
void telegram_send_text(const struct connect_options *o, const struct telegram_chat *to, struct str html,
			const _Atomic bool *cancel, struct sent *ret);
void telegram_send_photo(const struct connect_options *o, const struct telegram_chat *to, struct str png,
			 struct str caption_html, const _Atomic bool *cancel, struct sent *ret);
