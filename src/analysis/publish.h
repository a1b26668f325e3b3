/*
 * The end of every new version, however it was made: its cards, the one transaction that makes it current, and what
 * follows for what it replaces. And the opposite: taking an unfinished one back. For import.c and versions.c.
 */
#pragma once

#include "analysis/import.h"
#include "analysis/versions.h"
#include "model/building.h"
#include "model/caller.h"

struct publish {
	const struct caller *by;
	int64_t dataset, version;
	const char *action;               /* for the audit log: "dataset_import", "dataset_roles" … */
	const char *detail;               /* a JSON object for it; never values of customers */
	bool supersede;                   /* takes the place of the version before, which goes */
	double from;                      /* where this begins on the scale of progress; it ends at 1 */
	const struct import_watch *watch; /* may be NULL */
};

/* What the audit log calls the making of a version of that mode: "append" → "dataset_append". */
const char *publish_action(const char *mode);
/* The version must be filled (version_fill). On failure it is still being built or confirmed: publish_undo. */
bool publish_version(struct instance *in, struct db *db, const struct publish *p, struct err *e);
/* Removes the version with everything under it. What cannot be removed now is swept at the next start, and logged. */
void publish_undo(struct instance *in, int64_t org, int64_t version);
/* What is remembered of a version that is gone or no longer current: cards, search index, recommender, relations. */
void publish_forget(struct instance *in, struct db *db, int64_t version);
/* Of these the cards and the recommender, which may serve a little longer than the version is current. */
void publish_forget_learned(struct instance *in, struct db *db, int64_t version);

/* Progress and cancelling for the code between; w may be NULL. */
void watch_progress(const struct import_watch *w, double fraction, const char *message);
bool watch_cancelled(const struct import_watch *w);
/* The same as an error. */
bool watch_goes_on(const struct import_watch *w, struct err *e);
