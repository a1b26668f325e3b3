#include "api/book.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zip.h>

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

static bool all_bytes(int fd, char **ret, size_t *ret_n)
{
	off_t size = lseek(fd, 0, SEEK_END);
	if (size <= 0 || size > (off_t)GIB || lseek(fd, 0, SEEK_SET) != 0)
		return false;
	*ret = mem_alloc((size_t)size);
	*ret_n = (size_t)size;
	for (size_t at = 0; at < *ret_n;) {
		ssize_t n = read(fd, *ret + at, *ret_n - at);
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

/* state="hidden" behind the sheet's name becomes state="veryHidden". */
static bool hide_in(struct buf *to, struct str xml, const char *sheet)
{
	CLEANUP(buf_free) struct buf name = BUF_INIT(KIB);
	static const struct str from = STR("state=\"hidden\"");
	buf_addf(&name, "name=\"%s\"", sheet);
	const char *at = memmem(xml.p, xml.n, name.p, name.n);
	at = at ? memmem(at, xml.n - (size_t)(at - xml.p), from.p, from.n) : NULL;
	if (!at)
		return false;
	buf_add(to, xml.p, (size_t)(at - xml.p));
	buf_adds(to, "state=\"veryHidden\"");
	at += from.n;
	buf_add(to, at, xml.n - (size_t)(at - xml.p));
	return !to->failed;
}

/* libxlsxwriter hides sheets only so far that anybody can show them again, so the finished archive is changed. */
static bool hide_sheet(struct book *b, const char *sheet)
{
	char *bytes = NULL, text[64 * KIB];
	size_t n = 0;
	CLEANUP(buf_free) struct buf made = BUF_INIT(MIB);
	zip_error_t why;
	zip_error_init(&why);
	if (!all_bytes(b->fd, &bytes, &n)) {
		free(bytes);
		return false;
	}
	zip_source_t *s = zip_source_buffer_create(bytes, n, 0, &why);
	zip_t *z = s ? zip_open_from_source(s, 0, &why) : NULL;
	zip_int64_t at = z ? zip_name_locate(z, "xl/workbook.xml", 0) : -1;
	zip_file_t *f = at >= 0 ? zip_fopen_index(z, (zip_uint64_t)at, 0) : NULL;
	zip_int64_t got = f ? zip_fread(f, text, sizeof text) : -1;
	bool ok = got > 0 && got < (zip_int64_t)sizeof text && hide_in(&made, str_n(text, (size_t)got), sheet);
	if (f)
		zip_fclose(f);
	if (z)
		zip_source_keep(s);
	zip_source_t *part = ok ? zip_source_buffer(z, made.p, made.n, 0) : NULL;
	ok = ok && part && zip_file_replace(z, (zip_uint64_t)at, part, 0) == 0 && zip_close(z) == 0;
	if (z && !ok)
		zip_discard(z);
	zip_stat_t st;
	ok = ok && zip_source_stat(s, &st) == 0 && zip_source_open(s) == 0;
	if (ok) {
		char *changed = mem_alloc(st.size + 1);
		ok = zip_source_read(s, changed, st.size) == (zip_int64_t)st.size && ftruncate(b->fd, 0) == 0 &&
		     pwrite(b->fd, changed, st.size, 0) == (ssize_t)st.size;
		zip_source_close(s);
		free(changed);
	}
	if (s)
		zip_source_free(s);
	zip_error_fini(&why);
	free(bytes);
	return ok;
}

bool book_finish(struct book *b, const char *hide, struct err *e)
{
	/* Closing frees it, whatever was written. */
	bool whole = workbook_close(b->file) == LXW_NO_ERROR;
	b->file = NULL;
	whole = whole && (!hide || hide_sheet(b, hide)) && lseek(b->fd, 0, SEEK_SET) == 0;
	return whole || err_set(e, ERR_UNAVAILABLE, "memory", "The workbook could not be made; export CSV.");
}

bool book_send(struct book *b, struct response *r, const char *file_name, struct err *e)
{
	bool done = (!b->file || book_finish(b, NULL, e)) && send_bytes(r, b->fd, file_name, e);
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
