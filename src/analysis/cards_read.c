/* The purchases, read once and in order: everything a card or a statistic needs of them is gathered on the way. */
#include "analysis/cards_inner.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

#define SQL_BYTES (8 * MIB)
#define NO_NAME UINT32_MAX

struct str cards_id(const struct column_batch *c, size_t row, int64_t *scratch)
{
	if (c->kind != COLUMN_I64)
		return column_str(c, row);
	*scratch = c->i64[row];
	return str_n((const char *)scratch, sizeof *scratch);
}

static struct str text_of(const struct column_batch *c, size_t row)
{
	return column_valid(c, row) && c->kind == COLUMN_STR ? column_str(c, row) : (struct str){ 0 };
}

/* What makes products one: upper case, code point by code point, as SQL's upper() does. */
static void add_upper(struct buf *b, struct str s)
{
	while (s.n) {
		uint32_t code;
		size_t n = utf8_decode(s, &code);
		if (n)
			utf8_encode(b, (uint32_t)utf8proc_toupper((utf8proc_int32_t)code));
		s = str_n(s.p + (n ? n : 1), s.n - (n ? n : 1));
	}
}

static void make_spelling(struct card_work *w, struct card_spelling *ret, struct str code, struct str name)
{
	*ret = (struct card_spelling){ CARD_NO_PRODUCT, NO_NAME, 0, code.n > 0 };
	if (!code.n && !name.n)
		return;
	buf_clear(&w->both);
	add_upper(&w->both, code.n ? code : name);
	ret->key = numbering_add(&w->keys, buf_str(&w->both));
	ret->name = numbering_add(&w->names, name.n ? name : code);
}

static bool same_as_last(const struct card_work *w, struct str both)
{
	return w->spellings.n && str_eq(numbering_text(&w->spellings, w->last_spelling), both);
}

static struct card_spelling *spelling_of(struct card_work *w, struct str code, struct str name)
{
	buf_clear(&w->both);
	buf_add_str(&w->both, code);
	buf_addc(&w->both, 0);
	buf_add_str(&w->both, name);
	if (!same_as_last(w, buf_str(&w->both))) {
		uint32_t before = w->spellings.n;
		w->last_spelling = numbering_add(&w->spellings, buf_str(&w->both));
		if (w->spellings.n > w->cap_spelling) {
			w->cap_spelling = w->cap_spelling ? w->cap_spelling * 2 : 1024;
			w->spelling = mem_realloc(w->spelling, (size_t)w->cap_spelling * sizeof *w->spelling);
		}
		if (w->spellings.n > before)
			make_spelling(w, &w->spelling[w->last_spelling], code, name);
	}
	return &w->spelling[w->last_spelling];
}

static struct card_total *total_of(struct card_work *w, struct str id)
{
	if (w->buyers.n && str_eq(numbering_text(&w->buyers, w->last_buyer), id))
		return &w->totals[w->last_buyer];
	uint32_t before = w->buyers.n;
	w->last_buyer = numbering_add(&w->buyers, id);
	if (w->buyers.n > w->cap_totals) {
		w->cap_totals = w->cap_totals ? w->cap_totals * 2 : 4096;
		w->totals = mem_realloc(w->totals, (size_t)w->cap_totals * sizeof *w->totals);
	}
	if (w->buyers.n > before)
		w->totals[w->last_buyer] = (struct card_total){ .first_at = TIME_NONE, .last_at = TIME_NONE };
	return &w->totals[w->last_buyer];
}

static uint32_t basket_of(const struct card_work *w, struct str invoice, int64_t at)
{
	if (!w->canon.has_invoice)
		return (uint32_t)(at / USEC_PER_DAY);
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
	for (size_t i = 0; i < invoice.n; i++)
		h = (h ^ (unsigned char)invoice.p[i]) * UINT64_C(1099511628211);
	return (uint32_t)(h ^ (h >> 32));
}

/* id, code, name, amount, at, invoice, why */
static void read_row(struct card_work *w, const struct columns_batch *b, size_t r)
{
	int64_t scratch, at = column_valid(&b->columns[4], r) ? b->columns[4].i64[r] : TIME_NONE;
	struct card_row row = { .at = at, .spend = b->columns[3].i64[r] };
	struct card_total *t = total_of(w, cards_id(&b->columns[0], r, &scratch));
	struct card_spelling *s = spelling_of(w, text_of(&b->columns[1], r), text_of(&b->columns[2], r));
	row.buyer = w->last_buyer;
	row.key = s->key;
	row.basket = basket_of(w, text_of(&b->columns[5], r), at);
	s->rows++;
	t->purchases++;
	t->spend += row.spend;
	if (at != TIME_NONE)
		t->first_at = t->first_at == TIME_NONE ? at : MIN(t->first_at, at);
	t->last_at = MAX(t->last_at, at);
	row.place = (uint32_t)w->n_rows;
	w->rows[w->n_rows++] = row;
	stats_add_row(&w->stats, w->canon.time, at, row.spend);
}

static bool on_rows(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct card_work *w = ctx;
	if (w->n_rows + b->rows > w->cap_rows) {
		w->cap_rows = MAX(w->cap_rows * 2, w->n_rows + b->rows);
		w->rows = mem_realloc(w->rows, w->cap_rows * sizeof *w->rows);
	}
	for (size_t r = 0; r < b->rows; r++) {
		int64_t why = b->columns[6].i64[r];
		if (why > CANON_COUNTED && why < CANON_LEFT_OUTS)
			w->stats.left_out[why]++;
		else
			read_row(w, b, r);
	}
	if (w->buyers.text.failed || w->spellings.text.failed || w->both.failed || w->n_rows > UINT32_MAX)
		return err_set(e, ERR_LIMIT, NULL, "there are too many purchases");
	return true;
}

bool cards_read(struct card_work *w, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	if (!w->canon.has_purchases)
		return true;
	buf_addf(&sql,
		 "SELECT id, code, name, coalesce(amount, 0), epoch_us(bought), invoice, CAST(coalesce(why, 0) AS "
		 "BIGINT) "
		 "FROM (%s)",
		 w->canon.purchases);
	if (!ask_run(w->ask, sql.p, NULL, on_rows, w, e))
		return false;
	w->stats.left_out[CANON_COUNTED] = (int64_t)w->n_rows;
	return true;
}
