/*
 * Sealed files: encrypted and authenticated streams on the disk, for segments, uploads in flight and backups.
 *
 * Method: crypto_secretstream_xchacha20poly1305 of libsodium over chunks of SEALED_CHUNK plain bytes. The header
 * (magic, version, kind, id) is the associated data of every chunk, so a file that was renamed over another, cut at a
 * chunk boundary, put together from two others or touched in any byte is ERR_CORRUPT with its name.
 *
 * A writer works under a temporary name (".NAME.RANDOM.part") in the folder; sealed_commit puts the final tag, flushes,
 * renames and flushes the folder: after a power cut the file is there whole or not at all. sealed_abort, or the end of
 * a block by CLEANUP, removes it. What a killed process left behind is removed by sealed_sweep at the next start.
 *
 * A reader or a writer belongs to one thread at a time. The folder descriptor is borrowed and must outlive it. A reader
 * hands out only bytes that were verified; only a read of 0 bytes says that the file is complete.
 */
#pragma once

#include "base/err.h"
#include "base/util.h"
#include "crypt/keys.h"

#define SEALED_CHUNK (256 * KIB)

enum sealed_kind { SEALED_SEGMENT = 1, SEALED_UPLOAD = 2, SEALED_BACKUP = 3 };

/* Nothing is flushed at commit: for what a restart throws away anyway. */
#define SEALED_SCRATCH 1u

struct sealed_writer;
struct sealed_reader;

/* name: one component. An existing file of that name is replaced at commit. The key is copied. */
MUST_CHECK bool sealed_create(int dir_fd, const char *name, const struct key *key, enum sealed_kind kind, int64_t id,
			      unsigned flags, struct sealed_writer **ret, struct err *e);
/* Over a descriptor of the caller's, which stays open and is flushed at commit; name is for messages only. */
MUST_CHECK bool sealed_create_fd(int fd, const char *name, const struct key *key, enum sealed_kind kind, int64_t id,
				 struct sealed_writer **ret, struct err *e);
/* After a failure only sealed_abort is of use. A full disk is ERR_IO with the code disk_full. */
MUST_CHECK bool sealed_write(struct sealed_writer *w, const void *p, size_t n, struct err *e);
/* Ends the writer in any case; on failure the file is gone. ret_bytes (may be NULL): plain bytes written. */
MUST_CHECK bool sealed_commit(struct sealed_writer **w, uint64_t *ret_bytes, struct err *e);
void sealed_abort(struct sealed_writer **w);
/* Plain bytes written so far. */
uint64_t sealed_written(const struct sealed_writer *w);

/* Reads the header and the first chunk's length; ERR_NOT_FOUND when there is no such file. */
MUST_CHECK bool sealed_open(int dir_fd, const char *name, const struct key *key, enum sealed_kind kind, int64_t id,
			    struct sealed_reader **ret, struct err *e);
/* From the present offset of a regular file of the caller's, which stays open. */
MUST_CHECK bool sealed_open_fd(int fd, const char *name, const struct key *key, enum sealed_kind kind, int64_t id,
			       struct sealed_reader **ret, struct err *e);
/* Up to cap plain bytes; *ret_n is 0 only at the verified end. */
MUST_CHECK bool sealed_read(struct sealed_reader *r, void *p, size_t cap, size_t *ret_n, struct err *e);
/* Plain bytes in the whole file, computed from its length (so trust it only once the end was read). */
uint64_t sealed_size(const struct sealed_reader *r);
void sealed_close(struct sealed_reader **r);

/* Decrypts the whole file to out_fd (a memfd, a pipe) from its current offset; ret_bytes may be NULL. */
MUST_CHECK bool sealed_copy_to_fd(int dir_fd, const char *name, const struct key *key, enum sealed_kind kind,
				  int64_t id, int out_fd, uint64_t *ret_bytes, struct err *e);
/* Reads and authenticates every byte, keeping nothing. */
MUST_CHECK bool sealed_verify(int dir_fd, const char *name, const struct key *key, enum sealed_kind kind, int64_t id,
			      struct err *e);
/* Removes the temporary files that a killed writer left in the folder; no writer may be at work in it. */
MUST_CHECK bool sealed_sweep(int dir_fd, size_t *ret_removed, struct err *e);
