#include "analysis/changes_cells.h"

#include "base/limits.h"

#include <stdlib.h>

#define GROUP 12         /* columns compared in one statement */
#define SAMPLE_ROWS 25   /* with changed cells */
#define SAMPLE_CELLS 50  /* shown of them */
#define SAMPLE_COLUMNS 8 /* those with the most changes */
#define SHOWN_CHARS 200  /* of a value */

bool changes_too_long(struct err *e)
{
	return err_set(e, ERR_TOO_LARGE, NULL, "The names of the columns are too long.");
}

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
		return changes_too_long(e);
	if (!ask_json(c->q, b.p, CHANGES_ANSWER_BYTES, &v, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		int64_t rows = json_integer_value(json_array_get(json_array_get(v, 0), i));
		if (rows)
			c->cells[c->n_cells++] = (struct changes_counted){ group[i], rows };
	}
	return true;
}

static int most_first(const void *x, const void *y)
{
	const struct changes_counted *a = x, *b = y;
	if (a->rows != b->rows)
		return a->rows < b->rows ? 1 : -1;
	return a->column < b->column ? -1 : 1;
}

bool changes_count_cells(struct comparing *c, struct err *e)
{
	const struct pair_column *group[GROUP];
	size_t n = 0;
	c->cells = arena_array(&c->q->arena, c->p.n_columns + 1, sizeof *c->cells);
	if (!c->cells)
		return changes_too_long(e);
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

static size_t sample_columns(const struct comparing *c)
{
	return MIN(c->n_cells, (size_t)SAMPLE_COLUMNS);
}

bool changes_read_sample(struct comparing *c, json_t **ret, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_ENGINE_SQL_BYTES);
	size_t n = sample_columns(c);
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
	return b.failed ? changes_too_long(e) : ask_json(c->q, b.p, CHANGES_ANSWER_BYTES, ret, e);
}

static void write_value(struct json_writer *w, const char *key, const json_t *v)
{
	jw_kv_cstr(w, key, json_string_value(v));
}

void changes_write_sample(struct comparing *c, const json_t *rows)
{
	size_t at, shown = 0, n = sample_columns(c);
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

void changes_write_cells(struct comparing *c)
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
