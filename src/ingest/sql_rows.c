/* The values in the rows of a dump. */
#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/simd.h"
#include "ingest/sql_dump.h"

#include <stdio.h>
#include <stdlib.h>

/* One block's work. */
struct values {
	const struct sql_reader *q;
	const struct sql_shape *shape;
	const struct reader_table *table;
	struct packer packer;
	struct buf scratch; /* texts of a row; large enough at once, so that it never moves */
	struct str *cells;  /* of a row, by column; those behind the last column follow */
	uint32_t *flags;
	size_t cap, width;
	size_t repaired;
	/* of the run */
	struct sql_quick quick;
	bool plain;  /* sql_quick.c may try */
	bool breaks; /* there is a line's end in it */
};

static struct str unescaped(struct values *v, size_t from)
{
	return str_n(v->scratch.p + from, v->scratch.n - from);
}

/* Stands in a cell that holds no text. */
static struct str sized(struct values *v, size_t n)
{
	char text[64];
	size_t begin = v->scratch.n;
	snprintf(text, sizeof text, "%zu bytes of binary data", n);
	buf_adds(&v->scratch, text);
	return unescaped(v, begin);
}

static struct str number_text(struct values *v, size_t n)
{
	size_t begin = v->scratch.n;
	buf_add_i64(&v->scratch, (int64_t)n);
	return unescaped(v, begin);
}

static void put(struct values *v, size_t position, struct str text, uint32_t flags)
{
	size_t at = position;
	if (v->shape->columns)
		at = position < v->shape->n ? v->shape->columns[position] : v->table->n_columns + position;
	if (at >= v->cap) {
		size_t cap = MAX(at + 1, v->cap * 2);
		v->cells = mem_realloc(v->cells, cap * sizeof *v->cells);
		v->flags = mem_realloc(v->flags, cap * sizeof *v->flags);
		v->cap = cap;
	}
	for (; v->width <= at; v->width++) {
		v->cells[v->width] = STR("");
		v->flags[v->width] = 0;
	}
	v->cells[at] = text;
	v->flags[at] = flags;
}

static enum sql_kind kind_at(const struct values *v, size_t position)
{
	size_t at = position;
	if (v->shape->columns)
		at = position < v->shape->n ? v->shape->columns[position] : SIZE_MAX;
	return at < v->table->n_columns ? v->q->known.tables[v->shape->table].kinds[at] : SQL_PLAIN;
}

static bool is_zero_date(struct str s)
{
	return str_is(s, "0000-00-00") || str_is(s, "0000-00-00 00:00:00");
}

/* A text as the column's declaration means it. */
static void put_text(struct values *v, size_t position, struct str s, bool binary)
{
	enum sql_kind kind = kind_at(v, position);
	bool whole = utf8_valid(s) && !memchr(s.p, 0, s.n);
	if (kind == SQL_BOOLEAN && s.n == 1 && (s.p[0] == 't' || s.p[0] == 'f')) {
		put(v, position, s.p[0] == 't' ? STR("true") : STR("false"), 0);
	} else if (s.n && kind == SQL_BINARY && str_starts(s, STR("\\x"))) {
		put(v, position, sized(v, (s.n - 2) / 2), CELL_ERROR);
	} else if (s.n && !whole && (binary || kind == SQL_BINARY)) {
		put(v, position, sized(v, s.n), CELL_ERROR);
	} else if (v->q->mysql && is_zero_date(s)) {
		put(v, position, STR(""), 0);
	} else if (whole) {
		put(v, position, s, 0);
	} else {
		CLEANUP(buf_free) struct buf repaired = BUF_INIT(s.n * 3 + 1);
		v->repaired += encoding_repair(s, &repaired);
		size_t begin = v->scratch.n;
		buf_add_str(&v->scratch, buf_str(&repaired));
		put(v, position, unescaped(v, begin), 0);
	}
}

