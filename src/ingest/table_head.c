/* Reading ahead, and settling the types of columns. */
#include "base/limits.h"
#include "ingest/groups.h"
#include "ingest/header.h"
#include "ingest/remarks.h"
#include "ingest/table.h"
#include "ingest/unpivot.h"

#include <stdlib.h>

/* Values kept for guessing roles: evenly spread, by doubling the stride whenever there are enough. */
struct sampler {
	uint64_t seen, stride;
};

static void keep_sample(struct table_column *c, struct sampler *s, struct str text)
{
	if (!text.n || s->seen++ % s->stride)
		return;
	if (c->n_samples == ROLE_SAMPLES) {
		for (size_t i = 0; i < ROLE_SAMPLES; i++) {
			if (i % 2)
				free(c->samples[i]);
			else
				c->samples[i / 2] = c->samples[i];
		}
		c->n_samples = ROLE_SAMPLES / 2;
		s->stride *= 2;
	}
	text.n = MIN(text.n, (size_t)STATS_TEXT);
	char *copy = mem_alloc(text.n + 1);
	memcpy(copy, text.p, text.n);
	copy[text.n] = 0;
	c->samples[c->n_samples++] = copy;
}

static void infer_block(struct table *t, const struct block *b, const struct rows *rows, size_t from,
			struct infer *infers, struct sampler *samplers)
{
	CLEANUP(buf_free) struct buf scratch = BUF_INIT(2 * LIMIT_CELL_BYTES);
	for (size_t c = 0; c < t->n_columns; c++) {
		bool text_for_sure = infer_is_text(&infers[c]);
		for (size_t i = from; i < rows->n_rows; i++) {
			struct cell cell = rows_cell(rows, i, t->columns[c].cell);
			infers[c].unread += (cell.n & CELL_ERROR) != 0;
			if (!cell.n || cell.n & CELL_ERROR)
				continue;
			buf_clear(&scratch);
			struct str text = rows_text(b, cell, &scratch);
			if (!text_for_sure)
				infer_add(&infers[c], text);
			else
				infers[c].values += text.n > 0;
			if (samplers)
				keep_sample(&t->columns[c], &samplers[c], text);
		}
	}
}

/* Months that stand in columns become rows, and the columns those of the rows. */
static void spread_columns(struct table *t, struct header *h)
{
	size_t n;
	t->unpivot = unpivot_find(h->names, h->n);
	if (!t->unpivot)
		return;
	char **names = unpivot_names(t->unpivot, h->names, &n);
	header_free(h);
	*h = (struct header){ .skip = t->skip, .names = names, .n = n };
}

bool table_index(const struct table *t, struct block *b, struct rows *ret, struct err *e)
{
	if (!reader_index(t->reader, b, ret, e))
		return false;
	if (!t->unpivot && !b->grouped)
		return true;
	if (t->unpivot && !b->spread)
		return unpivot_block(t->unpivot, b, ret, b->seq ? 0 : t->skip, e);
	ret->rows_too_wide += b->spread_wide;
	ret->hidden += b->spread_hidden;
	return true;
}

static bool begin_columns(struct table *t, const struct block *b, const struct rows *rows, struct err *e)
{
	struct header h;
	if (!header_find(b, rows, &t->reader->tables[t->index], &h, e))
		return false;
	t->skip = h.skip;
	t->numbered = h.skip > h.end;
	table_keep_heads(t, b, rows, h.first, h.skip);
	if (t->reader->unpivot)
		spread_columns(t, &h);
	t->width = h.n;
	if (h.n > 1 && str_starts(str_of(h.names[h.n - 1]), STR(REMARKS_PREFIX)))
		free(h.names[--h.n]);
	t->columns = mem_array(h.n + 1, sizeof *t->columns);
	for (size_t i = 0; i < h.n; i++) {
		struct table_column *c = &t->columns[i];
		memset(c, 0, sizeof *c);
		c->name = h.names[i];
		c->cell = i;
		c->unnamed = h.unnamed && h.unnamed[i];
		stats_init(&c->stats);
		h.names[i] = NULL;
	}
	t->n_columns = h.n;
	header_free(&h);
	return true;
}

static bool read_block(struct table *t, struct err *e)
{
	struct block b;
	if (!reader_next(t->reader, &b, &t->reader_ended, e))
		return false;
	if (t->reader_ended)
		return true;
	if ((t->n_head & (t->n_head - 1)) == 0)
		t->head = mem_realloc(t->head, MAX(t->n_head * 2, (size_t)1) * sizeof *t->head);
	b.seq = t->n_head;
	t->head[t->n_head++] = b;
	return true;
}

/* A head block into the columns and what is known of them. */
static bool look_at_block(struct table *t, size_t at, bool last, struct rows *rows, struct infer **infers,
			  struct sampler **samplers, struct err *e)
{
	struct block *b = &t->head[at];
	b->last = last;
	if ((t->groups && !groups_block(t, b, true, e)) || !table_index(t, b, rows, e))
		return false;
	if (!t->columns) {
		if (!begin_columns(t, b, rows, e) || (t->unpivot && !table_index(t, b, rows, e)) ||
		    !groups_begin(t, b, rows, e))
			return false;
		*infers = mem_zalloc((t->n_columns + 1) * sizeof **infers);
		*samplers = mem_zalloc((t->n_columns + 1) * sizeof **samplers);
		for (size_t i = 0; i < t->n_columns; i++)
			(*samplers)[i].stride = 1;
	}
	size_t from = at ? 0 : table_skip(t);
	table_drop_totals(t, b, rows, from, NULL);
	infer_block(t, b, rows, MIN(from, rows->n_rows), *infers, *samplers);
	return true;
}

