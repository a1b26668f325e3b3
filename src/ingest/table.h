/*
 * One table of a file on its way into typed columns.
 *
 * table_open reads the head (LIMIT_IMPORT_HEAD_BYTES: the whole of most files), finds the header and settles every
 * column's type from it. Then any number of threads, each with a struct work, take blocks and convert them; row numbers
 * are those of the file, without gaps, whoever converts what. A value later in the file can show a type to be wrong (a
 * finer decimal, a leading zero, a date in the other order, too many misfits): then table_settle says so, the caller
 * drops what was written, and table_again infers over every row before the second pass, which is the last. An append
 * has the data set's types, or wider ones of the same kind (table_expect.c).
 *
 * What does not fit its column becomes a reject: the cell is NULL, the row stays; or the row is left out as well
 * (reader.drop_rejected), and its number with it.
 */
#pragma once

#include "ingest/reader.h"
#include "ingest/roles.h"
#include "ingest/stats.h"

#include <pthread.h>

#define REJECT_TEXT 200
#define REJECT_ROW UINT32_MAX    /* concerns the row and no one column */
#define REJECT_NO_ROW UINT64_MAX /* concerns no row that can be named */

struct reject_place {
	uint64_t line; /* of the file or sheet */
	uint64_t row;  /* number in the table, from 0 */
	uint32_t column;
};

struct reject {
	struct reject_place at;
	char *text;         /* at most REJECT_TEXT bytes, UTF-8 */
	const char *reason; /* static */
	char *whole;        /* NULL, or the row, where it was left out: a JSON list of the columns' texts */
};

struct table_expected;
struct groups;

/* What came of headings of groups of rows: there are none; they are columns; rows, as a person wanted; rows, in doubt.
 */
enum groups_told_state { GROUPED_NO, GROUPED_COLUMNS, GROUPED_KEPT, GROUPED_DOUBT };

struct table_column {
	char *name;
	const char *shown;                     /* what people call it, where that is another name; NULL = as `name` */
	const struct table_expected *expected; /* an append: the data set's column; NULL = it has none */
	bool as_text;                          /* a person wants it as it stands in the file */
	struct column_type type;
	size_t cell;  /* its place in a row of the file */
	bool unnamed; /* the file has no name for it */
	bool said;    /* its name says what its type is */
	struct column_stats stats;
	char *samples[ROLE_SAMPLES];
	size_t n_samples;
};

/* A column of the data set that an append adds to. */
struct table_expected {
	const char *name;   /* that it is written under */
	const char *header; /* that files call it by; and */
	const char *shown;  /* that people do */
	struct column_type type;
	bool empty;  /* it holds no value */
	bool needed; /* without it the rows mean nothing: a file that has it not is refused */
};

struct table {
	struct reader *reader;
	size_t index; /* in the reader */
	const char *name;
	struct table_column *columns;
	size_t n_columns;
	size_t width; /* columns of the file, one of remarks included */
	uint64_t rows_kept, rows_left_out, n_rejects;
	uint64_t rows_hidden; /* of those read: the workbook does not show them */
	enum groups_told_state grouped;
	uint64_t group_line;    /* of the first heading, or of what looks like one */
	struct reject *rejects; /* the first LIMIT_REJECTS_KEPT; sorted by line by table_settle */
	size_t n_rejects_kept;
	/* private */
	size_t skip;
	bool numbered;          /* the last of the rows skipped has the numbers of the columns */
	struct head_row *heads; /* the header as it stands in the file */
	size_t n_heads;
	struct unpivot *unpivot;         /* NULL: rows stay as they are */
	struct groups *groups;           /* NULL: rows stand in no groups */
	bool no_groups;                  /* it looked so, and was wrong */
	bool fixed_types;                /* no other pass will settle them */
	struct table_expected *expected; /* an append: our own list, its texts borrowed; else NULL */
	size_t n_expected;
	struct block *head; /* blocks read ahead */
	size_t n_head, next_head;
	struct block ahead; /* one more, so that the last one is known for it */
	bool has_ahead;
	bool reader_ended;
	pthread_mutex_t reading; /* the reader, the head, next_seq */
	pthread_mutex_t lock;    /* the rest; taken after `reading` where both are */
	pthread_cond_t turn;
	uint64_t next_seq, published; /* blocks handed out; blocks whose rows are numbered */
	uint64_t rows_seen;           /* of the published blocks, header and titles included */
	bool failed;
	struct err failure;
	_Atomic bool contradicted;
};

/* expected: NULL, or the columns of the data set in their order, whose texts outlive the table. */
bool table_open(struct reader *r, size_t index, const struct table_expected *expected, size_t n_expected,
		struct table **ret, struct err *e);
void table_close(struct table *t);
void table_closep(struct table **t);

/* A thread's share of a pass. */
struct work {
	struct table *t;
	struct block block;
	struct rows rows;
	size_t at, end;     /* rows of the block not converted yet */
	uint64_t row;       /* number of row `at` in the table, from 0 */
	struct buf scratch; /* texts that are not slices of the block; never grows within a block */
	size_t mark_place;  /* line numbers are counted from here */
	uint64_t mark_line;
	uint64_t filled_row; /* number of the first row of the last work_fill, kept or not */
	uint32_t *picked;    /* drop_rejected: offsets of the kept rows from it; else NULL */
	size_t cap_picked;
	struct buf whole;           /* the row that is being left out */
	struct column_stats *stats; /* one a column */
};