/* x'0aff', 0x0aff, b'101' */
static void put_literal(struct values *v, size_t position, char kind, struct str digits)
{
	if ((kind | 32) == 'x') {
		put(v, position, sized(v, (digits.n + 1) / 2), CELL_ERROR);
		return;
	}
	size_t number = 0;
	for (size_t i = 0; i < digits.n; i++)
		number = number * 2 + (digits.p[i] == '1');
	if (digits.n > 60)
		put(v, position, digits, 0);
	else
		put(v, position, number_text(v, number), 0);
}

/* A word without quotes: a number, NULL, TRUE, DEFAULT, or a call that nobody runs. */
static void put_word(struct values *v, size_t position, struct str s)
{
	static const struct str nothing[] = { STR("NULL"), STR("DEFAULT") }, truth[] = { STR("TRUE"), STR("FALSE") };
	s = str_trim(s);
	for (size_t i = 0; i < countof(nothing); i++) {
		if (str_ieq(s, nothing[i])) {
			put(v, position, STR(""), 0);
			return;
		}
	}
	bool known = str_ieq(s, truth[0]) || str_ieq(s, truth[1]);
	if (s.n > 2 && s.p[0] == '0' && (s.p[1] | 32) == 'x') {
		put_literal(v, position, 'x', str_n(s.p + 2, s.n - 2));
		return;
	}
	for (size_t i = 0; i < s.n && !known; i++) {
		char c = s.p[i];
		if (!((c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || (c | 32) == 'e')) {
			put(v, position, s, CELL_ERROR);
			return;
		}
	}
	put(v, position, s, 0);
}

static bool ends_value(char c)
{
	return c == ',' || c == ')';
}

/* Past ::numeric(10,2) and other things up to the comma or the row's last bracket. */
static size_t value_end(const struct sql_text *t, size_t at)
{
	while (at < t->n && !ends_value(t->p[at])) {
		size_t past = SQL_NONE;
		char c = t->p[at];
		if (c == '(')
			past = sql_brackets(t, at);
		else if (c == '\'' || c == '"' || c == '`') {
			past = sql_quoted(t, at, false);
			if (!sql_ok(past))
				return t->n;
		} else if (c == '[')
			past = at + 1 + str_find(str_n(t->p + at + 1, t->n - at - 1), ']');
		else if (c == '-' || c == '/' || c == '#')
			past = sql_blank(t, at);
		at = sql_ok(past) && past > at ? MIN(past, t->n) : at + 1;
	}
	return at;
}

/* The letters before a quotation mark: E'…', N'…', x'…', b'…', _binary '…', DATE '…'. Returns the mark's place, or
 * SQL_NONE. */
static size_t quote_after(const struct sql_text *t, size_t at)
{
	size_t end = at;
	while (end < t->n && (sql_is_word(t->p[end]) || t->p[end] == '&'))
		end++;
	static const struct str types[] = { STR("DATE"), STR("TIME"), STR("TIMESTAMP") };
	bool word = t->p[at] == '_';
	for (size_t i = 0; i < countof(types); i++)
		word = word || str_ieq(str_n(t->p + at, end - at), types[i]);
	while (word && end < t->n && t->p[end] == ' ')
		end++;
	bool mark = end < t->n && (t->p[end] == '\'' || (t->p[end] == '"' && t->mysql));
	return mark && (end - at <= 2 || word) ? end : SQL_NONE;
}

/* 'abc', -12.50, NULL and nothing else before the comma: almost all there is. Returns where it ends, or SQL_NONE. */
static size_t take_simple(struct values *v, const struct sql_text *t, size_t at, size_t position)
{
	size_t end = at;
	if (t->p[at] == '\'') {
		for (end++; end < t->n && t->p[end] != '\'' && (t->p[end] != '\\' || !t->mysql); end++)
			;
		if (end + 1 >= t->n || t->p[end] != '\'' || !ends_value(t->p[end + 1]))
			return SQL_NONE;
		put_text(v, position, str_n(t->p + at + 1, end - at - 1), false);
		return end + 1;
	}
	if (t->n - at > 4 && memcmp(t->p + at, "NULL", 4) == 0 && ends_value(t->p[at + 4])) {
		put(v, position, STR(""), 0);
		return at + 4;
	}
	while (end < t->n && ((t->p[end] >= '0' && t->p[end] <= '9') || t->p[end] == '-' || t->p[end] == '.'))
		end++;
	if (end == at || end >= t->n || !ends_value(t->p[end]))
		return SQL_NONE;
	put(v, position, str_n(t->p + at, end - at), 0);
	return end;
}

static size_t take_value(struct values *v, const struct sql_text *t, size_t at, size_t position)
{
	size_t simple = take_simple(v, t, at, position);
	if (simple != SQL_NONE)
		return simple;
	size_t mark = quote_after(t, at), end = SQL_NONE;
	bool escapes = t->mysql || (t->p[at] | 32) == 'e';
	if (mark != SQL_NONE)
		end = sql_quoted(t, mark, escapes);
	if (!sql_ok(end)) {
		end = value_end(t, at);
		put_word(v, position, str_n(t->p + at, end - at));
		return end;
	}
	char prefix = mark > at ? t->p[at] : ' ';
	struct str inside = str_n(t->p + mark + 1, end - mark - 2);
	size_t past = sql_blank(t, end);
	bool alone = past >= t->n || ends_value(t->p[past]) || t->p[past] == ':';
	if (alone && ((prefix | 32) == 'x' || (prefix | 32) == 'b'))
		put_literal(v, position, prefix, inside);
	else if (alone)
		put_text(v, position, sql_unquoted(&v->scratch, inside, t->p[mark], escapes, t->mysql), prefix == '_');
	past = value_end(t, MIN(past, t->n));
	if (!alone)
		put(v, position, str_trim(str_n(t->p + at, past - at)), CELL_ERROR);
	return past;
}

static bool end_row(struct values *v, uint32_t line, struct err *e)
{
	pack_row(&v->packer, line);
	for (size_t i = 0; i < v->width; i++)
		pack_cell(&v->packer, v->cells[i], v->flags[i]);
	v->width = v->scratch.n = 0;
	return pack_row_end(&v->packer, e);
}

/* The values from the bracket at `at` to the one that closes it; returns where that is, and how many they are. v may be
 * NULL. */
static size_t row_values(struct values *v, const struct sql_text *t, size_t at, size_t *ret_n)
{
	size_t position = 0;
	for (at++; at < t->n; at++) {
		if ((unsigned char)t->p[at] <= ' ' || t->p[at] == '-' || t->p[at] == '/' || t->p[at] == '#')
			at = sql_blank(t, at);
		if (!sql_ok(at) || at >= t->n || (t->p[at] == ')' && !position))
			break;
		/* What is over twice the limit is no more than counted. */
		at = v && position <= 2 * LIMIT_COLUMNS ? take_value(v, t, at, position) : value_end(t, at);
		position++;
		if (at >= t->n || t->p[at] == ')')
			break;
	}
	*ret_n = position;
	return sql_ok(at) ? MIN(at + 1, t->n) : t->n;
}

size_t sql_rows_width(struct str row, bool mysql)
{
	struct sql_text t = { row.p, row.n, true, mysql };
	size_t n;
	row_values(NULL, &t, 0, &n);
	return n;
}

static bool rows_of_insert(struct values *v, struct str s, uint32_t line, struct err *e)
{
	struct sql_text t = { s.p, s.n, true, v->q->mysql };
	size_t at = 0, counted = 0;
	while (at < s.n) {
		if (s.p[at] != '(') {
			at++;
			continue;
		}
		size_t values;
		if (v->breaks)
			line += (uint32_t)simd_count(s.p + counted, at - counted, '\n');
		counted = at;
		size_t past = v->plain ? sql_quick_row(&v->quick, &v->packer, s, at, line) : SQL_NONE;
		at = past == SQL_NONE ? row_values(v, &t, at, &values) : past;
		if (past == SQL_NONE ? !end_row(v, line, e) : !pack_row_end(&v->packer, e))
			return false;
	}
	return true;
}

/* A field between two tabs; \N is no value. */
static void copy_field(struct values *v, size_t position, struct str s)
{
	if (s.n == 2 && s.p[0] == '\\' && s.p[1] == 'N') {
		put(v, position, STR(""), 0);
		return;
	}
	put_text(v, position, sql_unquoted(&v->scratch, s, '\n', true, false), false);
}

static bool rows_of_copy(struct values *v, struct str s, uint32_t line, struct err *e)
{
	for (size_t at = 0; at < s.n; line++) {
		const char *p = memchr(s.p + at, '\n', s.n - at);
		size_t end = p ? (size_t)(p - s.p) : s.n, position = 0;
		struct str rest = str_n(s.p + at, end - at), field;
		if (rest.n && rest.p[rest.n - 1] == '\r')
			rest.n--;
		at = end + 1;
		if (v->plain && sql_quick_line(&v->quick, &v->packer, rest, line)) {
			if (!pack_row_end(&v->packer, e))
				return false;
			continue;
		}
		while (str_split(&rest, '\t', &field) && position <= 2 * LIMIT_COLUMNS)
			copy_field(v, position++, field);
		if (!end_row(v, line, e))
			return false;
	}
	return true;
}

static bool run_rows(struct values *v, const struct sql_run *run, struct str bytes, enum encoding encoding,
		     struct err *e)
{
	CLEANUP(buf_free) struct buf decoded = BUF_INIT(bytes.n * 3 + BLOCK_PAD);
	if (encoding != ENC_UTF8) {
		encoding_decode(encoding, bytes, &decoded);
		buf_reserve(&decoded, BLOCK_PAD);
		bytes = buf_str(&decoded);
	}
	v->shape = &v->q->known.shapes[run->shape];
	v->table = &v->q->base.tables[v->shape->table];
	v->quick = (struct sql_quick){ .columns = v->shape->columns,
				       .n = v->shape->columns ? v->shape->n : v->table->n_columns,
				       .kinds = v->q->known.tables[v->shape->table].kinds,
				       .mysql = v->q->mysql };
	v->plain = v->shape->in_order && utf8_valid(bytes) && !memchr(bytes.p, 0, bytes.n);
	v->breaks = memchr(bytes.p, '\n', bytes.n) != NULL;
	/* For one row: its texts, which grow only where a byte is repaired, and the words put in place of binary data.
	 */
	size_t room = bytes.n * 4 + (size_t)64 * 2 * (LIMIT_COLUMNS + 1);
	v->scratch.max = room;
	v->scratch.n = 0;
	buf_reserve(&v->scratch, room);
	return run->lines ? rows_of_copy(v, bytes, run->line, e) : rows_of_insert(v, bytes, run->line, e);
}

bool sql_rows_index(const struct sql_reader *q, struct block *b, struct rows *ret, struct err *e)
{
	struct values v = { .q = q, .packer = PACKER_INIT };
	bool ok = true;
	v.packer.bytes.max = (b->n + BLOCK_BYTES) * 8;
	for (size_t at = 0; ok && at + sizeof(struct sql_run) <= b->n;) {
		struct sql_run run;
		memcpy(&run, b->data + at, sizeof run);
		at += sizeof run;
		ok = run_rows(&v, &run, str_n(b->data + at, run.n), b->encoding, e);
		at += run.n;
	}
	if (ok) {
		struct block packed;
		pack_take(&v.packer, &packed);
		packed.seq = b->seq;
		packed.first_line = b->first_line;
		packed.repaired = v.repaired;
		block_free(b);
		*b = packed;
		ok = pack_index(b, ret, e);
	}
	buf_free(&v.packer.bytes);
	buf_free(&v.scratch);
	free(v.cells);
	free(v.flags);
	return ok;
}
