/*
 * The records of an Excel 97–2003 workbook (BIFF8), from inside.
 *
 * biff.c walks over records and reads texts that go on in CONTINUE records; biff_book.c reads what is before the
 * sheets: their names, the texts, the formats; biff_cells.c finds the cells of a sheet and renders them; xls.c is the
 * reader. All of it looks only at bytes that a record has.
 */
#pragma once

#include "ingest/bytes.h"
#include "ingest/merged.h"
#include "ingest/pack.h"
#include "ingest/xlsx.h"

enum biff_type {
	BIFF_FORMULA = 0x06,
	BIFF_EOF = 0x0a,
	BIFF_DATEMODE = 0x22,
	BIFF_FILEPASS = 0x2f,
	BIFF_CONTINUE = 0x3c,
	BIFF_BOUNDSHEET = 0x85,
	BIFF_MULRK = 0xbd,
	BIFF_MERGED = 0xe5,
	BIFF_RSTRING = 0xd6,
	BIFF_XF = 0xe0,
	BIFF_SST = 0xfc,
	BIFF_LABELSST = 0xfd,
	BIFF_NUMBER = 0x203,
	BIFF_LABEL = 0x204,
	BIFF_BOOLERR = 0x205,
	BIFF_STRING = 0x207,
	BIFF_ROW = 0x208,
	BIFF_RK = 0x27e,
	BIFF_FORMAT = 0x41e,
	BIFF_BOF = 0x809
};

struct biff_record {
	uint32_t type;
	const unsigned char *p;
	size_t n;
	size_t at; /* of its head in the stream */
};

/* The record at *at, which is moved behind it; false at the end, also where a record is cut. */
bool biff_next(struct str stream, size_t *at, struct biff_record *ret);

/* Bytes of a record and of the CONTINUE records behind it. */
struct biff_bytes {
	struct str stream;
	struct biff_record record;
	size_t next; /* the record after */
	size_t used; /* of the open record */
	bool failed; /* asked for more than there is */
};
struct biff_bytes biff_bytes(struct str stream, const struct biff_record *r);
uint32_t biff_u16(struct biff_bytes *b);
uint32_t biff_u32(struct biff_bytes *b);
/* Appends a text of `length` UTF-16 units behind its flags byte, as UTF-8, and passes over its formatting. */
void biff_text(struct biff_bytes *b, size_t length, struct buf *ret);

struct biff_sheet {
	char *name;
	size_t at; /* of its first record */
	bool hidden;
};

struct biff_book {
	struct biff_sheet *sheets;
	size_t n_sheets;
	bool from_1904;
	uint8_t *styles; /* enum xlsx_kind of each cell format */
	size_t n_styles;
	struct xlsx_strings strings;
};
/* stream: the whole of "Workbook". ERR_VALUE where it is encrypted, too old or damaged. */
bool biff_book_read(struct str stream, struct biff_book *ret, struct err *e);
void biff_book_free(struct biff_book *b);

/* A cell that has a value: where it stands in the sheet, and its record in the stream. */
struct biff_cell {
	uint32_t place; /* row × 65536 + column */
	uint32_t record;
};

struct biff_cells {
	struct biff_cell *list; /* by row and column, each place once */
	size_t n, cap;
	uint64_t hidden_rows[65536 / 64];
	uint8_t levels[65536]; /* of rows, in the outline */
	struct merged merged;
};
bool biff_cells_find(struct str stream, const struct biff_sheet *sheet, struct biff_cells *ret, struct err *e);
void biff_cells_free(struct biff_cells *c);
/* What the cell reads as: a slice of the book's texts, or of scratch, which is cleared. *ret_flags: 0 or CELL_ERROR. */
struct str biff_cell_text(struct str stream, const struct biff_book *book, struct biff_cell cell, struct buf *scratch,
			  uint32_t *ret_flags);
