/*
 * Workbooks. The first byte says which part the rest is: 0 the archive itself, else one part of an otherwise good
 * workbook, put into a new archive, so that the fuzzer need not find checksums. What expat takes, the quick scanner
 * must take too, and read the same.
 */
#include "ingest_fuzz.h"

#include "ingest/xlsx_sheet.h"

#include <zip.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *name, *text;
} parts[] = {
	{ "xl/workbook.xml", "<workbook><sheets><sheet name=\"S\" r:id=\"r1\" xmlns:r=\"r\"/></sheets></workbook>" },
	{ "xl/_rels/workbook.xml.rels",
	  "<Relationships><Relationship Id=\"r1\" Type=\"x/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship "
	  "Id=\"r2\" Type=\"x/sharedStrings\" Target=\"sharedStrings.xml\"/><Relationship Id=\"r3\" Type=\"x/styles\" "
	  "Target=\"styles.xml\"/></Relationships>" },
	{ "xl/worksheets/sheet1.xml",
	  "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row><row><c "
	  "s=\"1\"><v>40513.5</v></c></row></sheetData></worksheet>" },
	{ "xl/sharedStrings.xml", "<sst><si><t>a</t></si></sst>" },
	{ "xl/styles.xml", "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"22\"/></cellXfs></styleSheet>" },
};

/* All rows of the first sheet; false when there is an error. */
static bool read_sheet(zip_t *z, const struct xlsx_book *book, const struct xlsx_strings *strings, bool quick,
		       struct buf *ret)
{
	struct xlsx_sheet *s = NULL;
	struct err e = { 0 };
	bool end = false, ok = xlsx_sheet_open(z, book, strings, 0, quick, &s, &e);
	while (ok && !end) {
		struct block b = { 0 };
		ok = xlsx_sheet_next(s, &b, &end, &e);
		if (ok && !end)
			buf_add(ret, b.data, b.n);
		block_free(&b);
	}
	xlsx_sheet_close(s);
	return ok;
}

static void compare_readers(char *bytes, size_t n)
{
	zip_t *z = NULL;
	struct err e = { 0 };
	struct xlsx_book book = { 0 };
	struct xlsx_strings strings = { 0 };
	CLEANUP(buf_free) struct buf slow = BUF_INIT(GIB), quick = BUF_INIT(GIB);
	if (!xlsx_zip_open(bytes, n, &z, &e))
		return;
	if (xlsx_book_read(z, &book, &e) &&
	    (!book.strings_path || xlsx_strings_read(z, book.strings_path, &strings, &e)) &&
	    read_sheet(z, &book, &strings, false, &slow)) {
		if (!read_sheet(z, &book, &strings, true, &quick) || !str_eq(buf_str(&slow), buf_str(&quick)))
			abort();
	}
	xlsx_strings_free(&strings);
	xlsx_book_free(&book);
	zip_discard(z);
}

/* All parts stored, part number `replaced` being the given bytes. */
static void fuzz_part(size_t replaced, const uint8_t *data, size_t size)
{
	zip_error_t error;
	zip_source_t *out = zip_source_buffer_create(NULL, 0, 0, &error);
	zip_t *z = out ? zip_open_from_source(out, ZIP_TRUNCATE, &error) : NULL;
	if (!z)
		abort();
	zip_source_keep(out);
	for (size_t i = 0; i < countof(parts); i++) {
		zip_source_t *s = i == replaced ? zip_source_buffer(z, data, size, 0)
						: zip_source_buffer(z, parts[i].text, strlen(parts[i].text), 0);
		zip_int64_t at = zip_file_add(z, parts[i].name, s, ZIP_FL_OVERWRITE);
		zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_STORE, 0);
	}
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
	compare_readers(bytes, n);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] == 0 || data[0] > countof(parts))
		fuzz_file(data + 1, size - 1, AS_AUTO);
	else
		fuzz_part(data[0] - 1u, data + 1, size - 1);
	return 0;
}