/* DuckDB's string_t: up to 12 bytes inside, else four of them and a pointer into the block, valid until the next
 * work_fill. */
struct ingest_string {
	uint32_t n;
	union {
		char inlined[12];
		struct {
			char prefix[4];
			const char *p;
		} __attribute__((packed)) far;
	};
};

/* Room for the values of one column: bool, int64_t, __int128, double, int32_t (days) or struct ingest_string, by its
 * type. */
struct column_out {
	void *data;
	uint64_t *valid; /* bit i: row i has a value; all set before */
};

struct work *work_new(struct table *t);
/* Adds what the thread saw to the table. Takes NULL. */
void work_free(struct work *w);
/* Fills up to max rows; *ret_n 0 at the end of the pass. *ret_row is the number of the first that was looked at. */
bool work_fill(struct work *w, size_t max, struct column_out *out, size_t *ret_n, uint64_t *ret_row, struct err *e);
/* The number in the table of row i of the last work_fill. */
static inline uint64_t work_number(const struct work *w, size_t i)
{
	return w->filled_row + (w->picked ? w->picked[i] : i);
}

/* After a pass, when every work is freed. *ret_again: the types were wrong. For an append that does not fit: ERR_VALUE.
 */
bool table_settle(struct table *t, bool *ret_again, struct err *e);
/* Reads the whole table once to settle its types, and begins another pass. */
bool table_again(struct table *t, struct err *e);

/* table_totals.c: takes rows of totals ("Итого", "Total", "Razem") out of the rows from `from` on. With w, each becomes
 * a reject. Returns how many they were. Only where the header is in the rows: databases keep no totals among them. */
size_t table_drop_totals(const struct table *t, const struct block *b, struct rows *rows, size_t from, struct work *w);
/* Whether a text says a row of totals; of what, where it is more than that (else empty). */
bool table_says_total(struct str s, struct str *ret_of);
/* A row of the block that is no row of the table. */
void work_reject_row(struct work *w, size_t row, const char *reason);
/* table_heads.c: keeps the rows of the header, and knows them when a printed form has them again on its next page. */
void table_keep_heads(struct table *t, const struct block *b, const struct rows *rows, size_t first, size_t end);
bool table_head_again(const struct table *t, const struct block *b, const struct rows *rows, size_t row);
void table_free_heads(struct table *t);
/* text_missing.c: which words stand for no value, should the column be of texts: 1 << enum missing. */
uint8_t text_missing(const struct table_column *c, const struct infer *f);
/* table_rejects.c; thread-safe */
void table_reject(struct table *t, struct reject_place at, struct str text, const char *reason, struct str whole);
void table_forget_rejects(struct table *t);
void table_sort_rejects(struct table *t);
/* What is wrong with the block itself. */
void work_reject_faults(struct work *w);
/* Of the first block: the numbers of the columns below the header, where they are there. Returns how many rows. */
size_t work_reject_numbers(struct work *w);
/* table_expect.c: puts the columns in the data set's order, under its names, with types that hold both. ERR_VALUE names
 * a column that the file lacks or has twice. */
bool table_expect(struct table *t, const struct table_expected *x, size_t n, struct err *e);
/* Makes the types that were inferred those of the append, where it is one. */
void table_fit_types(struct table *t);
/* table_fit.c: ERR_VALUE column_misfit names the first cell that is not of the data set's type, where too many are not.
 */
bool table_check_expected(const struct table *t, struct err *e);
/* Thread-safe: reader_index, and what the person asked for besides. */
bool table_index(const struct table *t, struct block *b, struct rows *ret, struct err *e);
/* Rows of an indexed pass that are no data; unpivot_block and groups_block have left them out. */
static inline size_t table_skip(const struct table *t)
{
	return t->unpivot || t->groups ? 0 : t->skip;
}
/* convert.c: rows [w->at, w->at + n) of the block. */
void work_convert(struct work *w, size_t n, struct column_out *out);
/* convert_pick.c: those of the next n rows in which everything fits; the others are rejected. */
size_t work_pick(struct work *w, size_t n);
uint64_t work_line(struct work *w, size_t row);
/* row is a row of the block. */
void work_reject(struct work *w, size_t row, uint32_t column, struct str text, const char *reason);
/* A cell without a usable value: a reject, unless it simply has none. */
void work_misfit(struct work *w, size_t column, size_t row, struct cell c, struct str text);
/* Whether an error of a formula stands there, written out as text. */
bool work_is_error(const struct column_type *t, struct str text);
/* Rejects cells to the right of the last column; whether there are any. */
bool work_reject_extra(struct work *w, size_t row);
/* table_head.c */
bool table_read_head(struct table *t, struct infer **ret_infers, struct err *e);
bool table_infer_all(struct table *t, struct infer *infers, struct err *e);
void table_decide(struct table *t, const struct infer *infers);
/* Whether a person wants the column as it stands in the file. */
bool table_wanted_as_text(const struct table *t, const char *column);
/* A column's bound as text. */
void table_bound_text(const struct table_column *c, bool max, struct buf *ret);
