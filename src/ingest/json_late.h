/*
 * Rows that stand before the number of the record that they belong to: {"items": […], "id": 5}.
 *
 * They wait with what is known of the records around them until the last of these is known. What waits is bounded by
 * LIMIT_JSON_WAIT_BYTES of the file, and by the same four times over as cells.
 */
#pragma once

#include "ingest/json_record.h"

#include "base/limits.h"

#define JSON_LATE_NONE UINT32_MAX

/* A record around the rows that are read. */
struct json_parent {
	size_t table;
	uint64_t number; /* of its table's, from 1 */
	struct buf key;
	bool known;
	uint32_t slot; /* of json_late.keys, where rows wait with it; JSON_LATE_NONE */
};

struct json_late {
	struct buf cells, texts;
	struct json_late_row {
		uint32_t line, cells;
		size_t at;
		uint32_t keys[LIMIT_JSON_LISTS]; /* of each parent, the outermost first */
	} * rows;
	size_t n, next, cap;
	struct json_late_key {
		size_t at;
		uint32_t n;
	} * keys;
	size_t n_keys, cap_keys;
};

void json_late_begin(struct json_late *l);
void json_late_free(struct json_late *l);
/* The row that r has read; own.p: a cell before those of r. */
bool json_late_add(struct json_late *l, uint32_t line, struct str own, const struct json_record *r,
		   struct json_parent *parents, size_t n_parents, struct err *e);
/* A parent's key is known now. */
void json_late_know(struct json_late *l, const struct json_parent *parent);
/* Packs the first that waits, whose keys are all known. */
bool json_late_take(struct json_late *l, size_t n_parents, struct packer *p, struct err *e);
