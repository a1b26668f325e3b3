#include "ingest/regions.h"

#include "base/limits.h"
#include "ingest/split.h"

#include <stdlib.h>

/* Rows that are looked at behind an empty one, unless the sheet ends. */
#define AHEAD_BYTES (BLOCK_BYTES / 4)

struct region {
	size_t sheet;
	uint32_t first, end; /* row numbers; end UINT32_MAX = not known yet */
	uint32_t from, to;   /* columns */
	bool settled;        /* its first row, columns and end will not change: it was read to its end */
	unsigned part;       /* of its sheet, from 1 */
	bool looked;         /* whether its rows stand in one cell each, and */
	bool apart;          /* they do, and are taken apart: */
	struct csv_dialect split;
};

struct regions {
	struct reader base;
	struct reader_ops ops;
	struct reader *inner;
	struct region *list; /* as many as tables */
	size_t at;           /* the table that is read */
	struct packer held;  /* rows of it that were not handed out */
	bool drained;        /* no more rows of it will come */
	bool begun;          /* some were handed out */
	struct region_shape shape;
	uint32_t line;   /* of the row before held */
	uint32_t judged; /* the row behind an empty one that the table goes on with */
};

static struct regions *of(struct reader *r)
{
	return (struct regions *)r;
}

static bool start(struct reader *r, size_t table, struct err *e)
{
	struct regions *x = of(r);
	x->at = table;
	x->drained = x->begun = false;
	x->line = x->judged = 0;
	buf_clear(&x->held.bytes);
	return x->inner->ops->start(x->inner, x->list[table].sheet, e);
}

/* The rows of a block that are the region's. */
static void take_rows(struct regions *x, const struct block *b)
{
	const struct region *g = &x->list[x->at];
	bool whole = g->from == 0 && g->to == UINT32_MAX;
	size_t from = 0, at = 0;
	while (at < b->n) {
		size_t before = at;
		struct packed_row row = pack_next(b->data, &at);
		if (row.line >= g->end) {
			x->drained = true;
			at = before;
			break;
		}
		if (row.line < g->first)
			from = at;
		else if (!whole)
			pack_copy(&x->held, b->data, &row, g->from, g->to);
	}
	if (whole && at > from)
		buf_add(&x->held.bytes, b->data + from, at - from);
}

/* What was found at the end of a sheet. */
static void take_notes(struct regions *x)
{
	for (size_t i = 0; i < x->inner->n_notes; i++) {
		reader_note(&x->base, x->inner->notes[i].what, x->inner->notes[i].reason);
		free(x->inner->notes[i].what);
	}
	x->inner->n_notes = 0;
}

static bool refill(struct regions *x, struct err *e)
{
	while (!x->drained && x->held.bytes.n < BLOCK_BYTES) {
		struct block b = { 0 };
		bool end = false;
		if (!x->inner->ops->next(x->inner, &b, &end, e))
			return false;
		take_notes(x);
		if (end)
			x->drained = true;
		else
			take_rows(x, &b);
		block_free(&b);
	}
	return true;
}

/* Rows in one cell each: looked for once, when a table's first rows are there. */
static void look_for_split(struct regions *x, size_t n)
{
	struct region *g = &x->list[x->at];
	const char *name = x->base.tables[x->at].name;
	g->looked = true;
	switch (split_find(x->held.bytes.p, n, &g->split)) {
	case SPLIT_NO:
		break;
	case SPLIT_YES:
		g->apart = true;
		x->base.decimal_comma_likely = x->base.decimal_comma_likely || g->split.delimiter == ';';
		reader_note(&x->base, name, "each row stood in one cell, as of a CSV file; its cells were read");
		break;
	case SPLIT_LOST:
		reader_note(
			&x->base, name,
			"each row stands in one cell, and commas moved its end to the next, where zeros were lost; load "
			"the CSV file itself");
		break;
	}
}

static bool hand_out(struct regions *x, size_t n, struct block *ret, struct err *e)
{
	struct packer p = { .bytes = BUF_INIT(4 * BLOCK_BYTES + 8 * LIMIT_ROW_BYTES) };
	const struct region *g = &x->list[x->at];
	if (g->apart) {
		bool ok = split_rows(&g->split, x->held.bytes.p, n, &p, e);
		pack_take(&p, ret);
		buf_consume(&x->held.bytes, n);
		x->begun = true;
		if (!ok)
			block_free(ret);
		return ok;
	}
	*ret = (struct block){ .packed = true, .n = n, .data = mem_alloc(n + BLOCK_PAD) };
	memcpy(ret->data, x->held.bytes.p, n);
	memset(ret->data + n, 0, BLOCK_PAD);
	buf_consume(&x->held.bytes, n);
	x->begun = true;
	return true;
}

/* A table behind the one that is read. */
static void add_region(struct regions *x, struct region g)
{
	size_t place = x->at + 1;
	CLEANUP(buf_free) struct buf name = BUF_INIT(4 * KIB);
	for (size_t i = 0; i < x->base.n_tables; i++)
		g.part += x->list[i].sheet == g.sheet;
	g.part++;
	buf_addf(&name, "%s_%u", x->inner->tables[g.sheet].name, g.part);
	x->list = mem_realloc(x->list, (x->base.n_tables + 1) * sizeof *x->list);
	memmove(x->list + place + 1, x->list + place, (x->base.n_tables - place) * sizeof *x->list);
	x->list[place] = g;
	reader_insert_table(&x->base, place, buf_str(&name))->hidden = x->inner->tables[g.sheet].hidden;
}

static struct region_rows held_rows(struct regions *x, size_t from, size_t to)
{
	return (struct region_rows){ x->held.bytes.p, from, to, x->drained };
}

