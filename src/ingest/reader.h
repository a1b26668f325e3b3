/*
 * A file format as rows of cells of text.
 *
 * A reader lists the tables of a file, and yields each table as a run of blocks. Taking blocks is serial; indexing a
 * block (finding its rows and cells) only reads, so many threads do it at once. Every cell is UTF-8 text, whatever the
 * format: a workbook's date arrives as "2010-12-01 08:26:00", its TRUE as "TRUE". So types are inferred by one piece of
 * code (types.h) and the same table gives the same types in any format. A new format is a file with a struct
 * reader_ops and a row in sniff.c.
 */
#pragma once

#include "base/buf.h"
#include "ingest/source.h"
#include "ingest/types.h"

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define BLOCK_BYTES ((size_t)256) /* so that small inputs have many blocks, too */
#else
#define BLOCK_BYTES ((size_t)1 << 20)
#endif
#define BLOCK_PAD 64 /* readable bytes after a block's end, so that vector loads need no tail case */

enum import_as { AS_AUTO, AS_BASKETS };
/* Headings of groups of rows: a column where it is sure that they are some; rows; a column. */
enum groups_wish { GROUPS_AUTO, GROUPS_KEEP, GROUPS_COLUMNS };

/* A slice of its block. */
struct cell {
	uint32_t at;
	uint32_t n; /* length in bytes, and CELL_ flags */
};
#define CELL_DOUBLED (UINT32_C(1) << 31) /* holds "" for " */
#define CELL_ERROR (UINT32_C(1) << 30)   /* the text says what is wrong; there is no value */
#define CELL_FILLED (UINT32_C(1) << 29)  /* empty in the file: the value of the merged cell above, see merged.h */
#define CELL_LENGTH (CELL_FILLED - 1)
#define CELL_UNCOMPUTED "=" /* the text of a CELL_ERROR that is a formula without its result */

static inline uint32_t cell_length(struct cell c)
{
	return c.n & CELL_LENGTH;
}

struct block {
	char *data; /* n bytes and BLOCK_PAD more; freed by block_free */
	size_t n;
	uint64_t seq;        /* 0, 1, … within a pass over a table */
	uint64_t first_line; /* of the file (from 1), for text */
	bool last;           /* no block of the table follows; set by table.c */
	bool packed;         /* rows written by block_pack_*; else text of the file */
	char line_end;       /* text: '\r' in files of old Macintoshes, where '\n' stands within cells; else '\n' */
	bool literal_quotes; /* text: its quotes do not pair, so they are ordinary characters */
	uint8_t encoding;    /* text: enum encoding of the bytes until they are indexed, UTF-8 after */
	bool undressed;      /* text: its dress is off (csv_dress.h), and it is in one encoding (encoding_twice.h) */
	bool spread;         /* rewritten by unpivot_block, which left out and saw hidden */
	bool grouped;        /* the same, by groups_block */
	size_t spread_wide, spread_hidden;
	size_t recoded; /* lines that were of another encoding than the file; the first: how many are before it, and */
	size_t recoded_first, recoded_at; /* where it begins; a block of its own begins with the line */
	size_t repaired;                  /* bytes that were not valid UTF-8 and are U+FFFD now */
	size_t garbled;                   /* words of a file in a wrong encoding that stayed in it */
};

#define ROWS_NOTES 20
/* Text below a table that is no row of it: a signature, a remark. */
struct note {
	uint32_t line;
	struct cell cell; /* the first that is not empty */
};

/* The rows of one block. Reused from block to block. */
struct rows {
	struct cell *cells;
	uint32_t *first; /* of row r: cells[first[r]] … cells[first[r + 1] - 1] */
	uint32_t *place; /* of row r: offset in the block (text), or line (packed) */
	uint8_t *level;  /* of row r, packed: how deep it lies in the outline of the sheet */
	size_t n_rows, n_cells;
	size_t cap_rows, cap_cells;
	size_t rows_too_wide; /* left out: more than LIMIT_COLUMNS cells */
	size_t hidden;        /* of n_rows: not shown in the workbook */
	size_t notes_left_out;
	struct note notes[ROWS_NOTES]; /* the first of them */
	size_t n_notes;
};

struct reader_table {
	char *name;
	char **columns; /* known beforehand (SQLite); NULL: in the rows themselves */
	size_t n_columns;
	struct column_type *types; /* that the file keeps; TYPE_VARCHAR: found from the texts. NULL: all of them are */
	bool view;                 /* its rows are made of those of other tables */
	bool hidden;               /* a sheet that the workbook does not show */
	/* Tables that the file itself puts into each other: the first n_links columns say which rows of other tables a
	 * row belongs to. links[i]: so many tables before this one. */
	size_t *links, n_links;
	size_t key;                  /* the column that links of other tables say; SIZE_MAX: there are none */
	struct column_type key_type; /* once it is settled: links have it too */
	bool has_key_type;
	bool of_file; /* it has no name of its own in the file, but that of the file */
	const char
		*groups[3]; /* borrowed: columns that the data set has of headings of groups (groups.h); its levels */
	size_t n_groups;
	bool groups_above; /* it has them in columns of the file that are filled down */
	bool groups_kept;  /* the data set has such headings as rows: a person wanted it */
	int64_t row_base;  /* for numbers of its rows: how many the data set has already */
};

