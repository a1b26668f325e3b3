/* Which columns of one table point at rows of another. */
#pragma once

#include "ingest/roles.h"

/* Also gives purchase.customer_id to a column of purchases that points at customer.id, whatever its header. */
size_t relations_find(struct role_table *tables, size_t n_tables, struct role_relation *relations, size_t cap);
