/*
 * The life of a version: begun, filled, kept for checking, made current, pruned, removed. Used by analysis/import.h and
 *versions.h, which do the work around it; everybody else only reads (model/dataset.h).
 *
 * The rule: a row of state `building` and everything under it may vanish at any time until version_publish or
 * version_hold has committed; version_publish is the one transaction that makes it current and the one before old. What
 * segments became unused is reported to the caller, who takes the files away after the commit.
 *
 *	building ──version_publish──▶ current ──▶ old
 *	    └─version_hold─▶ ready ─version_claim─▶ confirming ─version_publish─▶ current
 *	                       ▲─────version_unclaim─────┘        (and what a killed program left confirming is ready
 *again)
 */
#pragma once

#include "model/dataset.h"
#include "model/reject.h"

struct segment_ids {
	int64_t *p; /* malloc */
	size_t n, cap;
};
void segment_ids_add(struct segment_ids *s, int64_t id);
void segment_ids_free(struct segment_ids *s);

struct version_begin {
	int64_t org, user;
	int64_t dataset; /* 0 = a new one, of `name` */
	struct str name;
	const char *mode; /* "create", … : a literal */
	const char *files_json;
	bool drop_rejected; /* rows with a cell that does not fit are left out */
};
/*
 * Reserves name and version. ERR_CONFLICT: code name_taken, or import_running when another version of that data set is
 * being built.
 */
bool version_begin(struct db *db, const struct version_begin *b, int64_t *ret_dataset, int64_t *ret_version,
		   struct err *e);

struct segment_row {
	int64_t id;
	uint64_t bytes;
	int64_t rows;
};
/*
 * Writes the tables of the version being built, with their columns, segments and rejects, in one transaction.
 * t->segments names all segments of each, those of `fresh` being new and not yet in the store. A table whose id is not
 * 0 is that table of an earlier version, continued: its kept rejects are carried over. Every table gets a new id.
 */
bool version_fill(struct db *db, int64_t org, int64_t version, struct dataset_table *tables, size_t n_tables,
		  const struct dataset_relation *relations, size_t n_relations, const struct segment_row *fresh,
		  size_t n_fresh, const struct reject_list *rejects, struct err *e);
/* The opposite, while it is being built: nothing is under the version any more, nor are the segments that only it used.
 */
bool version_empty(struct db *db, int64_t org, int64_t version, struct err *e);
/* Writes the counts and bounds of t's columns, computed after version_fill, while the version is being built. */
bool version_column_stats(struct db *db, int64_t version, const struct dataset_table *t, struct err *e);
/* And their roles, when tables that were read apart are known together. */
bool version_column_roles(struct db *db, int64_t version, const struct dataset_table *t, struct err *e);
/* Adds relations found after version_fill; the first gets position `from`. */
bool version_relations(struct db *db, int64_t version, const struct dataset_relation *r, size_t from, size_t n,
		       struct err *e);
/*
 * Within the caller's transaction: building → current, current → old, the data set points at it. `supersede` removes
 * the version before instead (a correction of roles). ret_before (may be NULL) gets the id of the one before.
 */
bool version_publish(struct db *db, int64_t org, int64_t version, bool supersede, int64_t *ret_before, struct err *e);
/*
 * Within the caller's transaction: building → ready. It holds the data set's place for a version being built until it
 * is confirmed, thrown away, or `expires_at` has passed.
 */
bool version_hold(struct db *db, int64_t org, int64_t version, int64_t expires_at, struct err *e);
/*
 * ready → confirming: nobody else confirms, corrects or throws it away meanwhile. ERR_NOT_FOUND; ERR_CONFLICT, code
 * confirm_running or not_waiting.
 */
bool version_claim(struct db *db, int64_t org, int64_t version, struct err *e);
/* Always false: says why a version is not ready, as version_claim does. */
bool version_not_ready(struct db *db, int64_t org, int64_t version, struct err *e);
bool version_unclaim(struct db *db, int64_t org, int64_t version, struct err *e);
/* What differs from the parent, while it is building or ready. */
bool version_set_changes(struct db *db, int64_t org, int64_t version, struct str json, struct err *e);
/* Writes the roles of all columns of t, a table of a version that is ready; whatever else it is: ERR_CONFLICT. */
bool version_set_roles(struct db *db, int64_t org, int64_t version, const struct dataset_table *t, struct err *e);
/*
 * Writes the names of all columns of t, a table of a version that is being built or ready; `before` holds what each was
 * called, in their order. Rejects and relations follow.
 */
bool version_set_names(struct db *db, int64_t org, int64_t version, const struct dataset_table *t,
		       const char *const *before, struct err *e);
/* The first version that waited longer than it may; *ret_found false when there is none. */
bool version_find_expired(struct db *db, int64_t now, int64_t *ret_org, int64_t *ret_version, bool *ret_found,
			  struct err *e);
/* Within the caller's transaction: everything under a version and itself, whatever its state; adds what nothing uses
 * now. */
bool version_delete_rows(struct db *db, int64_t version, struct segment_ids *unused, struct err *e);
/*
 * Removes the version, if it is in state `from` (building or ready), with what only it uses; a data set that has no
 * other version goes with it. *ret_gone (may be NULL) says whether it was there.
 */
bool version_discard(struct db *db, int64_t org, int64_t version, enum version_state from, struct segment_ids *unused,
		     bool *ret_gone, struct err *e);
/* Removes old versions beyond LIMIT_VERSIONS_KEPT; their ids are added to *gone. */
bool version_prune(struct db *db, int64_t org, int64_t dataset, struct segment_ids *gone, struct segment_ids *unused,
		   struct err *e);
/* The whole data set; ERR_CONFLICT while a version is being built or confirmed. The ids of its versions are added to
 * *gone. */
bool dataset_remove_rows(struct db *db, int64_t org, int64_t dataset, struct segment_ids *gone,
			 struct segment_ids *unused, struct err *e);
/* At the start: everything that was being built when the program died; what was being confirmed waits again. Adds the
 * ids of the versions to *gone. */
bool version_sweep(struct db *db, struct segment_ids *gone, struct err *e);
