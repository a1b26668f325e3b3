/* A zip of two files: the first byte says where the rest is parted; 0 is the archive itself. */
#include "ingest_fuzz.h"

#include <zip.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_members(const uint8_t *data, size_t size, size_t part)
{
	zip_error_t error;
	zip_source_t *out = zip_source_buffer_create(NULL, 0, 0, &error);
	zip_t *z = out ? zip_open_from_source(out, ZIP_TRUNCATE, &error) : NULL;
	if (!z)
		abort();
	zip_source_keep(out);
	const struct {
		const char *name;
		const uint8_t *p;
		size_t n;
	} members[] = { { "a/first.csv", data, part }, { "second", data + part, size - part } };
	for (size_t i = 0; i < countof(members); i++) {
		zip_source_t *s = zip_source_buffer(z, members[i].p, members[i].n, 0);
		zip_int64_t at = zip_file_add(z, members[i].name, s, ZIP_FL_OVERWRITE);
		zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_STORE, 0);
	}
	if (zip_close(z) != 0 || zip_source_open(out) != 0)
		abort();
	zip_source_seek(out, 0, SEEK_END);
	size_t n = (size_t)zip_source_tell(out);
	char *bytes = mem_alloc(n);
	zip_source_seek(out, 0, SEEK_SET);
	if (zip_source_read(out, bytes, n) != (zip_int64_t)n)
		abort();
	zip_source_close(out);
	zip_source_free(out);
	fuzz_file(bytes, n, AS_AUTO);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] == 0)
		fuzz_file(data + 1, size - 1, AS_AUTO);
	else
		fuzz_members(data + 1, size - 1, MIN((size_t)data[0], size - 1));
	return 0;
}
