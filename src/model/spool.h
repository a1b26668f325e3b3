/*
 * Uploads in flight: each a sealed file DATA/spool/<id>, so that no plain text of an upload ever lies on the disk.
 *
 * The key is random, made when the spool is opened, and lives in memory alone: what a crash leaves behind nobody can
 * read, and the next opening removes it. A file is written once by one thread; once committed it may be
 * read by any, any number of times, until spool_remove. A reader that has begun may finish after the removal.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spool;
struct spool_writer;
struct spool_stream;

/* Makes DATA/spool when it is absent and removes what is in it. */
bool spool_open(const char *data_dir, struct spool **ret, struct err *e);
void spool_free(struct spool **s);

bool spool_create(struct spool *s, struct spool_writer **ret, struct err *e);
/* Any number of bytes, straight to the sealed file. */
bool spool_append(struct spool_writer *w, const void *p, size_t n, struct err *e);
uint64_t spool_written(const struct spool_writer *w);
/* Ends it; from now on it can be read under *ret_id. The writer is still to be freed. */
bool spool_commit(struct spool_writer *w, int64_t *ret_id, struct err *e);
/* Removes the file unless it was committed. Takes NULL. */
void spool_writer_free(struct spool_writer **w);

bool spool_size(struct spool *s, int64_t id, uint64_t *ret_bytes, struct err *e);
/*
 * The plain bytes as a stream: a thread deciphers into a pipe whose read end *ret_fd is the caller's. A reader that
 * closes early ends the thread. spool_stream_end joins it and says whether all that was asked for could be deciphered.
 */
bool spool_stream_new(struct spool *s, int64_t id, struct spool_stream **ret, int *ret_fd, struct err *e);
bool spool_stream_end(struct spool_stream **t, struct err *e);
/*
 * The plain bytes in a memfd, for what must be read from several places (workbooks, SQLite files). More than
 * LIMIT_SEEKABLE_UPLOAD_BYTES: ERR_TOO_LARGE that says so.
 */
bool spool_memfd(struct spool *s, int64_t id, int *ret_fd, struct err *e);
/* Takes it off the disk; one that is not there is no error. */
void spool_remove(struct spool *s, int64_t id);
