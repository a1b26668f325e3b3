/* The binary form of engine/columns.h. */
#include "base/clock.h"
#include "base/limits.h"
#include "engine/columns.h"
#include "engine/worker/result.h"

#include <math.h>
#include <string.h>

static enum column_kind kind_of(const struct cell_type *t)
{
	switch ((int)t->id) {
	case DUCKDB_TYPE_BOOLEAN:
	case DUCKDB_TYPE_TINYINT:
	case DUCKDB_TYPE_SMALLINT:
	case DUCKDB_TYPE_INTEGER:
	case DUCKDB_TYPE_BIGINT:
	case DUCKDB_TYPE_UTINYINT:
	case DUCKDB_TYPE_USMALLINT:
	case DUCKDB_TYPE_UINTEGER:
	case DUCKDB_TYPE_DATE:
	case DUCKDB_TYPE_TIME:
	case DUCKDB_TYPE_TIMESTAMP:
	case DUCKDB_TYPE_TIMESTAMP_S:
	case DUCKDB_TYPE_TIMESTAMP_MS:
	case DUCKDB_TYPE_TIMESTAMP_NS:
	case DUCKDB_TYPE_TIMESTAMP_TZ:
		return COLUMN_I64;
	case DUCKDB_TYPE_FLOAT:
	case DUCKDB_TYPE_DOUBLE:
	case DUCKDB_TYPE_DECIMAL:
	case DUCKDB_TYPE_HUGEINT:
	case DUCKDB_TYPE_UHUGEINT:
	case DUCKDB_TYPE_UBIGINT:
		return COLUMN_F64;
	default: /* everything else as text */
		return COLUMN_STR;
	}
}

static int64_t floor_thousand(int64_t v)
{
	return v / 1000 - (v % 1000 < 0);
}

static int64_t i64_at(const struct cell_vector *v, idx_t row)
{
	const void *d = v->data;
	switch ((int)v->type->id) {
	case DUCKDB_TYPE_BOOLEAN:
		return ((const bool *)d)[row];
	case DUCKDB_TYPE_TINYINT:
		return ((const int8_t *)d)[row];
	case DUCKDB_TYPE_SMALLINT:
		return ((const int16_t *)d)[row];
	case DUCKDB_TYPE_INTEGER:
	case DUCKDB_TYPE_DATE:
		return ((const int32_t *)d)[row];
	case DUCKDB_TYPE_UTINYINT:
		return ((const uint8_t *)d)[row];
	case DUCKDB_TYPE_USMALLINT:
		return ((const uint16_t *)d)[row];
	case DUCKDB_TYPE_UINTEGER:
		return ((const uint32_t *)d)[row];
	case DUCKDB_TYPE_TIMESTAMP_S:
		return (int64_t)((uint64_t)((const int64_t *)d)[row] * (uint64_t)USEC_PER_SEC);
	case DUCKDB_TYPE_TIMESTAMP_MS:
		return (int64_t)((uint64_t)((const int64_t *)d)[row] * 1000);
	case DUCKDB_TYPE_TIMESTAMP_NS:
		return floor_thousand(((const int64_t *)d)[row]);
	default: /* 64 bits wide */
		return ((const int64_t *)d)[row];
	}
}

static double wide(const void *d, idx_t row, bool is_signed)
{
	const duckdb_hugeint *h = (const duckdb_hugeint *)d + row;
	double high = is_signed ? (double)h->upper : (double)(uint64_t)h->upper;
	return high * 18446744073709551616.0 + (double)h->lower;
}

static double decimal_at(const struct cell_vector *v, idx_t row)
{
	static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11, 1e12,
					 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25,
					 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38 };
	double power = powers[MIN(v->type->scale, countof(powers) - 1)];
	switch ((int)v->type->storage) {
	case DUCKDB_TYPE_SMALLINT:
		return ((const int16_t *)v->data)[row] / power;
	case DUCKDB_TYPE_INTEGER:
		return ((const int32_t *)v->data)[row] / power;
	case DUCKDB_TYPE_BIGINT:
		return (double)((const int64_t *)v->data)[row] / power;
	default: /* HUGEINT */
		return wide(v->data, row, true) / power;
	}
}

static double f64_at(const struct cell_vector *v, idx_t row)
{
	switch ((int)v->type->id) {
	case DUCKDB_TYPE_FLOAT:
		return (double)((const float *)v->data)[row];
	case DUCKDB_TYPE_DOUBLE:
		return ((const double *)v->data)[row];
	case DUCKDB_TYPE_DECIMAL:
		return decimal_at(v, row);
	case DUCKDB_TYPE_UBIGINT:
		return (double)((const uint64_t *)v->data)[row];
	default: /* 128 bits */
		return wide(v->data, row, v->type->id == DUCKDB_TYPE_HUGEINT);
	}
}

static void pad(struct buf *b)
{
	static const char zeros[8];
	buf_add(b, zeros, (8 - b->n % 8) % 8);
}

