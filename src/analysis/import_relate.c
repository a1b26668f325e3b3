/* Tables of different files: which holds the customers that another speaks of. Workers saw only one file each. */
#include "analysis/import_inner.h"

#include "analysis/instance.h"
#include "analysis/relations.h"
#include "base/limits.h"
#include "json/read.h"

#define RELATED_SECONDS 60
#define RELATED_SHARE 0.5 /* of the values must be found for a column to hold the other's key */

struct related {
	const struct dataset_table *from, *to;
	const struct dataset_column *from_column, *to_column;
};

static bool keep(void *ctx, const void *p, size_t n, struct err *e)
{
	buf_add(ctx, p, n);
	return true;
}

bool import_matched(struct import *m, const struct import_related *by, const struct dataset_table *from_table,
		    const struct dataset_column *from_column, const struct dataset_table *to_table,
		    const struct dataset_column *to_column, double *ret, struct err *e)
{
	struct arena *a = &m->arena;
	CLEANUP(buf_free) struct buf row = BUF_INIT(KIB);
	CLEANUP(json_decrefp_) json_t *v = NULL;
	const char *from = sql_table(a, by->schema, from_table->name, false);
	const char *to = sql_table(a, by->schema, to_table->name, false);
	const char *fc = sql_ident(a, str_of(from_column->name)), *tc = sql_ident(a, str_of(to_column->name));
	if (!from || !to || !fc || !tc)
		return err_set(e, ERR_TOO_LARGE, NULL, "The names of the columns are too long.");
	const char *sql = arena_printf(a,
				       "SELECT CAST(count(t.k) AS BIGINT), CAST(count(*) AS BIGINT) FROM (SELECT "
				       "DISTINCT CAST(%s AS VARCHAR) AS k FROM "
				       "%s WHERE %s IS NOT NULL) f LEFT JOIN (SELECT DISTINCT CAST(%s AS VARCHAR) AS k "
				       "FROM %s) t ON f.k = t.k",
				       fc, from, fc, tc, to);
	struct engine_result done;
	struct engine_request q = { .org = m->by.org,
				    .relations = by->relations->items,
				    .n_relations = by->relations->n,
				    .keep_others = true,
				    .sql = sql,
				    .format = ENGINE_JSON,
				    .seconds = RELATED_SECONDS,
				    .cancel = m->watch ? m->watch->cancel : NULL,
				    .ctx = &row,
				    .rows = keep };
	if (!sql)
		return err_set(e, ERR_TOO_LARGE, NULL, "The names of the columns are too long.");
	if (!engine_run(m->in->engines, &q, &done, e) || !json_read(buf_str(&row), KIB, &v, e))
		return false;
	double found = (double)json_integer_value(json_array_get(v, 0));
	double all = (double)json_integer_value(json_array_get(v, 1));
	*ret = all > 0 ? found / all : 0;
	return true;
}

static bool is_reference(const struct dataset_column *c)
{
	return !strcmp(c->role, "purchase.customer_id") || !strcmp(c->role, "activity.customer_id");
}

static bool known(const struct import *m, const struct related *x)
{
	for (size_t i = 0; i < m->n_relations; i++)
		if (!strcmp(m->relations[i].from_table, x->from->name) &&
		    !strcmp(m->relations[i].to_table, x->to->name) &&
		    !strcmp(m->relations[i].from_column, x->from_column->name))
			return true;
	return false;
}

static bool relate_pair(struct import *m, const struct import_related *by, const struct related *x, struct err *e)
{
	double share = 0;
	if (known(m, x) || m->n_relations == LIMIT_RELATIONS)
		return true;
	if (!import_matched(m, by, x->from, x->from_column, x->to, x->to_column, &share, e))
		return false;
	if (share >= RELATED_SHARE)
		m->relations[m->n_relations++] = (struct dataset_relation){ .from_table = x->from->name,
									    .from_column = x->from_column->name,
									    .to_table = x->to->name,
									    .to_column = x->to_column->name,
									    .matched = share };
	return true;
}

bool import_relate(struct import *m, struct db *db, struct dataset_table *tables, size_t n, struct err *e)
{
	CLEANUP(relations_done) struct relations r = { 0 };
	struct import_related by = { .relations = &r };
	size_t had = m->n_relations;
	if (!relations_of_version(m->in, db, &m->arena, m->by.org, m->version, &r, &by.schema, e) ||
	    !import_orders(m, db, &by, tables, n, e))
		return false;
	for (size_t f = 0; f < n; f++)
		for (size_t t = 0; t < n; t++) {
			struct related x = { .from = &tables[f], .to = &tables[t] };
			x.to_column = f == t ? NULL : dataset_column_with_role(x.to, "customer.id");
			for (size_t c = 0; x.to_column && c < x.from->n_columns; c++) {
				x.from_column = &x.from->columns[c];
				if (is_reference(x.from_column) && !relate_pair(m, &by, &x, e))
					return false;
			}
		}
	return m->n_relations == had ||
	       version_relations(db, m->version, m->relations + had, had, m->n_relations - had, e);
}
