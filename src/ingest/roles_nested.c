/*
 * Customers with their orders, orders with their lines.
 *
 *	{customer: …, date: …, lines: [{product, quantity, price}]}	the lines are the purchases; whose they are and
 *of which day stands in the order, their head
 *	{name: …, orders: [{date, amount}]}		the orders are the purchases, of the customer around them
 *
 * Of several lists in an order one has the lines: the one that says most of products and how many. The others (taxes,
 * deliveries, refunds) would count the same money again and have no role.
 */
#include "ingest/roles_judge.h"

#include <stdlib.h>
#include <string.h>

#define SURE 0.75

static const char of_list[] = "the file itself says whose row of the other table it is";
static const char by_list[] = "the lists of the file belong to rows by it";
static const char of_lines[] = "the lines of the order, in the other table, give it already";

void judged_set(struct judged *j, size_t column, enum word word, const char *told)
{
	for (size_t i = 0; i < j->table->n_columns; i++)
		j->score[i][word] = i == column ? 1 : 0;
	j->best[word] = 1;
	j->told[column] = told;
	j->spoken[column] = WORD_NONE;
}

/* Not when somebody registered or was born. */
static bool says_when(const struct judged *j)
{
	for (size_t i = 0; i < j->table->n_columns; i++) {
		const double *s = j->score[i];
		if (s[WORD_DATE] >= SURE && s[WORD_DATE] > s[WORD_REGISTERED] && s[WORD_DATE] > s[WORD_BIRTH_DATE])
			return true;
	}
	return false;
}

static bool is_taken_back(const struct judged *j)
{
	static const struct str words[] = { STR("refund"), STR("return"), STR("возврат"),
					    STR("zwrot"),  STR("поврат"), STR("cancel"),
					    STR("отмен"),  STR("сторно"), STR("fulfillment") };
	CLEANUP(buf_free) struct buf b = BUF_INIT(8192);
	words_normalize(str_of(j->table->name), &b);
	for (size_t i = 0; i < countof(words); i++) {
		if (b.n && memmem(b.p, b.n, words[i].p, words[i].n))
			return true;
	}
	return false;
}

int judged_lines_worth(const struct judged *j)
{
	bool named = judged_says(j, WORD_PRODUCT) || j->best[WORD_NAME] >= 0.65;
	bool coded = judged_says(j, WORD_PRODUCT_CODE), counted = judged_says(j, WORD_QUANTITY);
	bool money = judged_says(j, WORD_AMOUNT) || judged_says(j, WORD_UNIT_PRICE);
	if ((!named && !coded) || (!counted && !money) || is_taken_back(j))
		return 0;
	return 1 + 3 * counted + coded + named + money;
}

static size_t nearest(const struct role_table *t)
{
	return t->n_links ? t->links[t->n_links - 1].to_table : SIZE_MAX;
}

static size_t find_lines(const struct judged *all, size_t n, size_t head)
{
	size_t best = SIZE_MAX;
	int most = 0;
	for (size_t i = head + 1; i < n; i++) {
		int worth = nearest(all[i].table) == head ? judged_lines_worth(&all[i]) : 0;
		if (worth > most) {
			most = worth;
			best = i;
		}
	}
	return best;
}

/* Records with a number of their own beside that of a customer are no customers. */
static bool says_whose(const struct judged *head, size_t column)
{
	/* The first columns say whose list it is in. */
	for (size_t i = head->table->n_links; i < head->table->n_columns; i++) {
		if (i != column && head->score[i][WORD_CUSTOMER_ID] >= SURE)
			return true;
	}
	return false;
}

bool judged_is_head(const struct judged *head, size_t column, const struct judged *lines)
{
	if (head->by_name == TABLE_OTHERS || is_taken_back(head))
		return false;
	if (says_whose(head, column))
		return true;
	if (says_when(head) || judged_says(head, WORD_YEAR))
		return head->kind != KIND_CUSTOMERS || !says_when(lines);
	return head->kind == KIND_PURCHASES || (judged_says(head, WORD_INVOICE) && head->kind != KIND_CUSTOMERS);
}

/* By which the rows around a list are named. */
static size_t head_column(const struct judged *lines)
{
	return lines->table->links[lines->table->n_links - 1].to_column;
}

