#include "analysis/annotated.h"

#include "analysis/ask.h"
#include "base/limits.h"
#include "json/read.h"

#include <inttypes.h>
#include <stdlib.h>

#define REJECTS_BYTES (96 * MIB)

struct merging {
	const struct annotated *out;
	const struct dataset_table *t;
	struct reject *rejects; /* by row; those without one last */
	size_t n, at;
	struct str *cells;
};

static int by_row(const void *a, const void *b)
{
	const struct reject *x = a, *y = b;
	uint64_t rx = (uint64_t)x->row, ry = (uint64_t)y->row; /* -1 comes last */
	if (rx != ry)
		return rx < ry ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static bool read_rejects(struct db *db, struct arena *a, int64_t org, int64_t version, struct merging *m, struct err *e)
{
	size_t cap = 0, got;
	int64_t after = m->out->part ? version_part_rejects_after(m->out->part) : 0;
	do {
		struct reject *page;
		if (!reject_page(db, a, org, version, str_of(m->t->name), after, LIMIT_PAGE, &page, &got, NULL, e))
			return false;
		if (m->n + got > cap) {
			cap = MAX(2 * cap, m->n + got);
			m->rejects = mem_realloc(m->rejects, cap * sizeof *m->rejects);
		}
		if (got)
			memcpy(m->rejects + m->n, page, got * sizeof *page);
		m->n += got;
		after = got ? page[got - 1].seq : after;
	} while (got == LIMIT_PAGE);
	if (m->n)
		qsort(m->rejects, m->n, sizeof *m->rejects, by_row);
	return true;
}

static size_t column_of(const struct dataset_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_columns && name[0]; i++)
		if (!strcmp(t->columns[i].name, name))
			return i;
	return t->n_columns;
}

/* How many rejects from m->at on are of one row. */
static size_t same_row(const struct merging *m)
{
	size_t n = 0;
	while (m->at + n < m->n && m->rejects[m->at + n].row == m->rejects[m->at].row)
		n++;
	return n;
}

static bool hand_out(struct merging *m, struct annotated_row *row, size_t n, struct err *e)
{
	row->rejects = m->rejects + m->at;
	row->n_rejects = n;
	m->at += n;
	return m->out->row(m->out->ctx, m->t, row, e);
}

/* A row that was left out, from the text that was kept of it. */
static bool left_out_row(struct merging *m, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *list = NULL;
	size_t n = same_row(m), i;
	const json_t *v;
	struct annotated_row row = { .cells = m->cells, .left_out = true };
	for (i = 0; i < m->t->n_columns; i++)
		m->cells[i] = (struct str){ 0 };
	for (size_t k = 0; k < n && !list; k++)
		if (m->rejects[m->at + k].whole[0])
			json_read(str_of(m->rejects[m->at + k].whole), LIMIT_FRAME_BYTES, &list, NULL);
	json_array_foreach (list, i, v)
		if (i < m->t->n_columns && json_is_string(v) && json_string_length(v))
			m->cells[i] = str_n(json_string_value(v), json_string_length(v));
	return hand_out(m, &row, n, e);
}

static bool on_batch(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct merging *m = ctx;
	if (b->n != m->t->n_columns + 1)
		return err_set(e, ERR_INTERNAL, NULL, "The rows have other columns than the table.");
	for (size_t r = 0; r < b->rows; r++) {
		int64_t number = b->columns[0].i64[r];
		struct annotated_row row = { .cells = m->cells };
		while (m->at < m->n && m->rejects[m->at].row >= 0 && m->rejects[m->at].row < number)
			if (!left_out_row(m, e))
				return false;
		for (size_t i = 0; i < m->t->n_columns; i++) {
			const struct column_batch *c = &b->columns[i + 1];
			m->cells[i] = column_valid(c, r) ? column_str(c, r) : (struct str){ 0 };
		}
		size_t n = m->at < m->n && m->rejects[m->at].row == number ? same_row(m) : 0;
		for (size_t k = 0; k < n; k++) {
			const struct reject *x = &m->rejects[m->at + k];
			size_t column = column_of(m->t, x->column);
			if (column < m->t->n_columns && !m->cells[column].p)
				m->cells[column] = str_of(x->text);
		}
		if (!hand_out(m, &row, n, e))
			return false;
	}
	return true;
}

static bool rest(struct merging *m, struct err *e)
{
	while (m->at < m->n)
		if (!left_out_row(m, e))
			return false;
	return true;
}

/* What concerns no row comes first: a workbook that is written as it goes cannot turn back. */
static bool loose_ones(struct merging *m, struct err *e)
{
	size_t rows = m->n;
	while (rows && m->rejects[rows - 1].row < 0)
		rows--;
	m->at = rows;
	while (m->at < m->n) {
		struct annotated_row loose = { .loose = true };
		if (!hand_out(m, &loose, 1, e))
			return false;
	}
	m->n = rows;
	m->at = 0;
	return true;
}

static bool one_table(struct ask *q, struct arena *a, const struct dataset_table *t, const struct annotated *out,
		      struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(4 * MIB);
	struct merging m = { .out = out, .t = t };
	int64_t from = 0;
	if (out->part && !version_part_table(out->part, t->name, &from))
		return true;
	buf_adds(&sql, "SELECT _row");
	for (size_t i = 0; i < t->n_columns; i++)
		buf_addf(&sql, ", CAST(%s AS VARCHAR)", sql_ident(a, str_of(t->columns[i].name)));
	buf_addf(&sql, " FROM %s WHERE _row >= %" PRId64 " ORDER BY _row", sql_table(a, q->schema, t->name, true),
		 from);
	if (a->failed || sql.failed)
		return err_set(e, ERR_LIMIT, NULL, "The table has too many columns.");
	m.cells = mem_array(t->n_columns + 1, sizeof *m.cells);
	bool ok = read_rejects(q->db, a, q->org, q->version, &m, e) && out->begin(out->ctx, t, e) &&
		  loose_ones(&m, e) && ask_run(q, sql.p, NULL, on_batch, &m, e) && rest(&m, e);
	free(m.cells);
	free(m.rejects);
	return ok;
}

bool annotated_table(struct instance *in, struct db *db, int64_t org, int64_t version, struct str table,
		     const struct annotated *out, struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	CLEANUP(arena_free) struct arena a = ARENA_INIT(REJECTS_BYTES);
	if (!ask_open(&q, in, db, org, version, out->cancel, e))
		return false;
	const struct dataset_table *t = table.n               ? dataset_table_named(q.content, table)
					: q.content->n_tables ? &q.content->tables[0]
							      : NULL;
	if (!t)
		return err_field(e, ERR_NOT_FOUND, "table", "The data set has no such table.");
	if (out->part && !version_part_table(out->part, t->name, &(int64_t){ 0 }))
		return err_field(e, ERR_NOT_FOUND, "table", "Nothing of the files went into that table.");
	return one_table(&q, &a, t, out, e);
}

bool annotated_tables(struct instance *in, struct db *db, int64_t org, int64_t version, const struct annotated *out,
		      struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	if (!ask_open(&q, in, db, org, version, out->cancel, e))
		return false;
	for (size_t i = 0; i < q.content->n_tables; i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(REJECTS_BYTES);
		if (!one_table(&q, &a, &q.content->tables[i], out, e))
			return false;
	}
	return true;
}
