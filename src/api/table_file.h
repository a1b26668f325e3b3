/*
 * A table as a file for a person: CSV that goes out as it is made, or a workbook. For handlers of ROUTE_STREAM.
 *
 * A workbook is that of book.h. What a spreadsheet would take for a formula stays text in both.
 */
#pragma once

#include "api/api.h"

struct table_file;

/* ?format=csv|xlsx; csv unless said. */
bool table_file_format(struct request *q, bool *ret_xlsx, struct err *e);
/* Of that name, without its end; heads are the first row. The answer has begun when this is CSV. */
bool table_file_begin(struct response *r, bool xlsx, const char *name, const char *const *heads, size_t columns,
		      struct table_file **ret, struct err *e);
/* From left to right; the row ends by itself. ERR_LIMIT (too_many_rows) where a workbook is full. */
bool table_file_cell(struct table_file *f, struct str text, bool number, struct err *e);
/* Sends what is left. */
bool table_file_end(struct table_file *f, struct err *e);
/* Takes NULL; for what was not ended, too. */
void table_file_free(struct table_file **f);

#define TABLE_FILE_PARAM                                                \
	{                                                               \
		"format", ROUTE_PARAM_STR, "csv (unless said) or xlsx." \
	}
