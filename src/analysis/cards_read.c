/* The purchases, read once and in order: everything a card or a statistic needs of them is gathered on the way. */
#include "analysis/cards_inner.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

#define SQL_BYTES (8 * MIB)
#define NO_NAME UINT32_MAX

#define AHEAD 16 /* rows whose slot is asked for before it is needed */

uint32_t cards_buyer(const struct card_work *w, const struct column_batch *id, size_t row)
{
	if (id->kind == COLUMN_I64)
		return numbering_whole_find(&w->buyers.wholes, id->i64[row]);
	return numbering_find(&w->buyers.texts, column_str(id, row));
}

static uint32_t add_buyer(struct card_buyers *b, const struct columns_batch *batch, size_t row)
{
	const struct column_batch *id = &batch->columns[0];
	if (id->kind == COLUMN_I64) {
		if (row + AHEAD < batch->rows)
			numbering_whole_soon(&b->wholes, id->i64[row + AHEAD]);
		return numbering_whole_add(&b->wholes, id->i64[row]);
	}
	return numbering_add(&b->texts, column_str(id, row));
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

static struct card_spelling *spelling_of(struct card_work *w, struct str code, struct str name)
{
	uint32_t before = w->spellings.n, number = numbering_add_pair(&w->spellings, code, name);
	if (w->spellings.n > w->cap_spelling) {
		w->cap_spelling = w->cap_spelling ? w->cap_spelling * 2 : 1024;
		w->spelling = mem_realloc(w->spelling, (size_t)w->cap_spelling * sizeof *w->spelling);
	}
	if (w->spellings.n > before)
		make_spelling(w, &w->spelling[number], code, name);
	return &w->spelling[number];
}

/* id, code, name, amount, at, basket, why */
static void read_row(struct card_work *w, const struct columns_batch *b, size_t r)
{
	int64_t at = column_valid(&b->columns[4], r) ? b->columns[4].i64[r] : TIME_NONE;
	struct card_spelling *s = spelling_of(w, text_of(&b->columns[1], r), text_of(&b->columns[2], r));
	s->rows++;
	w->row_buyer[w->n_rows] = add_buyer(&w->buyers, b, r);
	w->rows[w->n_rows] =
		(struct card_row){ .key = s->key,
				   .place = (uint32_t)w->n_rows,
				   .at = at,
				   .spend = b->columns[3].i64[r],
				   .basket = w->canon.has_invoice ? b->columns[5].i64[r] : at / USEC_PER_DAY };
	w->n_rows++;
	stats_add_row(&w->stats, w->canon.time, at, b->columns[3].i64[r]);
}

static bool on_rows(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct card_work *w = ctx;
	if (w->n_rows + b->rows > LIMIT_CARD_PURCHASES)
		return err_set(
			e, ERR_LIMIT, "too_many_purchases",
			"There are more than %d purchases, of which no cards of customers can be made: load them in "
			"parts, or with the role \"ignore\" for the column of customers.",
			LIMIT_CARD_PURCHASES);
	if (w->n_rows + b->rows > w->cap_rows) {
		w->cap_rows = MAX(w->cap_rows * 2, w->n_rows + b->rows);
		w->rows = mem_realloc(w->rows, w->cap_rows * sizeof *w->rows);
		w->row_buyer = mem_realloc(w->row_buyer, w->cap_rows * sizeof *w->row_buyer);
	}
	for (size_t r = 0; r < b->rows; r++) {
		int64_t why = b->columns[6].i64[r];
		if (why > CANON_COUNTED && why < CANON_LEFT_OUTS)
			w->stats.left_out[why]++;
		else
			read_row(w, b, r);
	}
	if (w->buyers.texts.text.failed || w->spellings.text.failed || w->both.failed)
		return err_set(e, ERR_LIMIT, NULL, "there are too many purchases");
	return true;
}

bool cards_read(struct card_work *w, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	if (!w->canon.has_purchases)
		return true;
	buf_addf(&sql,
		 "SELECT id, code, name, coalesce(amount, 0), epoch_us(bought), %s, CAST(coalesce(why, 0) AS BIGINT) "
		 "FROM (%s)",
		 w->canon.has_invoice ? "CAST(hash(invoice) >> 1 AS BIGINT)" : "0", w->canon.purchases);
	if (!ask_run(w->ask, sql.p, NULL, on_rows, w, e))
		return false;
	w->stats.left_out[CANON_COUNTED] = (int64_t)w->n_rows;
	w->buyers.n = w->buyers.texts.n + w->buyers.wholes.n; /* of one kind all */
	return true;
}
