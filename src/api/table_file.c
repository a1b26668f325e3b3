#include "api/table_file.h"

#include "api/scope.h"
#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>

#define XLSX_ROWS 1048576 /* what a sheet holds */
#define TEMPORARY "/dev/shm"
#define XLSX_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#define CELL_BYTES 32767 /* what a cell of a workbook holds */

struct table_file {
	struct response *r;
	const char *name;
	size_t columns, column;
	struct buf rows; /* CSV that is not sent yet */
	int fd;          /* of the workbook */
	lxw_workbook *book;
	lxw_worksheet *sheet;
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

static bool begin_answer(struct table_file *f, const char *end, const char *type, struct err *e)
{
	response_headerf(f->r, "Content-Disposition", "attachment; filename=\"%s.%s\"", f->name, end);
	return response_stream_begin(f->r, 200, type, e);
}

/* The library copies what it is given. */
static bool open_book(struct table_file *f, struct err *e)
{
	char path[64], temporary[] = TEMPORARY;
	f->fd = memfd_create("table.xlsx", MFD_CLOEXEC);
	if (f->fd < 0 || access(TEMPORARY, W_OK) != 0)
		return err_set(e, ERR_UNAVAILABLE, "memory", "Workbooks cannot be made here; export CSV.");
	snprintf(path, sizeof path, "/proc/self/fd/%d", f->fd);
	lxw_workbook_options options = { .constant_memory = LXW_TRUE, .tmpdir = temporary };
	f->book = workbook_new_opt(path, &options);
	f->sheet = f->book ? workbook_add_worksheet(f->book, f->name) : NULL;
	return f->sheet || err_set(e, ERR_UNAVAILABLE, "memory", "There is no memory for a workbook now.");
}

bool table_file_begin(struct response *r, bool xlsx, const char *name, const char *const *heads, size_t columns,
		      struct table_file **ret, struct err *e)
{
	struct table_file *f = mem_zalloc(sizeof *f);
	*f = (struct table_file){ .r = r, .name = name, .columns = columns, .fd = -1, .rows = BUF_INIT(16 * MIB) };
	*ret = f;
	if (!(xlsx ? open_book(f, e) : begin_answer(f, "csv", "text/csv; charset=utf-8", e)))
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
	if (f->row == XLSX_ROWS)
		return err_set(e, ERR_LIMIT, "too_many_rows", "A workbook holds %d rows; export CSV.", XLSX_ROWS - 1);
	if (number && str_to_f64(text, &value)) {
		worksheet_write_number(f->sheet, f->row, (lxw_col_t)f->column, value, NULL);
	} else if (text.n) {
		CLEANUP(buf_free) struct buf copy = BUF_INIT(CELL_BYTES);
		buf_add_str(&copy, text);
		if (copy.p)
			worksheet_write_string(f->sheet, f->row, (lxw_col_t)f->column, copy.p, NULL);
	}
	return true;
}

bool table_file_cell(struct table_file *f, struct str text, bool number, struct err *e)
{
	bool last = f->column + 1 == f->columns;
	if (!f->book)
		csv_cell(&f->rows, text, last ? '\n' : ',');
	else if (!book_cell(f, text, number, e))
		return false;
	f->column = last ? 0 : f->column + 1;
	f->row += last;
	return !last || f->book || flush(f, 64 * KIB, e);
}

static bool send_book(struct table_file *f, struct err *e)
{
	char bytes[64 * KIB];
	/* Closing frees it, whatever was written. */
	lxw_error closed = workbook_close(f->book);
	f->book = NULL;
	if (closed != LXW_NO_ERROR)
		return err_set(e, ERR_UNAVAILABLE, "memory", "The workbook could not be made; export CSV.");
	if (lseek(f->fd, 0, SEEK_SET) != 0)
		return err_set(e, ERR_INTERNAL, NULL, "a workbook in memory cannot be read");
	if (!begin_answer(f, "xlsx", XLSX_TYPE, e))
		return false;
	for (;;) {
		ssize_t n = read(f->fd, bytes, sizeof bytes);
		if (n < 0)
			return err_set(e, ERR_INTERNAL, NULL, "a workbook in memory cannot be read");
		if (n == 0)
			return response_end(f->r, e);
		if (!response_write(f->r, bytes, (size_t)n, e))
			return false;
	}
}

bool table_file_end(struct table_file *f, struct err *e)
{
	return f->book ? send_book(f, e) : flush(f, 0, e) && response_end(f->r, e);
}

void table_file_free(struct table_file **fp)
{
	struct table_file *f = *fp;
	if (!f)
		return;
	*fp = NULL;
	if (f->book)
		workbook_close(f->book);
	fd_close(&f->fd);
	buf_free(&f->rows);
	free(f);
}
