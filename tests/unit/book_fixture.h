/* Workbooks made part by part, for reading with ingest_run.h. */
#pragma once

#include "../zip_make.h"
#include "ingest_run.h"

#include "ingest/xlsx.h"

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

static UNUSED struct str make_book(const char *workbook, const char *sheet, const char *strings)
{
	const struct zip_part parts[] = {
		{ "[Content_Types].xml", STR("<Types/>"), false },
		{ "xl/workbook.xml", str_of(workbook), false },
		{ "xl/_rels/workbook.xml.rels", STR(RELATIONS), false },
		{ "xl/worksheets/sheet1.xml", str_of(sheet), false },
		{ "xl/styles.xml", STR(STYLES), false },
		{ "xl/sharedStrings.xml", strings ? str_of(strings) : STR("<sst/>"), false },
	};
	return zip_make(parts, countof(parts));
}

static UNUSED void expect_sheet(const char *rows, const char *strings, const char *want)
{
	CLEANUP(buf_free) struct buf sheet = BUF_INIT(GIB);
	buf_addf(&sheet, SHEET("%s"), rows);
	struct str book = make_book(ONE_SHEET, sheet.p, strings);
	run_expect(book, want);
	free((char *)(uintptr_t)book.p);
}
