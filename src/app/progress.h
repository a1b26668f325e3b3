/* A bar on the terminal of the one who typed the command; nothing at all where that is none. One thread. */
#pragma once

#include "app/command.h"

struct progress {
	struct command *command;
	int shown;     /* permille, -1 = nothing yet */
	int64_t at;    /* monotonic, of the last line */
	size_t length; /* of what stands on the line */
};

void progress_begin(struct progress *p, struct command *c);
/* fraction 0..1; the signature of import_watch.progress, ctx is the struct progress */
void progress_show(void *ctx, double fraction, const char *message);
/* Clears the line. */
void progress_end(struct progress *p);
