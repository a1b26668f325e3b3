#include "analysis/query_cache.h"

#include "analysis/instance.h"
#include "base/clock.h"
#include "base/limits.h"
#include "db/pool.h"

#define STORE_WAIT_MS 5000

/* A function, or with `bare` a word alone, whose value is another one the next time. */
static const struct {
	const char *word;
	bool bare;
} changing[] = {
	{ "random", false },
	{ "setseed", false },
	{ "uuid", false },
	{ "uuidv4", false },
	{ "uuidv7", false },
	{ "gen_random_uuid", false },
	{ "now", false },
	{ "today", false },
	{ "age", false },
	{ "get_current_time", false },
	{ "get_current_timestamp", false },
	{ "transaction_timestamp", false },
	{ "nextval", false },
	{ "current_date", true },
	{ "current_time", true },
	{ "current_timestamp", true },
	{ "current_localtime", true },
	{ "current_localtimestamp", true },
	{ "localtime", true },
	{ "localtimestamp", true },
	{ "sample", true },
	{ "tablesample", true },
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* A statement that only looks as if its value changed is run again each time: slower, never wrong. */
static bool is_repeatable(struct str sql)
{
	for (size_t at = 0; at < sql.n;) {
		size_t from = at;
		while (at < sql.n && is_word(sql.p[at]))
			at++;
		if (at == from) {
			at++;
			continue;
		}
		size_t next = at;
		while (next < sql.n && strchr(" \t\r\n", sql.p[next]))
			next++;
		bool call = next < sql.n && (sql.p[next] == '(' || sql.p[next] == '/' || sql.p[next] == '-');
		for (size_t i = 0; i < countof(changing); i++)
			if ((changing[i].bare || call) &&
			    str_ieq(str_n(sql.p + from, at - from), str_of(changing[i].word)))
				return false;
	}
	return true;
}

static void write_key(struct buf *b, const struct query_spec *q, const struct relations *r)
{
	buf_addf(b, "%lld %llu %lld %d %llu %llu %d %d\n", (long long)q->org, (unsigned long long)r->versions,
		 (long long)q->dataset, (int)q->format, (unsigned long long)q->max_rows,
		 (unsigned long long)q->max_bytes, q->truncate, q->seconds);
	buf_adds(b, q->params_json ? q->params_json : "");
	buf_addc(b, '\0');
	buf_add_str(b, q->sql);
}

/* A query that runs: what comes is passed on, and kept as long as it is small. */
struct running {
	const struct query_spec *q;
	struct query_answer *keep;
	bool passed; /* something went to the caller */
	bool small;
};

static bool on_columns(void *ctx, const struct engine_column *cols, size_t n, struct err *e)
{
	struct running *run = ctx;
	struct query_answer *k = run->keep;
	k->columns = arena_array(&k->arena, n, sizeof *k->columns);
	for (size_t i = 0; k->columns && i < n; i++)
		k->columns[i] = (struct engine_column){ arena_strdup(&k->arena, cols[i].name),
							arena_strdup(&k->arena, cols[i].type) };
	k->n_columns = n;
	run->small &= !k->arena.failed;
	run->passed = true;
	return !run->q->columns || run->q->columns(run->q->ctx, cols, n, e);
}

static bool on_rows(void *ctx, const void *p, size_t n, struct err *e)
{
	struct running *run = ctx;
	if (run->small) {
		buf_add(&run->keep->rows, p, n);
		run->small = !run->keep->rows.failed;
	}
	run->passed = true;
	return run->q->rows(run->q->ctx, p, n, e);
}

static bool run_once(struct instance *in, const struct relations *r, struct running *run, struct query_outcome *ret,
		     struct err *e)
{
	const struct query_spec *q = run->q;
	CLEANUP(str_freep) char *sql = mem_alloc(q->sql.n + 1);
	memcpy(sql, q->sql.p, q->sql.n);
	sql[q->sql.n] = '\0';
	struct engine_request rq = { .org = q->org,
				     .relations = r->items,
				     .n_relations = r->n,
				     .sql = sql,
				     .params_json = q->params_json,
				     .format = q->format,
				     .max_rows = q->max_rows,
				     .max_bytes = q->max_bytes,
				     .truncate = q->truncate,
				     .seconds = q->seconds,
				     .cancel = q->cancel,
				     .ctx = run,
				     .columns = on_columns,
				     .rows = on_rows };
	struct engine_result done;
	if (!engine_run(in->engines, &rq, &done, e))
		return false;
	ret->rows = run->keep->n_rows = done.rows;
	ret->truncated = run->keep->truncated = done.truncated;
	return true;
}

static bool replay(const struct query_spec *q, const struct query_answer *a, struct query_outcome *ret, struct err *e)
{
	if (q->columns && !q->columns(q->ctx, a->columns, a->n_columns, e))
		return false;
	if (a->rows.n && !q->rows(q->ctx, a->rows.p, a->rows.n, e))
		return false;
	ret->rows = a->n_rows;
	ret->truncated = a->truncated;
	ret->cached = true;
	return true;
}

static bool check(const struct query_spec *q, struct err *e)
{
	if (q->format == ENGINE_COLUMNS || q->format == ENGINE_PARQUET)
		return err_set(e, ERR_INTERNAL, NULL, "A query was asked for in a format it has not.");
	if (!str_trim(q->sql).n)
		return err_field(e, ERR_VALUE, "sql", "There is no statement.");
	if (q->sql.n > LIMIT_QUERY_SQL_BYTES)
		return err_field(e, ERR_TOO_LARGE, "sql", "The statement is longer than %zu bytes.",
				 (size_t)LIMIT_QUERY_SQL_BYTES);
	if (memchr(q->sql.p, '\0', q->sql.n))
		return err_field(e, ERR_VALUE, "sql", "The statement holds a zero byte.");
	return true;
}

/* The tables of the data set that the statement is about, once more without its name before theirs. */
static void add_short_names(struct relations *r, struct arena *a, const char *schema)
{
	size_t n = r->n;
	struct engine_relation *items = arena_array(a, 2 * n + 1, sizeof *items);
	if (!items)
		return;
	if (n)
		memcpy(items, r->items, n * sizeof *items);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(items[i].schema, schema) != 0)
			continue;
		items[r->n] = items[i];
		items[r->n++].schema = "main";
	}
	r->items = items;
}

