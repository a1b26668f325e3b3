/*
 * The import mode of vitrina-engine: one file in, typed tables out, then the process ends.
 *
 * Called by main.c once the sandbox stands, with the control socket of engine/protocol.h after HELLO. Runs the
 * import conversation described there and returns the exit status of the process: 0 when DONE or FAILED was sent.
 */
#pragma once

#include <stdint.h>

/* What the server's HELLO said; filled before import_main is called. */
struct worker_config {
	int64_t memory;        /* bytes DuckDB may use */
	int64_t address_space; /* bytes, RLIMIT_AS; 0 = unbounded */
	int64_t threads;
};
const struct worker_config *worker_config(void);

int import_main(int control_fd);
