/*
 * What requests that are answered on the loop thread need to know, in memory: who a token or cookie belongs to, and
 * which data set an organisation's spending is asked of.
 *
 * Nothing in it is older than the store: every entry carries the number of writes (db_writes) that had ended before it
 * was read, and holds only while that number is the same, so that a token that was taken back, a role that was changed
 * or a data set that was loaded is seen by the very next request. Besides, an entry ends after a second, so that the
 * ends of sessions and when they were last seen are the business of the ordinary way. Any thread; no lock is held for
 * longer than a copy.
 */
#pragma once

#include "model/caller.h"
#include "model/customer.h"

struct hot;

struct hot *hot_new(void);
void hot_free(struct hot **h); /* takes NULL */

/* writes: db_writes() before the store was asked. The texts of the caller are not kept. */
void hot_keep_caller(struct hot *h, struct str token, uint64_t writes, const struct caller *c);
/* address: of this request. */
bool hot_caller(struct hot *h, struct str token, const char *address, struct caller *ret);
void hot_keep_set(struct hot *h, int64_t org, uint64_t writes, const struct card_set *set);
bool hot_set(struct hot *h, int64_t org, struct card_set *ret);
