#include "ingest/xlsx.h"
#include "ingest/other_file.h"

#include "base/limits.h"
#include "ingest/reader.h"
#include "ingest/template_sheet.h"
#include "ingest/xlsx_sheet.h"

#include <stdlib.h>

struct xlsx_reader {
	struct reader base;
	zip_t *zip;
	struct xlsx_book book;
	struct xlsx_strings strings;
	struct xlsx_sheet *sheet;
	uint64_t sheets_bytes, before; /* unpacked: of all sheets, and of those begun before this one */
	uint64_t *sizes;
	bool *told; /* of a sheet: that its merged cells are not filled */
	size_t at;  /* the sheet that is read */
};

static struct xlsx_reader *of(struct reader *r)
{
	return (struct xlsx_reader *)r;
}

static bool start(struct reader *r, size_t table, struct err *e)
{
	struct xlsx_reader *x = of(r);
	xlsx_sheet_close(x->sheet);
	x->sheet = NULL;
	x->before = 0;
	x->at = table;
	for (size_t i = 0; i < table; i++)
		x->before += x->sizes[i];
	return xlsx_sheet_open(x->zip, &x->book, &x->strings, table, true, &x->sheet, e);
}

/* Once a sheet, however often it is read. */
static void tell_unfilled(struct xlsx_reader *x)
{
	if (!xlsx_sheet_unfilled(x->sheet) || x->told[x->at])
		return;
	x->told[x->at] = true;
	reader_note(&x->base, x->book.sheets[x->at].name,
		    "cells merged downwards, in a sheet too large to fill them: only the first of each has the value");
}

static bool next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	struct xlsx_reader *x = of(r);
	if (!xlsx_sheet_next(x->sheet, ret, ret_end, e))
		return false;
	double share = (double)(x->before + xlsx_sheet_read(x->sheet)) / (double)MAX(x->sheets_bytes, UINT64_C(1));
	tell_unfilled(x);
	source_set_consumed(r->source, (uint64_t)(share * (double)source_total(r->source)));
	return true;
}

static void close_reader(struct reader *r)
{
	struct xlsx_reader *x = of(r);
	xlsx_sheet_close(x->sheet);
	xlsx_strings_free(&x->strings);
	xlsx_book_free(&x->book);
	if (x->zip)
		zip_discard(x->zip);
	free(x->sizes);
	free(x->told);
	free(x);
}

static const struct reader_ops xlsx_ops = {
	.format = "xlsx",
	.sheets = true,
	.start = start,
	.next = next,
	.close = close_reader,
};

/* What a zip archive is that is no workbook. */
static bool tell_archive(zip_t *z, struct err *e)
{
	static const struct {
		const char *part;
		enum other_file kind;
		const char *found;
	} kinds[] = {
		{ "xl/workbook.bin", OTHER_BINARY_EXCEL, "a binary Excel workbook (.xlsb)" },
		{ "word/document.xml", OTHER_DOCUMENT, "a Word document" },
		{ "ppt/presentation.xml", OTHER_DOCUMENT, "a PowerPoint presentation" },
		{ "AndroidManifest.xml", OTHER_PROGRAM, "an Android program" },
		{ "META-INF/MANIFEST.MF", OTHER_PROGRAM, "a Java archive" },
		{ "Index/Document.iwa", OTHER_NUMBERS, "a file of Apple's Numbers, Pages or Keynote" },
		{ "Index.zip", OTHER_NUMBERS, "a file of Apple's Numbers, Pages or Keynote" },
	};
	if (xlsx_zip_has(z, "xl/workbook.xml"))
		return true;
	for (size_t i = 0; i < countof(kinds); i++) {
		if (xlsx_zip_has(z, kinds[i].part))
			return other_file(e, kinds[i].kind, kinds[i].found);
	}
	if (xlsx_zip_has(z, "_rels/.rels"))
		return true;
	return err_set(e, ERR_VALUE, "unknown_format",
		       "This is a zip archive without a workbook inside. Unpack it and load the file itself.");
}

/* The key of a template is no table. */
static void drop_template_sheet(struct xlsx_book *b)
{
	for (size_t i = 0; i < b->n_sheets; i++) {
		if (strcmp(b->sheets[i].name, TEMPLATE_SHEET) != 0)
			continue;
		free(b->sheets[i].name);
		free(b->sheets[i].path);
		memmove(&b->sheets[i], &b->sheets[i + 1], (b->n_sheets - i - 1) * sizeof *b->sheets);
		b->n_sheets--;
		i--;
	}
}

static void list_sheets(struct xlsx_reader *x)
{
	drop_template_sheet(&x->book);
	x->sizes = mem_array(x->book.n_sheets + 1, sizeof *x->sizes);
	x->told = mem_zalloc((x->book.n_sheets + 1) * sizeof *x->told);
	for (size_t i = 0; i < x->book.n_sheets; i++) {
		zip_stat_t st = { 0 };
		reader_add_table(&x->base, str_of(x->book.sheets[i].name))->hidden = x->book.sheets[i].hidden;
		zip_stat(x->zip, x->book.sheets[i].path, ZIP_FL_NOCASE, &st);
		x->sizes[i] = st.size;
		x->sheets_bytes += st.size;
	}
}

bool xlsx_open(struct source *s, struct reader **ret, struct err *e)
{
	char *bytes;
	size_t n;
	if (!source_whole(s, &bytes, &n, e))
		return false;
	struct xlsx_reader *x = mem_zalloc(sizeof *x);
	x->base = (struct reader){ .ops = &xlsx_ops, .source = s };
	bool ok = xlsx_zip_open(bytes, n, &x->zip, e) && tell_archive(x->zip, e) && xlsx_book_read(x->zip, &x->book, e);
	if (ok && x->book.strings_path && xlsx_zip_has(x->zip, x->book.strings_path))
		ok = xlsx_strings_read(x->zip, x->book.strings_path, &x->strings, e);
	if (!ok) {
		reader_close(&x->base);
		return false;
	}
	list_sheets(x);
	x->base.serials_from = x->book.from_1904 ? 1904 : 1900;
	*ret = &x->base;
	return true;
}
