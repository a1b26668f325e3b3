/*
 * The rows and cells of one sheet in the making, whoever reads the XML: xlsx_sheet.c with expat, or xlsx_scan.c.
 */
#pragma once

#include "ingest/merged.h"
#include "ingest/xlsx_sheet.h"

enum cell_kind { CELL_KIND_NUMBER, CELL_KIND_SHARED, CELL_KIND_TEXT, CELL_KIND_TRUTH, CELL_KIND_WRONG };

struct xlsx_cells {
	const struct xlsx_book *book;
	const struct xlsx_strings *strings;
	const char *sheet;
	struct packer packer;
	struct err error;   /* why a function returned false */
	uint64_t rows;      /* put into blocks */
	uint64_t skip;      /* of those to come, this many were put into blocks before */
	uint32_t row;       /* number of the open or last row */
	size_t next_column; /* of the open row */
	size_t packed;      /* cells put into it */
	enum cell_kind kind;
	bool formula;        /* the open cell has one */
	uint8_t style;       /* enum xlsx_kind */
	size_t column;       /* of the open cell */
	struct buf text;     /* of the open cell */
	struct buf rendered; /* what it reads as */
	struct merged *merged;
	struct merged
		*unfilled; /* NULL, or those found behind the rows of a sheet too large to be read before for them */
};

/* attributes as expat gives them: name, value, name, value, NULL. */
void cells_begin_row(struct xlsx_cells *s, const char **attributes);
void cells_begin(struct xlsx_cells *s, const char **attributes);
/* More of the open cell's text, up to one byte more than a cell may have. */
void cells_text(struct xlsx_cells *s, const char *p, size_t n);
/* The open cell has a formula, whatever it says. */
void cells_formula(struct xlsx_cells *s);
bool cells_end(struct xlsx_cells *s);
bool cells_end_row(struct xlsx_cells *s);
