/* The writing of SQL over a version's tables; only for canon.c and activity.c. */
#pragma once

#include "analysis/canon.h"

/* A table of the data set and what its columns are. */
struct canon_table {
	const struct dataset_table *table;
	size_t number;
	const struct dataset_column *code, *name, *amount, *quantity, *price, *currency, *at, *year, *invoice, *list;
	const struct dataset_column *client_id; /* customer.id */
	const struct dataset_column *id;        /* purchase.customer_id, else customer.id */
	const struct canon_table *head;    /* of lines without a customer: the table that knows whose invoice it is */
	const struct canon_table *catalog; /* of lines without names: the table that names the codes */
	size_t n_fields, n_items;
	bool has_goods, is_purchases, is_basket, is_list, is_client, is_head;
};

struct canon_sql {
	struct arena *arena;
	const char *schema;
	const struct canon_table *tables;
	size_t n;
	const struct canon_table *client; /* NULL: customers are those who bought */
	const struct canon *canon;
	bool whole_ids; /* ids are BIGINT in every table: they are not made text */
};

bool canon_whole_ids(const struct canon_table *tables, size_t n, const struct canon_table *client);
const char *canon_sql_purchases(const struct canon_sql *s);
/* One row a customer of the client table, then those who are only in purchases. */
const char *canon_sql_clients(const struct canon_sql *s);
/* One row an id of the purchases; attributes from `source`. */
const char *canon_sql_buyers(const struct canon_sql *s, const struct canon_table *source);

/* Parts of SQL: a quoted name; a table as the engine has it, with _row; a column as trimmed text, NULL when empty. */
void canon_ident(struct buf *b, const char *name);
void canon_relation(struct buf *b, const char *schema, const char *table);
void canon_text(struct buf *b, const struct dataset_column *c);

/* A column that goes into the card under its own name. */
bool canon_is_other(const struct dataset_column *c);
