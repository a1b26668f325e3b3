/*
 * Starting a vitrina-engine process: exec'd with nothing but one end of a socket pair on descriptor 3, an empty
 * environment and /dev/null on 0 and 1; it keeps stderr, for a crash report. The program is found beside the running
 * one
 * (/proc/self/exe), or where VITRINA_ENGINE says. Safe to call from any thread of a multi-threaded process.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

enum engine_mode { ENGINE_MODE_QUERY, ENGINE_MODE_IMPORT };

struct engine_spawn_options {
	const char *program; /* NULL = found as above */
	int64_t memory;      /* bytes for DuckDB; 0 = LIMIT_ENGINE_MEMORY */
	int threads;         /* 0 = the machine's processors, at most 8 */
};

struct engine_process {
	pid_t pid;
	int control; /* the server's end of the socket pair */
};

/* Starts one and waits for its HELLO (at most LIMIT_ENGINE_START_SECONDS). Logs once what the kernel lacks for the
 * sandbox. */
bool engine_spawn(const struct engine_spawn_options *o, enum engine_mode mode, struct engine_process *ret,
		  struct err *e);
/* Kills and reaps it; the socket stays. ret_status (may be NULL) is that of waitpid. Takes what is already stopped. */
void engine_kill(struct engine_process *p, int *ret_status);
/* Gives it usec to end by itself, then kills it. */
void engine_wait(struct engine_process *p, int64_t usec, int *ret_status);
/* engine_kill, and closes the socket. */
void engine_close(struct engine_process *p);
