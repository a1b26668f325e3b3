/* What a worker reported of a file, as tables. Its process read foreign bytes, so nothing of it is believed unchecked.
 */
#include "analysis/import_inner.h"

#include "analysis/instance.h"
#include "analysis/roles.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "model/segment.h"
#include "json/fields.h"

#include <stdlib.h>

#define BOUND_BYTES 200 /* of min and max */
#define SAMPLE_BYTES 200
#define SAMPLES 5
#define NAME_BYTES 200 /* of a table */

struct done_column {
	struct str name, type, min, max, role, reason, note;
	int64_t non_null, distinct;
	double confidence;
	json_t *sample;
};

#define COLUMN(field) offsetof(struct done_column, field)
static const struct json_field column_fields[] = {
	{ "name", JSON_FIELD_STR, COLUMN(name), true, 0, INT64_C(1) << 20 },
	{ "type", JSON_FIELD_STR, COLUMN(type), true, 1, 100 },
	{ "non_null", JSON_FIELD_I64, COLUMN(non_null), true, 0, INT64_MAX },
	{ "distinct", JSON_FIELD_I64, COLUMN(distinct), false, -1, INT64_MAX },
	{ "min", JSON_FIELD_STR, COLUMN(min), false, 0, INT64_C(1) << 20 },
	{ "max", JSON_FIELD_STR, COLUMN(max), false, 0, INT64_C(1) << 20 },
	{ "sample", JSON_FIELD_ANY, COLUMN(sample) },
	{ "role", JSON_FIELD_STR, COLUMN(role) },
	{ "confidence", JSON_FIELD_F64, COLUMN(confidence) },
	{ "reason", JSON_FIELD_STR, COLUMN(reason) },
	{ "note", JSON_FIELD_STR, COLUMN(note) },
};
static const struct json_table column_table = { "column", column_fields, countof(column_fields) };

struct done_table {
	int64_t number, rows, rejects;
	int64_t rows_read, rows_left_out, rows_hidden;
	bool hidden;
	struct str name, source;
	json_t *columns, *groups;
};

#define TABLE(field) offsetof(struct done_table, field)
static const struct json_field table_fields[] = {
	{ "table", JSON_FIELD_I64, TABLE(number), true, 0, LIMIT_TABLES },
	{ "name", JSON_FIELD_STR, TABLE(name), true, 0, 4096 },
	{ "source", JSON_FIELD_STR, TABLE(source), false, 0, 4096 },
	{ "rows", JSON_FIELD_I64, TABLE(rows), true, 0, INT64_MAX },
	{ "rejects", JSON_FIELD_I64, TABLE(rejects), false, 0, INT64_MAX },
	{ "rows_read", JSON_FIELD_I64, TABLE(rows_read), false, 0, INT64_MAX },
	{ "rows_left_out", JSON_FIELD_I64, TABLE(rows_left_out), false, 0, INT64_MAX },
	{ "rows_hidden", JSON_FIELD_I64, TABLE(rows_hidden), false, 0, INT64_MAX },
	{ "hidden", JSON_FIELD_BOOL, TABLE(hidden) },
	{ "groups", JSON_FIELD_ANY, TABLE(groups) },
	{ "columns", JSON_FIELD_ANY, TABLE(columns), true },
};
static const struct json_table table_table = { "table", table_fields, countof(table_fields) };

static bool strange(struct err *e)
{
	return err_set(e, ERR_UNAVAILABLE, "engine_protocol", "The import process reported a table that cannot be.");
}

/* The types that segments may have: they are written into statements. */
static bool is_type(struct str t)
{
	static const char *const plain[] = { "VARCHAR", "BOOLEAN", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "TIME" };
	for (size_t i = 0; i < countof(plain); i++)
		if (str_is(t, plain[i]))
			return true;
	struct str rest = str_n(t.p + MIN(t.n, (size_t)8), t.n - MIN(t.n, (size_t)8)), width;
	int64_t w, scale;
	return str_starts(t, STR("DECIMAL(")) && str_ends(rest, STR(")")) &&
	       (rest.n--, str_split(&rest, ',', &width)) && rest.p && str_to_i64(width, &w) &&
	       str_to_i64(str_trim(rest), &scale) && w >= 1 && w <= 38 && scale >= 0 && scale <= w;
}

