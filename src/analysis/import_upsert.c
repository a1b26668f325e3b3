/*
 * Upsert: rows whose key the data set has take their place there, the others come after them.
 *
 * What was read is a version of its own for a moment (never visible: it is still being built), so that the engine sees
 * both sides; it writes the joined rows as one new segment a table. A row that is there keeps its number and the
 * columns that the file does not have; a cell that is blank in the file is blank afterwards. Columns that only the file
 * has are added, and a column whose values no longer fit its type is widened (widen.h).
 */
#include "analysis/import_inner.h"

#include "analysis/instance.h"
#include "analysis/pair.h"
#include "base/limits.h"
#include "model/folder.h"
#include "model/segment.h"

#include <stdio.h>

#define UPSERT_SECONDS 3600

struct upsert {
	struct import *m;
	struct ask *q;
	struct pair p;
	const struct dataset_table *read; /* the file's table */
	struct dataset_table *into;       /* the data set's; becomes the joined one */
	int fd;                           /* of the segment that is written */
};

/* -- the key -- */

static bool no_key(const struct upsert *u, struct err *e)
{
	err_field(e, ERR_VALUE, "key",
		  "No column of the table \"%.100s\" names one row only; say which columns are the key.",
		  u->into->name);
	if (e)
		snprintf(e->code, sizeof e->code, "no_key");
	return false;
}

/* The one that was named; or the customers' number, which must be good; or what is found to name one row only. */
static bool settle_key(struct upsert *u, struct err *e)
{
	struct pair *p = &u->p;
	const struct dataset_column *id = dataset_column_with_role(p->old, "customer.id");
	if (!pair_given_key(p, u->q, u->m->keys, u->m->n_keys, e))
		return false;
	if (!p->n_key && id && dataset_column_named(p->now, str_of(id->name))) {
		struct import_key key = { .table = p->old->name, .column = id->name };
		if (!pair_given_key(p, u->q, &key, 1, e))
			return false;
	}
	if (p->n_key)
		return pair_check_key(p, u->q, e);
	return pair_find_key(p, u->q, e) && (p->n_key || no_key(u, e));
}

/* -- the columns of both -- */

static const struct pair_column *both(const struct upsert *u, const struct dataset_column *c)
{
	for (size_t i = 0; i < u->p.n_columns; i++)
		if (u->p.columns[i].old == c)
			return &u->p.columns[i];
	return NULL;
}

static bool is_only_new(const struct upsert *u, const struct dataset_column *c)
{
	return !dataset_column_named(u->p.old, str_of(c->name));
}

static void write_typed(struct upsert *u, struct buf *b, const char *alias, const char *name, const char *type)
{
	const char *ident = sql_ident(&u->q->arena, str_of(name));
	if (ident && alias)
		buf_addf(b, "CAST(%s.%s AS %s)", alias, ident, type);
	else
		buf_addf(b, "CAST(NULL AS %s)", type);
}

static void write_name(struct upsert *u, struct buf *b, const char *name)
{
	const char *ident = sql_ident(&u->q->arena, str_of(name));
	buf_addf(b, " AS %s", ident ? ident : "\"\"");
}

/* `there`: of a row that the data set has. */
static void write_columns(struct upsert *u, struct buf *b, bool there)
{
	const struct dataset_table *old = u->p.old, *now = u->p.now;
	for (size_t i = 0; i < old->n_columns; i++) {
		const struct dataset_column *c = &old->columns[i];
		const struct pair_column *x = both(u, c);
		buf_adds(b, ", ");
		if (there && x) {
			buf_adds(b, "CASE WHEN n._row IS NULL THEN ");
			pair_write_column(x, &u->q->arena, false, b);
			buf_adds(b, " ELSE ");
			pair_write_column(x, &u->q->arena, true, b);
			buf_adds(b, " END");
		} else if (x) {
			pair_write_column(x, &u->q->arena, true, b);
		} else {
			write_typed(u, b, there ? "o" : NULL, c->name, c->type);
		}
		write_name(u, b, c->name);
	}
	for (size_t i = 0; i < now->n_columns; i++) {
		const struct dataset_column *c = &now->columns[i];
		if (!is_only_new(u, c))
			continue;
		buf_adds(b, ", ");
		write_typed(u, b, "n", c->name, c->type);
		write_name(u, b, c->name);
	}
}

