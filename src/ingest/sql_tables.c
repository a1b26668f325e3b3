#include "ingest/sql_dump.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

/* A name in the encoding of the file as UTF-8. */
static void add_decoded(const struct sql_scan *x, struct buf *b, struct str s)
{
	if (utf8_valid(s))
		buf_add_str(b, s);
	else if (x->feed->encoding != ENC_UTF8 && x->feed->encoding != ENC_UTF16LE && x->feed->encoding != ENC_UTF16BE)
		encoding_decode(x->feed->encoding, s, b);
	else
		encoding_repair(s, b);
}

static bool is_usual_schema(struct str s)
{
	return !s.n || str_is(s, "public") || str_is(s, "dbo");
}

static size_t find_table(const struct sql_tables *k, struct str schema, struct str name)
{
	for (size_t i = 0; i < k->n_tables; i++) {
		if (str_eq(buf_str(&k->tables[i].schema), schema) && str_is(name, k->reader->tables[i].name))
			return i;
	}
	return SIZE_MAX;
}

static void add_column(struct sql_tables *k, size_t table, struct str name, enum sql_kind kind)
{
	struct reader_table *t = &k->reader->tables[table];
	struct sql_table *own = &k->tables[table];
	if ((t->n_columns & (t->n_columns - 1)) == 0) {
		size_t cap = MAX(t->n_columns * 2, (size_t)1);
		t->columns = mem_realloc(t->columns, cap * sizeof *t->columns);
		own->kinds = mem_realloc(own->kinds, cap * sizeof *own->kinds);
	}
	char *copy = mem_alloc(name.n + 1);
	memcpy(copy, name.p, name.n);
	copy[name.n] = 0;
	own->kinds[t->n_columns] = kind;
	t->columns[t->n_columns++] = copy;
}

static size_t find_column(const struct reader_table *t, struct str name)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		if (str_ieq(str_of(t->columns[i]), name))
			return i;
	}
	return SIZE_MAX;
}

/* The table of the scan's head, made when it is new. Tables of a schema of their own are called "schema.table". */
static bool table_of(struct sql_tables *k, const struct sql_scan *x, size_t *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf name = BUF_INIT(16 * SQL_NAME_BYTES), schema = BUF_INIT(16 * SQL_NAME_BYTES);
	add_decoded(x, &schema, buf_str(&x->head.schema));
	if (!is_usual_schema(buf_str(&schema))) {
		buf_add_str(&name, buf_str(&schema));
		buf_addc(&name, '.');
	}
	add_decoded(x, &name, buf_str(&x->head.table));
	*ret = find_table(k, buf_str(&schema), buf_str(&name));
	if (*ret != SIZE_MAX)
		return true;
	if (k->n_tables == LIMIT_TABLES)
		return err_set(e, ERR_LIMIT, "too_many_tables", "The dump has more than %d tables.", LIMIT_TABLES);
	*ret = k->n_tables++;
	k->tables = mem_realloc(k->tables, (*ret + 1) * sizeof *k->tables);
	k->tables[*ret] = (struct sql_table){ .schema = BUF_INIT(16 * SQL_NAME_BYTES) };
	buf_add_str(&k->tables[*ret].schema, buf_str(&schema));
	reader_add_table(k->reader, buf_str(&name));
	return true;
}

static bool too_wide(const struct reader_table *t, struct err *e)
{
	if (t->n_columns <= LIMIT_COLUMNS)
		return false;
	err_set(e, ERR_LIMIT, "too_many_columns", "The table has more than %d columns.", LIMIT_COLUMNS);
	return true;
}

/* CREATE TABLE: the columns of a table not seen before; a second one of the name says nothing new. */
static bool on_create(struct sql_tables *k, const struct sql_scan *x, struct err *e)
{
	size_t table, before = k->n_tables;
	if (!x->head.n_columns)
		return true;
	if (!table_of(k, x, &table, e))
		return false;
	for (size_t i = 0; table == before && i < x->head.n_columns; i++) {
		CLEANUP(buf_free) struct buf name = BUF_INIT(16 * SQL_NAME_BYTES);
		add_decoded(x, &name, str_of(x->head.columns[i].name));
		add_column(k, table, buf_str(&name), x->head.columns[i].kind);
	}
	return !too_wide(&k->reader->tables[table], e);
}

size_t sql_tables_shape(const struct sql_tables *k, struct str head, bool copy)
{
	/* The last ones first: statements of a table stand together. */
	for (size_t i = k->n_shapes; i-- > 0;) {
		if (str_eq(buf_str(&k->shapes[i].head), head))
			return i;
	}
	return SIZE_MAX;
}

