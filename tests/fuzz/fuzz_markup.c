/* HTML pages and XML spreadsheets: the bytes are the file. */
#include "ingest_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_file(data, size, AS_AUTO);
	return 0;
}
