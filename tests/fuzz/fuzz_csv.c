/* Delimited text: sniffing, encodings, cutting, indexing, types; the same bytes also as baskets. */
#include "ingest_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_file(data, size, AS_AUTO);
	fuzz_file(data, size, AS_BASKETS);
	return 0;
}
