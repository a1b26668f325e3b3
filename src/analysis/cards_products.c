/* What was read, by buyer and by product. */
#include "analysis/cards_inner.h"
#include "base/clock.h"
#include "db/db.h"

#include <stdlib.h>

#define FEW 40 /* rows that are sorted in place, by insertion */
#define PARTS 256

/* The name of a product is the commonest one of its code; equal ones by alphabet. */
static void choose_names(struct card_work *w)
{
	size_t n = w->keys.n ? w->keys.n : 1;
	w->products = mem_zalloc(n * sizeof *w->products);
	for (uint32_t k = 0; k < w->keys.n; k++)
		w->products[k] = (struct card_product){ .key = k, .name_rows = -1 };
	for (uint32_t i = 0; i < w->spellings.n; i++) {
		const struct card_spelling *s = &w->spelling[i];
		if (s->key == CARD_NO_PRODUCT)
			continue;
		struct card_product *p = &w->products[s->key];
		bool better = s->rows > p->name_rows ||
			      (s->rows == p->name_rows &&
			       str_cmp(numbering_text(&w->names, s->name), numbering_text(&w->names, p->name)) < 0);
		p->sales += s->rows;
		p->coded |= s->coded;
		if (better) {
			p->name = s->name;
			p->name_rows = s->rows;
		}
	}
}

/*
 * Rows by buyer: what is done with a buyer's rows then stays in one place of memory. They are most of what cards take,
 * so there is no second copy of them: in place they go into parts, each of a range of buyers, and only a part at a time
 * is copied to be put in order. Within a buyer the order means nothing yet.
 */
static uint32_t part_of(const struct card_work *w, uint32_t buyer)
{
	return (uint32_t)((uint64_t)buyer * PARTS / w->buyers.n);
}

/* The first buyer of a part. */
static uint32_t part_begin(const struct card_work *w, uint32_t part)
{
	return (uint32_t)(((uint64_t)part * w->buyers.n + PARTS - 1) / PARTS);
}

static void swap_rows(struct card_work *w, uint64_t a, uint64_t b)
{
	struct card_row row = w->rows[a];
	uint32_t buyer = w->row_buyer[a];
	w->rows[a] = w->rows[b];
	w->row_buyer[a] = w->row_buyer[b];
	w->rows[b] = row;
	w->row_buyer[b] = buyer;
}

static void put_in_parts(struct card_work *w)
{
	uint64_t next[PARTS], stop[PARTS];
	for (uint32_t p = 0; p < PARTS; p++) {
		next[p] = w->row_at[part_begin(w, p)];
		stop[p] = w->row_at[part_begin(w, p + 1)];
	}
	for (uint32_t p = 0; p < PARTS; p++) {
		while (next[p] < stop[p]) {
			uint32_t own = part_of(w, w->row_buyer[next[p]]);
			if (own != p)
				swap_rows(w, next[p], next[own]);
			next[own]++;
		}
	}
}

/* Counting sort of one part, through room for its rows. */
static void sort_part(struct card_work *w, uint32_t part, struct card_row *room, uint64_t *next)
{
	uint64_t from = w->row_at[part_begin(w, part)], to = w->row_at[part_begin(w, part + 1)];
	for (uint32_t c = part_begin(w, part); c < part_begin(w, part + 1); c++)
		next[c] = w->row_at[c] - from;
	for (uint64_t i = from; i < to; i++)
		room[next[w->row_buyer[i]]++] = w->rows[i];
	memcpy(w->rows + from, room, (size_t)(to - from) * sizeof *room);
}

