#include "analysis/changes_file.h"

#include "analysis/changes.h"

/* The same column in a table that was read; NULL when the file does not have it. */
static const struct dataset_column *read_column(const struct dataset_table *read, const struct dataset_column *c)
{
	const struct dataset_column *found = dataset_column_named(read, str_of(c->name));
	return found ? found : dataset_column_said(read, str_of(dataset_column_header(c)));
}

static bool goes_into(const struct changes_of *of, size_t i, size_t at)
{
	return of->place && of->place[i] == at;
}

static void write_sample(struct json_writer *w, const char *sample)
{
	jw_key(w, "sample");
	jw_raw(w, str_of(sample && sample[0] ? sample : "[]"));
}

/* What several files say of one column is put together; their first values are the first file's that has some. */
static void write_column(struct json_writer *w, const struct changes_of *of, size_t at, const struct dataset_column *c)
{
	const struct dataset_column *first = NULL, *noted = NULL;
	int64_t non_null = 0;
	for (size_t i = 0; i < of->n_read; i++) {
		const struct dataset_column *x = goes_into(of, i, at) ? read_column(&of->read[i], c) : NULL;
		if (!x)
			continue;
		non_null += x->non_null;
		if (!first || (!first->non_null && x->non_null))
			first = x;
		if (!noted && x->note && x->note[0])
			noted = x;
	}
	if (!first)
		return;
	jw_open(w, '{');
	jw_kv_cstr(w, "column", c->name);
	jw_kv_cstr(w, "type", first->type);
	jw_kv_i64(w, "non_null", non_null);
	jw_kv_cstr(w, "note", noted ? noted->note : NULL);
	write_sample(w, first->sample_json);
	jw_close(w, '}');
}

/* The rows as they were kept are lists in the order of the file's columns; here they follow the table's. */
static void write_first(struct comparing *c, const struct changes_of *of, size_t i)
{
	CLEANUP(json_decrefp_) json_t *rows = NULL;
	const struct dataset_table *read = &of->read[i];
	size_t r;
	const json_t *row;
	if (!of->first || !of->first[i] || !json_read(str_of(of->first[i]), CHANGES_BYTES, &rows, NULL)) {
		jw_null(c->w);
		return;
	}
	jw_open(c->w, '[');
	json_array_foreach (rows, r, row) {
		jw_open(c->w, '[');
		for (size_t k = 0; k < c->p.now->n_columns; k++) {
			const struct dataset_column *x = read_column(read, &c->p.now->columns[k]);
			if (x)
				jw_cstr(c->w, json_string_value(json_array_get(row, (size_t)(x - read->columns))));
		}
		jw_close(c->w, ']');
	}
	jw_close(c->w, ']');
}

void changes_write_file(struct comparing *c, const struct changes_of *of, size_t at, const struct dataset_table *was)
{
	struct json_writer *w = c->w;
	int64_t rows = 0, rejects = 0, left_out = 0, hidden = 0;
	size_t last = SIZE_MAX;
	for (size_t i = 0; i < of->n_read; i++) {
		if (!goes_into(of, i, at))
			continue;
		rows += of->read[i].rows;
		rejects += of->read[i].rejects;
		left_out += of->read[i].rows_left_out;
		hidden += of->read[i].rows_hidden;
		last = i;
	}
	bool append = of->mode == IMPORT_APPEND;
	if (last == SIZE_MAX || (!append && of->mode != IMPORT_UPSERT)) {
		jw_null(w);
		return;
	}
	jw_open(w, '{');
	if (append)
		jw_kv_i64(w, "first_row", was->rows + was->rows_left_out);
	else
		jw_kv_null(w, "first_row");
	jw_kv_i64(w, "rows", rows);
	jw_kv_i64(w, "rejects", rejects);
	jw_kv_i64(w, "rows_left_out", left_out);
	jw_kv_i64(w, "rows_hidden", hidden);
	jw_key(w, "groups");
	jw_raw(w, of->read[last].groups_json ? str_of(of->read[last].groups_json) : STR("null"));
	jw_key(w, "columns");
	jw_open(w, '[');
	for (size_t i = 0; i < c->p.now->n_columns; i++)
		write_column(w, of, at, &c->p.now->columns[i]);
	jw_close(w, ']');
	jw_key(w, "first");
	write_first(c, of, last);
	jw_close(w, '}');
}

/* -- reading it again -- */

bool version_part_read(const struct dataset_version *v, struct version_part *ret, struct err *e)
{
	*ret = (struct version_part){ 0 };
	if (!v->changes_json[0])
		return true;
	if (!json_read(str_of(v->changes_json), CHANGES_BYTES, &ret->changes, e))
		return false;
	/* A replaced one is nothing but its file; and what was kept before this was written down says nothing of it. */
	if (!json_is_integer(json_object_get(ret->changes, "rejects_before")))
		version_part_done(ret);
	return true;
}

void version_part_done(struct version_part *p)
{
	json_decref(p->changes);
	p->changes = NULL;
}

int64_t version_part_rejects_after(const struct version_part *p)
{
	return json_integer_value(json_object_get(p->changes, "rejects_before"));
}

int64_t version_part_rejects(const struct version_part *p, struct str table)
{
	int64_t n = 0;
	size_t i;
	const json_t *t;
	if (!p->changes)
		return -1;
	json_array_foreach (json_object_get(p->changes, "tables"), i, t) {
		const char *name = json_string_value(json_object_get(t, "table"));
		if (!table.n || (name && str_is(table, name)))
			n += json_integer_value(json_object_get(json_object_get(t, "file"), "rejects"));
	}
	return n;
}

bool version_part_table(const struct version_part *p, const char *table, int64_t *ret_row)
{
	size_t i;
	const json_t *t;
	*ret_row = 0;
	if (!p->changes)
		return true;
	json_array_foreach (json_object_get(p->changes, "tables"), i, t) {
		const char *name = json_string_value(json_object_get(t, "table"));
		const json_t *file = json_object_get(t, "file");
		if (!name || strcmp(name, table) != 0 || !json_is_object(file))
			continue;
		*ret_row = json_integer_value(json_object_get(file, "first_row"));
		return true;
	}
	return false;
}
