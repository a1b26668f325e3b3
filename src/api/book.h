/*
 * A workbook as an answer. It can be sent only when it is whole: libxlsxwriter writes it row by row into temporary
 * files, which are kept in memory (/dev/shm), so that no customer's data touch the disk. For this layer only.
 */
#pragma once

#include "http/response.h"

#include <xlsxwriter.h>

#define BOOK_ROWS 1048575 /* what a sheet holds, without its head */

struct book {
	lxw_workbook *file;
	int fd;
};

bool book_open(struct book *ret, struct err *e);
/* A sheet of that name as far as a workbook allows it: 31 characters, none of []:*?/\, unlike the others. */
lxw_worksheet *book_sheet(struct book *b, const char *name, struct err *e);
/* Finishes it: its bytes are in b->fd from their start. The sheet of that name, if any, is hidden so that only a
 * program shows it again. */
bool book_finish(struct book *b, const char *hide, struct err *e);
/* Finishes it, unless it is, and sends it under that name; frees it whatever happens. */
bool book_send(struct book *b, struct response *r, const char *file_name, struct err *e);
/* For CLEANUP; what was sent is gone already. */
void book_free(struct book *b);
/* Text as text, so that nothing becomes a formula; a long one is cut where a cell ends. */
void book_text(lxw_worksheet *s, lxw_row_t row, size_t column, struct str text, lxw_format *format);
