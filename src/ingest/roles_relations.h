/* Which columns of one table point at rows of another. */
#pragma once

#include "ingest/roles.h"

/* Reads the headers, once: every pair of columns is compared. Before anything below. */
void relations_prepare(struct role_table *tables, size_t n_tables);
/* The share of `from`'s distinct values that `to` has, estimated; whether a column may be a key; whether two headers
 * say the same. */
double relations_overlap(const struct role_column *from, const struct role_column *to);
bool relations_may_be_key(const struct role_column *c);
bool relations_same_header(const struct role_column *a, const struct role_column *b);
/* Whether relations_find sees that one points at the other. */
bool relations_found(const struct role_table *a, size_t from, const struct role_table *b, size_t to);
/* Also gives purchase.customer_id to a column of purchases that points at customer.id, whatever its header. */
size_t relations_find(struct role_table *tables, size_t n_tables, struct role_relation *relations, size_t cap);
