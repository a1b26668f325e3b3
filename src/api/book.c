#include "api/book.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define TEMPORARY "/dev/shm"
#define CELL_CHARACTERS 32767
#define SHEET_CHARACTERS 31
#define NAMES_TRIED 1000

bool book_open(struct book *ret, struct err *e)
{
	char path[64], temporary[] = TEMPORARY;
	*ret = (struct book){ .fd = memfd_create("workbook", MFD_CLOEXEC) };
	if (ret->fd < 0 || access(TEMPORARY, W_OK) != 0) {
		book_free(ret);
		return err_set(e, ERR_UNAVAILABLE, "memory", "Workbooks cannot be made here; export CSV.");
	}
	snprintf(path, sizeof path, "/proc/self/fd/%d", ret->fd);
	lxw_workbook_options options = { .constant_memory = LXW_TRUE, .tmpdir = temporary };
	ret->file = workbook_new_opt(path, &options);
	if (ret->file)
		return true;
	book_free(ret);
	return err_set(e, ERR_UNAVAILABLE, "memory", "There is no memory for a workbook now.");
}

static struct str characters(struct str s, size_t most)
{
	size_t at = 0, n;
	for (uint32_t code; most > 0 && at < s.n; most--, at += n) {
		n = utf8_decode(str_n(s.p + at, s.n - at), &code);
		if (!n || (code > 0xffff && most-- == 1)) /* two of UTF-16 */
			break;
	}
	return str_n(s.p, at);
}

lxw_worksheet *book_sheet(struct book *b, const char *name, struct err *e)
{
	for (int i = 1; i <= NAMES_TRIED; i++) {
		CLEANUP(buf_free) struct buf text = BUF_INIT(1024);
		char ending[16] = "";
		if (i > 1)
			snprintf(ending, sizeof ending, "_%d", i);
		buf_add_str(&text, characters(str_of(name), SHEET_CHARACTERS - strlen(ending)));
		for (size_t k = 0; k < text.n; k++)
			if (strchr("[]:*?/\\'", text.p[k]))
				text.p[k] = '_';
		buf_adds(&text, ending);
		if (workbook_validate_sheet_name(b->file, text.n ? text.p : "_") != LXW_NO_ERROR)
			continue;
		lxw_worksheet *s = workbook_add_worksheet(b->file, text.n ? text.p : "_");
		if (s)
			return s;
		break;
	}
	err_set(e, ERR_UNAVAILABLE, "memory", "There is no memory for a workbook now.");
	return NULL;
}

static bool send_bytes(struct response *r, int fd, const char *file_name, struct err *e)
{
	char bytes[64 * KIB];
	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_set(e, ERR_INTERNAL, NULL, "a workbook in memory cannot be read");
	response_headerf(r, "Content-Disposition", "attachment; filename=\"%s\"", file_name);
	if (!response_stream_begin(r, 200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", e))
		return false;
	for (;;) {
		ssize_t n = read(fd, bytes, sizeof bytes);
		if (n < 0)
			return err_set(e, ERR_INTERNAL, NULL, "a workbook in memory cannot be read");
		if (n == 0)
			return response_end(r, e);
		if (!response_write(r, bytes, (size_t)n, e))
			return false;
	}
}

bool book_send(struct book *b, struct response *r, const char *file_name, struct err *e)
{
	/* Closing frees it, whatever was written. */
	bool whole = workbook_close(b->file) == LXW_NO_ERROR;
	b->file = NULL;
	bool done = whole ? send_bytes(r, b->fd, file_name, e)
			  : err_set(e, ERR_UNAVAILABLE, "memory", "The workbook could not be made; export CSV.");
	book_free(b);
	return done;
}

void book_free(struct book *b)
{
	if (b->file)
		workbook_close(b->file);
	if (b->fd >= 0)
		close(b->fd);
	*b = (struct book){ .fd = -1 };
}

void book_text(lxw_worksheet *s, lxw_row_t row, size_t column, struct str text, lxw_format *format)
{
	CLEANUP(buf_free) struct buf copy = BUF_INIT(4 * CELL_CHARACTERS + 1);
	buf_add_str(&copy, characters(text, CELL_CHARACTERS));
	if (copy.n)
		worksheet_write_string(s, row, (lxw_col_t)column, copy.p, format);
}
