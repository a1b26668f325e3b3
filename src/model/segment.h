/*
 * Segments: the immutable Parquet files that loaded tables consist of, each sealed under a key of its own.
 *
 * A segment is the file DATA/segments/<id>.seg; its key is derived from the master key and its id, so that no two
 * files can be swapped for each other unnoticed. Files are written once, synced, and never changed: an append adds
 * segments, and versions of a data set share them. What the store says (model/dataset.h) is the truth: a file
 * that no table of any version names is an orphan and is swept at the start. Plain bytes exist only in pipes and
 * memfds.
 *
 * A segment_store may be used from any thread; a segment_sink belongs to the thread that made it.
 */
#pragma once

#include "base/err.h"
#include "crypt/keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct segment_store;
struct segment_sink;

/* Makes DATA/segments when it is absent. *master is copied. */
bool segment_store_open(const char *data_dir, const struct key *master, struct segment_store **ret, struct err *e);
void segment_store_free(struct segment_store **s);

/*
 * Starts a new segment: a thread seals what is written to *ret_write_fd (a pipe, the caller's to close or pass on)
 * until every copy of that descriptor is closed. Nothing is a segment before segment_sink_commit.
 */
bool segment_sink_new(struct segment_store *s, struct segment_sink **ret, int *ret_write_fd, struct err *e);
/* Waits for the end of the pipe, then file and folder are synced. False, disk full among the reasons: no file stays. */
bool segment_sink_commit(struct segment_sink *k, int64_t *ret_id, uint64_t *ret_bytes, struct err *e);
/*
 * Waits for the end of the pipe; true when sealing had failed, with the reason in *e: it explains why the writer of the
 * pipe was cut off.
 */
bool segment_sink_error(struct segment_sink *k, struct err *e);
/* Waits for the end of the pipe; removes the file unless it was committed. Takes NULL. */
void segment_sink_free(struct segment_sink **k);

/* The Parquet bytes in a memfd that can no longer be written; the caller closes it. Damaged: ERR_CORRUPT, naming the
 * file. */
bool segment_open_memfd(struct segment_store *s, int64_t id, int *ret_fd, struct err *e);
/* The same once the store has said that it belongs to org: another's, or none: ERR_NOT_FOUND, code segment_gone. */
bool segment_open_owned(struct segment_store *s, struct db *db, int64_t org, int64_t id, int *ret_fd, struct err *e);
/* Reads all of it and checks every byte; ERR_CORRUPT names the file. */
bool segment_verify(struct segment_store *s, int64_t id, const _Atomic bool *cancel, struct err *e);
/* Takes it off the disk. One that is not there is no error. */
void segment_remove(struct segment_store *s, int64_t id);
/* The path of the file within the data folder, for messages and backups: "segments/123.seg". ret holds 64 bytes. */
void segment_name(int64_t id, char ret[64]);

/* The segment that the store names next after id `after`, of any organisation; *ret_found false at the end. */
bool segment_next(struct db *db, int64_t after, int64_t *ret_id, bool *ret_found, struct err *e);

/* Removes every file that the store does not name. For the start, before any import can run. */
bool segment_sweep(struct segment_store *s, struct db *db, size_t *ret_removed, struct err *e);
/*
 * Checks every segment that the store names, of every organisation; each damaged or missing one is told to `bad`.
 * False only when the checking itself could not be done.
 */
bool segment_check_all(struct segment_store *s, struct db *db,
		       void (*bad)(void *ctx, const char *file, const struct err *why), void *ctx, size_t *ret_checked,
		       struct err *e);
