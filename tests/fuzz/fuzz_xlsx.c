/*
 * Workbooks. The first byte says which part the rest is: 0 the archive itself, else one part of an otherwise good
 * workbook, put into a new archive, so that the fuzzer need not find checksums. What expat takes, the quick scanner
 * must take too, and read the same.
 */
#include "../zip_make.h"
#include "ingest_fuzz.h"

#include "ingest/xlsx_sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct zip_part good[] = {
	{ "xl/workbook.xml", STR("<workbook><sheets><sheet name=\"S\" r:id=\"r1\" xmlns:r=\"r\"/></sheets></workbook>"),
	  true },
	{ "xl/_rels/workbook.xml.rels",
	  STR("<Relationships><Relationship Id=\"r1\" Type=\"x/worksheet\" "
	      "Target=\"worksheets/sheet1.xml\"/><Relationship "
	      "Id=\"r2\" Type=\"x/sharedStrings\" Target=\"sharedStrings.xml\"/><Relationship Id=\"r3\" "
	      "Type=\"x/styles\" "
	      "Target=\"styles.xml\"/></Relationships>"),
	  true },
	{ "xl/worksheets/sheet1.xml",
	  STR("<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row><row><c "
	      "s=\"1\"><v>40513.5</v></c></row></sheetData></worksheet>"),
	  true },
	{ "xl/sharedStrings.xml", STR("<sst><si><t>a</t></si></sst>"), true },
	{ "xl/styles.xml", STR("<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"22\"/></cellXfs></styleSheet>"),
	  true },
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

/* Part number `replaced` being the given bytes. */
static void fuzz_part(size_t replaced, const uint8_t *data, size_t size)
{
	struct zip_part parts[countof(good)];
	memcpy(parts, good, sizeof parts);
	parts[replaced].bytes = str_n((const char *)data, size);
	struct str file = zip_make(parts, countof(parts));
	fuzz_file(file.p, file.n, AS_AUTO);
	compare_readers((char *)(uintptr_t)file.p, file.n);
	zip_free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] == 0 || data[0] > countof(good))
		fuzz_file(data + 1, size - 1, AS_AUTO);
	else
		fuzz_part(data[0] - 1u, data + 1, size - 1);
	return 0;
}
