#include "engine/worker/cell.h"

#include "base/clock.h"
#include "json/write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Digits of a magnitude of 128 bits with a decimal point before the last `scale` of them. */
static void add_u128(struct buf *b, unsigned __int128 v, bool negative, uint8_t scale)
{
	char text[44]; /* 39 digits, point, sign */
	size_t at = sizeof text;
	uint8_t digits = 0;
	do {
		if (scale && digits == scale)
			text[--at] = '.';
		text[--at] = (char)('0' + (int)(v % 10));
		v /= 10;
		digits++;
	} while (v || digits <= scale);
	if (negative)
		text[--at] = '-';
	buf_add(b, text + at, sizeof text - at);
}

static void add_i128(struct buf *b, __int128 v, uint8_t scale)
{
	add_u128(b, v < 0 ? -(unsigned __int128)v : (unsigned __int128)v, v < 0, scale);
}

static __int128 hugeint(const void *data, idx_t row)
{
	const duckdb_hugeint *h = (const duckdb_hugeint *)data + row;
	return (__int128)(((unsigned __int128)(uint64_t)h->upper << 64) | h->lower);
}

static int64_t signed_at(duckdb_type storage, const void *data, idx_t row)
{
	switch ((int)storage) {
	case DUCKDB_TYPE_TINYINT:
		return ((const int8_t *)data)[row];
	case DUCKDB_TYPE_SMALLINT:
		return ((const int16_t *)data)[row];
	case DUCKDB_TYPE_INTEGER:
		return ((const int32_t *)data)[row];
	default: /* the rest are 64 bits wide */
		return ((const int64_t *)data)[row];
	}
}

static uint64_t unsigned_at(duckdb_type storage, const void *data, idx_t row)
{
	switch ((int)storage) {
	case DUCKDB_TYPE_UTINYINT:
		return ((const uint8_t *)data)[row];
	case DUCKDB_TYPE_USMALLINT:
		return ((const uint16_t *)data)[row];
	case DUCKDB_TYPE_UINTEGER:
		return ((const uint32_t *)data)[row];
	default: /* the rest are 64 bits wide */
		return ((const uint64_t *)data)[row];
	}
}

static void add_f32(struct buf *b, float v)
{
	char text[32];
	int precision = 6;
	do
		snprintf(text, sizeof text, "%.*g", precision, (double)v);
	while (precision++ < 9 && strtof(text, NULL) != v);
	buf_adds(b, text);
}

static void add_real(struct buf *b, double v, bool single)
{
	if (isnan(v))
		buf_adds(b, "NaN");
	else if (isinf(v))
		buf_adds(b, v < 0 ? "-Infinity" : "Infinity");
	else if (single)
		add_f32(b, (float)v);
	else
		buf_add_f64(b, v);
}

static void add_padded(struct buf *b, int64_t v, int width)
{
	char text[24];
	size_t at = sizeof text;
	for (int i = 0; i < width || v; i++, v /= 10)
		text[--at] = (char)('0' + v % 10);
	buf_add(b, text + at, sizeof text - at);
}

static void add_date(struct buf *b, int64_t days)
{
	int64_t year;
	int month, day;
	clock_civil_from_days(days, &year, &month, &day);
	if (year < 0)
		buf_addc(b, '-');
	add_padded(b, year < 0 ? -year : year, 4);
	buf_addc(b, '-');
	add_padded(b, month, 2);
	buf_addc(b, '-');
	add_padded(b, day, 2);
}

/* nanos since midnight; as many digits of the fraction as are not 0, in threes. */
static void add_time(struct buf *b, int64_t nanos)
{
	int64_t seconds = nanos / 1000000000, fraction = nanos % 1000000000;
	add_padded(b, seconds / 3600, 2);
	buf_addc(b, ':');
	add_padded(b, seconds / 60 % 60, 2);
	buf_addc(b, ':');
	add_padded(b, seconds % 60, 2);
	if (!fraction)
		return;
	buf_addc(b, '.');
	if (fraction % 1000)
		add_padded(b, fraction, 9);
	else if (fraction % 1000000)
		add_padded(b, fraction / 1000, 6);
	else
		add_padded(b, fraction / 1000000, 3);
}

/* units a second of v. DuckDB's infinities are the extremes. */
static void add_timestamp(struct buf *b, int64_t v, int64_t units, bool zone)
{
	if (v == INT64_MAX || v == -INT64_MAX) {
		buf_adds(b, v < 0 ? "-infinity" : "infinity");
		return;
	}
	int64_t day = units * 86400;
	int64_t days = v / day, rest = v % day;
	if (rest < 0) {
		rest += day;
		days--;
	}
	add_date(b, days);
	buf_addc(b, 'T');
	add_time(b, rest * (1000000000 / units));
	if (zone)
		buf_addc(b, 'Z');
}

