#include "engine/worker/result.h"

#include "base/limits.h"
#include "engine/columns.h"
#include "json/write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Large enough that a frame costs little beside its bytes, small enough that the first rows come soon. */
#define FLUSH_BYTES (256 * KIB)

bool result_flush(struct result *r, struct err *e)
{
	if (r->out.n == 0)
		return true;
	bool good = frame_send_wait(r->sock, FRAME_ROWS, buf_str(&r->out), NULL, 0, &r->wait, e);
	buf_clear(&r->out);
	return good;
}

bool result_row_too_large(struct err *e)
{
	return err_set(e, ERR_LIMIT, "row_too_large", "A row of the result is larger than %zu MiB.",
		       LIMIT_FRAME_BYTES / MIB);
}

bool result_admit(struct result *r, int64_t rows, int64_t bytes, bool *ret_stop, struct err *e)
{
	const struct query_spec *s = r->spec;
	bool many = rows > s->max_rows - r->rows, large = bytes > s->max_bytes - r->bytes;
	*ret_stop = false;
	if (!many && !large)
		return true;
	if (!s->truncate && many)
		return err_set(e, ERR_LIMIT, "too_many_rows",
			       "The result has more than %" PRId64 " rows: add a LIMIT or a filter.", s->max_rows);
	if (!s->truncate)
		return err_set(e, ERR_LIMIT, "result_too_large",
			       "The result is larger than %" PRId64 " bytes: add a LIMIT or a filter.", s->max_bytes);
	r->truncated = r->full = true;
	*ret_stop = true;
	return false;
}

static bool starts_formula(struct str s)
{
	return s.n > 0 && memchr("=+-@\t\r", s.p[0], 6);
}

static void add_csv_text(struct buf *b, struct str s, bool safe)
{
	bool escape = safe && starts_formula(s);
	bool quote = s.n == 0 || escape || s.p[0] == ' ' || s.p[s.n - 1] == ' ';
	for (size_t i = 0; i < s.n && !quote; i++)
		quote = s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r';
	if (!quote) {
		buf_add_str(b, s);
		return;
	}
	buf_adds(b, escape ? "\"'" : "\"");
	for (size_t from = 0; from < s.n;) {
		size_t n = str_find(str_n(s.p + from, s.n - from), '"');
		buf_add(b, s.p + from, n);
		from += n;
		if (from < s.n) {
			buf_adds(b, "\"\"");
			from++;
		}
	}
	buf_addc(b, '"');
}

static void add_csv_row(struct result *r, struct buf *cell, idx_t row)
{
	bool safe = r->spec->format == ENGINE_CSV_SAFE;
	for (size_t c = 0; c < r->n_columns; c++) {
		if (c)
			buf_addc(&r->out, ',');
		const struct cell_vector *v = &r->vectors[c];
		if (cell_is_number(v->type)) {
			cell_text(&r->out, v, row);
		} else if (cell_valid(v, row) && v->type->id != DUCKDB_TYPE_SQLNULL) {
			buf_clear(cell);
			cell_text(cell, v, row);
			r->out.failed |= cell->failed;
			add_csv_text(&r->out, buf_str(cell), safe);
		}
	}
	buf_adds(&r->out, "\r\n");
}

static void add_json_row(struct result *r, idx_t row)
{
	buf_adds(&r->out, r->rows ? ",\n[" : "[");
	for (size_t c = 0; c < r->n_columns; c++) {
		if (c)
			buf_addc(&r->out, ',');
		cell_json(&r->out, &r->vectors[c], row);
	}
	buf_addc(&r->out, ']');
}

static void add_row(struct result *r, struct buf *cell, idx_t row)
{
	if (r->spec->format == ENGINE_JSON)
		add_json_row(r, row);
	else
		add_csv_row(r, cell, row);
}

/* Adds one row whole, or none of it. */
static bool write_row(struct result *r, struct buf *cell, idx_t row, struct err *e)
{
	size_t before = r->out.n;
	add_row(r, cell, row);
	if (r->out.failed) {
		r->out.failed = false;
		r->out.n = before;
		if (!result_flush(r, e))
			return false;
		before = 0;
		add_row(r, cell, row);
		if (r->out.failed)
			return result_row_too_large(e);
	}
	bool stop;
	int64_t bytes = (int64_t)(r->out.n - before);
	if (!result_admit(r, 1, bytes, &stop, e)) {
		r->out.n = before;
		return stop;
	}
	r->rows++;
	r->bytes += bytes;
	return r->out.n < FLUSH_BYTES || result_flush(r, e);
}

