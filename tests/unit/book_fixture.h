/* Workbooks made part by part, for reading with ingest_run.h. */
#pragma once

#include "ingest_run.h"

#include "ingest/xlsx.h"

#include <zip.h>

#define WORKBOOK(sheets) \
	"<?xml version=\"1.0\"?><workbook xmlns:r=\"r\"><workbookPr/><sheets>" sheets "</sheets></workbook>"
#define RELATIONS                                                                                                 \
	"<Relationships><Relationship Id=\"rId1\" Type=\"http://x/worksheet\" Target=\"worksheets/sheet1.xml\"/>" \
	"<Relationship Id=\"rId2\" Type=\"http://x/worksheet\" Target=\"/xl/worksheets/sheet2.xml\"/>"            \
	"<Relationship Id=\"rId3\" Type=\"http://x/sharedStrings\" Target=\"sharedStrings.xml\"/>"                \
	"<Relationship Id=\"rId4\" Type=\"http://x/styles\" Target=\"styles.xml\"/>"                              \
	"<Relationship Id=\"rId5\" Type=\"http://x/chartsheet\" Target=\"charts/chart1.xml\"/></Relationships>"
#define ONE_SHEET WORKBOOK("<sheet name=\"S\" sheetId=\"1\" r:id=\"rId1\"/>")
#define SHEET(rows) "<worksheet><sheetData>" rows "</sheetData></worksheet>"
#define STYLES                                                                                                         \
	"<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"dd.mm.yyyy hh:mm\"/><numFmt numFmtId=\"165\" "     \
	"formatCode=\"[$-419]d mmmm yyyy\"/><numFmt numFmtId=\"166\" formatCode=\"#,##0.00\\ &quot;days&quot;\"/>"     \
	"</numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf "                \
	"numFmtId=\"14\"/>"                                                                                            \
	"<xf numFmtId=\"164\"/><xf numFmtId=\"165\"/><xf numFmtId=\"166\"/><xf numFmtId=\"46\"/><xf numFmtId=\"20\"/>" \
	"</cellXfs></styleSheet>"

struct part {
	const char *name, *text;
};

static struct str make_zip(const struct part *parts, size_t n)
{
	zip_error_t error;
	zip_source_t *out = zip_source_buffer_create(NULL, 0, 0, &error);
	zip_t *z = zip_open_from_source(out, ZIP_TRUNCATE, &error);
	assert_non_null(z);
	zip_source_keep(out);
	for (size_t i = 0; i < n; i++) {
		zip_source_t *s = zip_source_buffer(z, parts[i].text, strlen(parts[i].text), 0);
		assert_true(zip_file_add(z, parts[i].name, s, ZIP_FL_OVERWRITE) >= 0);
	}
	assert_int_equal(zip_close(z), 0);
	zip_source_open(out);
	zip_source_seek(out, 0, SEEK_END);
	size_t size = (size_t)zip_source_tell(out);
	char *bytes = mem_alloc(size);
	zip_source_seek(out, 0, SEEK_SET);
	assert_int_equal(zip_source_read(out, bytes, size), size);
	zip_source_close(out);
	zip_source_free(out);
	return str_n(bytes, size);
}

static UNUSED struct str make_book(const char *workbook, const char *sheet, const char *strings)
{
	const struct part parts[] = {
		{ "[Content_Types].xml", "<Types/>" },
		{ "xl/workbook.xml", workbook },
		{ "xl/_rels/workbook.xml.rels", RELATIONS },
		{ "xl/worksheets/sheet1.xml", sheet },
		{ "xl/styles.xml", STYLES },
		{ "xl/sharedStrings.xml", strings ? strings : "<sst/>" },
	};
	return make_zip(parts, countof(parts));
}

static UNUSED void expect_sheet(const char *rows, const char *strings, const char *want)
{
	CLEANUP(buf_free) struct buf sheet = BUF_INIT(GIB);
	buf_addf(&sheet, SHEET("%s"), rows);
	struct str book = make_book(ONE_SHEET, sheet.p, strings);
	run_expect(book, want);
	free((char *)(uintptr_t)book.p);
}
