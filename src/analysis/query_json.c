/* The JSON of POST /api/v1/query, and a table for a terminal, both made from what query_run yields. */
#include "analysis/query.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <stdlib.h>

struct json_out {
	struct buf head; /* what was not handed out yet */
	bool handed;     /* something was: the rest goes out as it comes */
	bool (*write)(void *ctx, const void *p, size_t n, struct err *e);
	void *ctx;
};

static bool flush(struct json_out *o, struct err *e)
{
	if (o->head.n && !o->write(o->ctx, o->head.p, o->head.n, e))
		return false;
	o->handed = true;
	buf_clear(&o->head);
	return true;
}

static bool json_columns(void *ctx, const struct engine_column *cols, size_t n, struct err *e)
{
	struct json_out *o = ctx;
	struct json_writer w = json_writer(&o->head);
	buf_adds(&o->head, "{\"columns\":");
	jw_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		jw_open(&w, '{');
		jw_kv_cstr(&w, "name", cols[i].name);
		jw_kv_cstr(&w, "type", cols[i].type);
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	buf_adds(&o->head, ",\"rows\":[");
	return true;
}

static bool json_rows(void *ctx, const void *p, size_t n, struct err *e)
{
	struct json_out *o = ctx;
	if (!o->handed && o->head.n + n <= QUERY_CACHE_ENTRY_BYTES) {
		buf_add(&o->head, p, n);
		return true;
	}
	return flush(o, e) && o->write(o->ctx, p, n, e);
}

bool query_json(struct instance *in, struct db *db, const struct query_spec *q,
		bool (*write)(void *ctx, const void *p, size_t n, struct err *e), void *ctx, struct err *e)
{
	struct json_out o = { .head = BUF_INIT(4 * MIB), .write = write, .ctx = ctx };
	struct query_spec own = *q;
	struct query_outcome out;
	own.format = ENGINE_JSON;
	own.ctx = &o;
	own.columns = json_columns;
	own.rows = json_rows;
	bool ok = query_run(in, db, &own, &out, e);
	if (ok) {
		struct json_writer w = { &o.head, true };
		buf_addc(&o.head, ']');
		jw_kv_i64(&w, "row_count", (int64_t)out.rows);
		jw_kv_bool(&w, "truncated", out.truncated);
		jw_kv_bool(&w, "cached", out.cached);
		jw_kv_i64(&w, "took_ms", out.took_us / 1000);
		jw_kv_time(&w, "as_of", out.as_of ? out.as_of : INT64_MIN);
		buf_addc(&o.head, '}');
		ok = !o.head.failed || err_set(e, ERR_LIMIT, NULL, "The names of the columns are too long.");
		ok = ok && flush(&o, e);
	}
	buf_free(&o.head);
	return ok;
}

/* -- the table: the rows come as CSV, which is exact for every type, and are laid out once all are there -- */

#define CELL_WIDTH 60 /* wider cells are cut */

struct grid {
	struct buf csv;
	struct buf text; /* all cells, unescaped, one after the other */
	size_t *ends;    /* where each cell ends in text */
	size_t n, cap;
	size_t n_columns;
	bool *right; /* numbers stand to the right */
};

static bool grid_columns(void *ctx, const struct engine_column *cols, size_t n, struct err *e)
{
	static const char *const numeric[] = { "TINYINT",   "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT",
					       "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT",  "DOUBLE" };
	struct grid *g = ctx;
	g->n_columns = n;
	g->right = mem_array(n ? n : 1, sizeof *g->right);
	for (size_t i = 0; i < n; i++) {
		g->right[i] = str_starts(str_of(cols[i].type), STR("DECIMAL"));
		for (size_t k = 0; k < countof(numeric); k++)
			g->right[i] |= !strcmp(cols[i].type, numeric[k]);
	}
	return true;
}

static bool grid_rows(void *ctx, const void *p, size_t n, struct err *e)
{
	struct grid *g = ctx;
	buf_add(&g->csv, p, n);
	return !g->csv.failed || err_set(e, ERR_LIMIT, NULL, "The answer is too large for a table; take CSV.");
}

