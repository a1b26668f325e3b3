#include "analysis/rows.h"

#include "analysis/instance.h"
#include "analysis/rows_sql.h"
#include "base/limits.h"

#include <inttypes.h>

struct sink {
	struct buf rows;
};

static bool keep(void *ctx, const void *p, size_t n, struct err *e)
{
	struct sink *s = ctx;
	buf_add(&s->rows, p, n);
	return !s->rows.failed || err_set(e, ERR_LIMIT, NULL, "The rows are too wide; ask for fewer.");
}

static bool run(struct instance *in, struct db *db, int64_t org, const struct rows_page *p, struct buf *sql,
		struct buf *params, struct sink *s, struct query_outcome *out, struct err *e)
{
	struct query_spec q = { .org = org,
				.version = p->version,
				.sql = buf_str(sql),
				.params_json = buf_str(params).p,
				.format = ENGINE_JSON,
				.cancel = p->cancel,
				.ctx = s,
				.rows = keep };
	if (sql->failed || params->failed)
		return err_set(e, ERR_VALUE, NULL, "The filter is too long.");
	return query_run(in, db, &q, out, e);
}

/* Where the value that begins at `at` ends: JSON that the engine wrote. */
static size_t value_end(struct str s, size_t at)
{
	int depth = 0;
	bool text = false;
	for (; at < s.n; at++) {
		char c = s.p[at];
		if (text) {
			if (c == '\\')
				at++;
			else
				text = c != '"';
		} else if (c == '"') {
			text = true;
		} else if (c == '[' || c == '{') {
			depth++;
		} else if (depth && (c == ']' || c == '}')) {
			depth--;
		} else if (!depth && (c == ',' || c == ']')) {
			break;
		}
	}
	return at;
}

/* [1,"a"],\n[2,"b"] → {"x":1,"y":"a"},{"x":2,…}, its numbers with every digit they have. *ret_row is the last _row. */
static size_t write_items(struct json_writer *w, struct str rows, const struct dataset_table *t, size_t limit,
			  int64_t *ret_row)
{
	size_t n = 0, at = 0;
	while (n < limit && (at += str_find(str_n(rows.p + at, rows.n - at), '[')) < rows.n) {
		at++;
		jw_open(w, '{');
		for (size_t c = 0; c <= t->n_columns && at < rows.n; c++) {
			size_t end = value_end(rows, at);
			struct str v = str_n(rows.p + at, end - at);
			if (c < t->n_columns) {
				jw_key(w, t->columns[c].name);
				jw_raw(w, v);
			} else {
				str_to_i64(v, ret_row);
			}
			at = end + 1;
		}
		jw_close(w, '}');
		n++;
	}
	return n;
}

