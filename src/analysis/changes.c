#include "analysis/changes.h"

#include "analysis/pair.h"
#include "base/limits.h"
#include "json/read.h"
#include "json/write.h"

#include <inttypes.h>
#include <stdlib.h>

#define ANSWER_BYTES (4 * MIB)
#define GROUP 12         /* columns compared in one statement */
#define SAMPLE_ROWS 25   /* with changed cells */
#define SAMPLE_CELLS 50  /* shown of them */
#define SAMPLE_COLUMNS 8 /* those with the most changes */
#define SHOWN_CHARS 200  /* of a value */

struct counted {
	const struct pair_column *column;
	int64_t rows; /* in which it differs */
};

struct comparing {
	struct ask *q;
	struct json_writer *w;
	struct pair p;
	enum import_mode mode;
	struct counted *cells; /* most first, n_cells of them differ */
	size_t n_cells;
};

static bool too_long(struct err *e)
{
	return err_set(e, ERR_TOO_LARGE, NULL, "The names of the columns are too long.");
}

static void write_hash(const struct comparing *c, bool now, struct buf *b)
{
	buf_adds(b, "hash(");
	for (size_t i = 0; i < c->p.n_columns; i++) {
		buf_adds(b, i ? ", " : "");
		pair_write_column(&c->p.columns[i], &c->q->arena, now, b);
	}
	buf_adds(b, ")");
}

static void write_side(const struct comparing *c, bool now, struct buf *b)
{
	buf_addf(b, "%s AS (SELECT ", now ? "b" : "a");
	for (size_t i = 0; i < c->p.n_key; i++) {
		pair_write_column(c->p.key[i], &c->q->arena, now, b);
		buf_addf(b, " AS k%zu, ", i);
	}
	write_hash(c, now, b);
	buf_addf(b, " AS h FROM %s %s)", now ? c->p.now_sql : c->p.old_sql, now ? "n" : "o");
}

/* added, gone, changed, unchanged by key: a hash of each row is held, not the row. */
static bool count_by_key(struct comparing *c, json_t **ret, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_ENGINE_SQL_BYTES);
	buf_adds(&b, "WITH ");
	write_side(c, false, &b);
	buf_adds(&b, ", ");
	write_side(c, true, &b);
	buf_adds(&b, " SELECT count(*) FILTER (a.h IS NULL), count(*) FILTER (b.h IS NULL), count(*) FILTER (a.h <> "
		     "b.h), count(*) FILTER (a.h = b.h) FROM a FULL OUTER JOIN b ON ");
	for (size_t i = 0; i < c->p.n_key; i++)
		buf_addf(&b, "%sa.k%zu = b.k%zu", i ? " AND " : "", i, i);
	return b.failed ? too_long(e) : ask_json(c->q, b.p, ANSWER_BYTES, ret, e);
}

/* The same of whole rows, each as often as it stands there. */
static bool count_by_rows(struct comparing *c, json_t **ret, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_ENGINE_SQL_BYTES);
	buf_adds(&b, "WITH a AS (SELECT h, count(*) AS n FROM (SELECT ");
	write_hash(c, false, &b);
	buf_addf(&b, " AS h FROM %s o) GROUP BY h), b AS (SELECT h, count(*) AS n FROM (SELECT ", c->p.old_sql);
	write_hash(c, true, &b);
	buf_addf(&b,
		 " AS h FROM %s n) GROUP BY h) SELECT CAST(coalesce(sum(greatest(coalesce(b.n, 0) - coalesce(a.n, 0), "
		 "0)), 0) AS BIGINT), CAST(coalesce(sum(greatest(coalesce(a.n, 0) - coalesce(b.n, 0), 0)), 0) AS "
		 "BIGINT), 0, CAST(coalesce(sum(least(coalesce(a.n, 0), coalesce(b.n, 0))), 0) AS BIGINT) FROM a FULL "
		 "OUTER JOIN b ON a.h = b.h",
		 c->p.now_sql);
	return b.failed ? too_long(e) : ask_json(c->q, b.p, ANSWER_BYTES, ret, e);
}

/* -- which cells -- */

static void write_differs(const struct comparing *c, const struct pair_column *x, struct buf *b)
{
	pair_write_column(x, &c->q->arena, false, b);
	buf_adds(b, " IS DISTINCT FROM ");
	pair_write_column(x, &c->q->arena, true, b);
}

