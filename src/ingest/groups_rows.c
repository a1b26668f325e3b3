/*
 * A pass over a table in groups: each block becomes one of its rows alone, with the headings above them in columns.
 *
 * A row that may be a heading waits for the next one: where no row of its own follows, it is a row. So nothing that
 * stands in the file goes without a trace.
 */
#include "ingest/groups.h"

#include "base/limits.h"
#include "ingest/pack.h"
#include "ingest/table.h"

#include <stdlib.h>

#define HEADING "a heading of a group of rows; it was left out, its text stands in the column of the group"
#define SUBTOTAL "a row of totals; it was left out"
#define NO_SUM "the rows below this heading do not add up to what it says"

/* One block on its way. */
struct spread {
	struct groups *g;
	struct groups_view v;
	struct work w;
	struct packer out;
	bool count;
	uint64_t left_out;
};

static void put_cell(struct packer *p, struct groups_view *v, struct cell c)
{
	buf_clear(&v->scratch);
	struct str text = rows_text(v->b, c, &v->scratch);
	pack_cell(p, text, text.n ? c.n & (CELL_ERROR | CELL_FILLED) : 0);
}

static struct str open_text(const struct groups *g, size_t level, size_t below)
{
	return level < below ? str_n(g->open[level].text, g->open[level].n) : STR("");
}

/* The row as the table has it; below: so many levels of headings stand above it. */
static bool put_row(struct spread *s, struct packer *p, size_t row, size_t below, struct err *e)
{
	struct groups *g = s->g;
	size_t own = SIZE_MAX;
	pack_row(p, (uint32_t)MIN(work_line(&s->w, row), (uint64_t)UINT32_MAX));
	for (size_t i = 0; i < g->width; i++) {
		struct cell c = rows_cell(s->v.rows, row, i);
		size_t level = 0;
		while (!g->beside && level < g->levels && g->at[level] != i)
			level++;
		bool filled = groups_text(&s->v, row, i).n > 0;
		own = filled && own == SIZE_MAX ? i : own;
		if (!g->beside && level < g->levels && !filled && own == SIZE_MAX)
			pack_cell(p, open_text(g, level, below), 0);
		else
			put_cell(p, &s->v, c);
	}
	for (size_t i = 0; i < g->columns; i++)
		pack_cell(p, open_text(g, i, below), 0);
	for (size_t i = g->width; i < rows_width(s->v.rows, row); i++)
		put_cell(p, &s->v, rows_cell(s->v.rows, row, i));
	return pack_row_end(p, e);
}

/* What waited was a row, after all. */
static void put_waiting(struct spread *s)
{
	struct groups *g = s->g;
	if (!g->waiting->bytes.n)
		return;
	size_t at = 0;
	struct packed_row row = pack_next(g->waiting->bytes.p, &at);
	pack_copy(&s->out, g->waiting->bytes.p, &row, 0, UINT32_MAX);
	buf_clear(&g->waiting->bytes);
	g->depth--;
	g->open[g->depth].n = 0;
}

static void leave_out(struct spread *s, size_t row, const char *reason)
{
	s->left_out++;
	if (s->count)
		work_reject_row(&s->w, row, reason);
}

/* What waited is a heading: a row of its own follows. */
static void take_waiting(struct spread *s)
{
	struct groups *g = s->g;
	const struct group_open *o = &g->open[g->depth - 1];
	buf_clear(&g->waiting->bytes);
	g->headings++;
	g->line = g->line ? g->line : o->line;
	s->left_out++;
	if (s->count)
		table_reject(s->w.t, (struct reject_place){ o->line, REJECT_NO_ROW, REJECT_ROW }, str_n(o->text, o->n),
			     HEADING, STR(""));
}

static void break_off(struct groups *g, uint64_t line)
{
	g->broken_line = g->broken ? g->broken_line : line;
	g->broken = true;
}

