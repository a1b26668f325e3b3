#include "api/table_file.h"

#include "api/book.h"
#include "api/scope.h"
#include "base/limits.h"

#include <stdlib.h>

struct table_file {
	struct response *r;
	const char *name;
	size_t columns, column;
	struct buf rows; /* CSV that is not sent yet */
	struct book book;
	lxw_worksheet *sheet; /* NULL: CSV */
	lxw_row_t row;
};

bool table_file_format(struct request *q, bool *ret_xlsx, struct err *e)
{
	struct str format = STR("csv");
	if (!request_query_str(q, "format", &format, e))
		return false;
	*ret_xlsx = str_is(format, "xlsx");
	return *ret_xlsx || str_is(format, "csv") || err_field(e, ERR_VALUE, "format", "The format is csv or xlsx.");
}

static bool begin_csv(struct table_file *f, struct err *e)
{
	response_headerf(f->r, "Content-Disposition", "attachment; filename=\"%s.csv\"", f->name);
	return response_stream_begin(f->r, 200, "text/csv; charset=utf-8", e);
}

static bool begin_book(struct table_file *f, struct err *e)
{
	if (!book_open(&f->book, e))
		return false;
	f->sheet = book_sheet(&f->book, f->name, e);
	return f->sheet != NULL;
}

bool table_file_begin(struct response *r, bool xlsx, const char *name, const char *const *heads, size_t columns,
		      struct table_file **ret, struct err *e)
{
	struct table_file *f = mem_zalloc(sizeof *f);
	*f = (struct table_file){
		.r = r, .name = name, .columns = columns, .book = { .fd = -1 }, .rows = BUF_INIT(16 * MIB)
	};
	*ret = f;
	if (!(xlsx ? begin_book(f, e) : begin_csv(f, e)))
		return false;
	for (size_t i = 0; i < columns; i++) {
		if (!table_file_cell(f, str_of(heads[i]), false, e))
			return false;
	}
	return true;
}

static bool flush(struct table_file *f, size_t least, struct err *e)
{
	if (f->rows.n <= least)
		return true;
	bool done = response_write(f->r, f->rows.p, f->rows.n, e);
	buf_clear(&f->rows);
	return done;
}

static bool book_cell(struct table_file *f, struct str text, bool number, struct err *e)
{
	double value;
	if (f->row > BOOK_ROWS)
		return err_set(e, ERR_LIMIT, "too_many_rows", "A workbook holds %d rows; export CSV.", BOOK_ROWS);
	if (number && str_to_f64(text, &value))
		worksheet_write_number(f->sheet, f->row, (lxw_col_t)f->column, value, NULL);
	else
		book_text(f->sheet, f->row, f->column, text, NULL);
	return true;
}

bool table_file_cell(struct table_file *f, struct str text, bool number, struct err *e)
{
	bool last = f->column + 1 == f->columns;
	if (!f->sheet)
		csv_cell(&f->rows, text, last ? '\n' : ',');
	else if (!book_cell(f, text, number, e))
		return false;
	f->column = last ? 0 : f->column + 1;
	f->row += last;
	return !last || f->sheet || flush(f, 64 * KIB, e);
}

static bool send_book(struct table_file *f, struct err *e)
{
	CLEANUP(buf_free) struct buf name = BUF_INIT(KIB);
	buf_addf(&name, "%s.xlsx", f->name);
	return book_send(&f->book, f->r, name.p, e);
}

bool table_file_end(struct table_file *f, struct err *e)
{
	return f->sheet ? send_book(f, e) : flush(f, 0, e) && response_end(f->r, e);
}

void table_file_free(struct table_file **fp)
{
	struct table_file *f = *fp;
	if (!f)
		return;
	*fp = NULL;
	book_free(&f->book);
	buf_free(&f->rows);
	free(f);
}
