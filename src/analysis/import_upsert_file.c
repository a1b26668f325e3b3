/*
 * What an upsert notes of the file itself before its rows go into their places: some of them as they stand there, and
 * where those stand now that could not be read whole.
 */
#include "analysis/changes_cells.h"
#include "analysis/import_inner.h"

#include "analysis/pair.h"
#include "base/limits.h"

#include <inttypes.h>
#include <stdlib.h>

#define FIRST_ROWS 10
#define FIRST_CHARS 200 /* of a cell */
#define FIRST_BYTES (256 * KIB)

bool import_upsert_first(struct import *m, struct ask *q, const struct pair *p, size_t read, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_ENGINE_SQL_BYTES);
	CLEANUP(json_decrefp_) json_t *rows = NULL;
	struct err why = { 0 };
	if (!m->first) {
		m->first = arena_array(&m->arena, m->n_tables, sizeof *m->first);
		if (!m->first)
			return err_set(e, ERR_TOO_LARGE, NULL, "There are too many tables.");
		memset(m->first, 0, m->n_tables * sizeof *m->first);
	}
	buf_adds(&b, "SELECT ");
	for (size_t i = 0; i < p->now->n_columns; i++) {
		const char *c = sql_ident(&q->arena, str_of(p->now->columns[i].name));
		buf_addf(&b, "%sleft(CAST(%s AS VARCHAR), %d)", i ? ", " : "", c ? c : "NULL", FIRST_CHARS);
	}
	buf_addf(&b, " FROM %s ORDER BY _row LIMIT %d", p->now_sql, FIRST_ROWS);
	/* Too wide to be shown is no reason to refuse the file. */
	if (b.failed)
		return true;
	if (!ask_json(q, b.p, FIRST_BYTES, &rows, &why)) {
		if (why.kind == ERR_LIMIT)
			return true;
		if (e)
			*e = why;
		return false;
	}
	CLEANUP(str_freep) char *text = json_dumps(rows, JSON_COMPACT);
	m->first[read] = text ? arena_strdup(&m->arena, text) : NULL;
	return true;
}

/* -- rejects -- */

struct moved {
	int64_t from, to;
};

static int by_from(const void *a, const void *b)
{
	const struct moved *x = a, *y = b;
	return (x->from > y->from) - (x->from < y->from);
}

static bool is_of(const struct import *m, const struct reject_item *it, size_t read)
{
	return it->r.row >= 0 && m->outputs[it->table].table == read;
}

/* The rows of the file that have rejects, each once, in order. */
static struct moved *collect(const struct import *m, size_t read, size_t *ret_n)
{
	struct moved *list = mem_array(m->rejects.n + 1, sizeof *list);
	size_t n = 0, kept = 0;
	for (size_t i = 0; i < m->rejects.n; i++)
		if (is_of(m, &m->rejects.items[i], read))
			list[n++] = (struct moved){ .from = m->rejects.items[i].r.row, .to = -1 };
	if (n)
		qsort(list, n, sizeof *list, by_from);
	for (size_t i = 0; i < n; i++)
		if (!kept || list[kept - 1].from != list[i].from)
			list[kept++] = list[i];
	*ret_n = kept;
	return list;
}

/* Numbered as import_upsert.c writes the joined rows. */
static bool ask_places(struct ask *q, const struct pair *p, const struct moved *list, size_t n, json_t **ret,
		       struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_ENGINE_SQL_BYTES);
	buf_addf(
		&b,
		"SELECT r, t FROM (SELECT n._row AS r, CASE WHEN o._row IS NULL THEN (SELECT coalesce(max(_row), -1) + "
		"1 FROM %s) + row_number() OVER (PARTITION BY o._row IS NULL ORDER BY n._row) - 1 ELSE o._row END AS "
		"t FROM %s n LEFT JOIN %s o ON ",
		p->old_sql, p->now_sql, p->old_sql);
	pair_write_match(p, &q->arena, &b);
	buf_adds(&b, ") WHERE r IN (");
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s%" PRId64, i ? ", " : "", list[i].from);
	buf_adds(&b, ") ORDER BY r");
	return b.failed ? changes_too_long(e) : ask_json(q, b.p, CHANGES_ANSWER_BYTES, ret, e);
}

static void place(struct moved *list, size_t n, const json_t *places, int64_t after_all)
{
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		const json_t *next = json_array_get(places, at);
		if (next && json_integer_value(json_array_get(next, 0)) == list[i].from) {
			list[i].to = json_integer_value(json_array_get(next, 1));
			at++;
		} else {
			list[i].to = after_all++;
		}
	}
}

bool import_upsert_rejects(struct import *m, struct ask *q, const struct pair *p, size_t read, int64_t after_all,
			   struct err *e)
{
	CLEANUP(json_decrefp_) json_t *places = NULL;
	size_t n;
	struct moved *list = collect(m, read, &n);
	bool ok = !n || ask_places(q, p, list, n, &places, e);
	if (ok)
		place(list, n, places, after_all);
	for (size_t i = 0; ok && i < m->rejects.n; i++) {
		struct reject_item *it = &m->rejects.items[i];
		struct moved key = { .from = it->r.row };
		const struct moved *found = is_of(m, it, read) ? bsearch(&key, list, n, sizeof *list, by_from) : NULL;
		if (found)
			it->r.row = found->to;
	}
	free(list);
	return ok;
}
