/*
 * Where the bytes of a file come from.
 *
 * A source reads a descriptor it was handed: a regular file or memfd (seekable), or a pipe. Gzip is seen through,
 * whatever the file is called. A second pass over a pipe, or a file that must be seekable (a zip), asks the owner for
 * another descriptor through the reopen callback. Nothing here opens a path.
 *
 * A source belongs to one thread at a time; the two counters at its end may be read, and cancel set, from any thread.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct source;

struct source_options {
	int fd;        /* becomes the source's, which closes it */
	bool seekable; /* fd may be mmapped and seeked */
	int64_t size;  /* of the raw bytes; -1 = unknown */
	/* Another descriptor of the same bytes, from their start. NULL: there is none to be had. */
	bool (*reopen)(void *ctx, bool seekable, int *ret_fd, bool *ret_seekable, struct err *e);
	/* Instead of fd, which is -1 then: the next bytes, 0 at the end; and back to the first one. */
	bool (*read)(void *ctx, void *p, size_t n, size_t *ret, struct err *e);
	bool (*rewind)(void *ctx, struct err *e);
	const char *encoding; /* encoding_name that a person said a text file has; lives as long. NULL: it is found */
	bool inner;           /* a file of an archive, which may hold no archive */
	void *ctx;
	const _Atomic bool *cancel; /* may be NULL; then reads end with ERR_CANCELLED */
};

/* Takes o->fd also when it fails. */
bool source_open(const struct source_options *o, struct source **ret, struct err *e);
void source_close(struct source *s);
void source_closep(struct source **s);

const char *source_encoding(const struct source *s);
/* The first bytes, inflated, at most `want` (and SOURCE_HEAD_BYTES) of them; fewer only when there are no more. They
 * stay to be read. Valid until the next call. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define SOURCE_HEAD_BYTES (1 << 13)
#else
#define SOURCE_HEAD_BYTES (1 << 20)
#endif
bool source_peek(struct source *s, size_t want, struct str *ret, struct err *e);
/* Fills p with n inflated bytes; fewer only at the end. */
bool source_read(struct source *s, void *p, size_t n, size_t *ret_got, struct err *e);
/* Back to the first byte. */
bool source_rewind(struct source *s, struct err *e);

/*
 * All inflated bytes at once, in memory that lasts as long as the source: the file's own pages (private: writing to
 * them changes nothing outside) when it is seekable and not compressed. At most LIMIT_WHOLE_BYTES when it is
 * compressed.
 */
bool source_whole(struct source *s, char **ret, size_t *ret_n, struct err *e);

/* Where this and later passes stand in the whole work, in thousandths: what source_consumed says runs from one to the
 * other. */
void source_set_share(struct source *s, unsigned from, unsigned to);
bool source_inner(const struct source *s);
bool source_gzipped(const struct source *s);
bool source_cancelled(const struct source *s);
/* Raw bytes taken so far in this pass, and all of them (0 = unknown). */
uint64_t source_consumed(const struct source *s);
uint64_t source_total(const struct source *s);
/* For readers of whole files, which know how far they are: of the raw bytes. */
void source_set_consumed(struct source *s, uint64_t bytes);
