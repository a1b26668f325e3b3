/* What groups_judge.c and groups_rows.c share: rows looked at as possible headings, and sums that are still to be
 * found. */
#include "ingest/groups.h"

#include "base/limits.h"
#include "ingest/pack.h"
#include "ingest/table.h"

#include <stdlib.h>

struct groups *groups_new(size_t width)
{
	struct groups *g = mem_zalloc(sizeof *g);
	g->width = width;
	g->sums = mem_zalloc(width + 1);
	g->loose = mem_zalloc((width + 1) * sizeof *g->loose);
	g->waiting = mem_zalloc(sizeof *g->waiting);
	*g->waiting = (struct packer){ .bytes = BUF_INIT(2 * LIMIT_ROW_BYTES) };
	for (size_t i = 0; i < GROUP_LEVELS; i++) {
		g->open[i].left = mem_zalloc((width + 1) * sizeof *g->open[i].left);
		g->open[i].claims = mem_zalloc((width + 1) * sizeof *g->open[i].claims);
	}
	return g;
}

void groups_free(struct groups *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < GROUP_LEVELS; i++) {
		free(g->open[i].left);
		free(g->open[i].claims);
	}
	buf_free(&g->waiting->bytes);
	free(g->waiting);
	free(g->sums);
	free(g->loose);
	free(g);
}

void groups_rewind(struct groups *g)
{
	for (size_t i = 0; i < GROUP_LEVELS; i++)
		g->open[i].n = 0;
	g->depth = 0;
	g->headings = g->line = 0;
	g->broken = false;
	buf_clear(&g->waiting->bytes);
}

struct str groups_text(struct groups_view *v, size_t row, size_t column)
{
	buf_clear(&v->scratch);
	return rows_text(v->b, rows_cell(v->rows, row, column), &v->scratch);
}

struct group_row groups_row(struct groups_view *v, size_t row, const struct groups *g)
{
	struct group_row r = { .first = SIZE_MAX };
	for (size_t i = 0; i < rows_width(v->rows, row); i++) {
		if (!groups_text(v, row, i).n)
			continue;
		if (r.first == SIZE_MAX)
			r.first = i;
		else
			r.sums += i < g->width && g->sums[i];
		r.filled++;
	}
	return r;
}

static bool is_number(struct str s)
{
	struct number n;
	return value_number(s, '.', &n) || value_number(s, ',', &n);
}

static bool is_letter(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || (signed char)c < 0;
}

/* A text that names something: no number, date or total, and no sentence of several lines. */
static bool may_head(struct str s)
{
	struct moment m;
	struct str of;
	bool letter = false;
	for (size_t i = 0; i < s.n; i++)
		letter = letter || is_letter(s.p[i]);
	return letter && s.n < GROUP_TEXT && !memchr(s.p, '\n', s.n) && !is_number(s) && !value_missing(s) &&
	       !value_moment(s, ORDER_DMY, &m) && !table_says_total(s, &of);
}

bool groups_heads(struct groups_view *v, size_t row, const struct group_row *r, const struct groups *g)
{
	if (r->first >= g->width || r->filled != 1 + r->sums || g->sums[r->first] ||
	    rows_cell(v->rows, row, r->first).n & (CELL_ERROR | CELL_FILLED))
		return false;
	return may_head(groups_text(v, row, r->first));
}

/* In units of 10^-GROUP_SCALE. */
static bool to_units(struct str s, char mark, __int128 *ret, bool *ret_rounded)
{
	struct number n;
	if (!value_number(s, mark, &n) || !n.exact || n.whole_digits > 24)
		return false;
	unsigned __int128 v = n.digits;
	uint8_t scale = n.scale;
	*ret_rounded = scale > GROUP_SCALE;
	for (; scale > GROUP_SCALE; scale--)
		v = scale == GROUP_SCALE + 1 ? (v + 5) / 10 : v / 10;
	for (; scale < GROUP_SCALE; scale++)
		v *= 10;
	*ret = n.negative ? -(__int128)v : (__int128)v;
	return true;
}

void groups_open(struct groups *g, struct groups_view *v, size_t row, size_t column, size_t level, bool summed)
{
	struct group_open *o = &g->open[level];
	struct str s = groups_text(v, row, column);
	for (size_t i = level; i < GROUP_LEVELS; i++)
		g->open[i].n = 0;
	g->depth = level + 1;
	o->n = MIN(s.n, sizeof o->text);
	memcpy(o->text, s.p, o->n);
	o->rows = o->rounded = 0;
	o->summed = false;
	for (size_t i = 0; i < g->width; i++) {
		bool rounded = false;
		s = i != column && g->sums[i] && !g->loose[i] && summed ? groups_text(v, row, i) : STR("");
		o->left[i] = 0;
		o->claims[i] = s.n && to_units(s, g->sums[i], &o->left[i], &rounded);
		o->summed = o->summed || o->claims[i];
		o->rounded += rounded;
	}
}

bool groups_take(struct groups *g, struct groups_view *v, size_t row, size_t level)
{
	struct group_open *o = &g->open[level];
	bool good = true;
	o->rows++;
	for (size_t i = 0; i < g->width && o->summed; i++) {
		__int128 n = 0;
		bool rounded = false;
		if (!o->claims[i])
			continue;
		struct str s = groups_text(v, row, i);
		if (s.n && !value_missing(s))
			good = to_units(s, g->sums[i], &n, &rounded) && good;
		o->left[i] -= n;
		o->rounded += rounded;
	}
	return good;
}

bool groups_spent(const struct groups *g, size_t level)
{
	const struct group_open *o = &g->open[level];
	for (size_t i = 0; i < g->width && o->summed; i++) {
		__int128 left = o->left[i] < 0 ? -o->left[i] : o->left[i];
		if (o->claims[i] && left > (__int128)o->rounded)
			return false;
	}
	return true;
}

void groups_close_spent(struct groups *g)
{
	while (g->depth && groups_spent(g, g->depth - 1))
		g->depth--;
}
