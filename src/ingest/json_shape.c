#include "ingest/json_file.h"

#include "base/limits.h"
#include "ingest/encoding.h"

#include <stdlib.h>

/* While the first value is read it is not known whether others follow: its lists are tables and columns both. */
struct finding {
	struct json_scan scan;
	struct json_shape *shape;
	struct json_record record; /* of the file's own records */
};

void json_shape_free(struct json_shape *shape)
{
	for (size_t i = 0; i < shape->n_tables; i++) {
		free((char *)(uintptr_t)shape->tables[i].path.p);
		json_columns_free(&shape->tables[i].columns);
	}
	free(shape->tables);
	*shape = (struct json_shape){ 0 };
}

size_t json_shape_table(const struct json_shape *shape, struct str path)
{
	for (size_t i = 0; i < shape->n_tables; i++) {
		if (str_eq(shape->tables[i].path, path))
			return i;
	}
	return SIZE_MAX;
}

static size_t add_table(struct json_shape *shape, struct str path)
{
	shape->tables = mem_realloc(shape->tables, (shape->n_tables + 1) * sizeof *shape->tables);
	struct json_file_table *t = &shape->tables[shape->n_tables];
	char *copy = mem_alloc(path.n + 1);
	memcpy(copy, path.p, path.n);
	*t = (struct json_file_table){ .path = str_n(copy, path.n) };
	return shape->n_tables++;
}

/* The elements of a list, of which the first was begun by `token`, as the records of a table. */
static bool add_elements(struct finding *f, size_t table, enum json_token token, struct err *e)
{
	struct json_columns columns = f->shape->tables[table].columns;
	struct json_record r;
	bool ok = true;
	json_record_begin(&r, &f->scan, &columns, true);
	while (ok && token != JSON_TOKEN_ARRAY_END) {
		ok = json_record_read(&r, token, e) && json_scan_next(&f->scan, &token, e);
	}
	json_record_free(&r);
	f->shape->tables[table].columns = columns;
	return ok;
}

/* A list that only objects are around, in the first value. */
static bool on_list(struct json_record *r, void *ctx, bool *ret_taken, struct err *e)
{
	struct finding *f = ctx;
	enum json_token token;
	if (!json_scan_next(&f->scan, &token, e))
		return false;
	*ret_taken = true;
	size_t table = SIZE_MAX;
	if (token == JSON_TOKEN_OBJECT || token == JSON_TOKEN_ARRAY) {
		if (json_shape_table(f->shape, buf_str(&r->path)) != SIZE_MAX)
			return err_set(e, ERR_VALUE, "json_wrong",
				       "Two lists have the same name, the second in line %llu.",
				       (unsigned long long)f->scan.line);
		if (f->shape->n_tables > LIMIT_TABLES)
			return err_set(e, ERR_LIMIT, "too_many_tables", "The file holds more than %d tables.",
				       LIMIT_TABLES);
		table = add_table(f->shape, buf_str(&r->path));
		f->shape->tables[table].positional = token == JSON_TOKEN_ARRAY;
	}
	if (!json_record_put(r, STR(""), e))
		return false;
	if (table != SIZE_MAX && !f->shape->tables[table].positional)
		return add_elements(f, table, token, e);
	/* The rest of the list: its bracket is open, and perhaps that of its first element. */
	unsigned outer = f->scan.depth - (token == JSON_TOKEN_ARRAY || token == JSON_TOKEN_OBJECT);
	if (token == JSON_TOKEN_ARRAY_END)
		return true;
	while (f->scan.depth >= outer) {
		if (!json_scan_next(&f->scan, &token, e))
			return false;
	}
	return true;
}

static bool read_values(struct finding *f, enum json_token first, struct err *e)
{
	enum json_token token = first;
	size_t n = 0;
	f->record.list = on_list;
	f->record.ctx = f;
	for (; token != JSON_TOKEN_END; n++) {
		if (!json_record_read(&f->record, token, e) || !json_scan_next(&f->scan, &token, e))
			return false;
		f->record.list = NULL;
	}
	f->shape->single = n == 1 && f->shape->n_tables > 1;
	return true;
}

static bool read_list(struct finding *f, struct err *e)
{
	enum json_token token;
	f->shape->list = true;
	if (!json_scan_next(&f->scan, &token, e))
		return false;
	f->shape->tables[0].positional = token == JSON_TOKEN_ARRAY;
	while (token != JSON_TOKEN_ARRAY_END) {
		bool opens = token == JSON_TOKEN_ARRAY || token == JSON_TOKEN_OBJECT;
		bool ok = f->shape->tables[0].positional ? !opens || json_scan_skip(&f->scan, e)
							 : json_record_read(&f->record, token, e);
		if (!ok || !json_scan_next(&f->scan, &token, e))
			return false;
	}
	if (!json_scan_next(&f->scan, &token, e))
		return false;
	return token == JSON_TOKEN_END ||
	       err_set(e, ERR_VALUE, "json_wrong", "The JSON text goes on in line %llu, after the end of its list.",
		       (unsigned long long)f->scan.line);
}

bool json_begin(struct json_scan *s, struct source *source, struct err *e)
{
	struct str head;
	enum encoding marked;
	char mark[4];
	size_t got;
	if (!source_peek(source, sizeof mark, &head, e))
		return false;
	size_t n = encoding_mark(head, &marked);
	json_scan_begin(s, source);
	return !n || source_read(source, mark, n, &got, e);
}

/* Lists of the first value that others followed are cells of it, no tables. */
static void drop_tables(struct json_shape *shape)
{
	for (size_t i = 1; i < shape->n_tables; i++) {
		free((char *)(uintptr_t)shape->tables[i].path.p);
		json_columns_free(&shape->tables[i].columns);
	}
	shape->n_tables = 1;
}

/* Columns of the single object that are lists of records are tables, no columns. */
static void drop_columns(struct json_shape *shape)
{
	struct json_columns *c = &shape->tables[0].columns;
	size_t kept = 0;
	for (size_t i = 0; i < c->n; i++) {
		struct json_column column = c->list[i];
		if (json_shape_table(shape, str_n(column.path, column.n)) != SIZE_MAX)
			free(column.path);
		else
			c->list[kept++] = column;
	}
	c->n = kept;
}

bool json_shape_find(struct source *s, struct json_shape *ret, struct err *e)
{
	struct json_shape shape = { 0 };
	struct finding f = { .shape = &shape };
	struct json_columns columns = { 0 };
	enum json_token token;
	bool ok = json_begin(&f.scan, s, e) && json_scan_next(&f.scan, &token, e);
	add_table(&shape, STR(""));
	json_record_begin(&f.record, &f.scan, &columns, true);
	if (ok && token == JSON_TOKEN_END)
		ok = err_set(e, ERR_VALUE, "empty_file", "The file holds nothing but blanks.");
	if (ok)
		ok = token == JSON_TOKEN_ARRAY ? read_list(&f, e) : read_values(&f, token, e);
	json_record_free(&f.record);
	json_scan_free(&f.scan);
	shape.tables[0].columns = columns;
	if (shape.single)
		drop_columns(&shape);
	else
		drop_tables(&shape);
	for (size_t i = 0; i < shape.n_tables; i++)
		json_columns_tidy(&shape.tables[i].columns);
	if (ok)
		*ret = shape;
	else
		json_shape_free(&shape);
	return ok;
}
