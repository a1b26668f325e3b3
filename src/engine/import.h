/*
 * The server's side of an import: one throw-away vitrina-engine process reads one file. See engine/protocol.h for the
 * conversation. The callbacks run on the calling thread; a false one ends the import with its error.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "engine/process.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct engine_import {
	const char *name;         /* of the file, for messages and for the sniffer */
	uint64_t size;            /* bytes; 0 = unknown */
	const char *options_json; /* an object merged into IMPORT: as, row_base, expect, roles; NULL = none */
	void *ctx;
	/* At the start and for each further pass. The descriptor becomes the import's and is closed by it. When
	 * seekable is asked for, it must be. */
	bool (*open_source)(void *ctx, bool seekable, int *ret_fd, bool *ret_seekable, struct err *e);
	/* The descriptor the worker writes table number `table` to; the import closes its copy after passing it. */
	bool (*open_output)(void *ctx, int table, const char *name, int *ret_fd, struct err *e);
	bool (*drop_output)(void *ctx, int table, struct err *e);
	bool (*rejects)(void *ctx, int table, const json_t *items, struct err *e);
	void (*progress)(void *ctx, uint64_t bytes, uint64_t total); /* may be NULL */
	const _Atomic bool *cancel;                                  /* may be NULL; acted on within a second */
};

/* Runs it to its end; ret_done_json (a buf with its max set) gets the payload of DONE. The worker is gone when this
 * returns. */
bool engine_import_run(const struct engine_spawn_options *o, const struct engine_import *m, struct buf *ret_done_json,
		       struct err *e);
