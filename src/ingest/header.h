/* Where a table's header stands, and what its columns are called. */
#pragma once

#include "ingest/reader.h"

struct header {
	size_t first, end; /* its rows; none where there is no header */
	size_t skip;       /* rows before the first row of data: titles, the header, numbers of columns */
	char **names;      /* trimmed, none empty, no two the same whatever their case */
	bool *unnamed;     /* the file has no name for it; NULL = all are named */
	size_t n;
};

/* From the first rows of a table. More than LIMIT_COLUMNS: ERR_LIMIT. */
bool header_find(const struct block *b, const struct rows *rows, const struct reader_table *known, struct header *ret,
		 struct err *e);
void header_free(struct header *h);
