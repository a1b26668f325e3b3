/* Database dumps: the lexer's places, the first pass, blocks, values. The same bytes also behind a sign of MySQL. */
#include "ingest_fuzz.h"

#include "ingest/sql_dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const signs[] = { "SET x = 1;\n-- INSERT INTO \n",
					     "/*!1 */;\nSET x = 1;\n-- INSERT INTO \n" };
	for (size_t i = 0; i < 2; i++) {
		struct buf b = BUF_INIT(size + 100);
		buf_adds(&b, signs[i]);
		buf_add(&b, data, size);
		if (!sql_sniff(buf_str(&b)))
			abort();
		fuzz_file(b.p, b.n, AS_AUTO);
		buf_free(&b);
	}
	return 0;
}