static bool new_shape(struct sql_tables *k, const struct sql_scan *x, struct str head, size_t *ret, struct err *e)
{
	struct sql_shape s = { .n = x->head.n_columns, .in_order = true, .head = BUF_INIT(LIMIT_ROW_BYTES) };
	if (k->n_shapes == LIMIT_DUMP_SHAPES)
		return err_set(e, ERR_LIMIT, "too_many_shapes",
			       "The dump has more than %d different beginnings of INSERT.", LIMIT_DUMP_SHAPES);
	if (!table_of(k, x, &s.table, e))
		return false;
	s.columns = s.n ? mem_array(s.n, sizeof *s.columns) : NULL;
	for (size_t i = 0; i < s.n; i++) {
		CLEANUP(buf_free) struct buf name = BUF_INIT(16 * SQL_NAME_BYTES);
		add_decoded(x, &name, str_of(x->head.columns[i].name));
		size_t at = find_column(&k->reader->tables[s.table], buf_str(&name));
		if (at == SIZE_MAX) {
			at = k->reader->tables[s.table].n_columns;
			add_column(k, s.table, buf_str(&name), SQL_PLAIN);
		}
		s.in_order = s.in_order && (!i || at > s.columns[i - 1]);
		s.columns[i] = (uint32_t)at;
	}
	buf_add_str(&s.head, head);
	k->shapes = mem_realloc(k->shapes, (k->n_shapes + 1) * sizeof *k->shapes);
	*ret = k->n_shapes;
	k->shapes[k->n_shapes++] = s;
	return !too_wide(&k->reader->tables[s.table], e);
}

/* Rows without CREATE TABLE and without a list of columns: as many as the first row has. */
static void count_columns(struct sql_tables *k, size_t table, struct str row, bool lines, bool mysql)
{
	size_t n = 1;
	if (k->reader->tables[table].n_columns)
		return;
	if (lines) {
		for (size_t i = 0; i < row.n && row.p[i] != '\n'; i++)
			n += row.p[i] == '\t';
	} else {
		n = sql_rows_width(row, mysql);
	}
	for (size_t i = 0; i < MIN(n, (size_t)LIMIT_COLUMNS); i++) {
		char name[40];
		snprintf(name, sizeof name, "column_%zu", i + 1);
		add_column(k, table, str_of(name), SQL_PLAIN);
	}
}

/* The rows of a statement lie from `begin` on. Statements of one table in a row are one segment. */
static void begin_segment(struct sql_tables *k, size_t table, uint64_t begin, uint64_t line)
{
	struct sql_table *t = &k->tables[table];
	if (t->last_segment && (t->last_segment == k->n_segments || k->n_segments >= LIMIT_DUMP_SEGMENTS))
		return;
	if ((k->n_segments & (k->n_segments - 1)) == 0)
		k->segments = mem_realloc(k->segments, MAX(k->n_segments * 2, (size_t)1) * sizeof *k->segments);
	k->segments[k->n_segments++] = (struct sql_segment){ table, begin, begin, line };
	t->last_segment = k->n_segments;
}

/* The head that tells one statement's shape from another's. */
static struct str head_text(const struct sql_scan *x, bool copy)
{
	if (!copy)
		return buf_str(&x->last_head);
	return str_n(x->feed->pending.p + x->begin, x->at - x->begin);
}

bool sql_tables_find(struct sql_tables *k, struct sql_scan *x, struct err *e)
{
	enum sql_event event;
	size_t shape = SIZE_MAX;
	for (;;) {
		if (!sql_scan_next(x, &event, e))
			return false;
		switch (event) {
		case SQL_CREATE:
			if (!on_create(k, x, e))
				return false;
			shape = SIZE_MAX;
			break;
		case SQL_INSERT:
		case SQL_COPY:
			if (event == SQL_COPY || !x->same_head || shape == SIZE_MAX) {
				struct str head = head_text(x, event == SQL_COPY);
				shape = sql_tables_shape(k, head, event == SQL_COPY);
				if (shape == SIZE_MAX && !new_shape(k, x, head, &shape, e))
					return false;
			}
			begin_segment(k, k->shapes[shape].table, x->offset + x->begin, sql_scan_line(x, x->begin));
			break;
		case SQL_ROW:
		case SQL_LINES:
			k->any_row = true;
			count_columns(k, k->shapes[shape].table, x->text, event == SQL_LINES, x->mysql);
			break;
		case SQL_ROWS_END:
			k->segments[k->tables[k->shapes[shape].table].last_segment - 1].end = x->offset + x->at;
			break;
		case SQL_END:
			return true;
		}
	}
}

void sql_tables_free(struct sql_tables *k)
{
	for (size_t i = 0; i < k->n_tables; i++) {
		buf_free(&k->tables[i].schema);
		free(k->tables[i].kinds);
	}
	for (size_t i = 0; i < k->n_shapes; i++) {
		free(k->shapes[i].columns);
		buf_free(&k->shapes[i].head);
	}
	free(k->tables);
	free(k->shapes);
	free(k->segments);
}
