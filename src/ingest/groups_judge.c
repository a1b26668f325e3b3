/*
 * Whether the rows of a table are in groups. Each kind is asked in turn, the surest first, and every one of them wants
 *all rows of the first block to agree:
 *
 *	outline		each row above a deeper one can be a heading, and the first row is one
 *	totals		"Москва Итог" ends each group whose name stands in its first row alone
 *	above		headings stand in columns that no other row fills
 *	shape		headings leave empty what all other rows fill; their numbers, if they have any, are the sums
 *	sums		in a table of a name and numbers, the sums alone, without one that does not fit
 *
 * Headings without numbers beside rows are the weakest: so look customers of whom only the name is known. They need
 * columns of numbers that every row has, and a first column that does not name people.
 */
#include "ingest/groups.h"

#include "base/limits.h"
#include "ingest/roles_values.h"
#include "ingest/table.h"

#include <stdlib.h>

#define LOOKED_AT_ROWS 20000
#define MIN_HEADS 2
#define MIN_ROWS 4   /* below headings, where nothing but their cells tells them */
#define MIN_PROVED 2 /* sums of several rows */
#define PERSONS 0.5

/* The rows, looked at once. */
struct look {
	struct groups_view *v;
	struct groups *g;
	size_t n;
	struct group_row *row;
	bool *heads; /* may be headings */
	uint8_t *levels;
	size_t n_heads, first_head;
	bool summed, lone; /* headings with numbers; without */
	size_t proved;
};

static const char *header_of(const struct look *l, size_t column)
{
	for (size_t i = 0; i < l->v->t->n_columns; i++) {
		const struct table_column *c = &l->v->t->columns[i];
		if (c->cell == column && !c->unnamed)
			return c->name;
	}
	return "";
}

static double says(const struct look *l, size_t column, enum word word)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(8 * KIB);
	words_normalize(str_of(header_of(l, column)), &b);
	return words_match(word, buf_str(&b));
}

/* Columns of nothing but numbers; of an account or a phone it is text. */
static void find_sums(struct look *l)
{
	const struct reader *r = l->v->t->reader;
	for (size_t c = 0; c < l->g->width; c++) {
		struct infer f = { 0 };
		struct infer_hint hint = { .decimal_comma = r->decimal_comma_likely };
		for (size_t i = l->v->from; i < l->v->n; i++)
			infer_add(&f, groups_text(l->v, i, c));
		hint.keep_text = roles_keep_text(str_of(header_of(l, c)));
		struct column_type type = infer_decide(&f, &hint);
		bool comma = type.decimal == ',';
		if (column_type_number(&type) && (comma ? f.comma : f.dot) + f.missing_words == f.values)
			l->g->sums[c] = type.decimal;
		l->g->loose[c] = says(l, c, WORD_UNIT_PRICE) >= 0.75;
	}
}

static void look_at_rows(struct look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		l->row[i] = groups_row(l->v, l->v->from + i, l->g);
		l->heads[i] = groups_heads(l->v, l->v->from + i, &l->row[i], l->g);
	}
}

/* Takes those for headings that are marked; what the rows of the table fill is left to see. */
static void count_heads(struct look *l)
{
	l->n_heads = 0;
	l->summed = l->lone = false;
	for (size_t i = 0; i < l->n; i++) {
		if (!l->heads[i])
			continue;
		l->first_head = l->n_heads++ ? l->first_head : i;
		l->summed = l->summed || l->row[i].filled > 1;
		l->lone = l->lone || l->row[i].filled == 1;
	}
}

/* Sums that are said must be those of the rows. */
static bool sums_hold(struct look *l, const uint8_t *levels)
{
	return !l->summed || groups_prove(l->v, l->g, l->heads, levels, &l->proved);
}

/* -- by the outline of a workbook -- */

static unsigned depth_of(const struct look *l, size_t i)
{
	return l->v->rows->level[l->v->from + i];
}

