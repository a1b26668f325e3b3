/*
 * Append: each table that was read now joins one that is there, and its segment comes after the ones before.
 *
 * Columns go by name, in any order, and both must have the same ones of the same types. The worker was told so already
 * where the names of the tables agree (import_plan.c); here it is made sure of.
 */
#include "analysis/import_inner.h"

#include "analysis/instance.h"
#include "analysis/relations.h"
#include "base/limits.h"
#include "json/read.h"
#include "json/write.h"

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

static bool check_columns(const struct dataset_table *into, const struct dataset_table *t, struct err *e)
{
	for (size_t i = 0; i < into->n_columns; i++) {
		const struct dataset_column *was = &into->columns[i];
		const struct dataset_column *now = dataset_column_named(t, str_of(was->name));
		if (!now)
			return err_field(e, ERR_VALUE, was->name,
					 "The file has no column \"%.100s\", which the data set has.", was->name);
		if (strcmp(was->type, now->type) != 0)
			return err_field(e, ERR_VALUE, was->name,
					 "\"%.100s\" is %s in the data set and %s in the file.", was->name, was->type,
					 now->type);
	}
	for (size_t i = 0; i < t->n_columns; i++)
		if (!dataset_column_named(into, str_of(t->columns[i].name)))
			return err_field(e, ERR_VALUE, t->columns[i].name,
					 "The file has a column \"%.100s\", which the data set does not have.",
					 t->columns[i].name);
	return true;
}

static bool join_table(struct import *m, struct dataset_table *into, const struct dataset_table *t, struct err *e)
{
	int64_t *segments = arena_array(&m->arena, into->n_segments + 1, sizeof *segments);
	if (!segments)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many segments.");
	if (!check_columns(into, t, e))
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
