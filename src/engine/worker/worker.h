/*
 * What the modes of vitrina-engine share. The server starts `vitrina-engine query` or `vitrina-engine import` with the
 * control socket on WORKER_CONTROL_FD and nothing else; main.c closes the rest, shakes hands, raises the sandbox and
 * calls the mode, whose return value is the exit status.
 */
#pragma once

#include "engine/worker/import.h"

#define WORKER_CONTROL_FD 3

/* The query mode: one organisation's relations, any number of queries at a time, until the server closes the socket. */
int query_main(int control_fd);
