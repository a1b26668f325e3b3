/* A zip of two files: the first byte says where the rest is parted; 0 is the archive itself. */
#include "../zip_make.h"
#include "ingest_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_members(const uint8_t *data, size_t size, size_t part)
{
	const struct zip_part members[] = {
		{ "a/first.csv", str_n((const char *)data, part), true },
		{ "second", str_n((const char *)data + part, size - part), true },
	};
	struct str file = zip_make(members, countof(members));
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
		fuzz_members(data + 1, size - 1, MIN((size_t)data[0], size - 1));
	return 0;
}