static void write_joined(const struct comparing *c, struct buf *b)
{
	buf_addf(b, " FROM %s o JOIN %s n ON ", c->p.old_sql, c->p.now_sql);
	pair_write_match(&c->p, &c->q->arena, b);
}

static bool count_group(struct comparing *c, const struct pair_column **group, size_t n, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_ENGINE_SQL_BYTES);
	CLEANUP(json_decrefp_) json_t *v = NULL;
	buf_adds(&b, "SELECT ");
	for (size_t i = 0; i < n; i++) {
		buf_adds(&b, i ? ", count(*) FILTER (" : "count(*) FILTER (");
		write_differs(c, group[i], &b);
		buf_adds(&b, ")");
	}
	write_joined(c, &b);
	if (b.failed)
		return too_long(e);
	if (!ask_json(c->q, b.p, ANSWER_BYTES, &v, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		int64_t rows = json_integer_value(json_array_get(json_array_get(v, 0), i));
		if (rows)
			c->cells[c->n_cells++] = (struct counted){ group[i], rows };
	}
	return true;
}

static int most_first(const void *x, const void *y)
{
	const struct counted *a = x, *b = y;
	if (a->rows != b->rows)
		return a->rows < b->rows ? 1 : -1;
	return a->column < b->column ? -1 : 1;
}

static bool count_cells(struct comparing *c, struct err *e)
{
	const struct pair_column *group[GROUP];
	size_t n = 0;
	c->cells = arena_array(&c->q->arena, c->p.n_columns + 1, sizeof *c->cells);
	if (!c->cells)
		return too_long(e);
	for (size_t i = 0; i < c->p.n_columns; i++) {
		if (!c->p.columns[i].in_key)
			group[n++] = &c->p.columns[i];
		if ((n == GROUP || i + 1 == c->p.n_columns) && n) {
			if (!count_group(c, group, n, e))
				return false;
			n = 0;
		}
	}
	qsort(c->cells, c->n_cells, sizeof *c->cells, most_first);
	return true;
}

static void write_text(const struct comparing *c, const struct pair_column *x, bool now, struct buf *b)
{
	buf_adds(b, "left(CAST(");
	pair_write_column(x, &c->q->arena, now, b);
	buf_addf(b, " AS VARCHAR), %d)", SHOWN_CHARS);
}

/* Rows of the columns that change most: their key, then of each column whether it differs, old and new. */
static bool read_sample(struct comparing *c, size_t n, json_t **ret, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_ENGINE_SQL_BYTES);
	buf_adds(&b, "SELECT ");
	for (size_t i = 0; i < c->p.n_key; i++) {
		write_text(c, c->p.key[i], true, &b);
		buf_adds(&b, ", ");
	}
	for (size_t i = 0; i < n; i++) {
		buf_adds(&b, i ? ", " : "");
		write_differs(c, c->cells[i].column, &b);
		buf_adds(&b, ", ");
		write_text(c, c->cells[i].column, false, &b);
		buf_adds(&b, ", ");
		write_text(c, c->cells[i].column, true, &b);
	}
	write_joined(c, &b);
	buf_adds(&b, " WHERE ");
	for (size_t i = 0; i < n; i++) {
		buf_adds(&b, i ? " OR " : "");
		write_differs(c, c->cells[i].column, &b);
	}
	buf_addf(&b, " ORDER BY n._row LIMIT %d", SAMPLE_ROWS);
	return b.failed ? too_long(e) : ask_json(c->q, b.p, ANSWER_BYTES, ret, e);
}

static void write_value(struct json_writer *w, const char *key, const json_t *v)
{
	jw_kv_cstr(w, key, json_string_value(v));
}

static void write_sample(struct comparing *c, size_t n, const json_t *rows)
{
	size_t at, shown = 0;
	const json_t *row;
	json_array_foreach (rows, at, row)
		for (size_t i = 0; i < n && shown < SAMPLE_CELLS; i++) {
			size_t first = c->p.n_key + 3 * i;
			if (!json_is_true(json_array_get(row, first)))
				continue;
			shown++;
			jw_open(c->w, '{');
			jw_key(c->w, "key");
			jw_open(c->w, '[');
			for (size_t k = 0; k < c->p.n_key; k++)
				jw_cstr(c->w, json_string_value(json_array_get(row, k)));
			jw_close(c->w, ']');
			jw_kv_cstr(c->w, "column", c->cells[i].column->old->name);
			write_value(c->w, "old", json_array_get(row, first + 1));
			write_value(c->w, "new", json_array_get(row, first + 2));
			jw_close(c->w, '}');
		}
}