static char *cut(struct arena *a, struct str s, size_t max)
{
	s.n = MIN(s.n, max);
	s.n = utf8_valid_prefix(s);
	return arena_strndup(a, s.p ? s.p : "", s.n);
}

static const char *sample_text(struct arena *a, const json_t *list)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(16 * KIB);
	struct json_writer w = json_writer(&b);
	size_t i;
	const json_t *v;
	jw_open(&w, '[');
	json_array_foreach (list, i, v) {
		if (i < SAMPLES && json_is_string(v))
			jw_cstr(&w, cut(a, str_n(json_string_value(v), json_string_length(v)), SAMPLE_BYTES));
	}
	jw_close(&w, ']');
	return arena_strndup(a, b.p, b.n);
}

static bool take_column(struct import *m, const json_t *v, struct dataset_table *t, struct err *e)
{
	struct arena *a = &m->arena;
	struct done_column c = { .distinct = -1 };
	if (!json_parse(v, &column_table, &c, NULL) || !is_type(c.type) || !role_is_known(c.role))
		return strange(e);
	char *name = arena_strndup(a, c.name.p, c.name.n);
	if (!name)
		return err_set(e, ERR_TOO_LARGE, NULL, "The names of the columns are too long.");
	for (size_t i = 0; i < t->n_columns; i++)
		if (str_ieq(str_of(t->columns[i].name), c.name))
			return strange(e);
	t->columns[t->n_columns] = (struct dataset_column){ .position = (int64_t)t->n_columns,
							    .name = name,
							    .type = arena_strndup(a, c.type.p, c.type.n),
							    .non_null = c.non_null,
							    .distinct = c.distinct,
							    .min = c.min.p ? cut(a, c.min, BOUND_BYTES) : NULL,
							    .max = c.max.p ? cut(a, c.max, BOUND_BYTES) : NULL,
							    .sample_json = sample_text(a, c.sample),
							    .role = cut(a, c.role, 100),
							    .confidence = c.confidence,
							    .reason = cut(a, c.reason, 400),
							    .note = c.note.p ? cut(a, c.note, 400) : NULL };
	t->n_columns++;
	return !a->failed || err_set(e, ERR_TOO_LARGE, NULL, "The columns take too much memory.");
}