/* Where headings of each level stand: one column a level. */
static bool find_columns(struct look *l, size_t levels)
{
	bool known[GROUP_LEVELS] = { false };
	for (size_t i = 0; i < l->n; i++) {
		size_t level = l->levels[i];
		if (!l->heads[i])
			continue;
		if (level >= levels || (known[level] && l->g->at[level] != l->row[i].first))
			return false;
		l->g->at[level] = l->row[i].first;
		known[level] = true;
	}
	for (size_t i = 0; i < levels; i++)
		if (!known[i])
			return false;
	l->g->levels = levels;
	return true;
}

/* Whether all rows fill the column of the headings, or all leave those columns empty. */
static bool find_place(struct look *l)
{
	const struct groups *g = l->g;
	size_t beside = 0, above = 0, rows = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (l->heads[i])
			continue;
		rows++;
		beside += groups_text(l->v, l->v->from + i, g->at[0]).n > 0;
		above += l->row[i].first != SIZE_MAX && l->row[i].first > g->at[g->levels - 1];
	}
	for (size_t k = 1; k < g->levels; k++)
		beside = g->at[k] == g->at[0] ? beside : 0;
	for (size_t k = 1; k < g->levels; k++)
		above = g->at[k] > g->at[k - 1] ? above : 0;
	l->g->beside = beside == rows;
	return rows && (beside == rows || above == rows);
}

static enum groups_verdict by_outline(struct look *l, struct groups_sure sure)
{
	unsigned base, deepest = 0;
	if (!l->v->b->packed)
		return GROUPS_NO;
	base = depth_of(l, 0);
	for (size_t i = 0; i < l->n; i++) {
		bool above = i + 1 < l->n && depth_of(l, i + 1) > depth_of(l, i);
		if (depth_of(l, i) < base || (above && (!l->heads[i] || depth_of(l, i + 1) > depth_of(l, i) + 1)))
			return GROUPS_NO;
		if (depth_of(l, i) - base > GROUP_LEVELS)
			return GROUPS_NO;
		l->heads[i] = above;
		l->levels[i] = (uint8_t)(depth_of(l, i) - base);
		deepest = MAX(deepest, l->levels[i]);
	}
	count_heads(l);
	if (!deepest || !l->heads[0] || !find_columns(l, deepest) || !find_place(l) ||
	    (l->n_heads < MIN_HEADS && !(l->g->beside ? sure.beside : sure.above)))
		return GROUPS_NO;
	l->g->told = GROUPS_BY_OUTLINE;
	l->g->base = base;
	return sums_hold(l, l->levels) ? GROUPS_YES : GROUPS_DOUBT;
}

/* -- by columns that only headings fill -- */

static enum groups_verdict by_columns(struct look *l, bool sure)
{
	size_t own = l->row[l->n - 1].first, data = 0, levels = 0;
	size_t columns[GROUP_LEVELS];
	for (size_t i = 0; i < l->n; i++) {
		const struct group_row *r = &l->row[i];
		l->heads[i] = l->heads[i] && r->first < own;
		if (!l->heads[i] && (r->first != own || r->filled < 2))
			return GROUPS_NO;
		data += !l->heads[i];
		size_t at = 0;
		while (l->heads[i] && at < levels && columns[at] != r->first)
			at++;
		if (l->heads[i] && at == GROUP_LEVELS)
			return GROUPS_NO;
		if (l->heads[i] && at == levels)
			columns[levels++] = r->first;
	}
	count_heads(l);
	/* The outer one stands first, and to the left. */
	for (size_t k = 1; k < levels; k++)
		if (columns[k] < columns[k - 1])
			return GROUPS_NO;
	if (!levels || !l->heads[0] || (l->n_heads < MIN_HEADS && !sure) || data < l->n_heads / 2 + 1)
		return GROUPS_NO;
	for (size_t i = 0; i < l->n; i++) {
		size_t at = levels;
		for (size_t k = 0; k < levels && l->heads[i]; k++)
			at = columns[k] == l->row[i].first ? k : at;
		l->levels[i] = (uint8_t)at;
		/* Each has something below it. */
		if (i && l->heads[i - 1] && l->levels[i] <= l->levels[i - 1])
			return GROUPS_NO;
	}
	memcpy(l->g->at, columns, levels * sizeof *columns);
	l->g->beside = false;
	l->g->levels = levels;
	l->g->told = GROUPS_BY_SHAPE;
	return sums_hold(l, l->levels) ? GROUPS_YES : GROUPS_DOUBT;
}

