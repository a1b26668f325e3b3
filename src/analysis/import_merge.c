/*
 * Append: each table that was read now joins one that is there, and its segment comes after the ones before.
 *
 * Columns go by name, in any order. The worker was told what is there (import_plan.c) and wrote each column as the data
 * set has it, or wider where the file's values need that; the column of the version takes both, and segments that were
 * written narrower are cast when they are read (engine/worker/shapes.h). Nothing is written again.
 */
#include "analysis/import_inner.h"

#include "analysis/instance.h"
#include "analysis/relations.h"
#include "analysis/widen.h"
#include "base/limits.h"
#include "json/read.h"
#include "json/write.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * The table of that very name; or the only one there is, when each file holds one. Not one that is only alike: where
 * the worker did not know it, row numbers would begin anew (import_plan.c).
 */
static bool find_target(const struct import *m, size_t table, size_t *ret, struct err *e)
{
	const struct dataset_content *c = &m->before;
	const char *name = m->raw_names[table];
	for (size_t i = 0; i < c->n_tables; i++)
		if (!strcmp(c->tables[i].name, name)) {
			*ret = i;
			return true;
		}
	if (c->n_tables == 1 && m->n_tables == m->n_sources) {
		*ret = 0;
		return true;
	}
	return err_field(e, ERR_VALUE, name, "The data set has no table \"%.100s\" to add to.", name);
}

static const char widened[] = "widened", is_new[] = "new", missing[] = "missing";

static bool misfit(const struct dataset_column *was, const struct dataset_column *now, struct err *e)
{
	err_field(
		e, ERR_VALUE, was->name,
		"The column \"%.100s\" is %s in the data set and %s in the file: no number holds both without "
		"rounding. Correct the file, or replace the data set with it; to keep such values as they stand, send "
		"it with the column read as text.",
		was->name, was->type, now->type);
	if (e)
		snprintf(e->code, sizeof e->code, "column_misfit");
	return false;
}

/* The bound with more digits: what the next file of the same append is judged by, until all rows are counted. */
static const char *longer(const char *x, const char *y)
{
	return !y || (x && strlen(x) >= strlen(y)) ? x : y;
}

/* Once a column, whichever of the files it was in. */
static struct import_told *tell(struct import *m, const char *table, const char *column, const char *what)
{
	struct import_told **at = &m->told;
	while (*at && !(!strcmp((*at)->table, table) && !strcmp((*at)->column, column) && (*at)->what == what))
		at = &(*at)->next;
	if (!*at && (*at = arena_alloc(&m->arena, sizeof **at)))
		**at = (struct import_told){ .table = table, .column = column, .what = what };
	return *at;
}

static void tell_widened(struct import *m, const char *table, const struct dataset_column *c, const char *from)
{
	struct import_told *told = tell(m, table, c->name, widened);
	if (told && !told->from)
		told->from = from;
	if (told)
		told->to = c->type;
}

/* One column of the data set becomes what holds the file's, too. */
static bool join_column(struct import *m, const struct dataset_table *t, struct dataset_column *c,
			const struct dataset_column *now, struct err *e)
{
	const char *from = c->type, *to = widen_type(&m->arena, c, now);
	if (!to)
		return err_set(e, ERR_TOO_LARGE, NULL, "The columns take too much memory.");
	/* The file's is text only where a person said so, or nothing was there before (ingest/table_expect.c). */
	if (!strcmp(to, "VARCHAR") && strcmp(from, to) != 0 && strcmp(now->type, to) != 0)
		return misfit(c, now, e);
	c->type = to;
	c->min = longer(c->min, now->min);
	c->max = longer(c->max, now->max);
	c->non_null += now->non_null;
	if (strcmp(from, to) != 0)
		tell_widened(m, t->name, c, from);
	return true;
}

static bool is_free_role(const struct dataset_table *t, const char *role)
{
	return !role[0] || !strcmp(role, "ignore") || !strcmp(role, "customer.products") ||
	       !dataset_column_with_role(t, role);
}

/* Those of both, then those that only the file has; what it has not stays blank in its rows. */
static bool join_columns(struct import *m, struct dataset_table *into, const struct dataset_table *t, struct err *e)
{
	struct dataset_column *all = arena_array(&m->arena, into->n_columns + t->n_columns + 1, sizeof *all);
	size_t n = into->n_columns;
	if (!all)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many columns.");
	memcpy(all, into->columns, n * sizeof *all);
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct dataset_column *now = &t->columns[i];
		const struct dataset_column *was = dataset_column_named(into, str_of(now->name));
		if (was) {
			if (!join_column(m, into, &all[was - into->columns], now, e))
				return false;
			continue;
		}
		all[n] = *now;
		if (!is_free_role(into, now->role)) {
			all[n].role = all[n].reason = "";
			all[n].confidence = 0;
		}
		tell(m, into->name, now->name, is_new);
		n++;
	}
	for (size_t i = 0; i < into->n_columns; i++)
		if (!dataset_column_named(t, str_of(into->columns[i].name)))
			tell(m, into->name, into->columns[i].name, missing);
	if (n > LIMIT_COLUMNS)
		return err_set(e, ERR_LIMIT, "too_many_columns", "The table would have more than %d columns.",
			       LIMIT_COLUMNS);
	into->columns = all;
	into->n_columns = n;
	return true;
}

