#include "analysis/changes.h"

#include "analysis/changes_cells.h"
#include "analysis/changes_file.h"
#include "base/limits.h"
#include "json/read.h"
#include "json/write.h"

#include <inttypes.h>

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
	return b.failed ? changes_too_long(e) : ask_json(c->q, b.p, CHANGES_ANSWER_BYTES, ret, e);
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
	return b.failed ? changes_too_long(e) : ask_json(c->q, b.p, CHANGES_ANSWER_BYTES, ret, e);
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
		return changes_too_long(e);
	if (!ask_json(c->q, b.p, CHANGES_ANSWER_BYTES, &v, e))
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
	if (n[2] && !changes_count_cells(c, e))
		return false;
	if (c->n_cells && !changes_read_sample(c, &sample, e))
		return false;
	jw_kv_cstr(c->w, "by", c->p.n_key ? "key" : "rows");
	jw_kv_cstr(c->w, "why", c->p.n_key ? NULL : "no_key");
	write_rows(c, n[0], n[2], n[1], n[3]);
	changes_write_cells(c);
	jw_key(c->w, "sample");
	jw_open(c->w, '[');
	changes_write_sample(c, sample);
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
	changes_write_cells(c);
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

/* Columns of the data set that a file which was added to it lacks. */
static void write_missing(struct comparing *c, const struct changes_of *of, size_t at)
{
	jw_key(c->w, "missing");
	jw_open(c->w, '[');
	for (size_t i = 0; of->mode == IMPORT_APPEND && i < c->p.old->n_columns; i++) {
		const char *name = c->p.old->columns[i].name;
		bool missing = false;
		for (size_t k = 0; k < of->n_read; k++)
			missing |= of->place[k] == at && !dataset_column_named(&of->read[k], str_of(name));
		if (missing)
			jw_cstr(c->w, name);
	}
	jw_close(c->w, ']');
}

/* `at`: of the old table among its version's. */
static bool compare_table(struct comparing *c, const struct changes_of *of, size_t at, struct err *e)
{
	struct err why = { 0 };
	int64_t known = 0;
	bool append = c->mode == IMPORT_APPEND;
	jw_open(c->w, '{');
	jw_kv_cstr(c->w, "table", c->p.now->name);
	jw_key(c->w, "file");
	changes_write_file(c, of, at, c->p.old);
	write_columns(c);
	write_missing(c, of, at);
	bool ok = append ? of->only_columns || find_known(c, &known, &why) : find_key(c, of->keys, of->n_keys, &why);
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
	kv_count(c->w, "known_keys", of->only_columns ? -1 : known);
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

bool changes_json(struct ask *q, const char *old_schema, const struct dataset_content *old, const struct changes_of *of,
		  struct buf *ret, struct err *e)
{
	struct json_writer w = json_writer(ret);
	jw_open(&w, '{');
	jw_kv_i64(&w, "against", old->version.number);
	if (of->mode == IMPORT_APPEND || of->mode == IMPORT_UPSERT)
		jw_kv_i64(&w, "rejects_before", of->rejects_before);
	write_tables(&w, "tables_new", q->content, old);
	write_tables(&w, "tables_gone", old, q->content);
	jw_key(&w, "tables");
	jw_open(&w, '[');
	for (size_t i = 0; i < q->content->n_tables; i++) {
		const struct dataset_table *now = &q->content->tables[i];
		const struct dataset_table *was = partner(now, q->content, old);
		struct comparing c = { .q = q, .w = &w, .mode = of->mode };
		if (was && (!pair_init(&c.p, q, old_schema, was, q->schema, now, e) ||
			    !compare_table(&c, of, (size_t)(was - old->tables), e)))
			return false;
	}
	jw_close(&w, ']');
	jw_close(&w, '}');
	return !ret->failed || err_set(e, ERR_LIMIT, NULL, "What changes is too long to be told.");
}
