#include "analysis/evaluate_read.h"

#include "analysis/canon.h"

#include <stdlib.h>

#define SQL_BYTES (8 * MIB)
#define LIMIT_ROWS (100 * 1000 * 1000)

bool code_is_excluded(struct str exclude, struct str key)
{
	struct str part;
	while (exclude.n && str_split(&exclude, ',', &part)) {
		part = str_trim(part);
		bool begins = part.n && part.p[part.n - 1] == '*';
		part.n -= begins;
		if (begins ? key.n >= part.n && str_ieq(str_n(key.p, part.n), part) : part.n && str_ieq(key, part))
			return true;
	}
	return false;
}

struct reading {
	struct baskets *b;
	struct str exclude;
	uint32_t *number; /* product of each number of the answer; UINT32_MAX = excluded, or not seen */
	size_t n_numbers;
};

static bool on_products(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct reading *d = ctx;
	d->number = mem_realloc(d->number, (d->n_numbers + b->rows + 1) * sizeof *d->number);
	for (size_t r = 0; r < b->rows; r++) {
		bool out = code_is_excluded(d->exclude, column_str(&b->columns[0], r));
		d->number[d->n_numbers++] = out ? UINT32_MAX : d->b->n_products++;
	}
	return true;
}

static bool on_rows(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct reading *d = ctx;
	struct baskets *k = d->b;
	for (size_t r = 0; r < b->rows; r++) {
		int64_t product = b->columns[1].i64[r];
		if (product < 0 || (uint64_t)product >= d->n_numbers || d->number[product] == UINT32_MAX)
			continue;
		if (k->n == LIMIT_ROWS)
			return err_set(e, ERR_LIMIT, NULL, "there are too many purchases to measure on");
		if (k->n == k->cap) {
			k->cap = k->cap ? k->cap * 2 : 65536;
			k->rows = mem_realloc(k->rows, k->cap * sizeof *k->rows);
		}
		bool dated = column_valid(&b->columns[3], r);
		k->rows[k->n++] = (struct basket_row){
			(uint32_t)b->columns[0].i64[r], d->number[product],
			(uint32_t)b->columns[2].i64[r], dated ? (int32_t)b->columns[3].i64[r] : LEARN_DAY_NONE,
			b->columns[4].i64[r],           b->columns[5].i64[r]
		};
	}
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct basket_row *x = a, *y = b;
	if (x->customer != y->customer)
		return x->customer < y->customer ? -1 : 1;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->ord != y->ord)
		return x->ord < y->ord ? -1 : 1;
	return x->product < y->product ? -1 : x->product > y->product;
}

/* Customers are numbered anew, by the first one that has a row left: excluded products may have been all of one's. */
static void renumber(struct baskets *b)
{
	uint32_t last = 0;
	for (size_t i = 0; i < b->n; i++) {
		if (i == 0 || b->rows[i].customer != last)
			b->n_customers++;
		last = b->rows[i].customer;
		b->rows[i].customer = b->n_customers - 1;
	}
}

static bool read_all(struct ask *q, const struct canon *c, struct reading *d, struct err *e)
{
	CLEANUP(buf_free) struct buf products = BUF_INIT(SQL_BYTES);
	CLEANUP(buf_free) struct buf rows = BUF_INIT(SQL_BYTES);
	/* A basket is an invoice; without them a day, without days the whole row of the customer. */
	const char *basket = c->has_invoice                 ? "coalesce(invoice, '')"
			     : c->time >= PURCHASE_TIME_DAY ? "coalesce(CAST(CAST(bought AS DATE) AS VARCHAR), '')"
							    : "''";
	buf_addf(&products, "SELECT key FROM (%s) WHERE why IS NULL AND key IS NOT NULL GROUP BY key ORDER BY key",
		 c->purchases);
	buf_addf(
		&rows,
		"WITH taken AS (SELECT id, key, %s AS basket, bought, ord FROM (%s) WHERE why IS NULL AND key IS NOT "
		"NULL), who AS (SELECT id, row_number() OVER (ORDER BY min(ord)) - 1 AS no FROM taken GROUP BY id), "
		"what AS (SELECT key, row_number() OVER (ORDER BY key) - 1 AS no FROM taken GROUP BY key), "
		"line AS (SELECT id, key, basket, min(ord) AS ord FROM taken GROUP BY id, key, basket), "
		"whole AS (SELECT id, basket, row_number() OVER (ORDER BY id, basket) - 1 AS no, max(bought) AS bought "
		"FROM taken GROUP BY id, basket) "
		"SELECT who.no, what.no, whole.no, CAST(whole.bought AS DATE), "
		"coalesce(epoch_us(whole.bought), 0), line.ord FROM line JOIN who ON who.id = line.id "
		"JOIN what ON what.key = line.key JOIN whole ON whole.id = line.id AND whole.basket = line.basket",
		basket, c->purchases);
	if (!ask_run(q, products.p, NULL, on_products, d, e) || !ask_run(q, rows.p, NULL, on_rows, d, e))
		return false;
	if (d->b->n)
		qsort(d->b->rows, d->b->n, sizeof *d->b->rows, by_place);
	renumber(d->b);
	return true;
}

bool baskets_read(struct ask *q, struct str exclude, struct baskets *ret, struct err *e)
{
	struct baskets b = { 0 };
	struct reading d = { .b = &b, .exclude = exclude };
	struct canon c;
	canon_make(&q->arena, q->content, q->schema, &c);
	if (!c.has_products)
		return err_set(e, ERR_VALUE, "no_purchases",
			       "this data set has no purchases of products to measure on");
	b.listed = c.listed;
	bool done = read_all(q, &c, &d, e);
	free(d.number);
	if (done)
		*ret = b;
	else
		baskets_free(&b);
	return done;
}

void baskets_free(struct baskets *b)
{
	free(b->rows);
	*b = (struct baskets){ 0 };
}
