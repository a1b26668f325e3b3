/*
 * Tables whose rows stand in groups: a heading above the rows that belong to it ("Напитки", "ООО Ромашка | 300"), which
 * is no row of the table. Its text is carried down, and its row is left out and kept as a reject.
 *
 *	beside	headings stand in a column that rows fill, too (price lists, 1C): a new column a level
 *	above	they stand in columns that are empty in the rows below them (QuickBooks, pivots): filled down
 *
 * groups_judge.c decides it from the first block, and in doubt does not: a heading that is kept is a row too many, a
 * row that is taken for a heading is lost and says wrong things of others. What tells: which cells rows fill, sums that
 * are exactly those of the rows they cover, and the outline of a workbook. groups_rows.c then goes over the blocks, in
 * order and one at a time, and rewrites each; what it carries is the open headings and one row.
 */
#pragma once

#include "base/limits.h"
#include "ingest/reader.h"

#define GROUP_LEVELS LIMIT_GROUP_COLUMNS
#define GROUP_TEXT 200 /* bytes of a heading; a longer one is a row */
#define GROUP_SCALE 6  /* digits after the point of sums */

struct packer;
struct table;
struct work;

enum groups_told {
	GROUPS_BY_SHAPE,   /* rows fill columns that headings leave empty */
	GROUPS_BY_SUMS,    /* its numbers alone tell a heading: they are the sums of those below it */
	GROUPS_BY_OUTLINE, /* the workbook says how deep a row lies */
	GROUPS_BY_TOTALS /* the first row of a group has its name, the others have not, and "Москва Итог" ends it */
};

/* A heading whose rows are being read. */
struct group_open {
	char text[GROUP_TEXT];
	size_t n;
	uint64_t line, rows;
	bool summed;
	__int128 *left;   /* [width] what the rows below are still to give, */
	bool *claims;     /* [width] in the columns where the heading says something */
	uint64_t rounded; /* numbers with more than GROUP_SCALE digits after the point */
};

struct groups {
	enum groups_told told;
	bool beside;
	bool summed;             /* headings say numbers */
	bool nested;             /* by shape: sums tell how deep a heading lies */
	size_t width;            /* columns of the file */
	size_t levels;           /* of headings */
	size_t columns;          /* new ones; at least as many as levels where headings stand beside, else none */
	size_t at[GROUP_LEVELS]; /* the column where headings of a level stand */
	unsigned base;           /* outline level of the outermost headings */
	char *sums;              /* [width] the decimal mark of a column of numbers; 0 = it is none */
	bool *loose;             /* [width] prices and the like: what a heading says of them is no sum */
	/* of a pass */
	size_t depth;
	struct group_open open[GROUP_LEVELS]; /* n == 0: none at this level */
	struct packer *waiting;               /* a heading, unless no row of its own follows */
	uint64_t headings;                    /* left out */
	uint64_t line;                        /* of the first */
	bool broken;                          /* what told the headings does not hold any more */
	uint64_t broken_line;
};

/* Rows [from, n) of an indexed block. */
struct groups_view {
	const struct table *t;
	const struct block *b;
	const struct rows *rows;
	size_t from, n;
	bool whole; /* the table ends with them */
	struct buf scratch;
};

struct group_row {
	size_t first;  /* column of the first cell that is not empty; SIZE_MAX: there is none */
	size_t filled; /* how many are not, */
	size_t sums;   /* and of these behind the first, in columns of numbers */
};

/* groups.c */
struct groups *groups_new(size_t width);
void groups_free(struct groups *g); /* takes NULL */
void groups_rewind(struct groups *g);
/* Trimmed; valid until the next call. */
struct str groups_text(struct groups_view *v, size_t row, size_t column);
struct group_row groups_row(struct groups_view *v, size_t row, const struct groups *g);
/* Whether the row may be a heading by its own cells: a text, and besides it nothing but numbers. */
bool groups_heads(struct groups_view *v, size_t row, const struct group_row *r, const struct groups *g);
void groups_open(struct groups *g, struct groups_view *v, size_t row, size_t column, size_t level, bool summed);
/* Takes a row's numbers from the heading above it. False: one cannot be read. */
bool groups_take(struct groups *g, struct groups_view *v, size_t row, size_t level);
/* Whether everything the heading said was found below it. */
bool groups_spent(const struct groups *g, size_t level);
/* Closes what has been found below it, innermost first. */
void groups_close_spent(struct groups *g);

enum groups_verdict { GROUPS_NO, GROUPS_YES, GROUPS_DOUBT };
/* groups_judge.c. Whether it is worth asking: nearly all tables begin with a row that cannot be a heading. */
bool groups_worth(struct groups_view *v, struct groups *g);
/* Of what kind the person says, or the data set, that the rows are in groups: less is asked of those. */
struct groups_sure {
	bool beside, above;
};
/* groups_judge.c. Fills g where it says GROUPS_YES; *ret_row: the first heading, or what looks like one. */
enum groups_verdict groups_judge(struct groups_view *v, struct groups_sure sure, struct groups *g, size_t *ret_row);
/* groups_pivot.c: the same of rows among which those of totals still are; *ret_row: the first cell to be filled. */
enum groups_verdict groups_judge_pivot(struct groups_view *v, struct groups *g, size_t *ret_row);
/* groups_proof.c: whether sums hold in all the rows. *ret_proved: headings of several rows, whose sums say something.
 */
bool groups_prove(struct groups_view *v, struct groups *g, const bool *heads, const uint8_t *levels,
		  size_t *ret_proved);

/* groups_table.c: asks whether the table whose first block this is stands in groups, and gives it their columns. */
bool groups_begin(struct table *t, struct block *b, struct rows *rows, struct err *e);
/* An append of rows whose groups do not hold. */
bool groups_refuse(const struct table *t, struct err *e);
/* groups_rows.c: rewrites the next block of a pass. count: what is left out is counted and kept as rejects. */
bool groups_block(struct table *t, struct block *b, bool count, struct err *e);
/* groups_names.c: what the column of a level is called, in the language of the table's words. */
void groups_name(struct groups_view *v, size_t level, struct buf *ret);
