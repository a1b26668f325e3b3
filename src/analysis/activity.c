#include "analysis/activity.h"

#include "analysis/canon_sql.h"
#include "analysis/stats_make.h"

#define SQL_BYTES (1 * MIB)

/* The fields after `at`, in the order of the columns. */
static const struct {
	const char *role, *key;
	bool yes_no; /* of a number, or of yes and no */
} fields[] = {
	{ "activity.visits", "visits", false },
	{ "activity.newsletter_opened", "newsletter_opened", true },
	{ "activity.ad_clicks", "ad_clicks", false },
	{ "activity.seconds_on_site", "seconds_on_site", false },
};

struct writing {
	struct json_writer *w;
	int64_t total;
	bool dated, has[countof(fields)];
};

static const struct dataset_column *with_role(const struct dataset_table *t, const char *role)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (strcmp(t->columns[i].role, role) == 0)
			return &t->columns[i];
	return NULL;
}

static void add_field(struct buf *b, const struct dataset_column *c, bool yes_no)
{
	if (!c) {
		buf_adds(b, yes_no ? "CAST(NULL AS BIGINT)" : "CAST(NULL AS DOUBLE)");
		return;
	}
	if (yes_no) {
		/* "yes", "1", true: what DuckDB takes for a truth, and words that it does not know. */
		buf_adds(b, "CAST(coalesce(TRY_CAST(");
		canon_ident(b, c->name);
		buf_adds(b, " AS BOOLEAN), lower(trim(CAST(");
		canon_ident(b, c->name);
		buf_adds(b, " AS VARCHAR))) IN ('да', 'tak', 'да.', 'opened', '+')) AS BIGINT)");
		return;
	}
	buf_adds(b, "TRY_CAST(");
	canon_ident(b, c->name);
	buf_adds(b, " AS DOUBLE)");
}

/* SELECT … FROM one table WHERE it is this customer's. */
static void add_source(struct buf *b, const char *schema, const struct dataset_table *t,
		       const struct dataset_column *id, struct writing *d)
{
	const struct dataset_column *at = with_role(t, "activity.at");
	d->dated |= at != NULL;
	buf_adds(b, b->n ? " UNION ALL SELECT " : "SELECT ");
	if (at) {
		buf_adds(b, "TRY_CAST(");
		canon_ident(b, at->name);
		buf_adds(b, " AS TIMESTAMP) AS moment, ");
	} else {
		buf_adds(b, "CAST(NULL AS TIMESTAMP) AS moment, ");
	}
	for (size_t i = 0; i < countof(fields); i++) {
		const struct dataset_column *c = with_role(t, fields[i].role);
		d->has[i] |= c != NULL;
		add_field(b, c, fields[i].yes_no);
		buf_addf(b, " AS f%zu, ", i);
	}
	buf_adds(b, "_row AS ord FROM ");
	canon_relation(b, schema, t->name);
	buf_adds(b, " WHERE ");
	canon_text(b, id);
	buf_adds(b, " = $1");
}

/* moment, f0 … f3, total */
static bool on_rows(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct writing *d = ctx;
	for (size_t r = 0; r < b->rows; r++) {
		d->total = b->columns[1 + countof(fields)].i64[r];
		jw_open(d->w, '{');
		if (d->dated)
			stats_moment(d->w, "at", PURCHASE_TIME_SECOND,
				     column_valid(&b->columns[0], r) ? b->columns[0].i64[r] : TIME_NONE);
		for (size_t i = 0; i < countof(fields); i++) {
			const struct column_batch *c = &b->columns[1 + i];
			if (!d->has[i])
				continue;
			if (!column_valid(c, r))
				jw_kv_null(d->w, fields[i].key);
			else if (fields[i].yes_no)
				jw_kv_bool(d->w, fields[i].key, c->i64[r] != 0);
			else
				jw_kv_f64(d->w, fields[i].key, c->f64[r]);
		}
		jw_close(d->w, '}');
	}
	return true;
}

static bool on_count(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct writing *d = ctx;
	if (b->rows)
		d->total = b->columns[0].i64[0];
	return true;
}

static void write_sql(struct buf *sql, struct str sources, const struct activity_page *p)
{
	buf_adds(sql, "SELECT moment, ");
	for (size_t i = 0; i < countof(fields); i++)
		buf_addf(sql, "f%zu, ", i);
	buf_addf(sql, "count(*) OVER () FROM (%.*s) ORDER BY moment DESC NULLS LAST, ord DESC LIMIT %lld OFFSET %lld",
		 STR_ARG(sources), (long long)p->limit, (long long)p->skip);
}

bool activity_json(struct instance *inst, struct db *db, const struct card_set *set, struct str customer,
		   struct activity_page *page, const _Atomic bool *cancel, struct json_writer *w, struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	CLEANUP(buf_free) struct buf sources = BUF_INIT(SQL_BYTES);
	CLEANUP(buf_free) struct buf sql = BUF_INIT(2 * SQL_BYTES);
	CLEANUP(buf_free) struct buf params = BUF_INIT(SQL_BYTES);
	struct writing d = { .w = w };
	page->total = 0;
	if (!ask_open(&q, inst, db, set->org, set->version, cancel, e))
		return false;
	for (size_t i = 0; i < q.content->n_tables; i++) {
		const struct dataset_table *t = &q.content->tables[i];
		const struct dataset_column *id = with_role(t, "activity.customer_id");
		if (id)
			add_source(&sources, q.schema, t, id, &d);
	}
	if (!sources.n)
		return true;
	write_sql(&sql, buf_str(&sources), page);
	buf_addc(&params, '[');
	json_quote(&params, customer);
	buf_addc(&params, ']');
	if (sources.failed || sql.failed || params.failed)
		return err_set(e, ERR_TOO_LARGE, NULL, "The names of the columns are too long.");
	if (!ask_run(&q, sql.p, params.p, on_rows, &d, e))
		return false;
	if (!d.total && page->skip) { /* beyond the end: no row told the total */
		buf_clear(&sql);
		buf_addf(&sql, "SELECT count(*) FROM (%s)", sources.p);
		if (!ask_run(&q, sql.p, params.p, on_count, &d, e))
			return false;
	}
	page->total = d.total;
	return true;
}
