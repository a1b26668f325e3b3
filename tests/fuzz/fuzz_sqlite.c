/* SQLite files as strangers write them. */
#include "ingest_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char magic[16] = "SQLite format 3";
	char *copy = mem_alloc(size + sizeof magic);
	memcpy(copy, data, size);
	if (size > sizeof magic)
		memcpy(copy, magic, sizeof magic);
	fuzz_file(copy, size, AS_AUTO);
	free(copy);
	return 0;
}
