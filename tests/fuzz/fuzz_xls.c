/*
 * Excel 97–2003 workbooks. The first byte says what the rest is: 0 the compound file, else the stream of records inside
 * an otherwise good one, so that the fuzzer need not keep sectors in order.
 */
#include "ingest_fuzz.h"

#include "ingest/biff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_stream(struct str stream)
{
	struct biff_book book = { 0 };
	struct biff_cells cells = { 0 };
	struct buf scratch = BUF_INIT(MIB);
	struct err e;
	if (!biff_book_read(stream, &book, &e))
		return;
	for (size_t i = 0; i < book.n_sheets; i++) {
		uint32_t flags;
		if (!biff_cells_find(stream, &book.sheets[i], &cells, &e))
			continue;
		for (size_t k = 0; k < cells.n; k++)
			biff_cell_text(stream, &book, cells.list[k], &scratch, &flags);
	}
	biff_cells_free(&cells);
	biff_book_free(&book);
	buf_free(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] == 0)
		fuzz_file(data + 1, size - 1, AS_AUTO);
	else
		fuzz_stream(str_n((const char *)data + 1, size - 1));
	return 0;
}