static void add_interval(struct buf *b, const duckdb_interval *v)
{
	/* ISO 8601: the three parts do not convert into each other, so each keeps its sign. */
	buf_addf(b, "P%dM%dDT", v->months, v->days);
	int64_t us = v->micros;
	uint64_t magnitude = us < 0 ? -(uint64_t)us : (uint64_t)us;
	if (us < 0)
		buf_addc(b, '-');
	add_u128(b, magnitude, false, 6);
	buf_addc(b, 'S');
}

static void add_uuid(struct buf *b, const duckdb_hugeint *v)
{
	/* DuckDB flips the top bit so that UUIDs sort as numbers. */
	uint64_t hi = (uint64_t)v->upper ^ (UINT64_C(1) << 63), lo = v->lower;
	buf_addf(b, "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64, hi >> 32, hi >> 16 & 0xffff,
		 hi & 0xffff, lo >> 48, lo & UINT64_C(0xffffffffffff));
}

static struct str string_at(const void *data, idx_t row)
{
	duckdb_string_t *s = (duckdb_string_t *)data + row;
	return str_n(duckdb_string_t_data(s), duckdb_string_t_length(*s));
}

static void add_hex(struct buf *b, struct str s)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < s.n; i++) {
		buf_addc(b, digits[(unsigned char)s.p[i] >> 4]);
		buf_addc(b, digits[s.p[i] & 15]);
	}
}

static void add_time_tz(struct buf *b, uint64_t bits)
{
	duckdb_time_tz_struct t = duckdb_from_time_tz((duckdb_time_tz){ bits });
	int64_t us = ((t.time.hour * INT64_C(60) + t.time.min) * 60 + t.time.sec) * USEC_PER_SEC + t.time.micros;
	add_time(b, us * 1000);
	int32_t offset = t.offset < 0 ? -t.offset : t.offset;
	buf_addf(b, "%c%02d:%02d", t.offset < 0 ? '-' : '+', offset / 3600, offset / 60 % 60);
}

static struct str enum_at(const struct cell_vector *v, idx_t row)
{
	uint64_t i = unsigned_at(v->type->storage, v->data, row);
	return i < v->type->n_names ? str_of(v->type->names[i]) : STR("");
}

bool cell_is_number(const struct cell_type *t)
{
	switch ((int)t->id) {
	case DUCKDB_TYPE_TINYINT:
	case DUCKDB_TYPE_SMALLINT:
	case DUCKDB_TYPE_INTEGER:
	case DUCKDB_TYPE_BIGINT:
	case DUCKDB_TYPE_UTINYINT:
	case DUCKDB_TYPE_USMALLINT:
	case DUCKDB_TYPE_UINTEGER:
	case DUCKDB_TYPE_UBIGINT:
	case DUCKDB_TYPE_HUGEINT:
	case DUCKDB_TYPE_UHUGEINT:
	case DUCKDB_TYPE_FLOAT:
	case DUCKDB_TYPE_DOUBLE:
	case DUCKDB_TYPE_DECIMAL:
		return true;
	default: /* DuckDB's enum */
		return false;
	}
}

static bool is_nested(const struct cell_type *t)
{
	return t->n_children > 0 || t->id == DUCKDB_TYPE_STRUCT;
}

static void add_number(struct buf *b, const struct cell_vector *v, idx_t row)
{
	switch ((int)v->type->id) {
	case DUCKDB_TYPE_FLOAT:
		add_real(b, (double)((const float *)v->data)[row], true);
		break;
	case DUCKDB_TYPE_DOUBLE:
		add_real(b, ((const double *)v->data)[row], false);
		break;
	case DUCKDB_TYPE_DECIMAL:
		add_i128(b,
			 v->type->storage == DUCKDB_TYPE_HUGEINT ? hugeint(v->data, row)
								 : signed_at(v->type->storage, v->data, row),
			 v->type->scale);
		break;
	case DUCKDB_TYPE_HUGEINT:
		add_i128(b, hugeint(v->data, row), 0);
		break;
	case DUCKDB_TYPE_UHUGEINT:
		add_u128(b, (unsigned __int128)hugeint(v->data, row), false, 0);
		break;
	case DUCKDB_TYPE_UTINYINT:
	case DUCKDB_TYPE_USMALLINT:
	case DUCKDB_TYPE_UINTEGER:
	case DUCKDB_TYPE_UBIGINT:
		add_u128(b, unsigned_at(v->type->id, v->data, row), false, 0);
		break;
	default: /* the signed integers */
		buf_add_i64(b, signed_at(v->type->id, v->data, row));
		break;
	}
}

