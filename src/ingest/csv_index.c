/*
 * Finding rows and cells. Sixty-four bytes at a time give the places of delimiters, line ends and quotation marks; only
 * those places are looked at. In a block without quotation marks that is all there is to it.
 */
#include "ingest/csv.h"

#include "base/limits.h"
#include "ingest/pack.h"
#include "ingest/simd.h"

struct indexer {
	const struct csv_dialect *d;
	struct str s;
	struct rows *rows;
	size_t cell_at;    /* where the open cell begins */
	size_t row_at;     /* where the open row begins */
	size_t row_cells;  /* rows->n_cells at its beginning */
	size_t resume;     /* places before this one are done with */
	uint32_t filled;   /* lengths of the row's cells, or-ed */
	size_t quote_from; /* content of a quoted cell begins here; 0 = not quoted (a mark comes before it, so never 0)
			    */
	size_t quote_to;
	bool in_quotes, doubled;
};

static void put_cell(struct indexer *x, size_t end)
{
	size_t from = x->cell_at, to = end;
	uint32_t flags = 0;
	if (x->quote_from) {
		bool plain_tail = true;
		for (size_t i = x->quote_to + 1; i < end; i++)
			plain_tail = plain_tail && (x->s.p[i] == ' ' || x->s.p[i] == '\r');
		if (plain_tail) {
			from = x->quote_from;
			to = x->quote_to;
			flags = x->doubled ? CELL_DOUBLED : 0;
		}
	}
	size_t n = MIN(to - from, (size_t)CELL_LENGTH);
	if (n > LIMIT_CELL_BYTES)
		flags |= CELL_ERROR;
	x->filled |= (uint32_t)n;
	x->rows->cells[x->rows->n_cells++] = (struct cell){ (uint32_t)from, (uint32_t)n | flags };
	x->quote_from = 0;
	x->doubled = false;
}

/* The row is kept unless it is blank or too wide. */
static void put_row(struct indexer *x)
{
	struct rows *rows = x->rows;
	size_t width = rows->n_cells - x->row_cells;
	if (width > LIMIT_COLUMNS || !x->filled) {
		rows->rows_too_wide += width > LIMIT_COLUMNS;
		rows->n_cells = x->row_cells;
	} else {
		rows->place[rows->n_rows++] = (uint32_t)x->row_at;
		rows->first[rows->n_rows] = (uint32_t)rows->n_cells;
	}
	x->filled = 0;
	x->row_cells = rows->n_cells;
}

static void end_line(struct indexer *x, size_t at)
{
	size_t end = at;
	if (x->s.p[at] == '\n' && end > x->cell_at && x->s.p[end - 1] == '\r')
		end--;
	put_cell(x, end);
	put_row(x);
	x->cell_at = x->row_at = at + 1;
}

static bool only_blanks(struct indexer *x, size_t to)
{
	for (size_t i = x->cell_at; i < to; i++) {
		if (x->s.p[i] != ' ')
			return false;
	}
	return true;
}

static void quotation_mark(struct indexer *x, size_t at)
{
	if (!x->in_quotes) {
		if (!x->quote_from && only_blanks(x, at)) {
			x->in_quotes = true;
			x->quote_from = at + 1;
		}
		return;
	}
	if (at + 1 < x->s.n && x->s.p[at + 1] == '"') {
		x->doubled = true;
		x->resume = at + 2;
		return;
	}
	x->in_quotes = false;
	x->quote_to = at;
}

static void visit(struct indexer *x, size_t at)
{
	char c = x->s.p[at];
	if (at < x->resume)
		return;
	if (c == '"') {
		quotation_mark(x, at);
	} else if (!x->in_quotes) {
		if (c == x->d->delimiter) {
			put_cell(x, at);
			x->cell_at = at + 1;
		} else {
			end_line(x, at);
		}
	}
}

/* Without quotation marks a cell is what lies between two places. */
static void index_plain(struct indexer *x, size_t base, uint64_t places, uint64_t lines)
{
	struct rows *rows = x->rows;
	while (places) {
		size_t at = base + (size_t)__builtin_ctzll(places);
		if (places & -places & lines) {
			end_line(x, at);
		} else {
			size_t n = at - x->cell_at;
			uint32_t flags = n > LIMIT_CELL_BYTES ? CELL_ERROR : 0;
			x->filled |= (uint32_t)n;
			rows->cells[rows->n_cells++] = (struct cell){ (uint32_t)x->cell_at, (uint32_t)n | flags };
			x->cell_at = at + 1;
		}
		places &= places - 1;
	}
}

static void index_chunk(struct indexer *x, size_t base, bool literal_quotes)
{
	struct simd64 v = simd_load(x->s.p + base);
	uint64_t lines = simd_equal(v, x->d->line_end), delimiters = simd_equal(v, x->d->delimiter);
	uint64_t quotes = literal_quotes ? 0 : simd_equal(v, '"');
	size_t left = x->s.n - base;
	uint64_t inside = left >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << left) - 1;
	uint64_t places = (lines | delimiters | quotes) & inside;
	rows_reserve(x->rows, 66, 66);
	if (!quotes && !x->in_quotes && !x->quote_from) {
		index_plain(x, base, places, lines);
		return;
	}
	for (; places; places &= places - 1)
		visit(x, base + (size_t)__builtin_ctzll(places));
}

bool csv_index(const struct csv_dialect *d, struct str text, bool literal_quotes, struct rows *ret, struct err *e)
{
	struct indexer x = { .d = d, .s = text, .rows = ret };
	if (text.n >= UINT32_MAX - BLOCK_PAD)
		return err_set(e, ERR_LIMIT, "row_too_long", "A row is too long.");
	rows_reserve(ret, 2, 2);
	ret->first[0] = 0;
	for (size_t base = 0; base < text.n; base += 64)
		index_chunk(&x, base, literal_quotes);
	if (x.cell_at < text.n || (text.n && text.p[text.n - 1] == d->delimiter)) {
		if (x.in_quotes)
			x.quote_to = text.n;
		rows_reserve(ret, 2, 2);
		size_t end = text.n;
		put_cell(&x, end);
		put_row(&x);
	}
	return true;
}
