/*
 * Rejects: rows of a file that could not be read, with where and why. At most LIMIT_REJECTS_KEPT a table are kept
 * (and LIMIT_REJECT_TEXT_BYTES of each text); the counts in dataset_table are complete.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;

struct reject {
	const char *table;  /* name; in a reject_list the index below is used instead */
	int64_t line;       /* from 1, in the file or sheet; 0 = not known */
	const char *column; /* "" = the row as a whole */
	const char *text;   /* what stood there, cut */
	const char *reason;
	int64_t row;       /* number in the table (_row), kept or not; -1 = no row that can be named */
	const char *whole; /* "", or a JSON list of the texts of the row, which was left out */
	int64_t seq;       /* order within the version, from 1: the cursor of lists */
};

/* Rejects collected while a file is read; bounded, allocates in its own arena. */
struct reject_item {
	size_t table; /* index of the table in the version */
	struct reject r;
};
struct reject_list {
	struct arena arena;
	struct reject_item *items; /* malloc */
	size_t n, cap;
	size_t run; /* kept of the table of the last one */
};
void reject_list_free(struct reject_list *l);
/* Copies r unless the table has its LIMIT_REJECTS_KEPT already or the memory for rejects is used up. */
void reject_list_add(struct reject_list *l, size_t table, const struct reject *r);

/* Takes those of one table out again. */
void reject_list_drop(struct reject_list *l, size_t table);

/* The highest seq of a version; 0 when it has none. */
bool reject_last(struct db *db, int64_t org, int64_t version, int64_t *ret, struct err *e);

/* After the reject with seq `after`, in order. table "" = all tables. */
bool reject_page(struct db *db, struct arena *a, int64_t org, int64_t version, struct str table, int64_t after,
		 size_t limit, struct reject **ret, size_t *ret_n, int64_t *ret_total, struct err *e);