static void write_select(struct upsert *u, struct buf *b)
{
	const struct pair *p = &u->p;
	buf_adds(b, "SELECT o._row AS _row");
	write_columns(u, b, true);
	buf_addf(b, " FROM %s o LEFT JOIN %s n ON ", p->old_sql, p->now_sql);
	pair_write_match(p, &u->q->arena, b);
	buf_addf(b,
		 " UNION ALL SELECT (SELECT coalesce(max(_row), -1) + 1 FROM %s) + row_number() OVER (ORDER BY n._row) "
		 "- 1 AS _row",
		 p->old_sql);
	write_columns(u, b, false);
	buf_addf(b, " FROM %s n WHERE NOT EXISTS (SELECT 1 FROM %s o WHERE ", p->now_sql, p->old_sql);
	pair_write_match(p, &u->q->arena, b);
	buf_adds(b, ")");
}

/* -- the segment -- */

static bool pour(void *ctx, const void *bytes, size_t n, struct err *e)
{
	struct upsert *u = ctx;
	return folder_write(u->fd, bytes, n, e);
}

static bool run(struct upsert *u, const char *sql, int64_t *ret_rows, struct err *e)
{
	struct engine_result done;
	struct engine_request rq = { .org = u->m->by.org,
				     .relations = u->q->relations.items,
				     .n_relations = u->q->relations.n,
				     .sql = sql,
				     .format = ENGINE_PARQUET,
				     .max_rows = INT64_MAX - 1,
				     .max_bytes = UINT64_MAX,
				     .seconds = UPSERT_SECONDS,
				     .cancel = u->q->cancel,
				     .ctx = u,
				     .rows = pour };
	if (!engine_run(u->m->in->engines, &rq, &done, e))
		return false;
	*ret_rows = (int64_t)done.rows;
	return true;
}

static bool write_segment(struct upsert *u, int64_t *ret_segment, int64_t *ret_rows, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(LIMIT_ENGINE_SQL_BYTES);
	CLEANUP(segment_sink_free) struct segment_sink *sink = NULL;
	struct err why = { 0 };
	uint64_t bytes;
	write_select(u, &sql);
	if (sql.failed || u->q->arena.failed)
		return err_set(e, ERR_TOO_LARGE, NULL, "The names of the columns are too long.");
	if (!segment_sink_new(u->m->in->segments, &sink, &u->fd, e))
		return false;
	bool ok = run(u, sql.p, ret_rows, &why);
	fd_close(&u->fd);
	/* A full disk is why the pipe was cut off. */
	if (segment_sink_error(sink, e))
		return false;
	if (!ok) {
		if (e)
			*e = why;
		return false;
	}
	if (!segment_sink_commit(sink, ret_segment, &bytes, e))
		return false;
	import_add_fresh(u->m, *ret_segment, bytes, *ret_rows);
	return true;
}

/* -- what the joined table is -- */

static bool is_free_role(const struct dataset_table *t, const char *role)
{
	return !role[0] || !strcmp(role, "ignore") || !strcmp(role, "customer.products") ||
	       !dataset_column_with_role(t, role);
}

static bool join_columns(struct upsert *u, struct err *e)
{
	const struct dataset_table *old = u->p.old, *now = u->p.now;
	struct dataset_column *all = arena_array(&u->m->arena, old->n_columns + now->n_columns + 1, sizeof *all);
	size_t n = 0;
	if (!all)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many columns.");
	for (size_t i = 0; i < old->n_columns; i++) {
		const struct pair_column *x = both(u, &old->columns[i]);
		all[n] = old->columns[i];
		all[n].stored = NULL; /* the joined segment has the names that are seen */
		if (x)
			all[n].type = arena_strdup(&u->m->arena, x->type);
		n++;
	}
	for (size_t i = 0; i < now->n_columns; i++) {
		if (!is_only_new(u, &now->columns[i]))
			continue;
		all[n] = u->read->columns[i];
		all[n].stored = NULL;
		if (!is_free_role(old, all[n].role)) {
			all[n].role = all[n].reason = "";
			all[n].confidence = 0;
		}
		n++;
	}
	if (n > LIMIT_COLUMNS)
		return err_set(e, ERR_LIMIT, "too_many_columns", "The table would have more than %d columns.",
			       LIMIT_COLUMNS);
	u->into->columns = all;
	u->into->n_columns = n;
	return true;
}

