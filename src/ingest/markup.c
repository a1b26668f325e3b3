#include "ingest/markup.h"

#include "base/limits.h"

#include <stdlib.h>

#define FEED_BYTES ((size_t)16 * KIB)

/* What the look through the file found of one table. */
struct found {
	char *name;
	size_t rows, widest; /* with any text; cells of the widest of them */
	bool hidden, nests;
	size_t number; /* in the order of the file */
};

struct markup {
	struct reader base;
	const struct markup_ops *ops;
	void *parser;
	struct buf decoded;
	struct str text;
	size_t fed;
	/* the look through the file */
	bool looking;
	struct found *found;
	size_t n_found;
	size_t stack[LIMIT_XML_DEPTH]; /* numbers of the open tables */
	size_t depth;
	size_t met; /* tables that began */
	/* the table that is read */
	size_t wanted;
	bool ended, failed;
	struct err error;
	uint32_t line;
	bool in_row;
	size_t packed, place, filled; /* cells of the open row: put into it; the next one; with text */
	size_t whole;                 /* bytes of the packer that are whole rows */
	uint64_t padded;              /* bytes of empty cells */
	uint32_t *taken;              /* by column: the last row that a cell above spans */
	size_t n_taken;
	struct merged merged;
	struct packer packer;
};

static struct markup *of(struct reader *r)
{
	return (struct markup *)r;
}

static void fail(struct markup *m)
{
	m->failed = true;
}

static struct found *open_table(struct markup *m)
{
	return m->depth ? &m->found[m->stack[m->depth - 1]] : NULL;
}

/* Rows and cells are of the table that is read, and of none inside it. */
static bool in_wanted(const struct markup *m)
{
	return m->depth && !m->looking && m->stack[m->depth - 1] == m->wanted && !m->ended;
}

bool markup_listens(const struct markup *m)
{
	return m->depth && !m->failed && (m->looking || in_wanted(m));
}

void markup_begin_table(struct markup *m, struct str name, bool hidden)
{
	if (m->depth == countof(m->stack)) {
		err_set(&m->error, ERR_LIMIT, "xml_depth", "Tables are nested more than %d deep.", LIMIT_XML_DEPTH);
		fail(m);
		return;
	}
	struct found *outer = m->looking ? open_table(m) : NULL;
	if (outer)
		outer->nests = true;
	if (m->looking) {
		if ((m->met & (m->met - 1)) == 0)
			m->found = mem_realloc(m->found, MAX(m->met * 2, (size_t)1) * sizeof *m->found);
		m->found[m->met] = (struct found){ .hidden = hidden, .number = m->met };
		m->n_found = m->met + 1;
	}
	m->stack[m->depth++] = m->met++;
	markup_name_table(m, name);
}

void markup_name_table(struct markup *m, struct str name)
{
	struct found *f = m->looking ? open_table(m) : NULL;
	name = str_trim(name);
	if (!f || f->name || !name.n || name.n > READER_NAME_BYTES)
		return;
	f->name = mem_alloc(name.n + 1);
	memcpy(f->name, name.p, name.n);
	f->name[name.n] = 0;
}

void markup_end_table(struct markup *m)
{
	if (!m->depth)
		return;
	if (in_wanted(m)) {
		markup_end_row(m);
		m->ended = true;
	}
	m->depth--;
}

void markup_begin_row(struct markup *m, uint32_t number, bool hidden)
{
	if (m->in_row && in_wanted(m)) /* the one before was left open */
		markup_end_row(m);
	m->filled = 0;
	if (!in_wanted(m) || m->failed)
		return;
	uint32_t next = number > m->line ? number : m->line + 1;
	if (next > LIMIT_SHEET_ROWS) {
		err_set(&m->error, ERR_LIMIT, "too_many_sheet_rows", "A table of the file has more than %d rows.",
			LIMIT_SHEET_ROWS);
		fail(m);
		return;
	}
	m->line = next;
	m->packed = m->place = 0;
	m->in_row = true;
	pack_row(&m->packer, m->line);
	m->packer.flags = hidden ? ROW_HIDDEN : 0;
	merged_row(&m->merged, m->line);
}

static bool pad(struct markup *m, size_t to)
{
	m->padded += to > m->packed ? (to - m->packed) * sizeof(uint32_t) : 0;
	if (m->padded <= LIMIT_REPEATED_BYTES && merged_pad(&m->merged, &m->packer, &m->packed, to))
		return true;
	err_set(&m->error, ERR_LIMIT, "inflate_ratio", "A table merges its cells too often: it is refused as a trap.");
	fail(m);
	return false;
}

