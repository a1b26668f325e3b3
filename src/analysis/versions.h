/*
 * What happens to versions besides importing: correcting roles, going back to an earlier one, removing, and the
 * cleaning of what a killed process left. Everything that was computed from a version (customer cards, segments,
 * memories of it) is followed up here. Thread-safe.
 */
#pragma once

#include "analysis/import.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct caller;
struct db;
struct instance;

/*
 * Makes a version of the same rows in which the named columns mean something else, computes its cards, and makes it
 * current in place of the one it was made from. Unknown role, column or table: ERR_VALUE naming it, nothing changed.
 */
bool versions_set_roles(struct instance *in, const struct caller *by, int64_t dataset, const struct import_role *roles,
			size_t n, const struct import_watch *w, int64_t *ret_version, struct err *e);
/* Makes version `number` current again, as a new version of the same rows. */
bool versions_activate(struct instance *in, const struct caller *by, int64_t dataset, int64_t number,
		       const struct import_watch *w, int64_t *ret_version, struct err *e);
/* The data set, its versions, cards and segments. ERR_CONFLICT while a version is being built. */
bool versions_remove_dataset(struct instance *in, const struct caller *by, int64_t dataset, struct err *e);

/*
 * A version that waits (import_request.later) is made current: its cards, then one transaction. Whatever goes wrong, it
 * waits as before. One that is current already is success, so that asking twice does no harm.
 */
bool versions_confirm(struct instance *in, const struct caller *by, int64_t dataset, int64_t number,
		      const struct import_watch *w, int64_t *ret_version, struct err *e);
/* What its columns mean, before it is confirmed. ERR_VALUE as versions_set_roles; ERR_CONFLICT when it does not wait.
 */
bool versions_correct(struct instance *in, const struct caller *by, int64_t dataset, int64_t number,
		      const struct import_role *roles, size_t n, struct err *e);
/* What its columns are called, before it is confirmed (analysis/column_names.h). Errors as versions_correct. */
bool versions_rename(struct instance *in, const struct caller *by, int64_t dataset, int64_t number,
		     const struct column_rename *renames, size_t n, struct err *e);
/* Takes a version that waits away with everything under it; a data set that has no other goes too. */
bool versions_throw_away(struct instance *in, const struct caller *by, int64_t dataset, int64_t number, struct err *e);
/* The same for all that waited longer than LIMIT_UNCONFIRMED_DAYS at `now` (microseconds UTC). */
bool versions_expire(struct instance *in, struct db *db, int64_t now, size_t *ret_versions, struct err *e);

/* For the start of a program that writes, before anything else works: removes what was half done. */
bool versions_sweep(struct instance *in, struct db *db, size_t *ret_versions, size_t *ret_files, struct err *e);

/* As jobs ("roles", "activate", "confirm"), whose result is {"dataset","version"}. Everything is copied. */
bool versions_start_roles(struct instance *in, const struct caller *by, int64_t dataset,
			  const struct import_role *roles, size_t n, int64_t *ret_job, struct err *e);
bool versions_start_activate(struct instance *in, const struct caller *by, int64_t dataset, int64_t number,
			     int64_t *ret_job, struct err *e);
bool versions_start_confirm(struct instance *in, const struct caller *by, int64_t dataset, int64_t number,
			    int64_t *ret_job, struct err *e);
