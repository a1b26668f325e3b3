/* Archives made in memory, part by part: for the unit tests and the fuzz targets. What cannot be made ends the program.
 */
#pragma once

#include "base/str.h"
#include "base/util.h"

#include <stdbool.h>
#include <stdlib.h>
#include <zip.h>

struct zip_part {
	const char *name;
	struct str bytes;
	bool stored; /* not deflated */
};

/* The archive's bytes, which zip_free gives back. */
static UNUSED struct str zip_make(const struct zip_part *parts, size_t n)
{
	zip_error_t error;
	zip_source_t *out = zip_source_buffer_create(NULL, 0, 0, &error);
	zip_t *z = out ? zip_open_from_source(out, ZIP_TRUNCATE, &error) : NULL;
	if (!z)
		abort();
	zip_source_keep(out);
	for (size_t i = 0; i < n; i++) {
		zip_source_t *s = zip_source_buffer(z, parts[i].bytes.p, parts[i].bytes.n, 0);
		zip_int64_t at = zip_file_add(z, parts[i].name, s, ZIP_FL_OVERWRITE);
		if (at < 0)
			abort();
		if (parts[i].stored)
			zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_STORE, 0);
	}
	if (zip_close(z) != 0 || zip_source_open(out) != 0)
		abort();
	zip_source_seek(out, 0, SEEK_END);
	size_t size = (size_t)zip_source_tell(out);
	char *bytes = mem_alloc(size);
	zip_source_seek(out, 0, SEEK_SET);
	if (zip_source_read(out, bytes, size) != (zip_int64_t)size)
		abort();
	zip_source_close(out);
	zip_source_free(out);
	return str_n(bytes, size);
}

static UNUSED void zip_free(struct str bytes)
{
	free((char *)(uintptr_t)bytes.p);
}