/* Each block is looked at when it is known whether another one follows. */
static bool read_head(struct table *t, struct infer **infers, struct sampler **samplers, struct err *e)
{
	struct rows rows = { 0 };
	size_t bytes = 0;
	bool ok = read_block(t, e);
	for (size_t at = 0; ok && at < t->n_head; at++) {
		bytes += t->head[at].n;
		if (!t->reader_ended && bytes < LIMIT_IMPORT_HEAD_BYTES)
			ok = read_block(t, e);
		ok = ok && look_at_block(t, at, t->reader_ended && at + 1 == t->n_head, &rows, infers, samplers, e);
	}
	rows_free(&rows);
	return ok;
}

bool table_read_head(struct table *t, struct infer **ret_infers, struct err *e)
{
	struct sampler *samplers = NULL;
	*ret_infers = NULL;
	bool ok = read_head(t, ret_infers, &samplers, e);
	free(samplers);
	if (ok && !t->columns) { /* not one row */
		struct block none = { 0 };
		struct rows no_rows = { 0 };
		ok = begin_columns(t, &none, &no_rows, e);
		*ret_infers = mem_zalloc((t->n_columns + 1) * sizeof **ret_infers);
	}
	return ok;
}

bool table_infer_all(struct table *t, struct infer *infers, struct err *e)
{
	struct rows rows = { 0 };
	struct block b = { 0 }, following = { 0 };
	bool ended = false;
	if (t->groups)
		groups_rewind(t->groups);
	bool ok = reader_start(t->reader, t->index, e) && reader_next(t->reader, &b, &ended, e);
	for (size_t seq = 0; ok && !ended; seq++) {
		ok = reader_next(t->reader, &following, &ended, e);
		b.last = ended;
		b.seq = seq;
		ok = ok && (!t->groups || groups_block(t, &b, false, e)) && table_index(t, &b, &rows, e);
		if (ok) {
			size_t from = seq ? 0 : table_skip(t);
			table_drop_totals(t, &b, &rows, from, NULL);
			infer_block(t, &b, &rows, MIN(from, rows.n_rows), infers, NULL);
		}
		block_free(&b);
		b = following;
		following = (struct block){ 0 };
	}
	block_free(&b);
	rows_free(&rows);
	return ok;
}

bool table_wanted_as_text(const struct table *t, const char *column)
{
	struct str table = str_of(t->name ? t->name : "");
	for (size_t i = 0; i < t->reader->n_texts; i++) {
		struct str wish = str_of(t->reader->texts[i]);
		if (str_ieq(wish, str_of(column)))
			return true;
		if (wish.n > table.n + 1 && wish.p[table.n] == '.' && str_ieq(str_n(wish.p, table.n), table) &&
		    str_ieq(str_n(wish.p + table.n + 1, wish.n - table.n - 1), str_of(column)))
			return true;
	}
	return false;
}

/* What the columns that are sure of their decimal mark say to those that are not: "1,000" may be 1 or 1000. */
static bool comma_likely(const struct table *t, const struct infer *infers, bool *ret_told)
{
	size_t commas = 0, dots = 0;
	for (size_t i = 0; i < t->n_columns; i++) {
		commas += infers[i].comma_only > infers[i].dot_only;
		dots += infers[i].dot_only > infers[i].comma_only;
	}
	*ret_told = (commas > 0) != (dots > 0);
	return !*ret_told ? t->reader->decimal_comma_likely : commas > 0;
}

void table_decide(struct table *t, const struct infer *infers)
{
	bool told, comma = comma_likely(t, infers, &told);
	const char *format = t->reader->ops->format;
	bool typed_in = strcmp(format, "csv") == 0 || strcmp(format, "html") == 0;
	for (size_t i = 0; i < t->n_columns; i++) {
		struct table_column *c = &t->columns[i];
		bool named = !c->unnamed; /* what the program calls it says nothing */
		const char *header = c->expected ? c->expected->header : c->name;
		struct infer_hint hint = { .keep_text = named && roles_keep_text(str_of(header)),
					   .decimal_comma = comma,
					   .mark_told = told,
					   .typed_in = typed_in,
					   .says_date = named && roles_says_date(str_of(header)),
					   .says_number = named && roles_says_number(str_of(header)),
					   .may_be_date = named && roles_may_say_date(str_of(header)),
					   .column = true,
					   .serials_from = t->reader->serials_from };
		c->type = infer_decide(&infers[i], &hint);
		c->said = column_type_number(&c->type) ? hint.says_number : hint.says_date;
		uint8_t missing = text_missing(c, &infers[i]);
		const struct reader_table *said = &t->reader->tables[t->index];
		if (said->types && c->cell < said->n_columns && said->types[c->cell].type != TYPE_VARCHAR)
			c->type = said->types[c->cell];
		c->type.missing = missing;
		const struct reader_table *linked = c->cell < said->n_links ? said - said->links[c->cell] : NULL;
		if (linked && linked->has_key_type)
			c->type = linked->key_type;
		c->as_text = c->as_text || table_wanted_as_text(t, c->name);
		if (c->as_text)
			c->type = (struct column_type){ .type = TYPE_VARCHAR };
		c->type.whole = c->type.decimal == ',' ? infers[i].comma_digits : infers[i].dot_digits;
	}
}