static void write_columns(struct json_writer *w, const struct dataset_table *t)
{
	jw_key(w, "columns");
	jw_open(w, '[');
	for (size_t i = 0; i < t->n_columns; i++) {
		jw_open(w, '{');
		jw_kv_cstr(w, "name", t->columns[i].name);
		jw_kv_cstr(w, "type", t->columns[i].type);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static bool count_rows(struct instance *in, struct db *db, int64_t org, const struct rows_page *p, const char *table,
		       struct str where, struct buf *params, int64_t *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(LIMIT_QUERY_SQL_BYTES);
	struct sink s = { BUF_INIT(KIB) };
	struct query_outcome out;
	buf_addf(&sql, "SELECT count(*) FROM %s", table);
	buf_add_str(&sql, where);
	bool ok = run(in, db, org, p, &sql, params, &s, &out, e);
	struct str v = str_trim(buf_str(&s.rows));
	if (ok && v.n > 2)
		ok = str_to_i64(str_n(v.p + 1, v.n - 2), ret) ||
		     err_set(e, ERR_INTERNAL, NULL, "A count is no number.");
	buf_free(&s.rows);
	return ok;
}

/*
 * In file order a page begins at a row number, which the engine finds without reading what is before; sorted, at a
 * number of rows to pass over.
 */
static void write_page(struct buf *sql, const struct rows_page *p, struct str where)
{
	buf_add_str(sql, where);
	if (!p->sort.n && p->after)
		buf_addf(sql, "%s_row >= %" PRId64, where.n ? " AND " : " WHERE ", p->after);
}

static bool select_page(struct instance *in, struct db *db, int64_t org, const struct dataset_table *t,
			const struct rows_page *p, const char *table, struct arena *a, struct sink *s,
			struct buf *params, int64_t *ret_total, uint64_t *ret_found, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(LIMIT_QUERY_SQL_BYTES);
	CLEANUP(buf_free) struct buf where = BUF_INIT(LIMIT_QUERY_SQL_BYTES);
	struct json_writer w = json_writer(params);
	struct query_outcome out;
	jw_open(&w, '[');
	if (!rows_where(a, t, p->filter, &where, &w, e))
		return false;
	jw_close(&w, ']');
	buf_adds(&sql, "SELECT ");
	if (!rows_select(a, t, &sql, e))
		return false;
	buf_addf(&sql, ", _row FROM %s", table);
	write_page(&sql, p, buf_str(&where));
	if (!rows_order(a, t, p->sort, &sql, e))
		return false;
	buf_addf(&sql, " LIMIT %zu", p->limit + 1);
	if (p->sort.n && p->after)
		buf_addf(&sql, " OFFSET %" PRId64, p->after);
	*ret_total = t->rows;
	if (a->failed)
		return err_set(e, ERR_LIMIT, "too_much", "The filter is too long.");
	if (!run(in, db, org, p, &sql, params, s, &out, e))
		return false;
	*ret_found = out.rows;
	return (!p->filter.n || count_rows(in, db, org, p, table, buf_str(&where), params, ret_total, e));
}

bool rows_json(struct instance *in, struct db *db, int64_t org, const struct dataset *d, const struct rows_page *p,
	       struct buf *ret, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(16 * MIB);
	CLEANUP(relations_done) struct relations hold = { 0 };
	CLEANUP(buf_free) struct buf params = BUF_INIT(LIMIT_QUERY_SQL_BYTES);
	const struct dataset_content *c;
	if (!relations_content(in, db, &a, org, p->version ? p->version : d->current, &hold, &c, e))
		return false;
	const struct dataset_table *t = p->table.n    ? dataset_table_named(c, p->table)
					: c->n_tables ? &c->tables[0]
						      : NULL;
	if (!t)
		return err_field(e, ERR_NOT_FOUND, "table", "The data set has no such table.");
	const char *schema = p->version ? relations_schema(&a, p->version) : d->name;
	const char *table = schema ? sql_table(&a, schema, t->name, true) : NULL;
	struct sink s = { BUF_INIT(LIMIT_QUERY_RESULT_BYTES) };
	int64_t total = 0, last = 0;
	uint64_t found = 0;
	bool ok = table && select_page(in, db, org, t, p, table, &a, &s, &params, &total, &found, e);
	if (ok) {
		struct json_writer w = json_writer(ret);
		jw_open(&w, '{');
		jw_kv_cstr(&w, "table", t->name);
		write_columns(&w, t);
		jw_key(&w, "items");
		jw_open(&w, '[');
		struct str rows = buf_str(&s.rows);
		size_t n = write_items(&w, rows, t, p->limit, &last);
		jw_close(&w, ']');
		/* One row more was asked for than is shown: it says whether there is a next page. */
		jw_key(&w, "next");
		if (found > n)
			jw_id(&w, p->sort.n ? p->after + (int64_t)n : last + 1);
		else
			jw_null(&w);
		jw_kv_i64(&w, "total", total);
		jw_close(&w, '}');
		ok = !ret->failed || err_set(e, ERR_LIMIT, NULL, "The rows are too wide; ask for fewer.");
	}
	buf_free(&s.rows);
	return ok;
}
