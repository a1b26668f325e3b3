/* The key of a template that the program gave out: a sheet of its own, which nobody sees. */
#include "ingest/pack.h"
#include "ingest/template_sheet.h"
#include "ingest/xlsx_sheet.h"

static bool add_rows(struct xlsx_sheet *s, struct buf *ret, struct err *e)
{
	struct rows rows = { 0 };
	bool end = false, ok = true;
	while (ok && !end) {
		struct block b = { 0 };
		CLEANUP(buf_free) struct buf scratch = BUF_INIT(TEMPLATE_KEY_BYTES);
		ok = xlsx_sheet_next(s, &b, &end, e);
		rows.n_rows = rows.n_cells = 0;
		ok = ok && (end || pack_index(&b, &rows, e));
		for (size_t i = 0; ok && !end && i < rows.n_rows; i++) {
			if (!cell_length(rows_cell(&rows, i, 0)))
				continue;
			buf_add_str(ret, rows_text(&b, rows_cell(&rows, i, 0), &scratch));
			buf_addc(ret, '\t');
			buf_add_str(ret, rows_text(&b, rows_cell(&rows, i, 1), &scratch));
			buf_addc(ret, '\n');
		}
		block_free(&b);
	}
	rows_free(&rows);
	return ok && !ret->failed;
}

bool xlsx_template_key(struct source *s, struct buf *ret)
{
	char *bytes;
	size_t n;
	zip_t *z = NULL;
	struct xlsx_book book = { 0 };
	struct xlsx_strings strings = { 0 };
	struct xlsx_sheet *sheet = NULL;
	struct err ignored = { 0 };
	bool ok = source_whole(s, &bytes, &n, &ignored) && xlsx_zip_open(bytes, n, &z, &ignored) &&
		  xlsx_zip_has(z, "xl/workbook.xml") && xlsx_book_read(z, &book, &ignored);
	size_t at = 0;
	while (ok && at < book.n_sheets && strcmp(book.sheets[at].name, TEMPLATE_SHEET) != 0)
		at++;
	ok = ok && at < book.n_sheets &&
	     (!book.strings_path || xlsx_strings_read(z, book.strings_path, &strings, &ignored)) &&
	     xlsx_sheet_open(z, &book, &strings, at, true, &sheet, &ignored) && add_rows(sheet, ret, &ignored);
	xlsx_sheet_close(sheet);
	xlsx_strings_free(&strings);
	xlsx_book_free(&book);
	if (z)
		zip_discard(z);
	return ok;
}
