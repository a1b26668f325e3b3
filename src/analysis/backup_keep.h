/*
 * Backups kept in the data folder: DATA/backups/ID.backup, made by jobs, at most LIMIT_BACKUPS_KEPT of them, one at a
 * time. They hold everybody's data, so only the bank's administrator may have to do with them (PERM_BACKUP is checked
 * here as well); what is done with them is written to the audit log.
 */
#pragma once

#include "analysis/instance.h"
#include "base/arena.h"
#include "model/caller.h"

struct db;

struct backup_file {
	int64_t id;
	int64_t made_at; /* microseconds UTC, when it was begun */
	uint64_t bytes;
};

/* Newest first. */
MUST_CHECK bool backups_list(struct instance *in, const struct caller *by, struct arena *a, struct backup_file **ret,
			     size_t *ret_n, struct err *e);
/* ERR_CONFLICT: one is being made (busy), there are too many (too_many_backups), no room on the disk (disk_full). */
MUST_CHECK bool backups_start(struct instance *in, struct db *db, const struct caller *by, int64_t *ret_job,
			      struct err *e);
/* For reading; the descriptor is the caller's. */
MUST_CHECK bool backups_open(struct instance *in, struct db *db, const struct caller *by, int64_t id, int *ret_fd,
			     struct backup_file *ret, struct err *e);
MUST_CHECK bool backups_remove(struct instance *in, struct db *db, const struct caller *by, int64_t id, struct err *e);