/* One try with the versions of this moment. *ret_stale: a version went away meanwhile, and nothing was passed on yet.
 */
static bool try_query(struct instance *in, struct db *db, const struct query_spec *q, struct query_outcome *ret,
		      bool *ret_stale, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(64 * MIB);
	CLEANUP(relations_done) struct relations r = { 0 };
	struct query_outcome out = { 0 };
	struct err why = { 0 };
	struct dataset named;
	struct db *own = NULL;
	const char *schema;
	if (!db && !db_pool_take(in->dbs, STORE_WAIT_MS, &own, e))
		return false;
	bool found = (!q->dataset || dataset_find_ready(db ? db : own, &a, q->org, q->dataset, &named, e)) &&
		     (q->version ? relations_of_version(in, db ? db : own, &a, q->org, q->version, &r, &schema, e)
				 : relations_of_org(in, db ? db : own, &a, q->org, &r, e));
	db_pool_give(in->dbs, &own);
	if (!found)
		return false;
	if (q->dataset)
		add_short_names(&r, &a, named.name);
	out.as_of = r.as_of;
	struct query_answer *keep = query_answer_new();
	struct query_answer *known = NULL;
	write_key(&keep->key, q, &r);
	bool keepable = in->results && !keep->key.failed && is_repeatable(q->sql);
	if (keepable)
		known = query_cache_get(in->results, buf_str(&keep->key));
	struct running run = { .q = q, .keep = keep, .small = keepable };
	bool ok = known ? replay(q, known, &out, &why) : run_once(in, &r, &run, &out, &why);
	if (ok && !known && run.small)
		query_cache_put(in->results, keep);
	query_answer_release(in->results, known);
	query_answer_release(in->results, keep);
	*ret_stale = !ok && !known && !run.passed && !strcmp(why.code, "segment_gone");
	if (ok)
		*ret = out;
	else if (e)
		*e = why;
	return ok;
}

bool query_run(struct instance *in, struct db *db, const struct query_spec *q, struct query_outcome *ret, struct err *e)
{
	int64_t began = clock_monotonic();
	bool stale = false;
	if (!check(q, e))
		return false;
	bool ok = try_query(in, db, q, ret, &stale, e);
	if (!ok && stale)
		ok = try_query(in, db, q, ret, &stale, e);
	if (ok)
		ret->took_us = clock_monotonic() - began;
	return ok;
}