static void sort_rows(struct card_work *w)
{
	uint32_t n = w->buyers.n;
	uint64_t most = 0;
	w->row_at = mem_zalloc(((size_t)n + 1) * sizeof *w->row_at);
	for (size_t i = 0; i < w->n_rows; i++)
		w->row_at[w->row_buyer[i] + 1]++;
	for (uint32_t c = 0; c < n; c++)
		w->row_at[c + 1] += w->row_at[c];
	for (uint32_t p = 0; p < PARTS; p++)
		most = MAX(most, w->row_at[part_begin(w, p + 1)] - w->row_at[part_begin(w, p)]);
	struct card_row *room = mem_array((size_t)most + 1, sizeof *room);
	uint64_t *next = mem_array((size_t)n + 1, sizeof *next);
	if (w->n_rows)
		put_in_parts(w);
	for (uint32_t p = 0; w->n_rows && p < PARTS; p++)
		sort_part(w, p, room, next);
	free(room);
	free(next);
	free(w->row_buyer);
	w->row_buyer = NULL;
}

/* By product, and of one product by basket. */
static int by_key(const void *a, const void *b)
{
	const struct card_row *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->basket < y->basket ? -1 : x->basket > y->basket;
}

static void sort_by_key(struct card_row *rows, size_t n)
{
	if (n > FEW) {
		qsort(rows, n, sizeof *rows, by_key);
		return;
	}
	for (size_t i = 1; i < n; i++) { /* most buyers have few: no calls, no memory */
		struct card_row row = rows[i];
		size_t at = i;
		for (; at && by_key(&row, &rows[at - 1]) < 0; at--)
			rows[at] = rows[at - 1];
		rows[at] = row;
	}
}

/* Sorts each buyer's rows by product, and counts what a product is told of it. */
static void count_buyers(struct card_work *w)
{
	size_t most = 1;
	for (uint32_t c = 0; c < w->buyers.n; c++)
		most = MAX(most, (size_t)(w->row_at[c + 1] - w->row_at[c]));
	w->baskets = mem_array(most, sizeof *w->baskets);
	w->taken = mem_array(most, sizeof *w->taken);
	w->dated = mem_array(most, sizeof *w->dated);
	for (uint32_t c = 0; c < w->buyers.n; c++) {
		struct card_row *rows = w->rows + w->row_at[c];
		size_t n = (size_t)(w->row_at[c + 1] - w->row_at[c]);
		sort_by_key(rows, n);
		for (size_t i = 0; i < n; i++) {
			if (rows[i].key == CARD_NO_PRODUCT)
				continue;
			struct card_product *p = &w->products[rows[i].key];
			p->spend = money_add(p->spend, rows[i].spend);
			w->products[rows[i].key].customers += i == 0 || rows[i - 1].key != rows[i].key;
		}
	}
}

/* More customers first, then by name, then by key. */
static int by_customers(const void *a, const void *b, void *ctx)
{
	const struct card_work *w = ctx;
	const struct card_product *x = a, *y = b;
	if (x->customers != y->customers)
		return x->customers > y->customers ? -1 : 1;
	int order = str_cmp(numbering_text(&w->names, x->name), numbering_text(&w->names, y->name));
	return order ? order : str_cmp(numbering_text(&w->keys, x->key), numbering_text(&w->keys, y->key));
}

bool cards_products(struct card_work *w, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	uint32_t n = w->keys.n;
	choose_names(w);
	sort_rows(w);
	count_buyers(w);
	qsort_r(w->products, n, sizeof *w->products, by_customers, w);
	w->final = mem_array(n ? n : 1, sizeof *w->final);
	if (!db_begin_tx(w->ask->db, &tx, e))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const struct card_product *from = &w->products[i];
		struct str name = numbering_text(&w->names, from->name);
		struct product p = { .no = i,
				     .code = from->coded ? numbering_text(&w->keys, from->key) : name,
				     .name = name,
				     .customers = from->customers,
				     .sales = from->sales,
				     .spend = from->spend };
		w->final[from->key] = i;
		stats_add_product(&w->stats, &w->set, &p);
		if (!product_insert(w->ask->db, &w->set, &p, e))
			return false;
	}
	w->set.products = n;
	return db_commit_tx(&tx, e);
}

