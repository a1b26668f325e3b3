/* Spreadsheets. The first byte says what the rest is: 0 the archive itself, else the content of an otherwise good one.
 */
#include "../zip_make.h"
#include "ingest_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_content(const uint8_t *data, size_t size)
{
	const struct zip_part part = { "content.xml", str_n((const char *)data, size), true };
	struct str file = zip_make(&part, 1);
	fuzz_file(file.p, file.n, AS_AUTO);
	zip_free(file);
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
