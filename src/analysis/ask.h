/*
 * Asking the engine about one version: the relations once, then any number of statements whose rows come as columns.
 * Belongs to one thread.
 */
#pragma once

#include "analysis/instance.h"
#include "analysis/relations.h"
#include "engine/columns.h"

#include <jansson.h>

struct ask {
	struct instance *inst;
	struct db *db;
	int64_t org, version;
	const _Atomic bool *cancel; /* may be NULL */
	struct arena arena;
	struct relations relations;
	const char *schema;
	const struct dataset_content *content;
};

bool ask_open(struct ask *q, struct instance *inst, struct db *db, int64_t org, int64_t version,
	      const _Atomic bool *cancel, struct err *e);
/* For CLEANUP. */
void ask_close(struct ask *q);

/* The rows of a statement of few rows, each a list, as one JSON list; more than max_bytes of them: ERR_LIMIT. */
bool ask_json(struct ask *q, const char *sql, size_t max_bytes, json_t **ret, struct err *e);

typedef bool ask_batch(void *ctx, const struct columns_batch *b, struct err *e);
/* params: JSON list, or NULL. each gets consecutive rows, in order. */
bool ask_run(struct ask *q, const char *sql, const char *params, ask_batch *each, void *ctx, struct err *e);
