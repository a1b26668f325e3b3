/* A template as a workbook (analysis/template.h), for the route and for the command line. */
#pragma once

#include "analysis/template.h"
#include "api/book.h"

/* Makes the empty workbook of a table ("" = the first) and finishes it: its bytes are in ret->fd. */
bool template_book(struct instance *in, struct db *db, int64_t org, const struct dataset *d, struct str table,
		   struct book *ret, struct err *e);
