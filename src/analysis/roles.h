/*
 * A person's word about columns, applied to the tables of a version. For import.c and versions.c; pure functions.
 *
 * In one table a role names one column (customer.products and ignore any number): who gives it to another takes it from
 * the one that was guessed.
 */
#pragma once

#include "analysis/import.h"
#include "model/dataset.h"

bool role_is_known(struct str role);
/* Every role is known; ERR_VALUE naming the first that is not. */
bool roles_check(const struct import_role *roles, size_t n, struct err *e);
/*
 * Sets them. An unknown table or column, and the same role given twice in one table: ERR_VALUE naming it, and the
 * tables are to be thrown away. Texts are borrowed from `roles`.
 */
bool roles_apply(struct dataset_table *tables, size_t n_tables, const struct import_role *roles, size_t n,
		 struct err *e);
/* What a person said about the columns of `before` holds for those of the same table and name. */
void roles_inherit(struct dataset_table *tables, size_t n_tables, const struct dataset_content *before);
