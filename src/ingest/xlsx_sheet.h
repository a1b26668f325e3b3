/* One worksheet as a stream of packed blocks. */
#pragma once

#include "ingest/pack.h"
#include "ingest/xlsx.h"

struct xlsx_sheet;

/* book and strings outlive the sheet. quick: begin with the scanner; false is for comparing the two. */
bool xlsx_sheet_open(zip_t *z, const struct xlsx_book *book, const struct xlsx_strings *strings, size_t index,
		     bool quick, struct xlsx_sheet **ret, struct err *e);
bool xlsx_sheet_next(struct xlsx_sheet *s, struct block *ret, bool *ret_end, struct err *e);
/* Unpacked bytes so far. */
uint64_t xlsx_sheet_read(const struct xlsx_sheet *s);
/* At its end: its rows have cells merged downwards whose value was not put into the others, see xlsx_merged.h. */
bool xlsx_sheet_unfilled(const struct xlsx_sheet *s);
void xlsx_sheet_close(struct xlsx_sheet *s);
