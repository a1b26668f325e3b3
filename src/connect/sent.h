/* How an attempt to send ended. */
#pragma once

#include "base/clock.h"
#include "model/delivery.h"

#include <stdio.h>

#define SENT_CODE_BYTES 24

enum sent_result {
	SENT_DONE,
	SENT_AGAIN,      /* later: the other side is away or busy */
	SENT_FAILED,     /* never: it says no, and will again */
	SENT_TARGET_OFF, /* never, and nothing else to this target either */
	SENT_MOVED,      /* to moved_to, at once */
	SENT_STOPPING,   /* not tried to the end: the server is going down */
};

struct sent {
	enum sent_result result;
	int64_t wait; /* microseconds that the other side asked for; 0 = not said */
	char moved_to[32];
	char reason[REASON_BYTES]; /* for a person; without secrets */
	/* The same as a word that stays (web/src/lib/sent.ts has a text for each): away, certificate, encryption,
	 * private_address, no_bot, no_mail_server, login, refused, busy, answer, redirect, gone, chat_closed, token,
	 * moving, address, target_off, target_removed, message, trouble. */
	char code[SENT_CODE_BYTES];
};

static inline void sent_code(struct sent *s, const char *code)
{
	snprintf(s->code, sizeof s->code, "%s", code);
}
