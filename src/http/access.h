/*
 * The access log: one logfmt line a request, collected in memory and written by a thread of its own, because a loop
 * thread must not wait for a pipe. When lines come faster than they can be written, they are dropped and counted.
 */
#pragma once

#include "base/log.h"
#include "base/str.h"

struct access_log;

struct access_entry {
	const char *id, *address;
	struct str method;
	const char *route; /* the pattern, never what was asked for: addresses can hold names */
	int status;
	uint64_t bytes;
	int64_t usec;
};

struct access_log *access_log_new(void);
/* Both from any thread; they do not block. */
void access_log_put(struct access_log *l, const struct access_entry *a);
void access_log_line(struct access_log *l, struct log_line *line); /* in the place of log_end() */
void access_log_free(struct access_log *l);                        /* writes what is left; NULL is fine */