static bool is_within(const struct role_table *t, size_t table)
{
	for (size_t i = 0; i < t->n_links; i++) {
		if (t->links[i].to_table == table)
			return true;
	}
	return false;
}

void judged_tell_totals(struct judged *head)
{
	for (size_t i = 0; i < head->table->n_columns; i++) {
		const double *s = head->score[i];
		if (!head->told[i] && (s[WORD_AMOUNT] >= ROLE_LEAST || s[WORD_QUANTITY] >= ROLE_LEAST))
			head->told[i] = of_lines;
	}
}

static void join_lines(struct judged *all, size_t n, size_t head, size_t lines, bool *settled)
{
	const struct role_link *link = &all[lines].table->links[all[lines].table->n_links - 1];
	for (size_t i = head + 1; i < n; i++) {
		if (is_within(all[i].table, head) && i != lines) {
			all[i].kind = KIND_NONE;
			settled[i] = true;
		}
	}
	all[head].kind = KIND_HEAD;
	all[lines].kind = KIND_PURCHASES;
	settled[lines] = true;
	judged_set(&all[head], link->to_column, WORD_INVOICE, by_list);
	judged_set(&all[lines], link->column, WORD_INVOICE, of_list);
	/* Whose order it is, the order says. */
	for (size_t i = 0; i + 1 < all[lines].table->n_links; i++) {
		size_t column = all[lines].table->links[i].column;
		memset(all[lines].score[column], 0, sizeof all[lines].score[column]);
		all[lines].spoken[column] = WORD_NONE;
		all[lines].told[column] = of_list;
	}
	judged_tell_totals(&all[head]);
}

/* Whoever is around a table and is a customer. NULL: nobody. */
static const struct role_link *customer_around(const struct judged *all, const struct role_table *t)
{
	for (size_t i = t->n_links; i-- > 0;) {
		const struct judged *j = &all[t->links[i].to_table];
		bool unsaid =
			j->kind == KIND_NONE && (j->by_name == TABLE_CUSTOMERS || judged_says(j, WORD_CUSTOMER_ID));
		if (j->kind == KIND_CUSTOMERS || (unsaid && !j->table->n_links))
			return &t->links[i];
	}
	return NULL;
}

static bool is_sold_around(const struct judged *all, const struct role_table *t)
{
	for (size_t i = 0; i < t->n_links; i++) {
		enum table_kind kind = all[t->links[i].to_table].kind;
		if (kind == KIND_HEAD || kind == KIND_PURCHASES)
			return true;
	}
	return false;
}

/* Purchases, visits or orders of the customer around them; a list of more people is not of the customers. */
static void join_customer(struct judged *all, struct judged *j)
{
	const struct role_link *link = customer_around(all, j->table);
	if (is_sold_around(all, j->table)) {
		j->kind = KIND_NONE;
		return;
	}
	if (!link)
		return;
	double had[WORDS];
	memcpy(had, j->best, sizeof had);
	j->best[WORD_CUSTOMER_ID] = 1;
	enum table_kind kind = j->kind == KIND_HEAD ? KIND_HEAD : judged_kind(j);
	memcpy(j->best, had, sizeof had);
	if (kind == KIND_CUSTOMERS || kind == KIND_NONE || is_taken_back(j)) {
		j->kind = KIND_NONE;
		return;
	}
	j->kind = kind;
	all[link->to_table].kind = KIND_CUSTOMERS;
	judged_set(j, link->column, WORD_CUSTOMER_ID, of_list);
	judged_set(&all[link->to_table], link->to_column, WORD_CUSTOMER_ID, by_list);
}

void nested_judge(struct judged *all, size_t n)
{
	bool *settled = mem_zalloc((n + 1) * sizeof *settled);
	for (size_t i = 0; i < n; i++) {
		size_t lines = settled[i] ? SIZE_MAX : find_lines(all, n, i);
		if (lines != SIZE_MAX && judged_is_head(&all[i], head_column(&all[lines]), &all[lines]))
			join_lines(all, n, i, lines, settled);
	}
	for (size_t i = 0; i < n; i++) {
		if (all[i].table->n_links && !settled[i])
			join_customer(all, &all[i]);
	}
	free(settled);
}
