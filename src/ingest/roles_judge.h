/* What roles.c and roles_nested.c share: tables that are being judged. */
#pragma once

#include "ingest/roles.h"
#include "ingest/roles_words.h"

#define ROLE_LEAST 0.55 /* a guess below this is none */

/* A head is an order whose lines, with what was bought, are rows of another table. */
enum table_kind { KIND_NONE, KIND_CUSTOMERS, KIND_PURCHASES, KIND_HEAD, KIND_TOTALS, KIND_ACTIVITY };

struct judged {
	struct role_table *table;
	double (*score)[WORDS]; /* of each column */
	enum word *spoken;      /* what a column's values say by themselves */
	const char **told;      /* of each column: why it has its role, or none; NULL = by its header and values */
	double best[WORDS];     /* over the columns */
	enum table_word by_name;
	enum table_kind kind;
	/* roles_orders.c: the order that each row is a line of, told by values. overlap 0: there is none */
	struct role_link order;
	double overlap;
};

static inline bool judged_says(const struct judged *j, enum word w)
{
	return j->best[w] >= ROLE_LEAST;
}

/* By the scores alone. */
enum table_kind judged_kind(const struct judged *j);

/*
 * Tables that the file puts into each other (role_table.links): the lists of a JSON file. Settles their kinds, and what
 * the columns between them are for. Whoever has lists is before them.
 */
void nested_judge(struct judged *all, size_t n);
/* How much a table says of what was bought; 0: it holds no lines of orders. */
int judged_lines_worth(const struct judged *j);
/* Whether the rows are orders, whose lines belong to them by that column. */
bool judged_is_head(const struct judged *head, size_t column, const struct judged *lines);
/* Says that a column is the word, and no other is. */
void judged_set(struct judged *j, size_t column, enum word word, const char *told);
/* Says of an order's sums that its lines give them already. */
void judged_tell_totals(struct judged *head);

/* Orders in one table and their lines in another that only values relate: the sheets of a workbook. After nested_judge.
 */
void orders_judge(struct judged *all, size_t n);
