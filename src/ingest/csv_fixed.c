/*
 * Columns that stand one below the other, with blanks between them: what reports of old programs and of terminals look
 * like. A column begins where in (almost) every line text follows blanks. Places are characters, not bytes.
 */
#include "ingest/csv.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/pack.h"

#include <stdlib.h>

#define MAX_LINE 4000 /* characters looked at */
#define MAX_LINES 500
#define MIN_GAP 2 /* one blank stands between the words of a cell, too */
#define MIN_LINES 3

struct ruler {
	uint16_t taken[MAX_LINE]; /* lines that have a character there */
	size_t lines, widest;
};

static size_t next_char(struct str s, size_t at)
{
	at++;
	while (at < s.n && ((unsigned char)s.p[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static bool is_blank(struct str s, size_t at)
{
	return (unsigned char)s.p[at] <= ' ' || (at + 1 < s.n && memcmp(s.p + at, "\xc2\xa0", 2) == 0);
}

/* "----- ------  ===": nothing but a line under the header. */
static bool is_rule(struct str s)
{
	bool any = false;
	for (size_t i = 0; i < s.n; i++) {
		if (!memchr("-=_+|", s.p[i], 5) && (unsigned char)s.p[i] > ' ')
			return false;
		any = any || s.p[i] == '-' || s.p[i] == '=' || s.p[i] == '_';
	}
	return any;
}

/* Two blanks between words: what titles and sentences do not have. */
static bool has_gap(struct str s)
{
	struct str t = str_trim(s);
	for (size_t i = 0; i + 1 < t.n; i++) {
		if (is_blank(t, i) && is_blank(t, next_char(t, i)))
			return true;
	}
	return false;
}

static struct str take_line(struct str *rest, char line_end)
{
	const char *p = memchr(rest->p, line_end, rest->n);
	size_t n = p ? (size_t)(p - rest->p) : rest->n, past = MIN(n + 1, rest->n);
	struct str line = str_n(rest->p, n);
	*rest = str_n(rest->p + past, rest->n - past);
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static void measure(struct ruler *r, struct str line)
{
	size_t place = 0;
	for (size_t i = 0; i < line.n && place < MAX_LINE; i = next_char(line, i), place++) {
		if (is_blank(line, i))
			continue;
		r->taken[place]++;
		r->widest = MAX(r->widest, place + 1);
	}
	r->lines++;
}

static bool find_columns(const struct ruler *r, struct csv_dialect *d)
{
	size_t gap = 0, some = r->lines / 50;
	bool text = false;
	d->n_fixed = 0;
	for (size_t i = 0; i < r->widest; i++) {
		if (r->taken[i] <= some) {
			gap++;
			continue;
		}
		if (!text || gap >= MIN_GAP) {
			if (d->n_fixed == CSV_FIXED_COLUMNS)
				return false;
			d->fixed[d->n_fixed++] = (uint16_t)(text ? i : 0);
		}
		text = true;
		gap = 0;
	}
	return d->n_fixed >= 2;
}

/* The groups of "----- ------" say it themselves. */
static bool columns_of_rule(struct str rule, struct csv_dialect *d)
{
	d->n_fixed = 0;
	for (size_t i = 0; i < MIN(rule.n, (size_t)UINT16_MAX); i++) {
		bool begins = !is_blank(rule, i) && (!i || is_blank(rule, i - 1));
		if (begins && d->n_fixed < CSV_FIXED_COLUMNS)
			d->fixed[d->n_fixed++] = (uint16_t)i;
	}
	d->fixed[0] = 0;
	return d->n_fixed >= 2;
}

bool csv_fixed_find(struct str text, struct csv_dialect *d)
{
	struct ruler *r = mem_zalloc(sizeof *r);
	size_t lines = 0, plain = 0;
	bool ruled = false;
	while (text.n && lines < MAX_LINES) {
		struct str line = take_line(&text, d->line_end);
		if (!str_trim(line).n)
			continue;
		if (is_rule(line)) {
			ruled = ruled || columns_of_rule(line, d);
			continue;
		}
		lines++;
		plain += !has_gap(line);
		if (has_gap(line))
			measure(r, line);
		if (memchr(line.p, '\t', line.n))
			plain = SIZE_MAX / 2;
	}
	/* A title above, a signature below. */
	bool found = ruled || (r->lines >= MIN_LINES && plain <= MAX(lines / 5, (size_t)2) && find_columns(r, d));
	if (!found)
		d->n_fixed = 0;
	free(r);
	return found;
}

static void put_cell(struct rows *rows, size_t from, size_t to)
{
	size_t n = MIN(to - from, (size_t)CELL_LENGTH);
	uint32_t flags = n > LIMIT_CELL_BYTES ? CELL_ERROR : 0;
	rows->cells[rows->n_cells++] = (struct cell){ (uint32_t)from, (uint32_t)n | flags };
}

/* Words with one blank between them. */
struct run {
	size_t at;     /* where it begins */
	size_t blanks; /* before the character that is looked at */
	bool second;   /* there is text before it in the same cell */
};

static void follow(struct run *r, struct str line, size_t from, size_t i)
{
	if (is_blank(line, i)) {
		r->blanks++;
		return;
	}
	if (r->blanks >= MIN_GAP || i == from) {
		r->second = r->at >= from && i > from && str_trim(str_n(line.p + from, i - from)).n;
		r->at = i;
	}
	r->blanks = 0;
}

/* Whether the run goes on at i or just behind it. */
static bool goes_on(const struct run *r, struct str line, size_t i)
{
	size_t next = next_char(line, i);
	return !is_blank(line, i) || (!r->blanks && next < line.n && !is_blank(line, next));
}

/*
 * A value that is wider than its column goes on to its end; where it stands behind another one it is the next column's,
 * whose values end below each other: a name longer than its numbers. A line without gaps is a title, and one cell.
 */
static void put_line(const struct csv_dialect *d, size_t base, struct str line, struct rows *rows)
{
	size_t column = 1, from = 0, place = 0, before = 0, columns = has_gap(line) ? d->n_fixed : 0;
	struct run run = { 0 };
	for (size_t i = 0; i < line.n && column < columns; place++) {
		bool within = i && !is_blank(line, i) && !is_blank(line, before), reached = place >= d->fixed[column];
		bool begins = !is_blank(line, i) && run.blanks >= MIN_GAP;
		if (reached && !begins && run.second && run.at > from && goes_on(&run, line, i)) {
			put_cell(rows, base + from, base + run.at);
			from = run.at;
			run.second = false;
			column++;
		} else if (reached && !within) {
			put_cell(rows, base + from, base + i);
			from = i;
			run.second = false;
			column++;
		}
		follow(&run, line, from, i);
		before = i;
		i = next_char(line, i);
	}
	put_cell(rows, base + from, base + line.n);
}

bool csv_fixed_index(const struct csv_dialect *d, struct str text, struct rows *ret, struct err *e)
{
	struct str rest = text;
	rows_reserve(ret, 2, 2);
	ret->first[0] = 0;
	while (rest.n) {
		size_t base = (size_t)(rest.p - text.p);
		struct str line = take_line(&rest, d->line_end);
		if (!str_trim(line).n || is_rule(line))
			continue;
		rows_reserve(ret, d->n_fixed + 1, 2);
		put_line(d, base, line, ret);
		ret->place[ret->n_rows++] = (uint32_t)base;
		ret->first[ret->n_rows] = (uint32_t)ret->n_cells;
	}
	return true;
}