/* The name as SQL sees it: without dots, which would part schema and table, and unlike those before. */
static const char *table_name(struct import *m, struct str name, const char *file)
{
	struct arena *a = &m->arena;
	char *clean = name.n ? cut(a, name, NAME_BYTES) : dataset_name_from_file(a, str_of(file));
	for (char *p = clean; p && *p; p++)
		if (*p == '.' || (unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '_';
	const char *free_name = clean;
	for (int i = 2; free_name; i++) {
		bool taken = false;
		for (size_t k = 0; k < m->n_tables; k++)
			taken |= str_ieq(str_of(m->tables[k].name), str_of(free_name));
		if (!taken)
			break;
		free_name = arena_printf(a, "%s_%d", clean, i);
	}
	return free_name;
}

static const char *source_text(struct import *m, const char *file, const struct done_table *d, size_t n_tables)
{
	if (d->source.n)
		return arena_printf(&m->arena, "%s: %s", file, cut(&m->arena, d->source, NAME_BYTES));
	return n_tables > 1 ? arena_printf(&m->arena, "%s: %s", file, cut(&m->arena, d->name, NAME_BYTES))
			    : arena_strdup(&m->arena, file);
}

struct done_groups {
	struct str state;
	bool beside;
	int64_t headings, line;
	json_t *columns;
};

#define GROUPS(field) offsetof(struct done_groups, field)
static const struct json_field groups_fields[] = {
	{ "state", JSON_FIELD_STR, GROUPS(state), true, 1, 20 },
	{ "beside", JSON_FIELD_BOOL, GROUPS(beside) },
	{ "headings", JSON_FIELD_I64, GROUPS(headings), true, 0, INT64_MAX },
	{ "line", JSON_FIELD_I64, GROUPS(line), true, 0, INT64_MAX },
	{ "columns", JSON_FIELD_ANY, GROUPS(columns) },
};
static const struct json_table groups_table = { "groups", groups_fields, countof(groups_fields) };

/* What became of headings of groups, as the store keeps it and the API tells it; NULL: there are none. */
static bool take_groups(struct import *m, const json_t *v, const char **ret, struct err *e)
{
	struct done_groups g = { 0 };
	CLEANUP(buf_free) struct buf b = BUF_INIT(16 * KIB);
	struct json_writer w = json_writer(&b);
	size_t i;
	const json_t *name;
	*ret = NULL;
	if (!v)
		return true;
	if (!json_parse(v, &groups_table, &g, NULL) ||
	    (!str_is(g.state, "columns") && !str_is(g.state, "kept") && !str_is(g.state, "doubt")))
		return strange(e);
	jw_open(&w, '{');
	jw_kv_str(&w, "state", g.state);
	jw_kv_bool(&w, "beside", g.beside);
	jw_kv_i64(&w, "headings", g.headings);
	jw_kv_i64(&w, "line", g.line);
	jw_key(&w, "columns");
	jw_open(&w, '[');
	json_array_foreach (g.columns, i, name)
		if (json_is_string(name) && i < LIMIT_GROUP_COLUMNS)
			jw_cstr(&w, json_string_value(name));
	jw_close(&w, ']');
	jw_close(&w, '}');
	*ret = arena_strndup(&m->arena, b.p, b.n);
	return (*ret && !b.failed) || strange(e);
}

/* Gives the table the segment that was written for its number. */
static void take_output(struct import *m, struct dataset_table *t, int64_t number, size_t first_output)
{
	for (size_t i = first_output; i < m->n_outputs; i++) {
		struct import_output *o = &m->outputs[i];
		if (o->number != number || o->table != SIZE_MAX)
			continue;
		o->table = m->n_tables;
		t->segments = o->segment ? arena_array(&m->arena, 1, sizeof *t->segments) : NULL;
		if (t->segments) {
			t->segments[0] = o->segment;
			t->n_segments = 1;
		}
		for (size_t k = 0; k < m->n_fresh; k++)
			if (m->fresh[k].id == o->segment)
				m->fresh[k].rows = t->rows;
	}
}

static bool take_table(struct import *m, size_t source, const json_t *v, size_t of_tables, size_t first_output,
		       struct err *e)
{
	const char *file = m->sources[source].name;
	struct done_table d = { 0 };
	size_t i;
	const json_t *c;
	if (!json_parse(v, &table_table, &d, NULL) || !json_is_array(d.columns) ||
	    json_array_size(d.columns) > LIMIT_COLUMNS)
		return strange(e);
	if (m->n_tables == LIMIT_TABLES)
		return err_set(e, ERR_VALUE, NULL, "There are more than %d tables.", LIMIT_TABLES);
	struct dataset_table t = { .name = table_name(m, d.name, file),
				   .source = source_text(m, file, &d, of_tables),
				   .rows = d.rows,
				   .rejects = d.rejects,
				   .rows_left_out = d.rows_left_out,
				   .rows_hidden = d.rows_hidden,
				   .hidden = d.hidden };
	if (!take_groups(m, d.groups, &t.groups_json, e))
		return false;
	t.columns = arena_array(&m->arena, json_array_size(d.columns) + 1, sizeof *t.columns);
	if (!t.columns)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many columns.");
	json_array_foreach (d.columns, i, c)
		if (!take_column(m, c, &t, e))
			return false;
	take_output(m, &t, d.number, first_output);
	if (t.rows && !t.n_segments)
		return strange(e);
	m->raw_names[m->n_tables] = arena_strndup(&m->arena, d.name.p, d.name.n);
	m->tables[m->n_tables++] = t;
	return !m->arena.failed || err_set(e, ERR_TOO_LARGE, NULL, "The columns take too much memory.");
}

struct done_relation {
	int64_t from_table, to_table; /* the worker's numbers */
	struct str from_column, to_column;
	double overlap;
};

#define RELATION(field) offsetof(struct done_relation, field)
static const struct json_field relation_fields[] = {
	{ "from_table", JSON_FIELD_I64, RELATION(from_table), true, 0, LIMIT_TABLES },
	{ "from_column", JSON_FIELD_STR, RELATION(from_column), true, 0, INT64_C(1) << 20 },
	{ "to_table", JSON_FIELD_I64, RELATION(to_table), true, 0, LIMIT_TABLES },
	{ "to_column", JSON_FIELD_STR, RELATION(to_column), true, 0, INT64_C(1) << 20 },
	{ "overlap", JSON_FIELD_F64, RELATION(overlap) },
};
static const struct json_table relation_table = { "relation", relation_fields, countof(relation_fields) };

/* The table that was read under that number; NULL when it was none of them. */
static const struct dataset_table *table_of(const struct import *m, size_t first_output, int64_t number)
{
	for (size_t i = first_output; i < m->n_outputs; i++)
		if (m->outputs[i].number == number && m->outputs[i].table != SIZE_MAX)
			return &m->tables[m->outputs[i].table];
	return NULL;
}

static bool take_relation(struct import *m, const json_t *v, size_t first_output, struct err *e)
{
	struct done_relation d = { 0 };
	if (!json_parse(v, &relation_table, &d, NULL))
		return strange(e);
	const struct dataset_table *from = table_of(m, first_output, d.from_table);
	const struct dataset_table *to = table_of(m, first_output, d.to_table);
	const struct dataset_column *fc = from ? dataset_column_named(from, d.from_column) : NULL;
	const struct dataset_column *tc = to ? dataset_column_named(to, d.to_column) : NULL;
	if (!fc || !tc)
		return strange(e);
	if (m->n_relations < LIMIT_RELATIONS)
		m->relations[m->n_relations++] = (struct dataset_relation){ .from_table = from->name,
									    .from_column = fc->name,
									    .to_table = to->name,
									    .to_column = tc->name,
									    .matched = d.overlap };
	return true;
}

/* Written, but no part of what was reported. */
static void drop_unclaimed(struct import *m, size_t first_output)
{
	for (size_t i = first_output; i < m->n_outputs; i++) {
		struct import_output *o = &m->outputs[i];
		if (o->table != SIZE_MAX || !o->segment)
			continue;
		segment_remove(m->in->segments, o->segment);
		for (size_t k = 0; k < m->n_fresh; k++)
			if (m->fresh[k].id == o->segment)
				m->fresh[k--] = m->fresh[--m->n_fresh];
		o->segment = 0;
	}
}

bool import_take_done(struct import *m, size_t source, const json_t *done, size_t first_output, struct err *e)
{
	const json_t *tables = json_object_get(done, "tables"), *relations = json_object_get(done, "relations"), *v;
	size_t i, n = json_array_size(tables);
	if (!m->tables) {
		m->tables = arena_array(&m->arena, LIMIT_TABLES, sizeof *m->tables);
		m->raw_names = arena_array(&m->arena, LIMIT_TABLES, sizeof *m->raw_names);
		m->relations = arena_array(&m->arena, LIMIT_RELATIONS, sizeof *m->relations);
	}
	if (!m->tables || !m->raw_names || !m->relations)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many tables.");
	json_array_foreach (tables, i, v)
		if (!take_table(m, source, v, n, first_output, e))
			return false;
	json_array_foreach (relations, i, v)
		if (!take_relation(m, v, first_output, e))
			return false;
	drop_unclaimed(m, first_output);
	return true;
}