/* Two tables side by side: this one keeps the columns on the left, and what is held of the others is dropped. */
static bool part_columns(struct regions *x)
{
	struct region *g = &x->list[x->at];
	struct packer left = x->held;
	size_t column, next_column;
	if (x->base.n_tables == LIMIT_TABLES || !region_beside(held_rows(x, 0, x->held.bytes.n), &column, &next_column))
		return false;
	struct region right = *g;
	right.from = g->from + (uint32_t)next_column;
	right.part = 0;
	g->to = g->from + (uint32_t)column;
	add_region(x, right);
	left.bytes = BUF_INIT(x->held.bytes.max);
	for (size_t at = 0; at < x->held.bytes.n;) {
		struct packed_row row = pack_next(x->held.bytes.p, &at);
		pack_copy(&left, x->held.bytes.p, &row, 0, (uint32_t)column);
	}
	buf_free(&x->held.bytes);
	x->held = left;
	return true;
}

static void mark_notes(struct regions *x, size_t from, size_t to)
{
	while (from < to) {
		struct packed_row row = pack_next(x->held.bytes.p, &from);
		pack_set_flags(x->held.bytes.p, &row, row.flags | ROW_NOTE);
	}
}

enum step { STEP_ON, STEP_AGAIN, STEP_HAND_OUT };

/* An empty row was before `row`. STEP_HAND_OUT: first what is before it. */
static enum step visit_gap(struct regions *x, const struct packed_row *row)
{
	struct region *g = &x->list[x->at];
	size_t note_end = 0;
	if (x->judged == row->line)
		return STEP_ON;
	if (row->at > (x->begun ? 0 : AHEAD_BYTES) && x->held.bytes.n - row->at < AHEAD_BYTES && !x->drained)
		return STEP_HAND_OUT;
	if (!x->begun)
		x->shape = region_look(held_rows(x, 0, row->at));
	switch (region_judge(held_rows(x, 0, row->at), &x->shape, x->begun, held_rows(x, row->at, x->held.bytes.n),
			     &note_end)) {
	case REGION_SAME:
		break;
	case REGION_PREAMBLE:
		if (g->settled)
			break;
		g->first = row->line;
		x->line = 0;
		buf_consume(&x->held.bytes, row->at);
		return STEP_AGAIN;
	case REGION_NOTES:
		mark_notes(x, row->at, note_end);
		break;
	case REGION_NEW:
		if (g->settled || x->base.n_tables == LIMIT_TABLES)
			break;
		add_region(
			x,
			(struct region){
				.sheet = g->sheet, .first = row->line, .end = g->end, .from = g->from, .to = g->to });
		x->list[x->at].end = row->line;
		x->held.bytes.n = row->at;
		x->drained = true;
		return STEP_HAND_OUT;
	}
	x->judged = row->line;
	return STEP_ON;
}

/* How many bytes of what is held can be handed out; STEP_AGAIN when the region changed under it. */
static enum step walk(struct regions *x, size_t *ret_n)
{
	uint32_t line = x->line;
	size_t at = 0;
	while (at < x->held.bytes.n) {
		size_t next = at;
		struct packed_row row = pack_next(x->held.bytes.p, &next);
		if (line && row.line > line + 1) {
			enum step step = visit_gap(x, &row);
			if (step == STEP_AGAIN)
				return step;
			if (step == STEP_HAND_OUT)
				break;
		}
		line = row.line;
		at = next;
	}
	x->line = line;
	*ret_n = at;
	return STEP_HAND_OUT;
}

static bool next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	struct regions *x = of(r);
	size_t n = 0;
	if (!refill(x, e))
		return false;
	if (!x->begun && !x->list[x->at].settled) {
		while (walk(x, &n) == STEP_AGAIN) /* the letterhead goes */
			;
		if (x->held.bytes.n && part_columns(x)) {
			x->line = x->judged = 0;
			if (!refill(x, e))
				return false;
			while (walk(x, &n) == STEP_AGAIN)
				;
		}
		x->shape = x->held.bytes.n ? region_look(held_rows(x, 0, n)) : (struct region_shape){ 0 };
	} else {
		walk(x, &n);
	}
	*ret_end = n == 0;
	x->list[x->at].settled = x->list[x->at].settled || *ret_end;
	if (*ret_end)
		return true;
	if (!x->begun && !x->list[x->at].looked)
		look_for_split(x, n);
	return hand_out(x, n, ret, e);
}

static void close_reader(struct reader *r)
{
	struct regions *x = of(r);
	reader_close(x->inner);
	buf_free(&x->held.bytes);
	free(x->list);
	free(x);
}

struct reader *regions_wrap(struct reader *sheets)
{
	struct regions *x = mem_zalloc(sizeof *x);
	x->inner = sheets;
	x->base = *sheets;
	x->base.tables = NULL;
	x->base.n_tables = 0;
	sheets->notes = NULL; /* they are told by the wrapper */
	sheets->n_notes = 0;
	x->ops = (struct reader_ops){
		.format = sheets->ops->format, .start = start, .next = next, .close = close_reader
	};
	x->base.ops = &x->ops;
	x->held.bytes = BUF_INIT(2 * BLOCK_BYTES + 4 * LIMIT_ROW_BYTES);
	x->list = mem_array(sheets->n_tables + 1, sizeof *x->list);
	for (size_t i = 0; i < sheets->n_tables; i++) {
		reader_add_table(&x->base, str_of(sheets->tables[i].name))->hidden = sheets->tables[i].hidden;
		x->list[i] = (struct region){ .sheet = i, .first = 1, .end = UINT32_MAX, .to = UINT32_MAX, .part = 1 };
	}
	return &x->base;
}
