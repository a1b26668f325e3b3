/*
 * The compound file (OLE2) that old Office programs keep their streams in: a small file system of sectors.
 *
 * Every number of it is somebody else's: sectors are looked up within the bytes there are, and no chain is followed
 * further than there are sectors. Pure functions on memory.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct ole {
	const unsigned char *p;
	size_t n;
	size_t sector; /* bytes of one */
	uint32_t *fat, *minifat;
	size_t n_fat, n_minifat;
	struct buf directory, mini; /* the directory, and the stream of small streams */
	uint32_t cutoff;            /* streams of fewer bytes lie in `mini` */
};

/* p outlives it. ERR_VALUE "damaged" or "truncated". */
bool ole_open(const void *p, size_t n, struct ole *ret, struct err *e);
void ole_close(struct ole *o);
/* Whether the root holds a stream of this name (ASCII, whatever its case). */
bool ole_has(const struct ole *o, const char *name);
/* The stream's bytes, appended. */
bool ole_read(const struct ole *o, const char *name, struct buf *ret, struct err *e);