/* -- by cells that headings leave empty -- */

/* Columns that every row has and no heading: how many, and how many of them are sums, prices, pieces by their name. */
static size_t count_core(const struct look *l, size_t label, size_t *ret_said)
{
	size_t core = 0;
	*ret_said = 0;
	for (size_t c = 0; c < l->g->width; c++) {
		bool always = c != label;
		for (size_t i = 0; always && i < l->n; i++)
			always = (groups_text(l->v, l->v->from + i, c).n > 0) != l->heads[i];
		core += always;
		*ret_said += always && l->g->sums[c] && roles_says_number(str_of(header_of(l, c)));
	}
	return core;
}

/* Whether the first column may be of people, of whom one may know no more than the name. */
static bool names_people(const struct look *l, size_t label)
{
	static const enum word words[] = { WORD_FULL_NAME, WORD_FIRST_NAME, WORD_LAST_NAME, WORD_MIDDLE_NAME,
					   WORD_CUSTOMER_ID };
	struct role_column c = { 0 };
	char text[ROLE_SAMPLES][GROUP_TEXT];
	for (size_t i = 0; i < countof(words); i++)
		if (says(l, label, words[i]) >= 0.75)
			return true;
	if (says(l, label, WORD_PRODUCT) >= 0.75)
		return false;
	for (size_t i = 0; i < l->n && c.n_samples < ROLE_SAMPLES; i++) {
		struct str s = groups_text(l->v, l->v->from + i, label);
		if (!s.n || s.n >= GROUP_TEXT)
			continue;
		memcpy(text[c.n_samples], s.p, s.n);
		text[c.n_samples][s.n] = 0;
		c.samples[c.n_samples] = text[c.n_samples];
		c.n_samples++;
	}
	return values_several_names(&c) >= PERSONS;
}

/* No two headings together, none at the end, the first row one. */
static bool apart(const struct look *l)
{
	for (size_t i = 0; i + 1 < l->n; i++)
		if (l->heads[i] && l->heads[i + 1])
			return false;
	return l->heads[0] && !l->heads[l->n - 1];
}

static enum groups_verdict by_empty_cells(struct look *l, bool sure)
{
	size_t label = l->row[0].first, rows = 0, said;
	bool other = false;
	for (size_t i = 0; i < l->n; i++)
		other = other || !l->heads[i];
	for (size_t i = 0; i < l->n; i++) {
		/* Where rows are a name and numbers, only a name alone is a heading. */
		l->heads[i] = l->heads[i] && l->row[i].first == label && (other || l->row[i].filled == 1);
		rows += !l->heads[i];
		if (!l->heads[i] && !groups_text(l->v, l->v->from + i, label).n)
			return GROUPS_NO;
	}
	count_heads(l);
	if (!rows || l->heads[l->n - 1] || !l->heads[0] || (l->summed && l->lone))
		return GROUPS_NO;
	size_t core = count_core(l, label, &said);
	l->g->at[0] = label;
	l->g->beside = true;
	l->g->summed = l->summed;
	l->g->told = GROUPS_BY_SHAPE;
	l->g->levels = 1;
	if (!core || (l->n_heads < MIN_HEADS && !sure))
		return GROUPS_NO;
	if (l->summed) {
		l->g->nested = !apart(l);
		if (!groups_prove(l->v, l->g, l->heads, NULL, &l->proved))
			return l->proved ? GROUPS_DOUBT : GROUPS_NO;
		l->g->nested = l->g->levels > 1;
		for (size_t k = 1; k < l->g->levels; k++)
			l->g->at[k] = label;
		return l->proved >= MIN_PROVED || sure ? GROUPS_YES : GROUPS_NO;
	}
	if (!apart(l) || rows < l->n_heads)
		return GROUPS_NO;
	bool enough = core >= 2 && said && rows >= MIN_ROWS && rows >= 2 * l->n_heads && !names_people(l, label);
	return sure || enough ? GROUPS_YES : GROUPS_DOUBT;
}