/* -- append: only what of it is there already -- */

static bool count_known(struct comparing *c, int64_t *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_ENGINE_SQL_BYTES);
	CLEANUP(json_decrefp_) json_t *v = NULL;
	buf_addf(&b, "SELECT count(*) FROM %s n WHERE n._row >= %" PRId64 " AND EXISTS (SELECT 1 FROM %s o WHERE ",
		 c->p.now_sql, c->p.old->rows, c->p.old_sql);
	pair_write_match(&c->p, &c->q->arena, &b);
	buf_adds(&b, ")");
	if (b.failed)
		return too_long(e);
	if (!ask_json(c->q, b.p, ANSWER_BYTES, &v, e))
		return false;
	*ret = json_integer_value(json_array_get(json_array_get(v, 0), 0));
	return true;
}

/* -- one table -- */

static void write_key(struct comparing *c)
{
	jw_key(c->w, "key");
	jw_open(c->w, '[');
	for (size_t i = 0; i < c->p.n_key; i++)
		jw_cstr(c->w, c->p.key[i]->old->name);
	jw_close(c->w, ']');
}

static void write_only(struct json_writer *w, const char *what, const struct dataset_table *in,
		       const struct dataset_table *not_in)
{
	jw_key(w, what);
	jw_open(w, '[');
	for (size_t i = 0; i < in->n_columns; i++)
		if (!dataset_column_named(not_in, str_of(in->columns[i].name)))
			jw_cstr(w, in->columns[i].name);
	jw_close(w, ']');
}

static void write_columns(struct comparing *c)
{
	jw_key(c->w, "columns");
	jw_open(c->w, '{');
	write_only(c->w, "new", c->p.now, c->p.old);
	write_only(c->w, "gone", c->p.old, c->p.now);
	jw_key(c->w, "types");
	jw_open(c->w, '[');
	for (size_t i = 0; i < c->p.n_columns; i++) {
		const struct pair_column *x = &c->p.columns[i];
		if (!strcmp(x->old->type, x->now->type))
			continue;
		jw_open(c->w, '{');
		jw_kv_cstr(c->w, "column", x->old->name);
		jw_kv_cstr(c->w, "from", x->old->type);
		jw_kv_cstr(c->w, "to", x->now->type);
		jw_close(c->w, '}');
	}
	jw_close(c->w, ']');
	jw_close(c->w, '}');
}

static void kv_count(struct json_writer *w, const char *key, int64_t n)
{
	if (n < 0)
		jw_kv_null(w, key);
	else
		jw_kv_i64(w, key, n);
}

static void write_rows(struct comparing *c, int64_t added, int64_t changed, int64_t gone, int64_t unchanged)
{
	jw_key(c->w, "rows");
	jw_open(c->w, '{');
	jw_kv_i64(c->w, "before", c->p.old->rows);
	jw_kv_i64(c->w, "after", c->p.now->rows);
	kv_count(c->w, "added", added);
	kv_count(c->w, "changed", changed);
	kv_count(c->w, "gone", gone);
	kv_count(c->w, "unchanged", unchanged);
	jw_close(c->w, '}');
}

static void write_cells(struct comparing *c)
{
	jw_key(c->w, "cells");
	jw_open(c->w, '[');
	for (size_t i = 0; i < c->n_cells; i++) {
		jw_open(c->w, '{');
		jw_kv_cstr(c->w, "column", c->cells[i].column->old->name);
		jw_kv_i64(c->w, "rows", c->cells[i].rows);
		jw_close(c->w, '}');
	}
	jw_close(c->w, ']');
}

static bool write_compared(struct comparing *c, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *counts = NULL;
	CLEANUP(json_decrefp_) json_t *sample = NULL;
	if (!(c->p.n_key ? count_by_key(c, &counts, e) : count_by_rows(c, &counts, e)))
		return false;
	const json_t *row = json_array_get(counts, 0);
	int64_t n[4];
	for (size_t i = 0; i < countof(n); i++)
		n[i] = json_integer_value(json_array_get(row, i));
	if (n[2] && !count_cells(c, e))
		return false;
	size_t columns = MIN(c->n_cells, (size_t)SAMPLE_COLUMNS);
	if (columns && !read_sample(c, columns, &sample, e))
		return false;
	jw_kv_cstr(c->w, "by", c->p.n_key ? "key" : "rows");
	jw_kv_cstr(c->w, "why", c->p.n_key ? NULL : "no_key");
	write_rows(c, n[0], n[2], n[1], n[3]);
	write_cells(c);
	jw_key(c->w, "sample");
	jw_open(c->w, '[');
	write_sample(c, columns, sample);
	jw_close(c->w, ']');
	return true;
}

