#include "ingest/csv_dress.h"

#include "base/util.h"
#include "ingest/csv.h"
#include "ingest/header_grid.h"

#include <ctype.h>
#include <stdlib.h>

#define RULE_WITHIN 20 /* lines from the beginning, for titles and prompts above */
#define SAMPLED_ROWS 500
#define NAME_BYTES 80 /* longer ones are sentences, and no names of columns */

static struct str take_line(struct str *rest, char line_end)
{
	struct str line;
	if (!str_split(rest, line_end, &line))
		return STR("");
	return line;
}

/* What lies between bars, those on the outside not counted; a rule may have crosses, too. */
static size_t count_cells(struct str s, bool rule, bool *ret_bars)
{
	s = str_trim(s);
	*ret_bars = s.n > 1 && (s.p[0] == '|' || (rule && s.p[0] == '+')) &&
		    (s.p[s.n - 1] == '|' || (rule && s.p[s.n - 1] == '+'));
	if (*ret_bars)
		s = str_n(s.p + 1, s.n - 2);
	size_t n = 1;
	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] == '|' && !(i && s.p[i - 1] == '\\')) || (rule && s.p[i] == '+');
	return n;
}

/* "+----+---+", "|:---|---:|", "----+----": dashes in every part, and nothing else. */
static bool is_rule(struct str s)
{
	bool parts = false, dash = true;
	s = str_trim(s);
	if (s.n < 3)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!strchr("-=+|: ", c) || !c)
			return false;
		if (c == '+' || c == '|') {
			parts = true;
			if (!dash && i)
				return false;
			dash = i == 0;
		}
		dash = dash || c == '-' || c == '=';
	}
	return parts && (dash || s.p[s.n - 1] == '|' || s.p[s.n - 1] == '+');
}

/* The rule below a header of as many cells: what it is below may be the first rule of a frame, or the header. */
static bool find_frame(struct str text, char line_end, struct csv_dress *ret)
{
	struct str rest = text, before = STR("");
	size_t above = 0; /* the most cells of a line above the header */
	for (int i = 0; i < RULE_WITHIN && rest.p; i++) {
		struct str line = str_trim(take_line(&rest, line_end)), peek = rest;
		bool bars, of_header;
		if (is_rule(line)) {
			bool closed = line.p[0] == '+'; /* the header stands between two rules */
			struct str header = closed ? str_trim(take_line(&peek, line_end)) : before;
			size_t cells = count_cells(line, true, &bars);
			if (!header.n || is_rule(header) || count_cells(header, false, &of_header) != cells ||
			    bars != of_header || (cells < 2 && !bars) || above >= MAX(cells, (size_t)2))
				return false;
			*ret = (struct csv_dress){ .kind = DRESS_FRAME, .bars = bars, .cells = cells };
			ret->escapes = !closed && !memchr(line.p, '+', line.n);
			ret->rule = mem_alloc(line.n + 1);
			memcpy(ret->rule, line.p, line.n);
			ret->rule[line.n] = 0;
			return true;
		}
		if (!line.n)
			continue;
		above = before.n ? MAX(above, count_cells(before, false, &bars)) : above;
		before = line;
	}
	return false;
}

/* One past the mark that closes a cell which begins at the start of s; 0 = none does. */
static size_t closing(struct str s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] != '"')
			continue;
		if (i + 1 < s.n && s.p[i + 1] == '"')
			i++;
		else
			return i + 1;
	}
	return 0;
}

/* The record at the start of s, when it is one quoted cell and perhaps empty ones; 0 = it is not. */
static size_t wrapped(struct str s, char line_end, struct str *ret_inner)
{
	size_t end = s.n && s.p[0] == '"' ? closing(s) : 0;
	if (!end)
		return 0;
	*ret_inner = str_n(s.p + 1, end - 2);
	while (end < s.n && s.p[end] != line_end && memchr(",;\t \r", s.p[end], 5))
		end++;
	return end == s.n || s.p[end] == line_end ? end : 0;
}

static void unwrap(struct str s, char line_end, struct buf *ret)
{
	while (s.n) {
		struct str inner;
		size_t end = wrapped(s, line_end, &inner);
		for (size_t i = 0; end && i < inner.n; i++) {
			buf_addc(ret, inner.p[i]);
			i += inner.p[i] == '"';
		}
		const char *p = end ? s.p + end : memchr(s.p, line_end, s.n);
		size_t n = p && p < s.p + s.n ? (size_t)(p - s.p) + 1 : s.n;
		buf_add(ret, s.p + end, n - end);
		s = str_n(s.p + n, s.n - n);
	}
}

