/*
 * The sender: threads of a running server that empty the outbox (model/delivery.h).
 *
 * A delivery is claimed, sent, and its end written down; what cannot be sent now waits: 2 seconds after the first
 * failure, twice as long after each, at most half an hour, a day in all, or as long as the other side asks for. Two
 * deliveries to one target are never sent at the same time, and one slow service does not hold up the others. A
 * delivery whose end could not be written down is taken up again when its time is over.
 */
#pragma once

#include "analysis/instance.h"
#include "connect/call.h"

struct sender;
struct arena;
struct db;

/* The options are copied, their texts are not. What an earlier process left half sent waits again. */
MUST_CHECK bool sender_start(struct instance *in, const struct connect_options *o, struct sender **ret, struct err *e);
/* There is something new to send. Takes NULL: a short-lived command leaves it to the next server. */
void sender_wake(struct sender *s);
const struct connect_options *sender_options(const struct sender *s);
/* Breaks off what is being sent, which is sent again by the next server. Takes NULL. */
void sender_stop(struct sender **s);

/* Names of settings in the store, of an organisation. */
#define SETTING_TELEGRAM_TOKEN "telegram.token"
#define SETTING_MAIL_SERVER "mail.server"
/* The bot's token that this organisation sends with: its own, or for the bank that of the installation; NULL = none. */
MUST_CHECK bool telegram_token_of(struct db *db, int64_t org, const struct connect_options *o, struct arena *a,
				  const char **ret, struct err *e);