/* Without looking: an append adds; of the others only the two sums are known. */
static void write_counts(struct comparing *c, const char *why)
{
	bool append = c->mode == IMPORT_APPEND;
	jw_kv_cstr(c->w, "by", "counts");
	jw_kv_cstr(c->w, "why", why);
	write_rows(c, append ? c->p.now->rows - c->p.old->rows : -1, append ? 0 : -1, append ? 0 : -1,
		   append ? c->p.old->rows : -1);
	write_cells(c);
	jw_key(c->w, "sample");
	jw_open(c->w, '[');
	jw_close(c->w, ']');
}

static bool find_key(struct comparing *c, const struct import_key *keys, size_t n, struct err *e)
{
	return n ? pair_given_key(&c->p, c->q, keys, n, e) : pair_find_key(&c->p, c->q, e);
}

/* In an append the new rows may repeat keys: whether the data set has each of them only once is what counts. */
static bool find_known(struct comparing *c, int64_t *ret, struct err *e)
{
	const struct dataset_column *id = dataset_column_with_role(c->p.old, "customer.id");
	struct import_key key = { .table = c->p.old->name, .column = id ? id->name : NULL };
	return !id || (pair_given_key(&c->p, c->q, &key, 1, e) && count_known(c, ret, e));
}

static bool compare_table(struct comparing *c, const struct import_key *keys, size_t n, struct err *e)
{
	struct err why = { 0 };
	int64_t known = 0;
	bool append = c->mode == IMPORT_APPEND;
	jw_open(c->w, '{');
	jw_kv_cstr(c->w, "table", c->p.now->name);
	write_columns(c);
	bool ok = append ? find_known(c, &known, &why) : find_key(c, keys, n, &why);
	bool comparable = !append && c->p.n_columns > 0;
	ok = ok && (!comparable || write_compared(c, &why));
	if (!ok && why.kind != ERR_LIMIT) {
		if (e)
			*e = why;
		return false;
	}
	/* Too much for an engine's memory or time is no reason to refuse the file. */
	if (!ok)
		c->n_cells = 0;
	if (!ok || !comparable)
		write_counts(c, ok ? NULL : "too_large");
	write_key(c);
	jw_kv_i64(c->w, "known_keys", known);
	jw_close(c->w, '}');
	return true;
}

/* The table of that name; the only one there is, when each has one: files of two months have two names. */
static const struct dataset_table *partner(const struct dataset_table *t, const struct dataset_content *in,
					   const struct dataset_content *other)
{
	const struct dataset_table *same = dataset_table_named(other, str_of(t->name));
	return same || in->n_tables != 1 || other->n_tables != 1 ? same : &other->tables[0];
}

static void write_tables(struct json_writer *w, const char *what, const struct dataset_content *in,
			 const struct dataset_content *not_in)
{
	jw_key(w, what);
	jw_open(w, '[');
	for (size_t i = 0; i < in->n_tables; i++)
		if (!partner(&in->tables[i], in, not_in))
			jw_cstr(w, in->tables[i].name);
	jw_close(w, ']');
}

bool changes_json(struct ask *q, const char *old_schema, const struct dataset_content *old, enum import_mode mode,
		  const struct import_key *keys, size_t n_keys, struct buf *ret, struct err *e)
{
	struct json_writer w = json_writer(ret);
	jw_open(&w, '{');
	jw_kv_i64(&w, "against", old->version.number);
	write_tables(&w, "tables_new", q->content, old);
	write_tables(&w, "tables_gone", old, q->content);
	jw_key(&w, "tables");
	jw_open(&w, '[');
	for (size_t i = 0; i < q->content->n_tables; i++) {
		const struct dataset_table *now = &q->content->tables[i];
		const struct dataset_table *was = partner(now, q->content, old);
		struct comparing c = { .q = q, .w = &w, .mode = mode };
		if (was &&
		    (!pair_init(&c.p, q, old_schema, was, q->schema, now, e) || !compare_table(&c, keys, n_keys, e)))
			return false;
	}
	jw_close(&w, ']');
	jw_close(&w, '}');
	return !ret->failed || err_set(e, ERR_LIMIT, NULL, "What changes is too long to be told.");
}
