#include "analysis/cards.h"

#include "analysis/cards_inner.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "db/db.h"

#include <stdlib.h>

#define SQL_BYTES (8 * MIB)
#define TRANSACTION_ROWS 20000 /* cards written at once: other writers wait no longer than for these */
#define FIXED 2                /* columns before r0: the id as text, and as `buyers` has it */
#define STATS_BYTES (4 * MIB)

static struct str field_of(const struct columns_batch *b, size_t column, size_t row)
{
	const struct column_batch *c = &b->columns[column];
	return column_valid(c, row) && c->kind == COLUMN_STR ? column_str(c, row) : (struct str){ 0 };
}

static void write_data(struct card_work *w, const struct columns_batch *b, size_t row)
{
	struct json_writer j = json_writer(&w->data);
	buf_clear(&w->data);
	jw_open(&j, '{');
	jw_key(&j, "role");
	jw_open(&j, '{');
	for (enum canon_field f = 0; f < CANON_FIELDS; f++) {
		struct str v = field_of(b, FIXED + f, row);
		if (v.n)
			jw_kv_str(&j, canon_field_name(f), v);
	}
	jw_close(&j, '}');
	jw_key(&j, "other");
	jw_open(&j, '{');
	for (size_t i = 0; i < w->canon.n_other; i++) {
		struct str v = field_of(b, FIXED + CANON_FIELDS + i, row);
		if (v.n)
			jw_kv_str(&j, w->canon.other[i], v);
	}
	jw_close(&j, '}');
	jw_close(&j, '}');
}

static int64_t age_of(const struct card_work *w, const struct columns_batch *b, size_t row)
{
	int64_t age;
	double years;
	struct str text = field_of(b, FIXED + CANON_AGE, row);
	if (str_to_i64(text, &age) && age >= 0 && age <= 130)
		return age;
	if (str_to_f64(text, &years) && years >= 0 && years <= 130)
		return (int64_t)years;
	return customer_age(field_of(b, FIXED + CANON_BIRTH_DATE, row), w->now);
}

static bool repeats(const struct card_work *w, const struct customer *c)
{
	if (w->canon.has_invoice)
		return c->invoices > 1;
	if (w->canon.time >= PURCHASE_TIME_DAY)
		return c->first_at != TIME_NONE && c->first_at / USEC_PER_DAY != c->last_at / USEC_PER_DAY;
	return !w->canon.listed && c->purchases > 1;
}

static bool write_row(struct card_work *w, const struct columns_batch *b, size_t row, struct err *e)
{
	struct customer_names names = { field_of(b, FIXED + CANON_FULL_NAME, row),
					field_of(b, FIXED + CANON_FIRST_NAME, row),
					field_of(b, FIXED + CANON_MIDDLE_NAME, row),
					field_of(b, FIXED + CANON_LAST_NAME, row) };
	customer_name_make(&w->name, &names);
	buf_clear(&w->folded);
	utf8_fold(&w->folded, buf_str(&w->name));
	write_data(w, b, row);
	struct str id = field_of(b, 0, row);
	uint32_t buyer = cards_buyer(w, &b->columns[1], row);
	size_t products = cards_take(w, buyer);
	const struct card_total *total = &w->total;
	buf_clear(&w->packed);
	if (products)
		customer_products_pack(&w->packed, w->taken, products);
	struct customer c = { .no = w->set.customers,
			      .id = id,
			      .name = buf_str(&w->name),
			      .folded = buf_str(&w->folded),
			      .spend = total->spend,
			      .purchases = total->purchases,
			      .invoices = total->invoices,
			      .first_at = total->first_at,
			      .last_at = total->last_at,
			      .age = age_of(w, b, row),
			      .products = buf_str(&w->packed) };
	c.data = buf_str(&w->data);
	if (w->data.failed || w->packed.failed)
		return err_set(e, ERR_LIMIT, NULL, "the card of customer %.*s is too large", STR_ARG(c.id));
	stats_add_customer(&w->stats, &c, products, repeats(w, &c));
	w->set.customers++;
	return customer_insert(w->ask->db, &w->set, &c, e);
}

static bool on_customers(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct card_work *w = ctx;
	for (size_t r = 0; r < b->rows; r++) {
		if (w->rows_in_transaction == 0 && !db_begin(w->ask->db, e))
			return false;
		w->rows_in_transaction++;
		if (!write_row(w, b, r, e))
			return false;
		if (w->rows_in_transaction < TRANSACTION_ROWS)
			continue;
		w->rows_in_transaction = 0;
		if (!db_commit(w->ask->db, e))
			return false;
		if (w->progress) /* how many there will be is not known: nearer and nearer to the end */
			w->progress(w->progress_ctx, 0.95 - 0.45 / (1 + (double)w->set.customers / 500000));
	}
	return true;
}

bool cards_customers(struct card_work *w, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	const struct canon *c = &w->canon;
	buf_adds(&sql, "SELECT CAST(id AS VARCHAR), id");
	for (size_t f = 0; f < CANON_FIELDS; f++)
		buf_addf(&sql, ", r%zu", f);
	for (size_t i = 0; i < c->n_other; i++)
		buf_addf(&sql, ", o%zu", i);
	buf_addf(&sql, " FROM (%s) ORDER BY part, ord", c->customers);
	w->set.customers = 0;
	bool done = ask_run(w->ask, sql.p, NULL, on_customers, w, e);
	if (done && w->rows_in_transaction)
		return db_commit(w->ask->db, e);
	if (w->rows_in_transaction)
		db_rollback(w->ask->db);
	return done;
}