static void add_validity(struct buf *b, const struct cell_vector *v, idx_t from, idx_t n)
{
	for (idx_t base = 0; base < n; base += 64) {
		uint64_t bits = 0;
		for (idx_t i = 0; i < 64 && base + i < n; i++)
			bits |= (uint64_t)cell_valid(v, from + base + i) << i;
		buf_add(b, &bits, sizeof bits);
	}
}

/* VARCHAR, most of what is sent, in one piece. */
static void add_varchars(struct buf *b, size_t table, const struct cell_vector *v, idx_t from, idx_t n)
{
	const duckdb_string_t *strings = (const duckdb_string_t *)v->data + from;
	size_t total = 0;
	for (idx_t i = 0; i < n; i++)
		total += cell_valid(v, from + i) ? strings[i].value.inlined.length : 0;
	char *p = buf_reserve(b, total);
	if (!p || total > UINT32_MAX) {
		b->failed = true;
		return;
	}
	uint32_t offset = 0;
	for (idx_t i = 0; i <= n; i++) {
		memcpy(b->p + table + i * sizeof offset, &offset, sizeof offset);
		if (i == n || !cell_valid(v, from + i))
			continue;
		uint32_t length = strings[i].value.inlined.length;
		const char *from_text = length <= sizeof strings[i].value.inlined.inlined
						? strings[i].value.inlined.inlined
						: strings[i].value.pointer.ptr;
		memcpy(p + offset, from_text, length);
		offset += length;
	}
	b->n += total;
}

static void add_strings(struct buf *b, const struct cell_vector *v, idx_t from, idx_t n)
{
	size_t table = b->n;
	if (!buf_reserve(b, (n + 1) * sizeof(uint32_t)))
		return;
	b->n += (n + 1) * sizeof(uint32_t);
	size_t bytes = b->n;
	if (v->type->id == DUCKDB_TYPE_VARCHAR) {
		add_varchars(b, table, v, from, n);
		return;
	}
	for (idx_t i = 0; i <= n; i++) {
		uint32_t offset = (uint32_t)(b->n - bytes);
		memcpy(b->p + table + i * sizeof offset, &offset, sizeof offset);
		if (i < n)
			cell_text(b, v, from + i);
	}
}

static void add_values(struct buf *b, const struct cell_vector *v, enum column_kind kind, idx_t from, idx_t n)
{
	if (kind == COLUMN_STR) {
		add_strings(b, v, from, n);
		return;
	}
	char *p = buf_reserve(b, n * 8);
	if (!p)
		return;
	for (idx_t i = 0; i < n; i++) {
		bool valid = cell_valid(v, from + i);
		int64_t i64 = valid && kind == COLUMN_I64 ? i64_at(v, from + i) : 0;
		double f64 = valid && kind == COLUMN_F64 ? f64_at(v, from + i) : 0;
		memcpy(p + i * 8, kind == COLUMN_I64 ? (const void *)&i64 : (const void *)&f64, 8);
	}
	b->n += n * 8;
}

/* One batch of rows from .. from + n, whole, in r->out; false when it is larger than a frame. */
static bool add_batch(struct result *r, idx_t from, idx_t n)
{
	struct buf *b = &r->out;
	struct columns_header h = { COLUMNS_MAGIC, (uint32_t)n, (uint32_t)r->n_columns, 0 };
	buf_clear(b);
	buf_add(b, &h, sizeof h);
	size_t entries = b->n;
	for (size_t c = 0; c < r->n_columns; c++)
		buf_add(b, &(struct columns_entry){ (uint32_t)kind_of(&r->types[c]) }, sizeof(struct columns_entry));
	for (size_t c = 0; c < r->n_columns && !b->failed; c++) {
		struct columns_entry entry = { .kind = (uint32_t)kind_of(&r->types[c]), .validity = b->n };
		add_validity(b, &r->vectors[c], from, n);
		entry.data = b->n;
		add_values(b, &r->vectors[c], (enum column_kind)entry.kind, from, n);
		pad(b);
		memcpy(b->p + entries + c * sizeof entry, &entry, sizeof entry);
	}
	return !b->failed;
}

bool columns_chunk(struct result *r, idx_t n, struct err *e)
{
	if ((int64_t)n > r->spec->max_rows - r->rows && r->spec->truncate) {
		n = (idx_t)(r->spec->max_rows - r->rows);
		r->truncated = r->full = true;
	}
	for (idx_t from = 0; from < n;) {
		idx_t take = n - from;
		while (!add_batch(r, from, take)) {
			if (take == 1)
				return result_row_too_large(e);
			take = (take + 1) / 2;
		}
		bool stop;
		if (!result_admit(r, (int64_t)take, (int64_t)r->out.n, &stop, e)) {
			buf_clear(&r->out);
			return stop;
		}
		r->rows += (int64_t)take;
		r->bytes += (int64_t)r->out.n;
		if (!result_flush(r, e))
			return false;
		from += take;
	}
	return true;
}