void markup_end_row(struct markup *m)
{
	struct found *f = m->looking ? open_table(m) : NULL;
	if (f && m->filled) {
		f->rows++;
		f->widest = MAX(f->widest, m->filled);
	}
	m->filled = 0;
	if (!in_wanted(m) || !m->in_row)
		return;
	m->in_row = false;
	if (!pad(m, MAX(m->merged.end, m->packed)))
		return;
	if (!pack_row_end(&m->packer, &m->error))
		fail(m);
	m->whole = m->packer.bytes.n;
}

/* The cells that a cell spans are taken in its rows. */
static void take(struct markup *m, size_t from, uint32_t across, uint32_t down)
{
	size_t end = from + across;
	if (down < 2)
		return;
	if (end > m->n_taken) {
		m->taken = mem_realloc(m->taken, end * sizeof *m->taken);
		memset(m->taken + m->n_taken, 0, (end - m->n_taken) * sizeof *m->taken);
		m->n_taken = end;
	}
	for (size_t i = from; i < end; i++)
		m->taken[i] = m->line + MIN(down - 1, UINT32_MAX - m->line);
}

void markup_cell(struct markup *m, uint32_t column, uint32_t across, uint32_t down, struct str text, uint32_t flags)
{
	m->filled += text.n > 0;
	if (!in_wanted(m) || !m->in_row || m->failed)
		return;
	size_t at = column > m->place + 1 ? column - 1 : m->place;
	while (!column && at < m->n_taken && m->taken[at] >= m->line)
		at++;
	if (at + across > LIMIT_COLUMNS) {
		err_set(&m->error, ERR_LIMIT, "too_many_columns", "Row %u of a table has more than %d columns.",
			m->line, LIMIT_COLUMNS);
		fail(m);
		return;
	}
	if (!pad(m, at))
		return;
	if (down > 1 && text.n) {
		merged_open(&m->merged, m->line, m->line + MIN(down - 1, UINT32_MAX - 1 - m->line), (uint32_t)at);
		merged_take(&m->merged, (uint32_t)at, text);
	}
	pack_cell(&m->packer, text, flags);
	m->packed = at + 1;
	m->place = at + across;
	take(m, at, across, down);
}

/* -- the reader -- */

static void close_parser(struct markup *m)
{
	if (m->parser)
		m->ops->close(m->parser);
	m->parser = NULL;
}

static bool restart(struct markup *m, struct err *e)
{
	close_parser(m);
	merged_free(&m->merged);
	m->merged = (struct merged){ 0 };
	buf_clear(&m->packer.bytes);
	m->fed = m->met = m->depth = m->packed = m->place = m->filled = m->n_taken = m->whole = 0;
	m->line = 0;
	m->padded = 0;
	m->ended = m->failed = m->in_row = false;
	m->parser = m->ops->open(m, e);
	return m->parser != NULL;
}

/* A piece of the file: small, so that what it says fits behind a block. */
static bool step(struct markup *m, struct err *e)
{
	size_t n = MIN(FEED_BYTES, m->text.n - m->fed);
	bool last = m->fed + n == m->text.n;
	if (source_cancelled(m->base.source))
		return err_set(e, ERR_CANCELLED, NULL, "The import was cancelled.");
	if (!m->ops->feed(m->parser, m->text.p + m->fed, n, last, e))
		return false;
	m->fed += n;
	if (last && !m->failed) {
		markup_end_row(m);
		m->ended = true;
	}
	if (m->failed)
		*e = m->error;
	return !m->failed;
}

static bool start(struct reader *r, size_t table, struct err *e)
{
	struct markup *m = of(r);
	m->wanted = m->found[table].number;
	return restart(m, e);
}

static bool next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	struct markup *m = of(r);
	while (!m->ended && m->whole < BLOCK_BYTES) {
		if (!step(m, e))
			return false;
	}
	double share = m->text.n ? (double)m->fed / (double)m->text.n : 1;
	source_set_consumed(r->source, (uint64_t)(share * (double)source_total(r->source)));
	*ret_end = m->whole == 0;
	if (*ret_end)
		return true;
	*ret = (struct block){ .packed = true, .n = m->whole, .data = mem_alloc(m->whole + BLOCK_PAD) };
	memcpy(ret->data, m->packer.bytes.p, m->whole);
	memset(ret->data + m->whole, 0, BLOCK_PAD);
	buf_consume(&m->packer.bytes, m->whole);
	m->packer.row_at -= m->in_row ? m->whole : 0;
	m->whole = 0;
	return true;
}

