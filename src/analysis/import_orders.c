/*
 * Orders in one file and their lines in another: what ingest/roles_orders.c finds within a file, by the engine's
 * figures. Each worker saw one file only and took the sums of the orders for purchases, and the lines too.
 */
#include "analysis/import_inner.h"

#include "base/limits.h"
#include "ingest/roles_words.h"

#include <stdio.h>
#include <string.h>

#define LEAST_WORD 0.55
#define LEAST_SHARE 0.5   /* of the lines' numbers must be orders, where the column says that it numbers them */
#define SURE_SHARE 0.9    /* where it says only that it numbers something */
#define UNIQUE_SHARE 0.93 /* `distinct` is an estimate */

static const char of_lines[] = "the lines of the order, in the other table, give it already";
static const char by_order[] = "the lines of the orders, in the other table, point at it";

static double says(const struct dataset_column *c, enum word w)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(8192);
	words_normalize(str_of(c->name), &b);
	return words_match(w, buf_str(&b));
}

static struct dataset_column *role(const struct dataset_table *t, const char *name)
{
	return dataset_column_with_role(t, name);
}

static bool has_goods(const struct dataset_table *t)
{
	return role(t, "purchase.product") || role(t, "purchase.product_code");
}

static bool is_lines(const struct dataset_table *t)
{
	return role(t, "purchase.invoice") && has_goods(t) &&
	       (role(t, "purchase.quantity") || role(t, "purchase.unit_price") || role(t, "purchase.amount"));
}

/* A free column that is what the word says; its type too. */
static struct dataset_column *find_word(const struct dataset_table *t, enum word w, const char *type)
{
	struct dataset_column *best = NULL;
	double most = 0.7;
	for (size_t i = 0; i < t->n_columns; i++) {
		struct dataset_column *c = &t->columns[i];
		double s = c->role[0] || c->by_person || (type && !str_starts(str_of(c->type), str_of(type)))
				   ? 0
				   : says(c, w);
		if (s > most) {
			most = s;
			best = c;
		}
	}
	return best;
}

/* Whose order it is; the worker gives no role to tables that hold neither money nor goods. */
static bool says_whose(const struct dataset_table *t)
{
	return role(t, "purchase.customer_id") || role(t, "customer.full_name") || find_word(t, WORD_CUSTOMER_ID, NULL);
}

static bool says_when(const struct dataset_table *t)
{
	return role(t, "purchase.at") || find_word(t, WORD_DATE, "DATE") || find_word(t, WORD_DATE, "TIMESTAMP");
}

static bool by_person(const struct dataset_table *t)
{
	const struct dataset_column *amount = role(t, "purchase.amount");
	return amount && amount->by_person;
}

static bool may_be_head(const struct dataset_table *t)
{
	return !has_goods(t) && !role(t, "customer.id") && !by_person(t) && says_whose(t) && says_when(t);
}

/* How many of the lines' numbers a column must have to number the orders; over 1: it does not. */
static double share_needed(const struct dataset_table *t, const struct dataset_column *c)
{
	if (c->by_person || (c->role[0] && strcmp(c->role, "purchase.invoice") != 0))
		return 2;
	if (!c->non_null || (double)c->distinct < UNIQUE_SHARE * (double)c->non_null)
		return 2;
	if (c->role[0] || says(c, WORD_INVOICE) >= LEAST_WORD)
		return LEAST_SHARE;
	return says(c, WORD_ID) >= LEAST_WORD && !role(t, "purchase.invoice") ? SURE_SHARE : 2;
}

static void give(struct dataset_column *c, const char *name, const char *why)
{
	c->role = name;
	c->confidence = name[0] ? 0.9 : 0;
	c->reason = why;
}

static void give_word(struct dataset_table *t, enum word w, const char *type, const char *name)
{
	struct dataset_column *c = role(t, name) ? NULL : find_word(t, w, type);
	if (c)
		give(c, name, by_order);
}

/* What the order says of all its lines stays; its money and goods are theirs. */
static void make_head(struct dataset_table *t, struct dataset_column *number)
{
	static const char *const of_line[] = { "purchase.amount", "purchase.quantity", "purchase.unit_price" };
	for (size_t i = 0; i < countof(of_line); i++) {
		struct dataset_column *c = role(t, of_line[i]);
		if (c && !c->by_person)
			give(c, "", of_lines);
	}
	struct dataset_column *before = role(t, "purchase.invoice");
	if (before && before != number)
		give(before, "", of_lines);
	give(number, "purchase.invoice", by_order);
	if (!role(t, "customer.full_name"))
		give_word(t, WORD_CUSTOMER_ID, NULL, "purchase.customer_id");
	give_word(t, WORD_DATE, "DATE", "purchase.at");
	give_word(t, WORD_DATE, "TIMESTAMP", "purchase.at");
}

static bool known(const struct import *m, const struct dataset_table *from, const struct dataset_table *to)
{
	for (size_t i = 0; i < m->n_relations; i++)
		if (!strcmp(m->relations[i].from_table, from->name) && !strcmp(m->relations[i].to_table, to->name))
			return true;
	return false;
}

static bool join(struct import *m, struct db *db, const struct import_related *by, const struct dataset_table *lines,
		 struct dataset_table *head, bool *ret_joined, struct err *e)
{
	const struct dataset_column *invoice = role(lines, "purchase.invoice");
	struct dataset_column *best = NULL;
	double most = 0;
	for (size_t i = 0; i < head->n_columns; i++) {
		struct dataset_column *c = &head->columns[i];
		double share = 0, needed = share_needed(head, c);
		if (needed > 1)
			continue;
		if (!import_matched(m, by, lines, invoice, head, c, &share, e))
			return false;
		if (share >= needed && share > most) {
			most = share;
			best = c;
		}
	}
	*ret_joined = best != NULL;
	if (!best)
		return true;
	make_head(head, best);
	if (m->n_relations < LIMIT_RELATIONS)
		m->relations[m->n_relations++] = (struct dataset_relation){ .from_table = lines->name,
									    .from_column = invoice->name,
									    .to_table = head->name,
									    .to_column = best->name,
									    .matched = most };
	return version_column_roles(db, m->version, head, e);
}

bool import_orders(struct import *m, struct db *db, const struct import_related *by, struct dataset_table *tables,
		   size_t n, struct err *e)
{
	for (size_t l = 0; l < n; l++) {
		bool joined = false;
		for (size_t h = 0; h < n && is_lines(&tables[l]) && !joined; h++) {
			if (h == l || known(m, &tables[l], &tables[h]) || !may_be_head(&tables[h]))
				continue;
			if (!join(m, db, by, &tables[l], &tables[h], &joined, e))
				return false;
		}
	}
	return true;
}
