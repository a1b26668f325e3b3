/* What a Parquet file says of itself. The first byte says what the rest is: 0 the file, else its footer alone. */
#include "base/buf.h"
#include "base/util.h"
#include "ingest/parquet_footer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str file)
{
	struct parquet_footer f = { 0 };
	struct err e = { 0 };
	bool good = parquet_footer_check(file, &f, &e);
	if (good == (e.kind != ERR_NONE) || (!good && !e.message[0]))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	struct str rest = str_n((const char *)data + 1, size - 1);
	if (data[0] == 0) {
		check(rest);
		return 0;
	}
	uint32_t n = (uint32_t)rest.n;
	CLEANUP(buf_free) struct buf file = BUF_INIT(size + 64);
	buf_adds(&file, "PAR1");
	buf_add_str(&file, rest);
	for (unsigned shift = 0; shift < 32; shift += 8)
		buf_addc(&file, (char)(n >> shift));
	buf_adds(&file, "PAR1");
	check(buf_str(&file));
	return 0;
}
