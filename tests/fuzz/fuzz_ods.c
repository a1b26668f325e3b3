/* Spreadsheets. The first byte says what the rest is: 0 the archive itself, else the content of an otherwise good one.
 */
#include "ingest_fuzz.h"

#include <zip.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_content(const uint8_t *data, size_t size)
{
	zip_error_t error;
	zip_source_t *out = zip_source_buffer_create(NULL, 0, 0, &error);
	zip_t *z = out ? zip_open_from_source(out, ZIP_TRUNCATE, &error) : NULL;
	if (!z)
		abort();
	zip_source_keep(out);
	zip_source_t *s = zip_source_buffer(z, data, size, 0);
	zip_int64_t at = zip_file_add(z, "content.xml", s, ZIP_FL_OVERWRITE);
	zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_STORE, 0);
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
		fuzz_content(data + 1, size - 1);
	return 0;
}
