/*
 * Orders on one sheet, what was ordered on another, and nothing but a number relates them.
 *
 *	Orders: № | customer | date | sum		Items: order | product | quantity | price
 *
 * Judged as if the file itself had put the lines into their orders (roles_nested.c): the lines are the purchases, the
 * order says who and when, and its sum would count the same money again. So would a table of payments of the orders.
 */
#include "ingest/roles_judge.h"
#include "ingest/roles_relations.h"
#include "ingest/roles_values.h"

#define LEAST_OVERLAP 0.5
#define SURE_OVERLAP 0.9

static const char of_order[] = "its values are numbers of the orders in the other table";
static const char by_order[] = "the lines of the orders, in the other table, point at it";

static bool says_order(const double *score)
{
	return score[WORD_INVOICE] >= ROLE_LEAST && score[WORD_INVOICE] >= score[WORD_CUSTOMER_ID] &&
	       score[WORD_INVOICE] >= score[WORD_PRODUCT_CODE];
}

/* How sure it is that a column holds numbers of rows of the other table; 0: it does not. */
static double pointing(const struct judged *a, size_t column, const struct judged *b, size_t key)
{
	const struct role_column *from = &a->table->columns[column], *to = &b->table->columns[key];
	if (!relations_may_be_key(from) || !relations_may_be_key(to) || from->type.type != to->type.type ||
	    !values_unique(to))
		return 0;
	bool same = relations_same_header(from, to), order = says_order(a->score[column]);
	bool named = b->score[key][WORD_INVOICE] >= ROLE_LEAST || b->score[key][WORD_ID] >= ROLE_LEAST;
	if (!(order && (named || same)) && !(same && says_order(b->score[key])))
		return 0;
	double overlap = relations_overlap(from, to);
	return overlap >= (same || b->score[key][WORD_INVOICE] >= ROLE_LEAST ? LEAST_OVERLAP : SURE_OVERLAP) ? overlap
													     : 0;
}

/* A person said that the money, or what was bought, stands in the orders. */
static bool is_said(const struct judged *j)
{
	for (size_t i = 0; i < j->table->n_columns; i++) {
		const struct role_column *c = &j->table->columns[i];
		if (c->fixed && (c->role == ROLE_PURCHASE_AMOUNT || c->role == ROLE_PURCHASE_PRODUCT ||
				 c->role == ROLE_PURCHASE_PRODUCT_CODE))
			return true;
	}
	return false;
}

static bool may_be_head(const struct judged *head, size_t key, const struct judged *lines)
{
	bool listed = judged_says(head, WORD_PRODUCT) || judged_says(head, WORD_PRODUCT_CODE);
	return head->kind != KIND_CUSTOMERS && !listed && !is_said(head) && judged_is_head(head, key, lines);
}

/* Payments have the number of the order, too: the order is what says whose it is. */
static double head_worth(const struct judged *head, double overlap)
{
	return overlap + (judged_says(head, WORD_CUSTOMER_ID) || judged_says(head, WORD_FULL_NAME));
}

/* The order that the rows of a table belong to. */
static void find_order(struct judged *all, size_t n, size_t at)
{
	struct judged *a = &all[at];
	double best = 0;
	for (size_t b = 0; b < n; b++) {
		if (b == at || all[b].table->n_links || all[b].kind == KIND_CUSTOMERS)
			continue;
		for (size_t i = 0; i < a->table->n_columns; i++) {
			for (size_t k = 0; k < all[b].table->n_columns; k++) {
				double overlap = pointing(a, i, &all[b], k);
				if (!(overlap > 0) || head_worth(&all[b], overlap) <= best ||
				    !may_be_head(&all[b], k, a))
					continue;
				best = head_worth(&all[b], overlap);
				a->overlap = overlap;
				a->order = (struct role_link){ .column = i, .to_table = b, .to_column = k };
			}
		}
	}
}

static size_t find_lines(const struct judged *all, size_t n, size_t head)
{
	size_t best = SIZE_MAX;
	int most = 0;
	for (size_t i = 0; i < n; i++) {
		bool of_it = all[i].overlap > 0 && all[i].order.to_table == head;
		int worth = of_it ? judged_lines_worth(&all[i]) : 0;
		if (worth > most) {
			most = worth;
			best = i;
		}
	}
	return best;
}

/* The lines of another year have the same columns. */
static bool same_columns(const struct role_table *a, const struct role_table *b)
{
	if (a->n_columns != b->n_columns)
		return false;
	for (size_t i = 0; i < a->n_columns; i++) {
		if (!relations_same_header(&a->columns[i], &b->columns[i]))
			return false;
	}
	return true;
}

static void join_lines(struct judged *all, size_t n, size_t head, size_t lines)
{
	judged_set(&all[head], all[lines].order.to_column, WORD_INVOICE, by_order);
	for (size_t i = 0; i < n; i++) {
		struct judged *j = &all[i];
		if (!(j->overlap > 0) || j->order.to_table != head)
			continue;
		if (i == lines || same_columns(j->table, all[lines].table)) {
			j->kind = KIND_PURCHASES;
			judged_set(j, j->order.column, WORD_INVOICE, of_order);
		} else if (j->kind == KIND_PURCHASES || j->kind == KIND_TOTALS) {
			j->kind = KIND_NONE;
			judged_tell_totals(j);
		}
	}
	all[head].kind = KIND_HEAD;
	judged_tell_totals(&all[head]);
}

void orders_judge(struct judged *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!all[i].table->n_links && all[i].by_name != TABLE_OTHERS)
			find_order(all, n, i);
	}
	for (size_t i = 0; i < n; i++) {
		size_t lines = find_lines(all, n, i);
		if (lines != SIZE_MAX)
			join_lines(all, n, i, lines);
	}
}
