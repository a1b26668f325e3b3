/*
 * Delimited text, from inside: the parts of the CSV reader.
 *
 * csv.c reads bytes and hands out blocks; csv_dialect.c finds the delimiter; csv_cut.c finds where records end,
 * serially and cheaply; csv_index.c finds rows and cells, by many threads (csv_fixed.c: where they are aligned by
 * blanks and not delimited; csv_dress.h: where they stand in a frame); csv_baskets.c turns ragged lines of items into
 * rows.
 *
 * A quotation mark opens a cell only at its beginning (blanks aside), "" inside stands for one, and after the closing
 * one everything up to the delimiter is ordinary. csv_cut and csv_index must agree on that.
 */
#pragma once

#include "ingest/csv_dress.h"
#include "ingest/feed.h"
#include "ingest/reader.h"

#define CSV_FIXED_COLUMNS 200

struct csv_dialect {
	char delimiter;
	char line_end;                     /* '\n' (also for CRLF), or '\r' in files of old Macintoshes */
	size_t prefix;                     /* bytes of a "sep=;" line */
	uint16_t fixed[CSV_FIXED_COLUMNS]; /* columns aligned by blanks: the character each begins at */
	size_t n_fixed;                    /* 0: cells are told by the delimiter */
	size_t width;                      /* the usual number of cells */
	double consistency;                /* share of sampled records with the usual number of cells */
};

struct csv_reader {
	struct reader base;
	struct csv_dialect dialect;
	struct csv_dress dress;
	enum encoding twice; /* see encoding_twice.h */
	struct feed feed;
	bool ended;
	uint64_t next_line;
	size_t mended;       /* records of this pass with a quotation mark too many */
	bool literal_quotes; /* the record at the start of what the feed holds: see csv_cut */
};

/* text: the first bytes as UTF-8. */
struct csv_dialect csv_dialect_find(struct str text);
/* csv_dress.c: whether every record of the text has as many cells, below names of columns. Padded as for csv_index. */
bool csv_is_table(struct str text, const struct csv_dialect *d);

enum csv_cut_result {
	CSV_CUT,      /* *ret bytes are whole records */
	CSV_MORE,     /* no record ends in there: more bytes are needed */
	CSV_UNCLOSED, /* the first record has a quotation mark that is never closed, or in another record by chance */
};
/* `last`: the file ends with these bytes. mend: a mark that is closed in the middle of a cell of a later line was never
 * closed, when its own line has the usual number of cells without it. */
enum csv_cut_result csv_cut(const struct csv_dialect *d, struct str bytes, bool last, bool mend, size_t *ret);

/* Text with BLOCK_PAD readable bytes after it. */
bool csv_index(const struct csv_dialect *d, struct str text, bool literal_quotes, struct rows *ret, struct err *e);
/* csv_fixed.c: columns aligned by blanks; needs d->line_end and fills the fixed part. */
bool csv_fixed_find(struct str text, struct csv_dialect *d);
bool csv_fixed_index(const struct csv_dialect *d, struct str text, struct rows *ret, struct err *e);
/* Rewrites an indexed block as one packed row (line, item) for each item. */
void csv_baskets(struct block *b, struct rows *rows);