static int32_t day_of(int64_t at)
{
	if (at == TIME_NONE)
		return DAY_NONE;
	int64_t day = at / USEC_PER_DAY - (at % USEC_PER_DAY < 0);
	return day > INT32_MIN && day <= INT32_MAX ? (int32_t)day : DAY_NONE;
}

/* Newest first; of one day the later row first, but in a list the earlier one is the newer. */
static int newest_first(const void *a, const void *b, void *ctx)
{
	const struct card_dated *x = a, *y = b;
	bool listed = *(const bool *)ctx;
	if (x->product.last_day != y->product.last_day)
		return x->product.last_day > y->product.last_day ? -1 : 1;
	if (x->place != y->place)
		return (x->place > y->place) != listed ? -1 : 1;
	return 0;
}

/* Rows of one product of one buyer, by basket. */
static struct card_dated take_one(const struct card_work *w, const struct card_row *rows, size_t n)
{
	/* Without invoices and days each row is a time of its own. */
	bool baskets = w->canon.has_invoice || w->canon.time >= PURCHASE_TIME_DAY;
	int64_t first = TIME_NONE, last = TIME_NONE;
	struct card_dated r = { .place = rows[0].place };
	for (size_t i = 0; i < n; i++) {
		const struct card_row *row = &rows[i];
		r.product.spend = money_add(r.product.spend, row->spend);
		r.product.times += i == 0 || !baskets || row->basket != rows[i - 1].basket;
		if (row->at != TIME_NONE)
			first = first == TIME_NONE ? row->at : MIN(first, row->at);
		last = MAX(last, row->at);
		r.place = w->canon.listed ? MIN(r.place, row->place) : MAX(r.place, row->place);
	}
	r.product.product = w->final[rows[0].key];
	r.product.first_day = day_of(first);
	r.product.last_day = day_of(last);
	return r;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static int64_t count_baskets(struct card_work *w, const struct card_row *rows, size_t n)
{
	int64_t distinct = 0;
	for (size_t i = 0; i < n; i++)
		w->baskets[i] = rows[i].basket;
	if (n > 1)
		qsort(w->baskets, n, sizeof *w->baskets, by_number);
	for (size_t i = 0; i < n; i++)
		distinct += i == 0 || w->baskets[i] != w->baskets[i - 1];
	return distinct;
}

static void add_up(struct card_work *w, const struct card_row *rows, size_t n)
{
	struct card_total t = { .purchases = (int64_t)n, .first_at = TIME_NONE, .last_at = TIME_NONE };
	for (size_t i = 0; i < n; i++) {
		t.spend = money_add(t.spend, rows[i].spend);
		if (rows[i].at != TIME_NONE)
			t.first_at = t.first_at == TIME_NONE ? rows[i].at : MIN(t.first_at, rows[i].at);
		t.last_at = MAX(t.last_at, rows[i].at);
	}
	if (w->canon.has_invoice)
		t.invoices = count_baskets(w, rows, n);
	w->total = t;
}

size_t cards_take(struct card_work *w, uint32_t buyer)
{
	const struct card_row *rows = buyer == NUMBERING_NONE ? NULL : w->rows + w->row_at[buyer];
	size_t all = buyer == NUMBERING_NONE ? 0 : (size_t)(w->row_at[buyer + 1] - w->row_at[buyer]), n = 0;
	add_up(w, rows, all);
	for (size_t from = 0, end; from < all; from = end) {
		for (end = from; end < all && rows[end].key == rows[from].key; end++)
			;
		if (rows[from].key != CARD_NO_PRODUCT)
			w->dated[n++] = take_one(w, rows + from, end - from);
	}
	if (n > 1)
		qsort_r(w->dated, n, sizeof *w->dated, newest_first, &w->canon.listed);
	for (size_t i = 0; i < n; i++)
		w->taken[i] = w->dated[i].product;
	return n;
}
