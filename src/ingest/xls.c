/* Excel 97–2003 workbooks: the reader. See biff.h for the parts. */
#include "base/limits.h"
#include "ingest/biff.h"
#include "ingest/ole.h"
#include "ingest/other_file.h"
#include "ingest/reader.h"

#include <stdlib.h>

struct xls_reader {
	struct reader base;
	struct buf stream;
	struct biff_book book;
	struct biff_cells cells; /* of the sheet that is read */
	size_t at;               /* cell to come */
	size_t table;
	struct buf scratch;
	struct packer packer;
};

static struct xls_reader *of(struct reader *r)
{
	return (struct xls_reader *)r;
}

static bool start(struct reader *r, size_t table, struct err *e)
{
	struct xls_reader *x = of(r);
	x->at = 0;
	x->table = table;
	buf_clear(&x->packer.bytes);
	return biff_cells_find(buf_str(&x->stream), &x->book.sheets[table], &x->cells, e);
}

static bool pack_sheet_row(struct xls_reader *x, struct err *e)
{
	struct merged *merged = &x->cells.merged;
	uint32_t row = x->cells.list[x->at].place >> 16;
	size_t next = 0;
	bool fits = true;
	pack_row(&x->packer, row + 1);
	merged_row(merged, row + 1);
	if (x->cells.hidden_rows[row / 64] >> (row % 64) & 1)
		x->packer.flags = ROW_HIDDEN;
	x->packer.flags |= ROW_LEVEL(x->cells.levels[row]);
	for (; x->at < x->cells.n && x->cells.list[x->at].place >> 16 == row; x->at++) {
		struct biff_cell cell = x->cells.list[x->at];
		uint32_t column = cell.place & 0xffff, flags;
		struct str text = biff_cell_text(buf_str(&x->stream), &x->book, cell, &x->scratch, &flags);
		if (!text.n)
			continue;
		if (column >= LIMIT_COLUMNS)
			return err_set(e, ERR_LIMIT, "too_many_columns",
				       "Row %u of sheet \"%.200s\" has more than %d columns.", row + 1,
				       x->book.sheets[x->table].name, LIMIT_COLUMNS);
		fits = fits && merged_pad(merged, &x->packer, &next, column);
		pack_cell(&x->packer, text, flags);
		next++;
		if (!flags)
			merged_take(merged, column, text);
	}
	fits = fits && merged_pad(merged, &x->packer, &next, merged->end);
	if (!fits)
		return err_set(e, ERR_LIMIT, "inflate_ratio",
			       "Sheet \"%.200s\" merges its cells too often: it is refused as a trap.",
			       x->book.sheets[x->table].name);
	return pack_row_end(&x->packer, e);
}

static bool next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	struct xls_reader *x = of(r);
	while (x->at < x->cells.n && !pack_full(&x->packer)) {
		if (!pack_sheet_row(x, e))
			return false;
	}
	double share = (double)x->table + (x->cells.n ? (double)x->at / (double)x->cells.n : 1.0);
	source_set_consumed(r->source, (uint64_t)(share / (double)x->book.n_sheets * (double)source_total(r->source)));
	*ret_end = x->packer.bytes.n == 0;
	if (!*ret_end)
		pack_take(&x->packer, ret);
	return true;
}

static void close_reader(struct reader *r)
{
	struct xls_reader *x = of(r);
	biff_book_free(&x->book);
	biff_cells_free(&x->cells);
	buf_free(&x->stream);
	buf_free(&x->scratch);
	buf_free(&x->packer.bytes);
	free(x);
}

static const struct reader_ops xls_ops = {
	.format = "xls", .sheets = true, .start = start, .next = next, .close = close_reader
};

/* The compound file as what it holds. */
static bool tell_kind(const struct ole *o, struct err *e)
{
	static const struct {
		const char *stream;
		enum other_file kind;
		const char *found;
	} kinds[] = {
		{ "Book", OTHER_OLD_EXCEL, "a workbook of Excel 95 or older" },
		{ "WordDocument", OTHER_DOCUMENT, "a Word document" },
		{ "PowerPoint Document", OTHER_DOCUMENT, "a PowerPoint presentation" },
		{ "__properties_version1.0", OTHER_MAIL, "a message of Outlook" },
	};
	if (ole_has(o, "EncryptedPackage"))
		return err_set(
			e, ERR_VALUE, "encrypted",
			"This workbook is protected with a password. Save a copy without the password and load that.");
	if (ole_has(o, "Workbook"))
		return true;
	for (size_t i = 0; i < countof(kinds); i++) {
		if (ole_has(o, kinds[i].stream))
			return other_file(e, kinds[i].kind, kinds[i].found);
	}
	return other_file(e, OTHER_DOCUMENT, "an old Office file, but no workbook");
}

bool xls_open(struct source *s, struct reader **ret, struct err *e)
{
	char *bytes;
	size_t n;
	struct ole o = { 0 };
	if (!source_whole(s, &bytes, &n, e))
		return false;
	struct xls_reader *x = mem_zalloc(sizeof *x);
	x->base = (struct reader){ .ops = &xls_ops, .source = s };
	x->packer = PACKER_INIT;
	x->scratch = BUF_INIT(LIMIT_CELL_BYTES);
	size_t most = MIN(n, (size_t)UINT32_MAX);
	x->stream = BUF_INIT(most);
	bool ok = ole_open(bytes, n, &o, e) && tell_kind(&o, e) && ole_read(&o, "Workbook", &x->stream, e) &&
		  biff_book_read(buf_str(&x->stream), &x->book, e);
	ole_close(&o);
	if (!ok) {
		reader_close(&x->base);
		return false;
	}
	for (size_t i = 0; i < x->book.n_sheets; i++)
		reader_add_table(&x->base, str_of(x->book.sheets[i].name))->hidden = x->book.sheets[i].hidden;
	x->base.serials_from = x->book.from_1904 ? 1904 : 1900;
	*ret = &x->base;
	return true;
}