/* -- by sums alone -- */

static enum groups_verdict by_sums(struct look *l, bool sure)
{
	size_t label = l->row[0].first;
	for (size_t i = 0; i < l->n; i++)
		if (l->row[i].first != label || !l->heads[i] || l->row[i].filled < 2)
			return GROUPS_NO;
	for (size_t levels = 1; levels <= GROUP_LEVELS; levels++) {
		l->g->levels = levels;
		bool holds = groups_prove(l->v, l->g, NULL, NULL, &l->proved);
		if (!holds || (!sure && (l->proved < MIN_PROVED || l->n < 3 * MIN_PROVED)))
			continue;
		for (size_t k = 0; k < levels; k++)
			l->g->at[k] = label;
		l->g->beside = true;
		l->g->told = GROUPS_BY_SUMS;
		l->first_head = 0;
		return GROUPS_YES;
	}
	return GROUPS_NO;
}

bool groups_worth(struct groups_view *v, struct groups *g)
{
	struct group_row first;
	bool rows_for_it = v->n > v->from + 1;
	for (size_t c = 0; rows_for_it && c < g->width; c++) {
		struct number n;
		struct str s = groups_text(v, v->from, c);
		g->sums[c] = value_number(s, '.', &n) ? '.' : value_number(s, ',', &n) ? ',' : 0;
	}
	first = rows_for_it ? groups_row(v, v->from, g) : (struct group_row){ .first = SIZE_MAX };
	bool worth = rows_for_it && groups_heads(v, v->from, &first, g);
	memset(g->sums, 0, g->width);
	return worth;
}

static enum groups_verdict ask(struct look *l, struct groups_sure sure)
{
	enum groups_verdict verdict = by_outline(l, sure);
	bool doubt = verdict == GROUPS_DOUBT;
	if (verdict == GROUPS_NO) {
		look_at_rows(l);
		verdict = by_columns(l, sure.above);
		doubt = doubt || verdict == GROUPS_DOUBT;
	}
	if (verdict == GROUPS_NO) {
		look_at_rows(l);
		verdict = by_empty_cells(l, sure.beside);
		doubt = doubt || verdict == GROUPS_DOUBT;
	}
	if (verdict == GROUPS_NO) {
		look_at_rows(l);
		verdict = by_sums(l, sure.beside);
	}
	return verdict == GROUPS_NO && doubt ? GROUPS_DOUBT : verdict;
}

enum groups_verdict groups_judge(struct groups_view *v, struct groups_sure sure, struct groups *g, size_t *ret_row)
{
	if (v->n - v->from > LOOKED_AT_ROWS) {
		v->n = v->from + LOOKED_AT_ROWS;
		v->whole = false;
	}
	struct look l = { .v = v, .g = g, .n = v->n - v->from };
	l.row = mem_array(l.n, sizeof *l.row);
	l.heads = mem_zalloc(l.n * sizeof *l.heads);
	l.levels = mem_zalloc(l.n);
	find_sums(&l);
	look_at_rows(&l);
	enum groups_verdict verdict = ask(&l, sure);
	*ret_row = v->from + l.first_head;
	free(l.row);
	free(l.heads);
	free(l.levels);
	return verdict;
}