/* Times and the like: text without anything to escape. */
static void add_moment(struct buf *b, const struct cell_vector *v, idx_t row)
{
	const int64_t *i64 = v->data;
	int32_t days;
	switch ((int)v->type->id) {
	case DUCKDB_TYPE_DATE:
		days = ((const int32_t *)v->data)[row];
		if (days == INT32_MAX || days == -INT32_MAX)
			buf_adds(b, days < 0 ? "-infinity" : "infinity");
		else
			add_date(b, days);
		break;
	case DUCKDB_TYPE_TIME:
		add_time(b, i64[row] * 1000);
		break;
	case DUCKDB_TYPE_TIME_TZ:
		add_time_tz(b, ((const uint64_t *)v->data)[row]);
		break;
	case DUCKDB_TYPE_TIMESTAMP_S:
		add_timestamp(b, i64[row], 1, false);
		break;
	case DUCKDB_TYPE_TIMESTAMP_MS:
		add_timestamp(b, i64[row], 1000, false);
		break;
	case DUCKDB_TYPE_TIMESTAMP_NS:
		add_timestamp(b, i64[row], 1000000000, false);
		break;
	case DUCKDB_TYPE_TIMESTAMP:
		add_timestamp(b, i64[row], USEC_PER_SEC, false);
		break;
	case DUCKDB_TYPE_TIMESTAMP_TZ:
		add_timestamp(b, i64[row], USEC_PER_SEC, true);
		break;
	case DUCKDB_TYPE_INTERVAL:
		add_interval(b, (const duckdb_interval *)v->data + row);
		break;
	case DUCKDB_TYPE_UUID:
		add_uuid(b, (const duckdb_hugeint *)v->data + row);
		break;
	default: /* BLOB */
		add_hex(b, string_at(v->data, row));
		break;
	}
}

static void add_list(struct buf *b, const struct cell_vector *v, uint64_t from, uint64_t n)
{
	buf_addc(b, '[');
	for (uint64_t i = 0; i < n && !b->failed; i++) {
		if (i)
			buf_addc(b, ',');
		cell_json(b, &v->children[0], from + i);
	}
	buf_addc(b, ']');
}

static void add_nested(struct buf *b, const struct cell_vector *v, idx_t row)
{
	if (v->type->id == DUCKDB_TYPE_ARRAY) {
		add_list(b, v, row * v->type->array_size, v->type->array_size);
		return;
	}
	if (v->type->id != DUCKDB_TYPE_STRUCT) {
		const duckdb_list_entry *entry = (const duckdb_list_entry *)v->data + row;
		add_list(b, v, entry->offset, entry->length);
		return;
	}
	buf_addc(b, '{');
	for (size_t i = 0; i < v->type->n_children; i++) {
		if (i)
			buf_addc(b, ',');
		json_quote(b, str_of(v->type->names[i]));
		buf_addc(b, ':');
		cell_json(b, &v->children[i], row);
	}
	buf_addc(b, '}');
}

static bool is_real(const struct cell_type *t)
{
	return t->id == DUCKDB_TYPE_DOUBLE || t->id == DUCKDB_TYPE_FLOAT;
}

static bool is_finite(const struct cell_vector *v, idx_t row)
{
	if (v->type->id == DUCKDB_TYPE_DOUBLE)
		return isfinite(((const double *)v->data)[row]);
	return isfinite(((const float *)v->data)[row]);
}

void cell_json(struct buf *b, const struct cell_vector *v, idx_t row)
{
	const struct cell_type *t = v->type;
	if (!cell_valid(v, row) || t->id == DUCKDB_TYPE_SQLNULL || (is_real(t) && !is_finite(v, row))) {
		buf_adds(b, "null");
	} else if (t->id == DUCKDB_TYPE_VARCHAR) {
		json_quote(b, string_at(v->data, row));
	} else if (t->id == DUCKDB_TYPE_ENUM) {
		json_quote(b, enum_at(v, row));
	} else if (t->id == DUCKDB_TYPE_BOOLEAN || cell_is_number(t) || is_nested(t)) {
		cell_text(b, v, row);
	} else {
		buf_addc(b, '"');
		add_moment(b, v, row);
		buf_addc(b, '"');
	}
}

void cell_text(struct buf *b, const struct cell_vector *v, idx_t row)
{
	const struct cell_type *t = v->type;
	if (!cell_valid(v, row) || t->id == DUCKDB_TYPE_SQLNULL)
		return;
	if (t->id == DUCKDB_TYPE_VARCHAR)
		buf_add_str(b, string_at(v->data, row));
	else if (t->id == DUCKDB_TYPE_ENUM)
		buf_add_str(b, enum_at(v, row));
	else if (t->id == DUCKDB_TYPE_BOOLEAN)
		buf_adds(b, ((const bool *)v->data)[row] ? "true" : "false");
	else if (cell_is_number(t))
		add_number(b, v, row);
	else if (is_nested(t))
		add_nested(b, v, row);
	else
		add_moment(b, v, row);
}
