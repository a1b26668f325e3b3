#include "analysis/column_names.h"

#include "analysis/roles.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/remarks.h"
#include "model/building.h"

#include <stdio.h>
#include <stdlib.h>

bool column_rename_parse(const char *text, struct column_rename *ret, char **ret_text, struct err *e)
{
	struct import_role r;
	if (!import_role_parse(text, &r, ret_text, NULL))
		return err_set(e, ERR_USAGE, NULL, "\"%.100s\" is not [TABLE.]COLUMN=NAME.", text);
	*ret = (struct column_rename){ .table = r.table, .column = r.column, .name = r.role };
	return true;
}

/* -- whether a name can be -- */

static bool with_code(struct err *e, const char *code)
{
	if (e)
		snprintf(e->code, sizeof e->code, "%s", code);
	return false;
}

static bool refuse(struct err *e, const char *column, const char *why, const char *name)
{
	err_field(e, ERR_VALUE, column, "The column \"%.100s\" cannot be called \"%.100s\": %s.", column, name, why);
	return with_code(e, "column_name_taken");
}

static bool check_name(const char *column, struct str name, struct err *e)
{
	static const char *const own[] = { "_row" };
	if (!name.n) {
		err_field(e, ERR_VALUE, column, "The new name of the column \"%.100s\" is empty.", column);
		return with_code(e, "column_name_empty");
	}
	if (name.n > LIMIT_COLUMN_NAME_BYTES) {
		err_field(e, ERR_VALUE, column,
			  "The new name of the column \"%.100s\" is too long: it has %zu bytes, and may have %d.",
			  column, name.n, LIMIT_COLUMN_NAME_BYTES);
		return with_code(e, "column_name_long");
	}
	bool plain = utf8_valid(name);
	for (size_t i = 0; plain && i < name.n; i++)
		plain = (unsigned char)name.p[i] >= 0x20 && name.p[i] != 0x7f;
	if (!plain) {
		err_field(e, ERR_VALUE, column,
			  "The new name of the column \"%.100s\" holds a character that a name cannot have.", column);
		return with_code(e, "column_name_bad");
	}
	if (str_starts(name, STR(REMARKS_PREFIX)))
		return refuse(e, column, "the program uses such names itself", REMARKS_COLUMN);
	for (size_t i = 0; i < countof(own); i++)
		if (str_ieq(name, str_of(own[i])))
			return refuse(e, column, "the program uses that name itself", own[i]);
	return true;
}

/* The new names of a table, all at once: `next` has one a column. */
static bool check_table(const struct dataset_table *t, const char *const *next, struct err *e)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		if (next[i] == t->columns[i].name)
			continue;
		for (size_t k = 0; k < t->n_columns; k++) {
			if (k == i)
				continue;
			if (str_ieq(str_of(next[i]), str_of(next[k])))
				return refuse(e, t->columns[i].name, "another column has that name", next[i]);
			if (str_ieq(str_of(next[i]), str_of(dataset_column_header(&t->columns[k]))))
				return refuse(e, t->columns[i].name, "files call another column so", next[i]);
		}
	}
	return true;
}

/* -- giving names -- */

static const char *kept_name(const char *had, const char *name)
{
	return had && had[0] ? had : name;
}

static void give(struct dataset_column *c, const char *name)
{
	c->header = kept_name(c->header, c->name);
	c->stored = kept_name(c->stored, c->name);
	c->name = name;
}

static bool is_table(const struct dataset_content *c, const char *name)
{
	return dataset_table_named(c, str_of(name)) != NULL;
}

/* "a.b" that names no table "a" may be a column of that very name. */
static bool said_of(struct arena *a, const struct dataset_content *c, const struct column_rename *r,
		    const struct dataset_table *t, size_t *ret)
{
	const char *column = r->column;
	if (r->table && r->table[0] && !is_table(c, r->table))
		column = arena_printf(a, "%s.%s", r->table, r->column);
	else if (r->table && r->table[0] && !str_ieq(str_of(r->table), str_of(t->name)))
		return false;
	const struct dataset_column *found = column ? dataset_column_said(t, str_of(column)) : NULL;
	*ret = found ? (size_t)(found - t->columns) : 0;
	return found;
}

/* Fills next[i] for the columns of table t; counts in `used` which renames found one. */
static bool collect(struct arena *a, const struct dataset_content *c, const struct dataset_table *t,
		    const struct column_rename *renames, size_t n, const char **next, bool *used, struct err *e)
{
	for (size_t i = 0; i < t->n_columns; i++)
		next[i] = t->columns[i].name;
	for (size_t i = 0; i < n; i++) {
		size_t at;
		if (!said_of(a, c, &renames[i], t, &at))
			continue;
		struct str name = str_trim(str_of(renames[i].name));
		const char *column = t->columns[at].name;
		if (!check_name(column, name, e))
			return false;
		if (next[at] != column && !str_is(name, next[at]))
			return err_field(e, ERR_VALUE, column, "The column \"%.100s\" is given two names.", column);
		if (!str_is(name, column))
			next[at] = arena_strndup(a, name.p, name.n);
		if (!next[at])
			return err_set(e, ERR_TOO_LARGE, NULL, "The names of the columns are too long.");
		used[i] = true;
	}
	return check_table(t, next, e);
}

/* -- what was compared -- */

