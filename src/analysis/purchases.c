#include "analysis/purchases.h"

#include "analysis/ask.h"
#include "analysis/canon.h"
#include "analysis/stats_make.h"

#define SQL_BYTES (8 * MIB)

struct writing {
	struct json_writer *w;
	const struct card_set *set;
	int64_t total;
};

static void put_text(struct json_writer *w, const char *key, const struct column_batch *c, size_t row)
{
	if (column_valid(c, row))
		jw_kv_str(w, key, column_str(c, row));
	else
		jw_kv_null(w, key);
}

/* code, name, amount, quantity, bought, invoice, why, total */
static bool on_rows(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct writing *d = ctx;
	for (size_t r = 0; r < b->rows; r++) {
		int64_t why = b->columns[6].i64[r];
		d->total = b->columns[7].i64[r];
		jw_open(d->w, '{');
		put_text(d->w, "product", &b->columns[1], r);
		put_text(d->w, "code", &b->columns[0], r);
		if (d->set->has_amount && column_valid(&b->columns[2], r))
			stats_money(d->w, "amount", b->columns[2].i64[r], d->set->currency);
		if (column_valid(&b->columns[3], r))
			jw_kv_f64(d->w, "quantity", b->columns[3].f64[r]);
		stats_moment(d->w, "at", d->set->time,
			     column_valid(&b->columns[4], r) ? b->columns[4].i64[r] : TIME_NONE);
		put_text(d->w, "invoice", &b->columns[5], r);
		jw_kv_cstr(d->w, "left_out",
			   why > 0 && why < CANON_LEFT_OUTS ? canon_left_out_name((enum canon_left_out)why) : NULL);
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

bool purchases_json(struct instance *inst, struct db *db, const struct card_set *set, struct str customer, int64_t skip,
		    int64_t limit, const _Atomic bool *cancel, struct json_writer *w, int64_t *ret_total, struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	CLEANUP(buf_free) struct buf params = BUF_INIT(SQL_BYTES);
	struct writing d = { w, set, 0 };
	struct canon c;
	if (!set->has_purchases) {
		*ret_total = 0;
		return true;
	}
	if (!ask_open(&q, inst, db, set->org, set->version, cancel, e))
		return false;
	canon_make(&q.arena, q.content, q.schema, &c);
	buf_addf(&sql,
		 "SELECT coalesce(code, key), name, amount, quantity, bought, invoice, CAST(coalesce(why, 0) AS "
		 "BIGINT), count(*) OVER () FROM (%s) WHERE CAST(id AS VARCHAR) = $1 "
		 "ORDER BY bought DESC NULLS LAST, ord DESC LIMIT %lld OFFSET %lld",
		 c.purchases, (long long)limit, (long long)skip);
	buf_addc(&params, '[');
	json_quote(&params, customer);
	buf_addc(&params, ']');
	if (!ask_run(&q, sql.p, params.p, on_rows, &d, e))
		return false;
	if (!d.total && skip) { /* beyond the end: no row told the total */
		buf_clear(&sql);
		buf_addf(&sql, "SELECT count(*) FROM (%s) WHERE CAST(id AS VARCHAR) = $1", c.purchases);
		if (!ask_run(&q, sql.p, params.p, on_count, &d, e))
			return false;
	}
	*ret_total = d.total;
	return true;
}