bool result_chunk(struct result *r, duckdb_data_chunk chunk, struct err *e)
{
	idx_t n = duckdb_data_chunk_get_size(chunk);
	for (size_t c = 0; c < r->n_columns; c++)
		cell_vector_bind(&r->vectors[c], duckdb_data_chunk_get_vector(chunk, c));
	if (r->spec->format == ENGINE_COLUMNS)
		return columns_chunk(r, n, e);
	CLEANUP(buf_free) struct buf cell = BUF_INIT(LIMIT_FRAME_BYTES);
	for (idx_t row = 0; row < n && !r->full; row++)
		if (!write_row(r, &cell, row, e))
			return false;
	return true;
}

static bool send_columns(struct result *r, duckdb_result *from, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_FRAME_BYTES);
	CLEANUP(buf_free) struct buf name = BUF_INIT(LIMIT_FRAME_BYTES);
	struct json_writer w = json_writer(&b);
	jw_open(&w, '{');
	jw_key(&w, "columns");
	jw_open(&w, '[');
	for (size_t i = 0; i < r->n_columns; i++) {
		duckdb_logical_type type = duckdb_column_logical_type(from, i);
		buf_clear(&name);
		cell_type_name(&name, type);
		duckdb_destroy_logical_type(&type);
		jw_open(&w, '{');
		jw_kv_cstr(&w, "name", r->names[i]);
		jw_kv_str(&w, "type", buf_str(&name));
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	jw_close(&w, '}');
	if (b.failed || name.failed)
		return result_row_too_large(e);
	return frame_send_wait(r->sock, FRAME_COLUMNS, buf_str(&b), NULL, 0, &r->wait, e);
}

static bool add_csv_header(struct result *r, struct err *e)
{
	for (size_t i = 0; i < r->n_columns; i++) {
		if (i)
			buf_addc(&r->out, ',');
		add_csv_text(&r->out, str_of(r->names[i]), r->spec->format == ENGINE_CSV_SAFE);
	}
	buf_adds(&r->out, "\r\n");
	r->bytes = (int64_t)r->out.n;
	return r->out.failed ? result_row_too_large(e) : true;
}

bool result_begin(struct result *r, duckdb_result *from, struct err *e)
{
	r->out = BUF_INIT(LIMIT_FRAME_BYTES);
	r->n_columns = duckdb_column_count(from);
	if (r->n_columns > COLUMNS_MAX)
		return err_set(e, ERR_LIMIT, "too_many_columns", "The result has more than %d columns.", COLUMNS_MAX);
	r->names = mem_array(r->n_columns, sizeof *r->names);
	r->types = mem_array(r->n_columns, sizeof *r->types);
	r->vectors = mem_array(r->n_columns, sizeof *r->vectors);
	for (size_t i = 0; i < r->n_columns; i++) {
		const char *name = duckdb_column_name(from, i);
		r->names[i] = mem_strdup(name ? name : "");
		duckdb_logical_type type = duckdb_column_logical_type(from, i);
		bool good = cell_type_init(&r->types[i], type, r->names[i], e);
		duckdb_destroy_logical_type(&type);
		if (!good)
			return false;
		cell_vector_init(&r->vectors[i], &r->types[i]);
	}
	if (!send_columns(r, from, e))
		return false;
	bool csv = r->spec->format == ENGINE_CSV || r->spec->format == ENGINE_CSV_SAFE;
	return !csv || add_csv_header(r, e);
}

bool result_end(struct result *r, struct err *e)
{
	if (!result_flush(r, e))
		return false;
	CLEANUP(buf_free) struct buf b = BUF_INIT(KIB);
	struct json_writer w = json_writer(&b);
	jw_open(&w, '{');
	jw_kv_i64(&w, "rows", r->rows);
	jw_kv_bool(&w, "truncated", r->truncated);
	jw_close(&w, '}');
	return frame_send_wait(r->sock, FRAME_END, buf_str(&b), NULL, 0, &r->wait, e);
}

void result_free(struct result *r)
{
	for (size_t i = 0; i < r->n_columns; i++) {
		if (r->vectors && r->vectors[i].type)
			cell_vector_free(&r->vectors[i]);
		if (r->types)
			cell_type_free(&r->types[i]);
		if (r->names)
			free(r->names[i]);
	}
	free(r->vectors);
	free(r->types);
	free(r->names);
	buf_free(&r->out);
}
