/* What a worker is told before it reads. */
#include "analysis/import_inner.h"

#include "json/read.h"
#include "json/write.h"

/* A file without it is another file, or calls it otherwise: its rows would be counted nowhere. */
static bool is_needed(const struct dataset_column *c)
{
	return c->role[0] && strcmp(c->role, "ignore") != 0;
}

static void write_expected(const struct import *m, struct json_writer *w, const struct dataset_table *t)
{
	(void)m;
	jw_open(w, '[');
	for (size_t i = 0; i < t->n_columns; i++) {
		jw_open(w, '{');
		jw_kv_cstr(w, "name", dataset_column_stored(&t->columns[i]));
		jw_kv_cstr(w, "header", dataset_column_header(&t->columns[i]));
		jw_kv_cstr(w, "shown", t->columns[i].name);
		jw_kv_cstr(w, "type", t->columns[i].type);
		jw_kv_bool(w, "empty", !t->columns[i].non_null);
		jw_kv_bool(w, "needed", is_needed(&t->columns[i]));
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

/* Rows that the table has, and those of the files before this one. */
static int64_t row_base(const struct import *m, const struct dataset_table *t)
{
	/* Rows that were left out keep their numbers, so that a reject can say where it stood. */
	int64_t rows = t->rows + t->rows_left_out;
	for (size_t i = 0; i < m->n_tables; i++)
		if (m->before.n_tables == 1 || !strcmp(m->raw_names[i], t->name))
			rows += m->tables[i].rows + m->tables[i].rows_left_out;
	return rows;
}

typedef void write_of_table(const struct import *m, struct json_writer *w, const struct dataset_table *t);

/* For one table whatever the new file calls its own; for several by their names. */
static void write_by_table(const struct import *m, struct json_writer *w, const char *key, write_of_table *write)
{
	const struct dataset_content *c = &m->before;
	bool one = c->n_tables == 1;
	jw_key(w, key);
	if (!one)
		jw_open(w, '{');
	for (size_t i = 0; i < c->n_tables; i++) {
		if (!one)
			jw_key(w, c->tables[i].name);
		write(m, w, &c->tables[i]);
	}
	if (!one)
		jw_close(w, '}');
}

static void write_base(const struct import *m, struct json_writer *w, const struct dataset_table *t)
{
	jw_i64(w, row_base(m, t));
}

/* What the data set has of headings of groups, so that the next file gives the same columns (engine/worker/import.c).
 */
static void write_groups(const struct import *m, struct json_writer *w, const struct dataset_table *t)
{
	(void)m;
	CLEANUP(json_decrefp_) json_t *v = NULL;
	const char *state = NULL;
	size_t i;
	const json_t *name;
	if (t->groups_json && t->groups_json[0] && json_read(str_of(t->groups_json), 16 * KIB, &v, NULL))
		state = json_string_value(json_object_get(v, "state"));
	if (!state || !strcmp(state, "doubt")) {
		jw_null(w);
	} else if (!strcmp(state, "kept") || !json_is_true(json_object_get(v, "beside"))) {
		jw_bool(w, !strcmp(state, "kept"));
	} else {
		jw_open(w, '[');
		json_array_foreach (json_object_get(v, "columns"), i, name)
			jw_cstr(w, json_string_value(name));
		jw_close(w, ']');
	}
}

/* From where on records that have no number of their own are numbered: nothing that is there has these. */
static void write_numbers(const struct import *m, struct json_writer *w)
{
	jw_key(w, "numbers");
	jw_open(w, '{');
	for (size_t i = 0; i < m->before.n_tables; i++)
		jw_kv_i64(w, m->before.tables[i].name, row_base(m, &m->before.tables[i]));
	jw_close(w, '}');
}

/* What the data set's tables are called and have: for a table whose name is only that of its file. */
static void write_into(const struct import *m, struct json_writer *w)
{
	jw_key(w, "into");
	jw_open(w, '{');
	for (size_t i = 0; i < m->before.n_tables; i++) {
		const struct dataset_table *t = &m->before.tables[i];
		jw_key(w, t->name);
		jw_open(w, '[');
		for (size_t k = 0; k < t->n_columns; k++)
			jw_cstr(w, dataset_column_header(&t->columns[k]));
		jw_close(w, ']');
	}
	jw_close(w, '}');
}

/* The first of two rules for the same column holds here; that there are two is refused when they are applied. */
static void write_roles(struct import *m, struct json_writer *w)
{
	jw_key(w, "roles");
	jw_open(w, '{');
	for (size_t i = 0; i < m->n_roles; i++) {
		const struct import_role *r = &m->roles[i];
		bool again = false;
		for (size_t k = 0; k < i; k++)
			again |= str_eq(str_of(m->roles[k].column), str_of(r->column)) &&
				 str_eq(str_of(m->roles[k].table), str_of(r->table));
		const char *key = r->table ? arena_printf(&m->arena, "%s.%s", r->table, r->column) : r->column;
		if (!again && key)
			jw_kv_cstr(w, key, r->role);
	}
	jw_close(w, '}');
}

/* What the file calls the column of "[TABLE.]COLUMN", when a person gave it another name before. */
static const char *in_file(struct import *m, const char *text)
{
	for (size_t i = 0; i < m->before.n_tables; i++) {
		const struct dataset_table *t = &m->before.tables[i];
		size_t n = strlen(t->name);
		bool own = str_starts(str_of(text), str_of(t->name)) && text[n] == '.';
		const struct dataset_column *c = dataset_column_named(t, str_of(own ? text + n + 1 : text));
		/* The only table is meant whatever this file calls its own. */
		if (c)
			return own && m->before.n_tables > 1
				       ? arena_printf(&m->arena, "%s.%s", t->name, dataset_column_header(c))
				       : dataset_column_header(c);
	}
	return text;
}

bool import_options(struct import *m, struct buf *ret, struct err *e)
{
	struct json_writer w = json_writer(ret);
	jw_open(&w, '{');
	if (m->baskets)
		jw_kv_cstr(&w, "as", "baskets");
	if (m->template_table)
		jw_kv_cstr(&w, "table_name", m->template_table);
	if (m->encoding)
		jw_kv_cstr(&w, "encoding", m->encoding);
	if (m->unpivot)
		jw_kv_bool(&w, "unpivot", true);
	if (m->drop_rejected)
		jw_kv_bool(&w, "drop_rejected", true);
	if (m->groups)
		jw_kv_cstr(&w, "groups_wish", m->groups);
	if (m->mode != IMPORT_CREATE && m->before.n_tables)
		write_by_table(m, &w, "groups", write_groups);
	if (m->n_texts) {
		jw_key(&w, "texts");
		jw_open(&w, '[');
		for (size_t i = 0; i < m->n_texts; i++)
			jw_cstr(&w, in_file(m, m->texts[i]));
		jw_close(&w, ']');
	}
	if (m->mode == IMPORT_APPEND) {
		write_by_table(m, &w, "row_base", write_base);
		write_by_table(m, &w, "expect", write_expected);
	}
	if ((m->mode == IMPORT_APPEND || m->mode == IMPORT_UPSERT) && m->before.n_tables > 1) {
		write_into(m, &w);
		write_numbers(m, &w);
	}
	if (m->n_roles)
		write_roles(m, &w);
	jw_close(&w, '}');
	return !ret->failed || err_set(e, ERR_TOO_LARGE, NULL, "The names of the columns are too long.");
}