/* Names of columns: short, all different, none a value, none with the blank that follows a comma in a sentence. */
static bool names_columns(struct grid *g, size_t width)
{
	CLEANUP(buf_free) struct buf name = BUF_INIT(2 * LIMIT_CELL_BYTES);
	for (size_t i = 0; i < width; i++) {
		struct cell c = rows_cell(g->rows, 0, i);
		buf_clear(&name);
		buf_add_str(&name, grid_text(g, 0, i));
		if (!name.n || name.n > NAME_BYTES || g->b->data[c.at] == ' ' || grid_is_typed(buf_str(&name)))
			return false;
		for (size_t k = i + 1; k < width; k++) {
			if (str_ieq(grid_text(g, 0, k), buf_str(&name)))
				return false;
		}
	}
	return true;
}

bool csv_is_table(struct str text, const struct csv_dialect *d)
{
	struct block b = { .data = (char *)(uintptr_t)text.p, .n = text.n };
	struct rows rows = { 0 };
	struct grid g = { .b = &b, .rows = &rows, .scratch = BUF_INIT(2 * LIMIT_CELL_BYTES) };
	struct err ignored;
	bool is = d->width >= 2 && d->consistency == 1 && !d->n_fixed && csv_index(d, text, false, &rows, &ignored) &&
		  rows.n_rows >= 2 && names_columns(&g, d->width);
	buf_free(&g.scratch);
	rows_free(&rows);
	return is;
}

/* Lines that are one cell each, and a table once they are not. */
static bool find_lines(struct str text, char line_end, struct csv_dress *ret)
{
	CLEANUP(buf_free) struct buf plain = BUF_INIT(text.n + BLOCK_PAD + 1);
	size_t n = 0;
	struct str inner;
	for (struct str rest = text; rest.n && n < SAMPLED_ROWS;) {
		size_t end = wrapped(rest, line_end, &inner);
		n += end > 0 && inner.n > 2;
		const char *p = memchr(rest.p + end, line_end, rest.n - end);
		end = p ? (size_t)(p - rest.p) + 1 : rest.n;
		rest = str_n(rest.p + end, rest.n - end);
	}
	if (!n)
		return false;
	unwrap(text, line_end, &plain);
	buf_reserve(&plain, BLOCK_PAD);
	memset(plain.p + plain.n, 0, BLOCK_PAD);
	struct csv_dialect before = csv_dialect_find(text), d = csv_dialect_find(buf_str(&plain));
	if ((before.width >= 2 && before.consistency == 1) || !csv_is_table(buf_str(&plain), &d))
		return false;
	*ret = (struct csv_dress){ .kind = DRESS_LINES };
	return true;
}

struct csv_dress csv_dress_find(struct str text, char line_end)
{
	struct csv_dress d = { 0 };
	if (!find_frame(text, line_end, &d))
		find_lines(text, line_end, &d);
	return d;
}

void csv_dress_free(struct csv_dress *d)
{
	free(d->rule);
	d->rule = NULL;
}

/* "(40 rows)", "(1 строка)", "40 rows in set (0.00 sec)" */
static bool counts_rows(struct str s)
{
	bool paired = s.n > 2 && s.p[0] == '(' && s.p[s.n - 1] == ')';
	size_t n = 0;
	s = paired ? str_n(s.p + 1, s.n - 2) : s;
	while (n < s.n && isdigit((unsigned char)s.p[n]))
		n++;
	if (!n || n == s.n || s.p[n] != ' ')
		return false;
	struct str word = str_n(s.p + n + 1, s.n - n - 1);
	return paired ? str_find(word, ' ') == word.n
		      : str_starts(word, STR("row in set")) || str_starts(word, STR("rows in set"));
}

static void unframe_line(const struct csv_dress *d, struct str line, struct buf *ret)
{
	struct str s = str_trim(line);
	bool bars = s.n > 1 && s.p[0] == '|' && s.p[s.n - 1] == '|';
	if (str_is(s, d->rule) || (s.n && s.p[0] == '+' && is_rule(s)) || counts_rows(s))
		return;
	if (d->bars && bars)
		s = str_n(s.p + 1, s.n - 2);
	else
		s = line;
	for (size_t i = 0; i < s.n; i++) {
		bool escaped = d->escapes && s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == '|';
		i += escaped;
		buf_addc(ret, s.p[i] == '|' && !escaped ? DRESS_DELIMITER : s.p[i]);
	}
}

void csv_undress(const struct csv_dress *d, char line_end, struct str text, struct buf *ret)
{
	buf_reserve(ret, text.n + BLOCK_PAD);
	if (d->kind == DRESS_LINES) {
		unwrap(text, line_end, ret);
		return;
	}
	while (text.n) {
		const char *p = memchr(text.p, line_end, text.n);
		size_t n = p ? (size_t)(p - text.p) : text.n;
		unframe_line(d, str_n(text.p, n), ret);
		if (p)
			buf_addc(ret, line_end);
		n += p != NULL;
		text = str_n(text.p + n, text.n - n);
	}
}
