#include "analysis/spending_inner.h"

#include "analysis/ask.h"
#include "analysis/canon.h"
#include "base/limits.h"

#include <stdlib.h>

#define SQL_BYTES (8 * MIB)
#define YEARS_MOST 10000

static void grow(struct spending_index *x)
{
	if (x->ids.n < x->cap)
		return;
	x->cap = x->cap ? x->cap * 2 : 1024;
	x->spend = mem_realloc(x->spend, x->cap * sizeof *x->spend);
	x->records = mem_realloc(x->records, x->cap * sizeof *x->records);
	x->age = mem_realloc(x->age, x->cap * sizeof *x->age);
}

bool spending_index_put(struct spending_index *x, const struct customer *card)
{
	uint32_t before = x->ids.n;
	if (card->no < 0 || card->no > (int64_t)before)
		return false;
	grow(x);
	if (card->no == (int64_t)before && (numbering_add(&x->ids, card->id) != before || x->ids.text.failed))
		return false;
	x->spend[card->no] = card->spend;
	x->records[card->no] = (uint32_t)MIN(card->purchases, (int64_t)UINT32_MAX);
	x->age[card->no] = (int16_t)card->age;
	x->n_memo = 0;
	return true;
}

static bool on_card(void *ctx, const struct customer *c, struct err *e)
{
	return spending_index_put(ctx, c) ||
	       err_set(e, ERR_CORRUPT, "damaged", "the customer cards of the data set are not in order");
}

size_t spending_index_bytes(const struct spending_index *x)
{
	size_t rows = x->has_years && x->row_at ? x->row_at[x->n_dated] : 0;
	return sizeof *x + x->cap * (sizeof *x->spend + sizeof *x->records + sizeof *x->age) + x->ids.text.cap +
	       x->ids.cap * sizeof(size_t) + x->ids.n_slots * sizeof(struct numbering_slot) + rows * sizeof *x->rows +
	       x->n_dated * sizeof *x->row_at;
}

bool spending_index_build(struct db *db, const struct card_set *set, struct spending_index **ret, struct err *e)
{
	struct spending_index *x = mem_zalloc(sizeof *x);
	x->kept.version = set->version;
	numbering_init(&x->ids, GIB);
	pthread_rwlock_init(&x->lock, NULL);
	if (!customer_scan_light(db, set, on_card, x, e)) {
		spending_index_free(x);
		return false;
	}
	x->kept.bytes = spending_index_bytes(x);
	*ret = x;
	return true;
}

void spending_index_free(struct spending_index *x)
{
	if (!x)
		return;
	numbering_free(&x->ids);
	free(x->spend);
	free(x->records);
	free(x->age);
	free(x->row_at);
	free(x->rows);
	free(x->years);
	pthread_rwlock_destroy(&x->lock);
	free(x);
}

/* -- years -- */

struct reading {
	const struct spending_index *x;
	struct spending_row *rows; /* as they come */
	size_t n, cap;
	struct spending_year *years;
	size_t n_years;
};

static struct spending_year *year_of(struct reading *d, int64_t year)
{
	size_t i = 0;
	while (i < d->n_years && d->years[i].year < year)
		i++;
	if (i < d->n_years && d->years[i].year == year)
		return &d->years[i];
	if (d->n_years == YEARS_MOST)
		return NULL;
	d->years = mem_realloc(d->years, (d->n_years + 1) * sizeof *d->years);
	memmove(d->years + i + 1, d->years + i, (d->n_years - i) * sizeof *d->years);
	d->years[i] = (struct spending_year){ .year = year };
	d->n_years++;
	return &d->years[i];
}

/* id, year, spend, records */
static bool on_rows(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct reading *d = ctx;
	for (size_t r = 0; r < b->rows; r++) {
		uint32_t no = numbering_find(&d->x->ids, column_str(&b->columns[0], r));
		struct spending_year *y = year_of(d, b->columns[1].i64[r]);
		if (!y || no == NUMBERING_NONE)
			continue;
		if (d->n == d->cap) {
			d->cap = d->cap ? d->cap * 2 : 4096;
			d->rows = mem_realloc(d->rows, d->cap * sizeof *d->rows);
		}
		int64_t records = MIN(b->columns[3].i64[r], (int64_t)UINT32_MAX);
		struct spending_row row = { b->columns[2].i64[r], no, (uint32_t)records, (int32_t)y->year };
		y->sum.customers++;
		y->sum.records += row.records;
		y->sum.spend = money_add(y->sum.spend, row.spend);
		d->rows[d->n++] = row;
	}
	return d->n <= UINT32_MAX || err_set(e, ERR_LIMIT, NULL, "there are too many customers and years");
}

static bool read_years(struct reading *d, struct instance *in, struct db *db, const struct card_set *set, struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	struct canon c;
	if (!ask_open(&q, in, db, set->org, set->version, NULL, e))
		return false;
	canon_make(&q.arena, q.content, q.schema, &c);
	if (!c.has_purchases)
		return true;
	buf_addf(&sql,
		 "SELECT CAST(id AS VARCHAR), CAST(year(bought) AS BIGINT), CAST(sum(amount) AS BIGINT), count(*) FROM "
		 "(%s) WHERE why IS NULL AND id IS NOT NULL AND bought IS NOT NULL AND amount IS NOT NULL GROUP BY id, "
		 "year(bought)",
		 c.purchases);
	return ask_run(&q, sql.p, NULL, on_rows, d, e);
}

/* By customer, by counting: the engine hands them out in any order. */
static void sort_rows(struct reading *d, uint32_t n, uint32_t **ret_at, struct spending_row **ret)
{
	uint32_t *at = mem_zalloc(((size_t)n + 2) * sizeof *at);
	struct spending_row *sorted = mem_alloc((d->n + 1) * sizeof *sorted);
	for (size_t i = 0; i < d->n; i++)
		at[d->rows[i].no + 2]++;
	for (size_t i = 2; i < (size_t)n + 2; i++)
		at[i] += at[i - 1];
	for (size_t i = 0; i < d->n; i++)
		sorted[at[d->rows[i].no + 1]++] = d->rows[i];
	*ret_at = at;
	*ret = sorted;
}

bool spending_index_years(struct spending_index *x, struct instance *in, struct db *db, const struct card_set *set,
			  struct err *e)
{
	struct reading d = { .x = x };
	uint32_t *at;
	struct spending_row *sorted;
	/* Customers who are added while the engine works have no purchases. */
	if (!read_years(&d, in, db, set, e)) {
		free(d.rows);
		free(d.years);
		return false;
	}
	pthread_rwlock_wrlock(&x->lock);
	sort_rows(&d, x->ids.n, &at, &sorted);
	free(d.rows);
	x->row_at = at;
	x->rows = sorted;
	x->n_dated = x->ids.n;
	x->years = d.years;
	x->n_years = d.n_years;
	x->has_years = true;
	pthread_rwlock_unlock(&x->lock);
	return true;
}