/* Headings from a level on have all their rows. */
static void end_from(struct spread *s, size_t level)
{
	struct groups *g = s->g;
	for (size_t i = level; i < g->depth; i++) {
		const struct group_open *o = &g->open[i];
		if (!o->summed || g->told == GROUPS_BY_OUTLINE || groups_spent(g, i))
			continue;
		if (g->told == GROUPS_BY_SUMS || g->nested)
			break_off(g, o->line);
		else if (s->count)
			table_reject(s->w.t, (struct reject_place){ o->line, REJECT_NO_ROW, REJECT_ROW },
				     str_n(o->text, o->n), NO_SUM, STR(""));
	}
	for (size_t i = level; i < GROUP_LEVELS; i++)
		g->open[i].n = 0;
	g->depth = MIN(g->depth, level);
}

/* "Total for ООО Ромашка": ends that heading's group. */
static bool is_end(struct spread *s, size_t row, const struct group_row *r, size_t *ret_level)
{
	struct str of = STR("");
	struct groups *g = s->g;
	if (r->first >= g->width || r->filled != 1 + r->sums ||
	    !table_says_total(groups_text(&s->v, row, r->first), &of))
		return false;
	for (size_t i = 0; i < g->depth; i++) {
		*ret_level = i;
		if (of.n && str_ieq(of, str_n(g->open[i].text, g->open[i].n)))
			return true;
	}
	return false;
}

/* Whether the row may be a heading, and of which level. */
static bool is_heading(struct spread *s, size_t row, const struct group_row *r, size_t *ret_level)
{
	struct groups *g = s->g;
	*ret_level = 0;
	if (g->told == GROUPS_BY_SUMS) {
		groups_close_spent(g);
		*ret_level = g->depth;
		return g->depth < g->levels && groups_heads(&s->v, row, r, g);
	}
	if (g->told == GROUPS_BY_OUTLINE) {
		unsigned level = s->v.rows->level[row];
		*ret_level = level > g->base ? level - g->base : 0;
		return *ret_level < g->levels && groups_heads(&s->v, row, r, g) && r->first == g->at[*ret_level];
	}
	if (!groups_heads(&s->v, row, r, g))
		return false;
	for (size_t i = 0; !g->beside && i < g->levels; i++) {
		*ret_level = i;
		if (g->at[i] == r->first)
			return true;
	}
	if (!g->beside || r->first != g->at[0] || (r->filled > 1) != g->summed)
		return false;
	for (*ret_level = g->nested ? g->depth : 0; *ret_level; (*ret_level)--)
		if (!groups_spent(g, *ret_level - 1) || !g->open[*ret_level - 1].rows)
			break;
	return true;
}

static bool take_heading(struct spread *s, size_t row, size_t level, struct err *e)
{
	struct groups *g = s->g;
	if (g->waiting->bytes.n && level < g->depth)
		put_waiting(s);
	else if (g->waiting->bytes.n)
		take_waiting(s);
	level = MIN(level, g->told == GROUPS_BY_OUTLINE ? level : g->depth);
	end_from(s, level);
	if (level >= g->levels) {
		break_off(g, work_line(&s->w, row));
		return put_row(s, &s->out, row, g->depth, e);
	}
	if (level)
		groups_take(g, &s->v, row, level - 1);
	if (!put_row(s, g->waiting, row, level, e))
		return false;
	struct group_row r = groups_row(&s->v, row, g);
	groups_open(g, &s->v, row, r.first, level, true);
	g->open[level].line = work_line(&s->w, row);
	return true;
}

