/* JSON files as strangers write them. The first byte of the rest is made a bracket, so that the text is taken for JSON.
 */
#include "ingest_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = mem_alloc(size + 2);
	if (!size)
		return free(copy), 0;
	/* What the format is told by, before anything else. */
	copy[0] = data[0] & 1 ? '{' : '[';
	copy[1] = data[0] & 1 ? '"' : data[0] & 2 ? '[' : '{';
	memcpy(copy + 2, data + 1, size - 1);
	fuzz_file(copy, size + 1, AS_AUTO);
	free(copy);
	return 0;
}
