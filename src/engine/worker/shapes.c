#include "engine/worker/shapes.h"

#include "base/limits.h"
#include "engine/worker/duck.h"

#include <stdio.h>
#include <stdlib.h>

static void shape_free(struct shape *s)
{
	for (size_t i = 0; i < s->n_names; i++)
		free(s->names[i]);
	free(s->names);
	free(s->key);
	free(s->fds);
}

void shapes_free(struct shapes *s)
{
	for (size_t i = 0; i < s->n; i++)
		shape_free(&s->items[i]);
	free(s->items);
	*s = (struct shapes){ 0 };
}

static bool shape_has(const struct shape *s, struct str column)
{
	for (size_t i = 0; i < s->n_names; i++)
		if (str_ieq(str_of(s->names[i]), column))
			return true;
	return s->n_names == 0;
}

static void add_key(struct buf *b, duckdb_result *r, idx_t column)
{
	duckdb_logical_type type = duckdb_column_logical_type(r, column);
	duckdb_type id = duckdb_get_type_id(type);
	bool decimal = id == DUCKDB_TYPE_DECIMAL;
	duck_quote_name(b, str_of(duckdb_column_name(r, column)));
	buf_addf(b, " %d %d %d,", (int)id, decimal ? duckdb_decimal_width(type) : 0,
		 decimal ? duckdb_decimal_scale(type) : 0);
	duckdb_destroy_logical_type(&type);
}

static bool describe(duckdb_connection conn, int fd, struct shape *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf key = BUF_INIT(8 * MIB);
	char sql[100];
	duckdb_result r;
	snprintf(sql, sizeof sql, "SELECT * FROM read_parquet('/proc/self/fd/%d') LIMIT 0", fd);
	bool ok = duckdb_query(conn, sql, &r) == DuckDBSuccess;
	if (!ok)
		duck_result_error(e, &r);
	idx_t n = ok ? duckdb_column_count(&r) : 0;
	ret->names = mem_array(n + 1, sizeof *ret->names);
	for (idx_t i = 0; i < n; i++) {
		add_key(&key, &r, i);
		ret->names[ret->n_names++] = mem_strdup(duckdb_column_name(&r, i));
	}
	duckdb_destroy_result(&r);
	if (ok && key.failed)
		ok = err_set(e, ERR_TOO_LARGE, NULL, "The names of the columns are too long.");
	ret->key = ok ? mem_strdup(key.p ? key.p : "") : NULL;
	return ok;
}

static struct shape *same_shape(struct shapes *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->items[i].key, key) == 0)
			return &s->items[i];
	return NULL;
}

static bool place(duckdb_connection conn, int fd, size_t most, struct shapes *s, struct err *e)
{
	struct shape found = { 0 };
	if (!describe(conn, fd, &found, e)) {
		shape_free(&found);
		return false;
	}
	struct shape *into = same_shape(s, found.key);
	if (into) {
		shape_free(&found);
	} else {
		found.fds = mem_array(most, sizeof *found.fds);
		s->items = mem_realloc(s->items, (s->n + 1) * sizeof *s->items);
		into = &s->items[s->n++];
		*into = found;
	}
	into->fds[into->n_fds++] = fd;
	return true;
}

bool shapes_of(duckdb_connection conn, const int *fds, size_t n, struct shapes *ret, struct err *e)
{
	struct shapes s = { 0 };
	if (n == 1) {
		s.items = mem_zalloc(sizeof *s.items);
		s.n = 1;
		s.items[0].fds = mem_array(1, sizeof *fds);
		s.items[0].fds[0] = fds[0];
		s.items[0].n_fds = 1;
	}
	for (size_t i = 0; n > 1 && i < n; i++) {
		if (!place(conn, fds[i], n, &s, e)) {
			shapes_free(&s);
			return false;
		}
	}
	*ret = s;
	return true;
}

/* -- as SQL -- */

/* Types are written into SQL, so nothing but the characters of a type's name. */
static bool type_is_plain(struct str t)
{
	if (t.n == 0 || t.n > 200)
		return false;
	for (size_t i = 0; i < t.n; i++) {
		char c = t.p[i];
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!letter && !memchr("_(), []", c, 7))
			return false;
	}
	return true;
}

static struct str text_of(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);
	return json_is_string(v) ? str_n(json_string_value(v), json_string_length(v)) : str_n(NULL, 0);
}

/* CAST("a" AS T) AS "a", …; the first is what the segments call it. Blank where the shape has no such column, or where
 * there is none. */
static bool add_columns(struct buf *b, const json_t *columns, const struct shape *shape, struct err *e)
{
	size_t i;
	json_t *c;
	json_array_foreach (columns, i, c) {
		struct str name = text_of(c, "name"), type = text_of(c, "type"), stored = text_of(c, "stored");
		if (!name.p || !type_is_plain(type))
			return err_field(e, ERR_MALFORMED, "columns", "Column %zu has no name or no type.", i);
		if (!stored.p)
			stored = name;
		buf_adds(b, i ? ", CAST(" : "CAST(");
		if (shape && shape_has(shape, stored))
			duck_quote_name(b, stored);
		else
			buf_adds(b, "NULL");
		buf_adds(b, " AS ");
		buf_add_str(b, type);
		buf_adds(b, ") AS ");
		duck_quote_name(b, name);
	}
	return i > 0 ? true : err_field(e, ERR_MALFORMED, "columns", "A relation has no columns.");
}

static void add_source(struct buf *b, const struct shape *s)
{
	buf_adds(b, " FROM read_parquet([");
	for (size_t i = 0; i < s->n_fds; i++)
		buf_addf(b, "%s'/proc/self/fd/%d'", i ? "," : "", s->fds[i]);
	buf_adds(b, "])");
}

bool shapes_select(const struct shapes *shapes, const json_t *columns, bool raw, struct buf *b, struct err *e)
{
	for (size_t i = 0; i < shapes->n; i++) {
		buf_adds(b, i ? " UNION ALL SELECT " : "SELECT ");
		if (raw)
			buf_adds(b, "\"_row\", ");
		if (!add_columns(b, columns, &shapes->items[i], e))
			return false;
		add_source(b, &shapes->items[i]);
	}
	if (shapes->n)
		return true;
	buf_adds(b, raw ? "SELECT CAST(NULL AS BIGINT) AS \"_row\", " : "SELECT ");
	if (!add_columns(b, columns, NULL, e))
		return false;
	buf_adds(b, " WHERE false");
	return true;
}