static void rename_text(json_t *list, size_t i, json_t *v, const char *before, const char *now)
{
	if (json_is_string(v) && !strcmp(json_string_value(v), before))
		json_array_set_new(list, i, json_string(now));
}

static void rename_columns_of(json_t *list, const char *before, const char *now)
{
	size_t i;
	json_t *v;
	json_array_foreach (list, i, v) {
		const char *column = json_string_value(json_object_get(v, "column"));
		if (column && !strcmp(column, before))
			json_object_set_new(v, "column", json_string(now));
	}
}

static void rename_in_changes(json_t *changes, const char *table, const char *before, const char *now)
{
	size_t i, k;
	json_t *t, *v, *list;
	json_array_foreach (json_object_get(changes, "tables"), i, t) {
		const char *name = json_string_value(json_object_get(t, "table"));
		if (!name || strcmp(name, table) != 0)
			continue;
		json_t *columns = json_object_get(t, "columns");
		list = json_object_get(columns, "new");
		json_array_foreach (list, k, v)
			rename_text(list, k, v, before, now);
		list = json_object_get(t, "key");
		json_array_foreach (list, k, v)
			rename_text(list, k, v, before, now);
		list = json_object_get(t, "missing");
		json_array_foreach (list, k, v)
			rename_text(list, k, v, before, now);
		rename_columns_of(json_object_get(columns, "types"), before, now);
		rename_columns_of(json_object_get(t, "cells"), before, now);
		rename_columns_of(json_object_get(t, "sample"), before, now);
		rename_columns_of(json_object_get(json_object_get(t, "file"), "columns"), before, now);
	}
}

static bool write_names(struct db *db, struct dataset_content *c, struct dataset_table *t, const char *const *next,
			const char **before, json_t *changes, struct err *e)
{
	bool changed = false;
	for (size_t i = 0; i < t->n_columns; i++) {
		before[i] = t->columns[i].name;
		if (next[i] == before[i])
			continue;
		rename_in_changes(changes, t->name, before[i], next[i]);
		give(&t->columns[i], next[i]);
		changed = true;
	}
	return !changed || version_set_names(db, c->version.org, c->version.id, t, before, e);
}

bool column_names_set(struct db *db, struct arena *a, struct dataset_content *c, const struct column_rename *renames,
		      size_t n, json_t *changes, struct err *e)
{
	bool *used = arena_array(a, n + 1, sizeof *used);
	const char ***next = arena_array(a, c->n_tables + 1, sizeof *next);
	if (!used || !next)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many columns.");
	memset(used, 0, n * sizeof *used);
	for (size_t i = 0; i < c->n_tables; i++) {
		next[i] = arena_array(a, 2 * c->tables[i].n_columns + 1, sizeof *next[i]);
		if (!next[i])
			return err_set(e, ERR_TOO_LARGE, NULL, "There are too many columns.");
		if (!collect(a, c, &c->tables[i], renames, n, next[i], used, e))
			return false;
	}
	for (size_t i = 0; i < n; i++)
		if (!used[i])
			return err_field(e, ERR_VALUE, renames[i].column,
					 "There is no column \"%.100s\" to be renamed.", renames[i].column);
	for (size_t i = 0; i < c->n_tables; i++)
		if (!write_names(db, c, &c->tables[i], next[i], next[i] + c->tables[i].n_columns, changes, e))
			return false;
	return true;
}

/* -- the next version -- */

const struct dataset_table *column_names_partner(const struct dataset_content *c, const struct dataset_table *now,
						 size_t n_now)
{
	const struct dataset_table *same = dataset_table_named(c, str_of(now->name));
	return same || c->n_tables != 1 || n_now != 1 ? same : &c->tables[0];
}

static const struct dataset_column *known_as(const struct dataset_table *was, const char *name, bool stored)
{
	for (size_t i = 0; i < was->n_columns; i++) {
		const struct dataset_column *c = &was->columns[i];
		if (str_ieq(str_of(stored ? dataset_column_stored(c) : dataset_column_header(c)), str_of(name)))
			return c;
	}
	return stored ? NULL : dataset_column_named(was, str_of(name));
}

static void rename_in_relations(struct dataset_relation *r, size_t n, const char *table, const char *before,
				const char *now)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(r[i].from_table, table) && !strcmp(r[i].from_column, before))
			r[i].from_column = now;
		if (!strcmp(r[i].to_table, table) && !strcmp(r[i].to_column, before))
			r[i].to_column = now;
	}
}

void column_names_inherit(struct dataset_table *now, size_t n_now, const struct dataset_content *before, bool stored,
			  struct dataset_relation *relations, size_t n_relations)
{
	for (size_t i = 0; i < n_now; i++) {
		struct dataset_table *t = &now[i];
		const struct dataset_table *was = column_names_partner(before, t, n_now);
		for (size_t k = 0; was && k < t->n_columns; k++) {
			struct dataset_column *c = &t->columns[k];
			const struct dataset_column *x = known_as(was, c->name, stored);
			if (!x || (x->name == dataset_column_header(x) && x->name == dataset_column_stored(x)))
				continue;
			/* A file with both, the header and the name that was given for it: each stays what it is. */
			const struct dataset_column *same = dataset_column_named(t, str_of(x->name));
			if (same && same != c)
				continue;
			const char *own = c->name;
			rename_in_relations(relations, n_relations, t->name, own, x->name);
			c->stored = own;
			c->header = dataset_column_header(x);
			c->name = x->name;
		}
	}
}
