/* Products and who took which: the first half of cards_build. */
#include "analysis/cards_inner.h"
#include "base/clock.h"
#include "base/limits.h"
#include "db/db.h"

#include <stdlib.h>
#include <string.h>

#define SQL_BYTES (8 * MIB)

static uint64_t hash(struct str s)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
	return h ^ (h >> 29);
}

static struct str key_of(const struct card_work *w, uint32_t i)
{
	size_t end = i + 1 < w->n_products ? w->key_at[i + 1] : w->keys.n;
	return str_n(w->keys.p + w->key_at[i], end - w->key_at[i]);
}

static void rehash(struct card_work *w)
{
	free(w->slots);
	w->n_slots = w->n_slots ? w->n_slots * 2 : 1024;
	w->slots = mem_zalloc((size_t)w->n_slots * sizeof *w->slots);
	for (uint32_t i = 0; i < w->n_products; i++) {
		uint32_t at = (uint32_t)hash(key_of(w, i)) & (w->n_slots - 1);
		while (w->slots[at])
			at = (at + 1) & (w->n_slots - 1);
		w->slots[at] = i + 1;
	}
}

static void add_key(struct card_work *w, struct str key)
{
	if (w->n_products == w->cap_products) {
		w->cap_products = w->cap_products ? w->cap_products * 2 : 1024;
		w->key_at = mem_realloc(w->key_at, (size_t)w->cap_products * sizeof *w->key_at);
	}
	w->key_at[w->n_products++] = w->keys.n;
	buf_add_str(&w->keys, key);
	if (w->n_products >= w->n_slots / 2) {
		rehash(w);
		return;
	}
	uint32_t at = (uint32_t)hash(key) & (w->n_slots - 1);
	while (w->slots[at])
		at = (at + 1) & (w->n_slots - 1);
	w->slots[at] = w->n_products;
}

bool cards_product_number(const struct card_work *w, struct str key, uint32_t *ret)
{
	if (!w->n_slots)
		return false;
	for (uint32_t at = (uint32_t)hash(key) & (w->n_slots - 1); w->slots[at]; at = (at + 1) & (w->n_slots - 1)) {
		if (str_eq(key_of(w, w->slots[at] - 1), key)) {
			*ret = w->slots[at] - 1;
			return true;
		}
	}
	return false;
}

static bool on_products(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct card_work *w = ctx;
	for (size_t r = 0; r < b->rows; r++) {
		struct product p = { .no = w->n_products,
				     .code = column_str(&b->columns[1], r),
				     .name = column_str(&b->columns[2], r),
				     .customers = b->columns[3].i64[r],
				     .sales = b->columns[4].i64[r],
				     .spend = b->columns[5].i64[r] };
		add_key(w, column_str(&b->columns[0], r));
		stats_add_product(&w->stats, &w->set, &p);
		if (!product_insert(w->ask->db, &w->set, &p, e))
			return false;
	}
	return true;
}

bool cards_products(struct card_work *w, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	CLEANUP(db_tx_end) struct db *tx = NULL;
	if (!w->canon.has_products)
		return true;
	/* The name of a product is the commonest one of its code; equal ones by alphabet. */
	buf_addf(&sql,
		 "WITH taken AS (SELECT * FROM (%s) WHERE why IS NULL AND key IS NOT NULL), "
		 "spelt AS (SELECT key, name, row_number() OVER (PARTITION BY key ORDER BY count(*) DESC, name) AS "
		 "place "
		 "FROM taken GROUP BY key, name), "
		 "sold AS (SELECT key, max(code IS NOT NULL) AS coded, count(DISTINCT id) AS customers, count(*) AS n, "
		 "coalesce(TRY_CAST(sum(amount) AS BIGINT), 0) AS spend FROM taken GROUP BY key) "
		 "SELECT sold.key, CASE WHEN coded THEN sold.key ELSE spelt.name END, spelt.name, customers, n, spend "
		 "FROM sold JOIN spelt ON spelt.key = sold.key AND spelt.place = 1 "
		 "ORDER BY customers DESC, spelt.name, sold.key",
		 w->canon.purchases);
	if (!db_begin_tx(w->ask->db, &tx, e) || !ask_run(w->ask, sql.p, NULL, on_products, w, e) ||
	    !db_commit_tx(&tx, e))
		return false;
	w->set.products = w->n_products;
	return true;
}

