/*
 * A backup: one sealed file that holds a snapshot of the store and every segment the snapshot names.
 *
 * Plain bytes of the sealed stream, integers little-endian: "VTRBKUP1", when it was made (8, microseconds UTC), number
 * of segments (8); the store: its length (8) and bytes; each segment: its id (8), length (8) and bytes. Store and
 * segments are encrypted under keys of the same master key themselves. The key is not in the backup.
 */
#pragma once

#include "analysis/instance.h"

struct backup_watch {
	void *ctx;
	void (*progress)(void *ctx, double fraction, const char *message); /* may be NULL */
	const _Atomic bool *cancel;                                        /* may be NULL */
};

struct backup_counts {
	size_t segments;
	uint64_t bytes; /* of store and segments */
	int64_t made_at;
};

/* A descriptor of the caller's, or (fd -1) a new file of a folder, which gets its name when it is whole. */
struct backup_target {
	int fd, dir;
	const char *name; /* of the file; for messages as well */
};

/* Writes one while others go on working. */
bool backup_write(struct instance *in, const struct backup_target *to, const struct backup_watch *w,
		  struct backup_counts *ret, struct err *e);
/* Removes what a killed backup left in the folder. */
void backup_sweep(const char *dir);
/* Writes store and segments of the backup in fd into the empty folder `dir`; every byte was authenticated. */
bool backup_read(int fd, const char *name, const struct key *master, const char *dir, const struct backup_watch *w,
		 struct backup_counts *ret, struct err *e);
