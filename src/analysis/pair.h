/*
 * Two tables of the same name, or the same table in two versions: which columns they share, as what type these compare,
 * and by which columns a row of one is the same thing as a row of the other (the key). For changes.c and
 * import_upsert.c, which write SQL over both.
 *
 * A key is a list of columns whose values are there in every row and name one row only, on both sides.
 */
#pragma once

#include "analysis/ask.h"
#include "analysis/import.h"

/* A column of both tables. */
struct pair_column {
	const struct dataset_column *old, *now;
	const char *type; /* that holds the values of both (analysis/widen.h) */
	bool in_key;
};

struct pair {
	const struct dataset_table *old, *now;
	const char *old_sql, *now_sql; /* the relations with _row, quoted */
	struct pair_column *columns;   /* those of both, in the order of `old` */
	size_t n_columns;
	const struct pair_column **key; /* n_key 0: there is none */
	size_t n_key;
};

/* Everything is allocated in q's arena; schemas are those under which q's relations find the tables. */
bool pair_init(struct pair *p, struct ask *q, const char *old_schema, const struct dataset_table *old,
	       const char *now_schema, const struct dataset_table *now, struct err *e);

/*
 * The columns that a person named for this table (keys without a table are for every table that has the column). Not
 * one of them: p has no key. One that a table has not: ERR_VALUE.
 */
bool pair_given_key(struct pair *p, struct ask *q, const struct import_key *keys, size_t n, struct err *e);
/* The column with the role customer.id, or else the first whose values name one row only, on both sides. */
bool pair_find_key(struct pair *p, struct ask *q, struct err *e);
/* Refuses a key that is blank in `now` or repeated on either side, with ERR_VALUE that names rows (from 1). */
bool pair_check_key(struct pair *p, struct ask *q, struct err *e);

/* Writes `o."a" = n."a" AND …`, both cast where types differ; o and n are the aliases of old_sql and now_sql. */
void pair_write_match(const struct pair *p, struct arena *a, struct buf *b);
/* One side of a column as the common type: CAST(o."a" AS T), or only o."a". */
void pair_write_column(const struct pair_column *c, struct arena *a, bool now, struct buf *b);