static int32_t day_of(const struct column_batch *c, size_t row)
{
	if (!column_valid(c, row))
		return DAY_NONE;
	int64_t day = c->i64[row];
	return day > INT32_MIN && day <= INT32_MAX ? (int32_t)day : DAY_NONE;
}

static bool on_pairs(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct card_work *w = ctx;
	for (size_t r = 0; r < b->rows; r++) {
		uint32_t product;
		int64_t customer = b->columns[0].i64[r];
		if (customer < 0 || customer >= UINT32_MAX ||
		    !cards_product_number(w, column_str(&b->columns[1], r), &product))
			continue;
		if (w->n_pairs == w->cap_pairs) {
			w->cap_pairs = w->cap_pairs ? w->cap_pairs * 2 : 65536;
			w->pairs = mem_realloc(w->pairs, w->cap_pairs * sizeof *w->pairs);
		}
		w->pairs[w->n_pairs++] = (struct card_pair){ (uint32_t)customer,
							     product,
							     (uint32_t)MIN(b->columns[2].i64[r], (int64_t)UINT32_MAX),
							     day_of(&b->columns[4], r),
							     day_of(&b->columns[5], r),
							     b->columns[3].i64[r],
							     b->columns[6].i64[r] };
	}
	return true;
}

/* A customer's products newest first; of one day the later row first. */
static int newest_first(const void *a, const void *b)
{
	const struct card_pair *x = a, *y = b;
	if (x->last_day != y->last_day)
		return x->last_day > y->last_day ? -1 : 1;
	if (x->ord != y->ord)
		return x->ord > y->ord ? -1 : 1;
	return x->product < y->product ? -1 : x->product > y->product;
}

/* By customer (counting), then each customer's own. */
static void sort_pairs(struct card_work *w)
{
	for (size_t i = 0; i < w->n_pairs; i++)
		w->n_customers = MAX(w->n_customers, w->pairs[i].customer + 1);
	w->pair_at = mem_zalloc(((size_t)w->n_customers + 2) * sizeof *w->pair_at);
	for (size_t i = 0; i < w->n_pairs; i++)
		w->pair_at[w->pairs[i].customer + 2]++;
	for (uint32_t c = 0; c < w->n_customers; c++)
		w->pair_at[c + 2] += w->pair_at[c + 1];
	struct card_pair *sorted = mem_array(w->n_pairs ? w->n_pairs : 1, sizeof *sorted);
	for (size_t i = 0; i < w->n_pairs; i++)
		sorted[w->pair_at[w->pairs[i].customer + 1]++] = w->pairs[i];
	free(w->pairs);
	w->pairs = sorted;
	for (uint32_t c = 0; c < w->n_customers; c++)
		qsort(w->pairs + w->pair_at[c], w->pair_at[c + 1] - w->pair_at[c], sizeof *w->pairs, newest_first);
}

bool cards_pairs(struct card_work *w, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	if (!w->canon.has_products)
		return true;
	/* How often: invoices, days where there are none, rows where there are neither. */
	const char *times = w->canon.has_invoice                 ? "greatest(1, count(DISTINCT invoice))"
			    : w->canon.time >= PURCHASE_TIME_DAY ? "greatest(1, count(DISTINCT CAST(bought AS DATE)))"
								 : "count(*)";
	buf_addf(&sql,
		 "WITH who AS (SELECT id, row_number() OVER (ORDER BY part, ord) - 1 AS no FROM (%s)) "
		 "SELECT any_value(who.no), key, CAST(%s AS BIGINT), coalesce(TRY_CAST(sum(amount) AS BIGINT), 0), "
		 "CAST(min(bought) AS DATE), CAST(max(bought) AS DATE), max(ord) "
		 "FROM (%s) AS p JOIN who ON who.id = p.id WHERE why IS NULL AND key IS NOT NULL GROUP BY p.id, key",
		 w->canon.customers, times, w->canon.purchases);
	if (!ask_run(w->ask, sql.p, NULL, on_pairs, w, e))
		return false;
	sort_pairs(w);
	return true;
}