static void end_cell(struct grid *g)
{
	if (g->n == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 256;
		g->ends = mem_realloc(g->ends, g->cap * sizeof *g->ends);
	}
	g->ends[g->n++] = g->text.n;
}

/* RFC 4180, written by our own engine. */
static void split_csv(struct grid *g)
{
	bool quoted = false;
	for (size_t i = 0; i < g->csv.n; i++) {
		char c = g->csv.p[i];
		bool twice = c == '"' && i + 1 < g->csv.n && g->csv.p[i + 1] == '"';
		if (quoted && twice)
			buf_addc(&g->text, g->csv.p[++i]);
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == ',' || c == '\n'))
			end_cell(g);
		else if (quoted || c != '\r')
			buf_addc(&g->text, c < 0x20 && c >= 0 ? ' ' : c);
	}
	if (g->csv.n && g->csv.p[g->csv.n - 1] != '\n')
		end_cell(g);
}

static struct str cell_of(const struct grid *g, size_t i)
{
	size_t from = i ? g->ends[i - 1] : 0;
	struct str s = str_n(g->text.p + from, g->ends[i] - from);
	size_t width = 0, at = 0;
	uint32_t code;
	for (size_t n; at < s.n && width < CELL_WIDTH && (n = utf8_decode(str_n(s.p + at, s.n - at), &code)); width++)
		at += n;
	s.n = at;
	return s;
}

static void print_row(struct buf *b, const struct grid *g, const size_t *widths, size_t row)
{
	for (size_t c = 0; c < g->n_columns; c++) {
		struct str s = cell_of(g, row * g->n_columns + c);
		size_t pad = widths[c] - utf8_length(s);
		if (c)
			buf_adds(b, "  ");
		for (size_t i = 0; g->right[c] && i < pad; i++)
			buf_addc(b, ' ');
		buf_add_str(b, s);
		for (size_t i = 0; !g->right[c] && i < pad && c + 1 < g->n_columns; i++)
			buf_addc(b, ' ');
	}
	buf_addc(b, '\n');
}

static void print_grid(struct buf *b, const struct grid *g)
{
	size_t rows = g->n_columns ? g->n / g->n_columns : 0;
	CLEANUP(str_freep) char *memory = mem_zalloc((g->n_columns + 1) * sizeof(size_t));
	size_t *widths = (size_t *)(void *)memory;
	for (size_t i = 0; i < rows * g->n_columns; i++)
		widths[i % g->n_columns] = MAX(widths[i % g->n_columns], utf8_length(cell_of(g, i)));
	for (size_t r = 0; r < rows; r++) {
		print_row(b, g, widths, r);
		for (size_t c = 0; r == 0 && c < g->n_columns; c++) {
			buf_adds(b, c ? "  " : "");
			for (size_t i = 0; i < widths[c]; i++)
				buf_addc(b, '-');
		}
		if (r == 0)
			buf_addc(b, '\n');
	}
}

bool query_text_table(struct instance *in, struct db *db, const struct query_spec *q, struct buf *ret,
		      struct query_outcome *ret_outcome, struct err *e)
{
	struct grid g = { .csv = BUF_INIT(LIMIT_QUERY_RESULT_BYTES), .text = BUF_INIT(LIMIT_QUERY_RESULT_BYTES) };
	struct query_spec own = *q;
	struct query_outcome out;
	own.format = ENGINE_CSV;
	own.ctx = &g;
	own.columns = grid_columns;
	own.rows = grid_rows;
	bool ok = query_run(in, db, &own, &out, e);
	if (ok) {
		split_csv(&g);
		print_grid(ret, &g);
		ok = !ret->failed || err_set(e, ERR_LIMIT, NULL, "The answer is too large for a table; take CSV.");
	}
	buf_free(&g.csv);
	buf_free(&g.text);
	free(g.ends);
	free(g.right);
	if (ok)
		*ret_outcome = out;
	return ok;
}