static bool join_table(struct upsert *u, struct err *e)
{
	int64_t segment = 0, rows = 0;
	int64_t *segments = arena_array(&u->m->arena, 1, sizeof *segments);
	/* What q reads stays as it was: into is written to only once all is known. */
	struct dataset_table old = *u->into;
	size_t at = (size_t)(u->read - u->m->tables);
	if (!segments)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many segments.");
	if (!pair_init(&u->p, u->q, u->m->name, &old, u->q->schema, u->read, e) || !settle_key(u, e) ||
	    !import_upsert_first(u->m, u->q, &u->p, at, e) || !write_segment(u, &segment, &rows, e) ||
	    !import_upsert_rejects(u->m, u->q, &u->p, at, rows + old.rows_left_out, e) || !join_columns(u, e))
		return false;
	segments[0] = segment;
	u->into->segments = segments;
	u->into->n_segments = 1;
	u->into->rows = rows;
	u->into->rejects += u->read->rejects;
	u->into->rows_left_out += u->read->rows_left_out;
	u->into->rows_hidden += u->read->rows_hidden;
	u->into->groups_json = u->read->groups_json ? u->read->groups_json : u->into->groups_json;
	u->into->source = u->read->source;
	return true;
}

/* -- all of them -- */

static bool check_place(const struct import *m, const size_t *place, struct err *e)
{
	for (size_t i = 0; i < m->n_tables; i++)
		for (size_t k = 0; k < i; k++)
			if (place[i] == place[k])
				return err_field(e, ERR_VALUE, m->before.tables[place[i]].name,
						 "The table \"%.100s\" is in the files twice.",
						 m->before.tables[place[i]].name);
	return true;
}

/* A name that no table knows is a mistake, not another key. */
static bool check_keys(const struct import *m, struct err *e)
{
	for (size_t i = 0; i < m->n_keys; i++) {
		const struct import_key *k = &m->keys[i];
		char whole[1024];
		bool known = false;
		snprintf(whole, sizeof whole, "%s%s%s", k->table ? k->table : "", k->table ? "." : "", k->column);
		for (size_t t = 0; t < m->before.n_tables; t++) {
			const struct dataset_table *table = &m->before.tables[t];
			/* A column that its own table has not is told where the key is settled. */
			known |= (k->table && str_ieq(str_of(k->table), str_of(table->name))) ||
				 dataset_column_said(table, str_of(whole));
		}
		if (!known)
			return err_field(e, ERR_VALUE, "key", "The data set has no column \"%.100s\" for the key.",
					 whole);
	}
	return true;
}

static bool join_all(struct import *m, struct ask *q, const size_t *place, struct err *e)
{
	/* An engine keeps what it holds under a version; soon that number means other segments. */
	for (size_t i = 0; i < q->relations.n; i++)
		if (q->relations.items[i].version == m->version)
			q->relations.items[i].version = -m->version;
	for (size_t i = 0; i < m->n_tables; i++) {
		struct upsert u = {
			.m = m, .q = q, .read = &m->tables[i], .into = &m->before.tables[place[i]], .fd = -1
		};
		watch_progress(m->watch, IMPORT_READ_UNTIL, "putting rows in their place");
		if (!join_table(&u, e))
			return false;
	}
	return true;
}

/* What was read has served: the segments written after it hold its rows. */
static bool drop_read(struct import *m, struct db *db, size_t n_read, struct err *e)
{
	if (!version_empty(db, m->by.org, m->version, e))
		return false;
	for (size_t i = 0; i < n_read; i++)
		segment_remove(m->in->segments, m->fresh[i].id);
	m->n_fresh -= n_read;
	memmove(m->fresh, m->fresh + n_read, m->n_fresh * sizeof *m->fresh);
	return true;
}

bool import_upsert(struct import *m, struct db *db, const size_t *place, struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	size_t n_read = m->n_fresh;
	m->relations = m->before.relations;
	m->n_relations = m->before.n_relations;
	return check_place(m, place, e) && check_keys(m, e) &&
	       version_fill(db, m->by.org, m->version, m->tables, m->n_tables, NULL, 0, m->fresh, m->n_fresh, NULL,
			    e) &&
	       ask_open(&q, m->in, db, m->by.org, m->version, m->watch ? m->watch->cancel : NULL, e) &&
	       join_all(m, &q, place, e) && drop_read(m, db, n_read, e);
}