static bool take_row(struct spread *s, size_t row, size_t level, struct err *e)
{
	struct groups *g = s->g;
	size_t below = g->depth;
	if (g->told == GROUPS_BY_OUTLINE)
		below = MIN(level, g->depth);
	if (g->waiting->bytes.n && below < g->depth)
		put_waiting(s);
	else if (g->waiting->bytes.n)
		take_waiting(s);
	if (g->told == GROUPS_BY_OUTLINE)
		end_from(s, below);
	if (g->told == GROUPS_BY_SUMS && (!below || below < g->levels)) {
		break_off(g, work_line(&s->w, row));
	} else if (g->told == GROUPS_BY_TOTALS) {
		for (size_t i = 0; i < g->levels; i++) {
			if (!groups_text(&s->v, row, g->at[i]).n)
				continue;
			groups_open(g, &s->v, row, g->at[i], i, false);
			below = g->depth;
		}
	} else if (below && !groups_take(g, &s->v, row, below - 1)) {
		break_off(g, work_line(&s->w, row));
	}
	return put_row(s, &s->out, row, below, e);
}

static bool spread_rows(struct spread *s, struct err *e)
{
	bool ok = true;
	for (size_t row = s->v.from; ok && row < s->v.n; row++) {
		struct group_row r = groups_row(&s->v, row, s->g);
		size_t level = 0;
		if (is_end(s, row, &r, &level)) {
			if (s->g->waiting->bytes.n)
				put_waiting(s);
			end_from(s, level);
			leave_out(s, row, SUBTOTAL);
		} else if (s->g->told != GROUPS_BY_TOTALS && is_heading(s, row, &r, &level)) {
			ok = take_heading(s, row, level, e);
		} else {
			ok = take_row(s, row, level, e);
		}
	}
	if (ok && s->v.whole) {
		put_waiting(s);
		end_from(s, 0);
	}
	return ok;
}

static void put_notes(struct spread *s)
{
	struct rows *rows = &s->w.rows;
	for (size_t i = 0; i < rows->n_notes; i++) {
		pack_row(&s->out, rows->notes[i].line);
		s->out.flags = ROW_NOTE;
		put_cell(&s->out, &s->v, rows->notes[i].cell);
		pack_row_end(&s->out, NULL);
	}
	rows->notes_left_out -= rows->n_notes;
}

static void hand_over(struct spread *s, struct block *b)
{
	struct block spread;
	const struct rows *rows = &s->w.rows;
	pack_take(&s->out, &spread);
	spread.seq = b->seq;
	spread.first_line = s->w.block.first_line;
	spread.last = b->last;
	spread.repaired = s->w.block.repaired;
	spread.recoded = s->w.block.recoded;
	spread.garbled = s->w.block.garbled;
	spread.recoded_first = s->w.block.recoded_first;
	spread.grouped = true;
	spread.spread_wide = rows->rows_too_wide + rows->notes_left_out;
	spread.spread_hidden = rows->hidden;
	block_free(&s->w.block);
	*b = spread;
}

bool groups_block(struct table *t, struct block *b, bool count, struct err *e)
{
	struct spread s = { .g = t->groups, .count = count, .out.bytes = BUF_INIT(GIB) };
	s.w = (struct work){ .t = t, .block = *b, .mark_line = b->first_line };
	bool ok = reader_index(t->reader, &s.w.block, &s.w.rows, e);
	if (!ok)
		return false;
	s.v = (struct groups_view){ .t = t,
				    .b = &s.w.block,
				    .rows = &s.w.rows,
				    .from = b->seq ? 0 : t->skip,
				    .whole = b->last,
				    .scratch = BUF_INIT(2 * LIMIT_CELL_BYTES) };
	s.w.scratch = BUF_INIT(2 * LIMIT_CELL_BYTES);
	s.left_out = table_drop_totals(t, &s.w.block, &s.w.rows, s.v.from, count ? &s.w : NULL);
	if (!b->seq && count)
		s.left_out += work_reject_numbers(&s.w);
	s.v.n = s.w.rows.n_rows;
	ok = spread_rows(&s, e);
	put_notes(&s);
	hand_over(&s, b);
	if (count) {
		pthread_mutex_lock(&t->lock);
		t->rows_left_out += s.left_out;
		pthread_mutex_unlock(&t->lock);
	}
	rows_free(&s.w.rows);
	buf_free(&s.w.scratch);
	buf_free(&s.v.scratch);
	return ok;
}
