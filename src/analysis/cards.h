/*
 * Making customer cards: canonical SQL in the engine, rows into the store, statistics beside them.
 *
 * Called at the end of an import, before the version becomes the current one, and again when roles are corrected. Reads
 * the version's relations through the engine and writes through db in several short transactions; until the last of
 * them nobody sees the set.
 */
#pragma once

#include "analysis/instance.h"
#include "base/err.h"

#include <stdint.h>

struct db;

/*
 * A version without customers in it is fine: it gets no cards (card_set_find says not found). An older set of the same
 * version is replaced. progress (may be NULL) gets 0..1. On failure nothing is left.
 */
bool cards_build(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
		 const _Atomic bool *cancel, void (*progress)(void *ctx, double fraction), void *ctx, struct err *e);
/* Removes cards, statistics and everything cached of that version. */
bool cards_drop(struct db *db, int64_t version, struct err *e);
/* At the start of the program: removes what an interrupted import left. */
bool cards_sweep(struct db *db, struct err *e);