static bool on_currency(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct card_work *w = ctx;
	if (b->rows && !w->set.currency[0]) {
		struct str s = field_of(b, 0, 0);
		if (s.p)
			memcpy(w->set.currency, s.p, MIN(s.n, sizeof w->set.currency - 1));
	}
	return true;
}

static bool find_currency(struct card_work *w, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	if (!w->canon.has_currency)
		return true;
	buf_addf(&sql,
		 "SELECT currency FROM (%s) WHERE why IS NULL AND currency IS NOT NULL GROUP BY currency "
		 "ORDER BY count(*) DESC, currency LIMIT 1",
		 w->canon.purchases);
	return ask_run(w->ask, sql.p, NULL, on_currency, w, e);
}

static void write_columns(const struct canon *c, struct buf *ret)
{
	struct json_writer j = json_writer(ret);
	jw_open(&j, '{');
	if (c->id_column)
		jw_kv_cstr(&j, "id", c->id_column);
	for (enum canon_field f = 0; f < CANON_FIELDS; f++) {
		if (c->field_column[f])
			jw_kv_cstr(&j, canon_field_name(f), c->field_column[f]);
	}
	if (c->products_column)
		jw_kv_cstr(&j, "products", c->products_column);
	jw_close(&j, '}');
}

static void tell(struct card_work *w, double fraction)
{
	if (w->progress)
		w->progress(w->progress_ctx, fraction);
}

static bool build(struct card_work *w, struct err *e)
{
	CLEANUP(buf_free) struct buf stats = BUF_INIT(STATS_BYTES);
	CLEANUP(buf_free) struct buf columns = BUF_INIT(STATS_BYTES);
	if (!find_currency(w, e) || !cards_read(w, e))
		return false;
	tell(w, 0.3);
	if (!cards_products(w, e))
		return false;
	tell(w, 0.5);
	if (!cards_customers(w, e) || !customer_edits_apply(w->ask->db, &w->set, e))
		return false;
	tell(w, 0.95);
	w->set.built_at = w->now;
	stats_write(&w->stats, &w->set, &w->canon, &stats);
	write_columns(&w->canon, &columns);
	if (stats.failed || columns.failed)
		return err_set(e, ERR_LIMIT, NULL, "the statistics are too large");
	return card_set_finish(w->ask->db, &w->set, buf_str(&stats), buf_str(&columns), e);
}

static void work_free(struct card_work *w)
{
	stats_work_free(&w->stats);
	numbering_free(&w->spellings);
	numbering_free(&w->keys);
	numbering_free(&w->names);
	numbering_free(&w->buyers.texts);
	numbering_whole_free(&w->buyers.wholes);
	buf_free(&w->both);
	buf_free(&w->name);
	buf_free(&w->folded);
	buf_free(&w->data);
	buf_free(&w->packed);
	free(w->products);
	free(w->final);
	free(w->row_buyer);
	free(w->rows);
	free(w->dated);
	free(w->row_at);
	free(w->taken);
	free(w->baskets);
	free(w->spelling);
}

static bool build_for(struct ask *q, int64_t dataset, void (*progress)(void *, double), void *ctx, struct err *e)
{
	struct card_work w = { .ask = q, .now = clock_now(), .progress = progress, .progress_ctx = ctx };
	canon_make(&q->arena, q->content, q->schema, &w.canon);
	if (q->arena.failed)
		return err_set(e, ERR_LIMIT, NULL, "the data set has too many columns");
	if (!w.canon.has_customers)
		return card_set_drop(q->db, q->version, e);
	numbering_init(&w.spellings, GIB);
	numbering_init(&w.keys, GIB);
	numbering_init(&w.names, GIB);
	numbering_init(&w.buyers.texts, GIB);
	numbering_whole_init(&w.buyers.wholes);
	w.both = w.name = w.folded = w.data = w.packed = BUF_INIT(LIMIT_ROW_BYTES);
	stats_work_init(&w.stats);
	w.set = (struct card_set){ .version = q->version,
				   .org = q->org,
				   .dataset = dataset,
				   .has_purchases = w.canon.has_purchases,
				   .has_amount = w.canon.has_amount,
				   .time = w.canon.time,
				   .listed = w.canon.listed };
	bool done = card_set_begin(q->db, &w.set, e) && build(&w, e);
	work_free(&w);
	struct err ignored;
	if (!done && w.set.slot)
		done = card_set_drop(q->db, q->version, &ignored) && false;
	return done;
}

bool cards_build(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
		 const _Atomic bool *cancel, void (*progress)(void *ctx, double fraction), void *ctx, struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	return ask_open(&q, inst, db, org, version, cancel, e) && build_for(&q, dataset, progress, ctx, e);
}

bool cards_drop(struct db *db, int64_t version, struct err *e)
{
	return card_set_drop(db, version, e);
}

bool cards_sweep(struct db *db, struct err *e)
{
	return card_set_sweep(db, e);
}
