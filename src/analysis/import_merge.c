/*
 * Append: each table that was read now joins one that is there, and its segment comes after the ones before.
 *
 * Columns go by name. One that the new file lacks is NULL in its rows; one that only the new file has is added, NULL in
 * the rows before. The same name with another type cannot be one column and is refused.
 */
#include "analysis/import_inner.h"

#include "analysis/instance.h"
#include "analysis/relations.h"
#include "base/limits.h"
#include "json/read.h"
#include "json/write.h"

#include <stdlib.h>

static size_t shared_columns(const struct dataset_table *a, const struct dataset_table *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->n_columns; i++)
		n += dataset_column_named(a, str_of(b->columns[i].name)) != NULL;
	return n;
}

/* By name; else the only one on both sides; else the only one with the same columns. */
static bool find_target(const struct import *m, const struct dataset_table *t, size_t *ret, struct err *e)
{
	const struct dataset_content *c = &m->before;
	const struct dataset_table *found = dataset_table_named(c, str_of(t->name));
	const struct dataset_table *alike = NULL;
	if (!found && c->n_tables == 1 && m->n_tables == 1)
		found = c->tables;
	for (size_t i = 0; !found && c->tables && i < c->n_tables; i++) {
		const struct dataset_table *other = c->tables + i;
		if (other->n_columns != t->n_columns || shared_columns(other, t) != t->n_columns)
			continue;
		if (alike)
			return err_field(e, ERR_VALUE, t->name,
					 "Several tables of the data set have the columns of \"%.100s\".", t->name);
		alike = other;
	}
	found = found ? found : alike;
	if (!found)
		return err_field(e, ERR_VALUE, t->name,
				 "The data set has no table \"%.100s\" to append to, nor one of these columns.",
				 t->name);
	if (!shared_columns(found, t))
		return err_field(e, ERR_VALUE, t->name, "\"%.100s\" has none of the columns of \"%.100s\".", t->name,
				 found->name);
	*ret = (size_t)(found - c->tables);
	return true;
}

static bool join_columns(struct import *m, struct dataset_table *into, const struct dataset_table *t, struct err *e)
{
	struct dataset_column *cols = arena_array(&m->arena, into->n_columns + t->n_columns, sizeof *cols);
	size_t n = into->n_columns;
	if (!cols)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many columns.");
	memcpy(cols, into->columns, n * sizeof *cols);
	into->columns = cols;
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct dataset_column *fresh = &t->columns[i];
		struct dataset_column *c = dataset_column_named(into, str_of(fresh->name));
		if (!c) {
			cols[n++] = *fresh;
			continue;
		}
		if (strcmp(c->type, fresh->type) != 0)
			return err_field(e, ERR_VALUE, fresh->name,
					 "\"%.100s\" is %s in the data set and %s in the file.", fresh->name, c->type,
					 fresh->type);
		c->non_null += fresh->non_null;
	}
	if (n > LIMIT_COLUMNS)
		return err_set(e, ERR_VALUE, NULL, "Together they have more than %d columns.", LIMIT_COLUMNS);
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
	into->source = t->source;
	return true;
}

bool import_merge(struct import *m, size_t *place, struct dataset_table **ret, size_t *ret_n, struct err *e)
{
	for (size_t i = 0; i < m->n_tables; i++)
		if (!find_target(m, &m->tables[i], &place[i], e) ||
		    !join_table(m, &m->before.tables[place[i]], &m->tables[i], e))
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
