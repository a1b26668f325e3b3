/*
 * The outbox: what is to be sent, and the history of what was. A delivery is one message to one target. It is a row
 * before anybody is told that it will be sent, so it survives the end of the process; it is claimed by one sender at a
 * time and arrives at least once: its id, which stays the same over all attempts, tells a repetition to the receiver.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/page.h"
#include "model/target.h"

struct db;

#define DELIVERIES_WAITING_MOST 2000 /* of an organisation; more are refused */
#define DELIVERIES_KEPT 5000         /* ended ones of an organisation; the oldest go */
#define DELIVERY_DAYS_KEPT 180
#define MESSAGE_BYTES (2 * MIB)
#define PICTURE_BYTES (5 * MIB)
#define REASON_BYTES 300

/* A message: body is a JSON object {"subject","telegram","text","html","data"}; picture a PNG or empty. */
MUST_CHECK bool message_create(struct db *db, int64_t org, struct str body, struct str picture, int64_t *ret_id,
			       struct err *e);

struct delivery_new {
	int64_t org, user; /* user 0 = the schedule */
	int64_t message;
	const char *report; /* its name, for the history */
	const char *cause;  /* "now", "schedule", "test", "figure" */
};
/* In the caller's transaction. To a target that is off it is in the history as failed, with the reason. */
MUST_CHECK bool delivery_create(struct db *db, const struct delivery_new *d, const struct target *to, int64_t *ret_id,
				struct err *e);

struct delivery {
	int64_t id, org, target, message;
	const char *target_name, *target_kind, *report, *cause, *state, *reason, *reason_code;
	int64_t parts_done, attempts, user;
	int64_t next_at;              /* waiting: when it is tried; sending: until when its sender has it */
	int64_t created_at, ended_at; /* ended_at 0 = not yet */
};

struct delivery_filter {
	struct str report, state; /* p == NULL: any */
	int64_t target;           /* 0 = any */
};
/* Newest first. */
MUST_CHECK bool delivery_list(struct db *db, int64_t org, const struct delivery_filter *f, struct page *page,
			      struct arena *a, struct delivery **ret, struct err *e);
/* How many of these have arrived, and how many still wait. */
MUST_CHECK bool delivery_count(struct db *db, int64_t org, const int64_t *ids, size_t n, size_t *ret_sent,
			       size_t *ret_waiting, struct err *e);
/* One that failed is tried anew. ERR_CONFLICT when it did not fail or its message is gone. */
MUST_CHECK bool delivery_retry(struct db *db, const struct caller *by, int64_t id, struct err *e);

/* -- for the sender -- */

/* What a process that ended had claimed waits again. Before the first claim. */
MUST_CHECK bool delivery_recover(struct db *db, struct err *e);
/* Why it has not arrived: a stable word (connect/sent.h) and a sentence. */
struct delivery_why {
	const char *code, *text;
};
/* One that is due, of a target nobody is sending to; *ret_found false when there is none. It is the caller's until
 * `until`: whoever could not write down by then how it ended loses it to the next claim, and what he writes later is
 * not taken. */
MUST_CHECK bool delivery_claim(struct db *db, int64_t now, int64_t until, struct arena *a, struct delivery *ret,
			       bool *ret_found, struct err *e);
/* When the next one is due, or the time of one being sent is over; INT64_MAX = there is none. */
MUST_CHECK bool delivery_next_due(struct db *db, int64_t *ret, struct err *e);
MUST_CHECK bool message_read(struct db *db, int64_t id, struct arena *a, struct str *ret_body, struct str *ret_picture,
			     struct err *e);
MUST_CHECK bool delivery_part_done(struct db *db, const struct delivery *d, int64_t parts, int64_t until,
				   struct err *e);
MUST_CHECK bool delivery_wait(struct db *db, const struct delivery *d, int64_t next_at, const struct delivery_why *why,
			      struct err *e);
/* A turn that was given up before anything was tried (to keep within a service's limits). */
MUST_CHECK bool delivery_postpone(struct db *db, const struct delivery *d, int64_t next_at, struct err *e);
/* The end; why NULL = it has arrived. The message goes with its last delivery that succeeded. */
MUST_CHECK bool delivery_end(struct db *db, const struct delivery *d, const struct delivery_why *why, struct err *e);
