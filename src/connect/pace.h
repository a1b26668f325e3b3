/*
 * How fast Telegram takes messages: one a second in a chat, twenty a minute in a group (its number is negative, or it
 * has an @name), thirty a second in all of one bot. In memory: after a restart Telegram itself says when it is too
 * fast.
 */
#pragma once

#include "base/str.h"
#include "base/util.h"

struct pace;

struct pace *pace_new(void);
void pace_free(struct pace **p);
/* 0: send now, it is counted; else how many microseconds to wait first. `now` is any steady clock. */
int64_t pace_take(struct pace *p, int64_t org, struct str chat, int64_t now);