static void close_reader(struct reader *r)
{
	struct markup *m = of(r);
	close_parser(m);
	for (size_t i = 0; i < m->n_found; i++)
		free(m->found[i].name);
	free(m->found);
	free(m->taken);
	merged_free(&m->merged);
	buf_free(&m->packer.bytes);
	buf_free(&m->decoded);
	free(m);
}

static const struct reader_ops html_ops = {
	.format = "html", .sheets = true, .start = start, .next = next, .close = close_reader
};
static const struct reader_ops sheet_xml_ops = {
	.format = "xls_xml", .sheets = true, .start = start, .next = next, .close = close_reader
};

static bool look_through(struct markup *m, struct err *e)
{
	m->looking = true;
	bool ok = restart(m, e);
	while (ok && !m->ended)
		ok = step(m, e);
	m->looking = false;
	close_parser(m);
	return ok;
}

/* Keeps the tables that pass; of a page, those that only arrange it go. */
static size_t keep(struct markup *m, size_t rows, size_t cells)
{
	size_t n = 0;
	for (size_t i = 0; i < m->n_found; i++)
		n += m->found[i].rows >= rows && m->found[i].widest >= cells && !m->found[i].nests;
	if (!n)
		return 0;
	n = 0;
	for (size_t i = 0; i < m->n_found; i++) {
		if (m->found[i].rows >= rows && m->found[i].widest >= cells && !m->found[i].nests)
			m->found[n++] = m->found[i];
		else
			free(m->found[i].name);
	}
	m->n_found = n;
	return n;
}

static bool open_markup(struct source *s, const struct markup_ops *ops, struct markup **ret, struct err *e)
{
	char *bytes;
	size_t n;
	if (!source_whole(s, &bytes, &n, e))
		return false;
	if (n > LIMIT_WHOLE_BYTES)
		return err_set(e, ERR_LIMIT, "too_large",
			       "A file of this kind may have %zu MiB: save it as .xlsx or CSV and load that.",
			       LIMIT_WHOLE_BYTES / MIB);
	struct markup *m = mem_zalloc(sizeof *m);
	m->base = (struct reader){ .ops = ops == &markup_html ? &html_ops : &sheet_xml_ops, .source = s };
	m->ops = ops;
	m->packer = PACKER_INIT;
	m->packer.bytes.max = 2 * BLOCK_BYTES + 4 * LIMIT_ROW_BYTES;
	m->decoded = BUF_INIT(3 * n + 64);
	m->text = markup_text(str_n(bytes, n), &m->decoded);
	if (!look_through(m, e)) {
		reader_close(&m->base);
		return false;
	}
	*ret = m;
	return true;
}

static bool list_tables(struct markup *m, struct str one, struct err *e)
{
	if (m->n_found > LIMIT_TABLES)
		return err_set(e, ERR_LIMIT, "too_many_tables", "The file holds more than %d tables.", LIMIT_TABLES);
	for (size_t i = 0; i < m->n_found; i++) {
		CLEANUP(buf_free) struct buf name = BUF_INIT(KIB);
		if (m->found[i].name)
			buf_adds(&name, m->found[i].name);
		else if (i)
			buf_addf(&name, "%.*s_%zu", STR_ARG(one), i + 1);
		else
			buf_add_str(&name, one);
		reader_add_table(&m->base, buf_str(&name))->hidden = m->found[i].hidden;
	}
	return true;
}

bool html_open(struct source *s, const char *file_name, struct reader **ret, struct err *e)
{
	struct markup *m;
	if (!open_markup(s, &markup_html, &m, e))
		return false;
	bool ok = keep(m, 2, 2) || keep(m, 1, 1) ||
		  err_set(e, ERR_VALUE, "file_page",
			  "This is a web page without a table: save its data as .xlsx or CSV.");
	ok = ok && list_tables(m, reader_file_table(file_name), e);
	if (ok)
		*ret = &m->base;
	else
		reader_close(&m->base);
	return ok;
}

bool sheet_xml_open(struct source *s, struct reader **ret, struct err *e)
{
	struct markup *m;
	if (!open_markup(s, &markup_sheet_xml, &m, e))
		return false;
	m->base.serials_from = 1900;
	if (!list_tables(m, STR("table"), e)) {
		reader_close(&m->base);
		return false;
	}
	*ret = &m->base;
	return true;
}