static bool join_table(struct import *m, struct dataset_table *into, const struct dataset_table *t, struct err *e)
{
	int64_t *segments = arena_array(&m->arena, into->n_segments + 1, sizeof *segments);
	if (!segments)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many segments.");
	if (!join_columns(m, into, t, e))
		return false;
	if (into->n_segments)
		memcpy(segments, into->segments, into->n_segments * sizeof *segments);
	if (t->n_segments)
		segments[into->n_segments++] = t->segments[0];
	into->segments = segments;
	into->rows += t->rows;
	into->rejects += t->rejects;
	into->rows_left_out += t->rows_left_out;
	into->rows_hidden += t->rows_hidden;
	into->groups_json = t->groups_json ? t->groups_json : into->groups_json;
	into->source = t->source;
	return true;
}

bool import_place(const struct import *m, size_t *place, struct err *e)
{
	for (size_t i = 0; i < m->n_tables; i++)
		if (!find_target(m, i, &place[i], e))
			return false;
	return true;
}

bool import_merge(struct import *m, size_t *place, struct dataset_table **ret, size_t *ret_n, struct err *e)
{
	if (!import_place(m, place, e))
		return false;
	for (size_t i = 0; i < m->n_tables; i++)
		if (!join_table(m, &m->before.tables[place[i]], &m->tables[i], e))
			return false;
	m->relations = m->before.relations;
	m->n_relations = m->before.n_relations;
	*ret = m->before.tables;
	*ret_n = m->before.n_tables;
	return true;
}

/* -- counts and bounds over old and new rows -- */

#define BATCH 32 /* columns a statement */

static bool keep_row(void *ctx, const void *p, size_t n, struct err *e)
{
	struct buf *b = ctx;
	buf_add(b, p, n);
	return !b->failed || err_set(e, ERR_LIMIT, NULL, "The bounds of the columns are too long.");
}

static void write_select(struct import *m, struct buf *b, const char *table, const struct dataset_column *cols,
			 size_t n)
{
	buf_adds(b, "SELECT ");
	for (size_t i = 0; i < n; i++) {
		const char *c = sql_ident(&m->arena, str_of(cols[i].name));
		if (!c)
			return;
		buf_addf(b,
			 "%scount(%s), approx_count_distinct(%s), left(CAST(min(%s) AS VARCHAR), 200), "
			 "left(CAST(max(%s) AS VARCHAR), 200)",
			 i ? ", " : "", c, c, c, c);
	}
	buf_addf(b, " FROM %s", table);
}

static bool recount_columns(struct import *m, struct relations *r, const char *table, struct dataset_column *cols,
			    size_t n, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(LIMIT_FRAME_BYTES / 2);
	CLEANUP(buf_free) struct buf row = BUF_INIT(4 * MIB);
	CLEANUP(json_decrefp_) json_t *v = NULL;
	struct engine_result done;
	write_select(m, &sql, table, cols, n);
	struct engine_request q = { .org = m->by.org,
				    .relations = r->items,
				    .n_relations = r->n,
				    .sql = buf_str(&sql).p,
				    .format = ENGINE_JSON,
				    .seconds = 10 * LIMIT_QUERY_SECONDS,
				    .cancel = m->watch ? m->watch->cancel : NULL,
				    .ctx = &row,
				    .rows = keep_row };
	if (m->arena.failed || sql.failed)
		return err_set(e, ERR_TOO_LARGE, NULL, "The names of the columns are too long.");
	if (!engine_run(m->in->engines, &q, &done, e) || !json_read(buf_str(&row), 4 * MIB, &v, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *min = json_string_value(json_array_get(v, 4 * i + 2));
		const char *max = json_string_value(json_array_get(v, 4 * i + 3));
		cols[i].non_null = json_integer_value(json_array_get(v, 4 * i));
		cols[i].distinct = json_integer_value(json_array_get(v, 4 * i + 1));
		cols[i].min = min ? arena_strdup(&m->arena, min) : NULL;
		cols[i].max = max ? arena_strdup(&m->arena, max) : NULL;
	}
	return true;
}

bool import_recount(struct import *m, struct db *db, struct dataset_table *tables, size_t n, struct err *e)
{
	CLEANUP(relations_done) struct relations r = { 0 };
	const char *schema;
	watch_progress(m->watch, IMPORT_READ_UNTIL, "counting");
	if (!relations_of_version(m->in, db, &m->arena, m->by.org, m->version, &r, &schema, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct dataset_table *t = &tables[i];
		const char *name = sql_table(&m->arena, schema, t->name, false);
		if (!name)
			return err_set(e, ERR_TOO_LARGE, NULL, "The names of the tables are too long.");
		for (size_t at = 0; at < t->n_columns; at += BATCH)
			if (!recount_columns(m, &r, name, t->columns + at, MIN((size_t)BATCH, t->n_columns - at), e))
				return false;
		if (!version_column_stats(db, m->version, t, e))
			return false;
	}
	return true;
}