struct reader;

struct reader_ops {
	const char *format; /* "csv", "sql", "xlsx", "json", … */
	bool sheets;        /* a table is a sheet, which may hold several: see regions.h */
	bool (*start)(struct reader *r, size_t table, struct err *e);
	bool (*next)(struct reader *r, struct block *ret, bool *ret_end, struct err *e);
	bool (*index)(const struct reader *r, struct block *b, struct rows *ret, struct err *e);
	void (*close)(struct reader *r);
};

/* A part of the file that was left out. */
struct reader_note {
	char *what;
	const char *reason; /* static; a sentence of web/src/lib/reasons.ts */
};

struct reader {
	const struct reader_ops *ops;
	struct source *source; /* not owned */
	struct reader_table *tables;
	size_t n_tables;
	struct reader_note *notes;
	size_t n_notes;
	enum import_as as;
	/* wishes of a person, to be set before table_open */
	bool unpivot;       /* months that stand in columns become rows: see unpivot.h */
	bool drop_rejected; /* a row with a cell that does not fit is left out, instead of only the cell */
	enum groups_wish groups;
	const char **texts; /* n_texts of "[table.]column", borrowed: read as they stand, whatever they look like */
	size_t n_texts;
	/* what was understood, for the report; NULL or 0 where it does not apply */
	const char *encoding;
	char delimiter;
	bool decimal_comma_likely; /* ; between cells: 1,234 is more likely 1.234 than 1234 */
	int serials_from;          /* workbooks: 1900 or 1904, the year whose days a date is counted from */
};

/* Tells the format by content and opens the reader for it. ERR_VALUE says what was found where it is none of ours. */
bool reader_open(struct source *s, const char *file_name, enum import_as as, struct reader **ret, struct err *e);
void reader_close(struct reader *r);
void reader_closep(struct reader **r);
/* Begins a pass over a table; again for another pass. Tables may be started in any order. */
bool reader_start(struct reader *r, size_t table, struct err *e);
/* The next block of the pass; *ret_end when there is none. */
bool reader_next(struct reader *r, struct block *ret, bool *ret_end, struct err *e);
/* Thread-safe. May replace the block's bytes (transcoding). */
bool reader_index(const struct reader *r, struct block *b, struct rows *ret, struct err *e);
/* 1-based line (text) or row (workbook, SQLite) of row i. */
uint64_t reader_line(const struct block *b, const struct rows *rows, size_t i);

/* What a file that is one table calls it: "reports/Sales 2026.csv.gz" → "Sales 2026". A slice of file_name. */
struct str reader_file_table(const char *file_name);
#define READER_NAME_BYTES 200 /* of a table's name that comes from the file */
struct reader_table *reader_add_table(struct reader *r, struct str name);
void reader_note(struct reader *r, const char *what, const char *reason);
/* The same at a place; tables that are open keep their numbers only when it is behind them. */
struct reader_table *reader_insert_table(struct reader *r, size_t at, struct str name);
void block_free(struct block *b);
void rows_free(struct rows *rows);

static inline struct cell rows_cell(const struct rows *rows, size_t row, size_t column)
{
	size_t at = rows->first[row] + column;
	return at < rows->first[row + 1] ? rows->cells[at] : (struct cell){ 0, 0 };
}

static inline size_t rows_width(const struct rows *rows, size_t row)
{
	return rows->first[row + 1] - rows->first[row];
}
/* The text of a cell, trimmed of blanks on both sides. A CELL_DOUBLED one is written to scratch, which must outlive it.
 */
struct str rows_text(const struct block *b, struct cell c, struct buf *scratch);

/* How Parquet is opened: the program that has a database to read it sets this before reader_open. NULL: it is refused.
 */
extern bool (*reader_parquet)(struct source *s, const char *file_name, struct reader **ret, struct err *e);

/* Opened by reader_open. */
bool csv_open(struct source *s, const char *file_name, enum import_as as, struct reader **ret, struct err *e);
bool xlsx_open(struct source *s, struct reader **ret, struct err *e);
bool xls_open(struct source *s, struct reader **ret, struct err *e);
bool ods_open(struct source *s, struct reader **ret, struct err *e);
bool json_file_open(struct source *s, const char *file_name, struct reader **ret, struct err *e);
bool sql_dump_open(struct source *s, struct reader **ret, struct err *e);
bool sqlite_file_open(struct source *s, struct reader **ret, struct err *e);
