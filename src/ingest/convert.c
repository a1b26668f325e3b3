/* From cells of text to the values of columns, one column at a time. */
#include "base/limits.h"
#include "ingest/simd.h"
#include "ingest/table.h"

#include <stdatomic.h>

uint64_t work_line(struct work *w, size_t row)
{
	if (w->block.packed)
		return w->rows.place[row];
	size_t place = MIN((size_t)w->rows.place[row], w->block.n);
	if (place < w->mark_place) {
		w->mark_place = 0;
		w->mark_line = w->block.first_line;
	}
	const char *from = w->block.data + w->mark_place;
	w->mark_line += simd_count(from, place - w->mark_place, w->block.line_end);
	w->mark_place = place;
	return w->mark_line;
}

static const char *error_reason(struct cell c, struct str text)
{
	if (cell_length(c) > LIMIT_CELL_BYTES)
		return "longer than a cell may be";
	if (str_is(text, CELL_UNCOMPUTED))
		return "a formula whose result is not in the file: open it in a spreadsheet program and save it again";
	return "an error value or binary data in the file";
}

void work_reject(struct work *w, size_t row, uint32_t column, struct str text, const char *reason)
{
	struct reject_place at = { work_line(w, row), w->row + (row - w->at), column };
	table_reject(w->t, at, text, reason, buf_str(&w->whole));
	buf_clear(&w->whole); /* with the first reject of a row it is enough */
}

/* A cell without a usable value: a reject, unless it simply has none. */
void work_misfit(struct work *w, size_t column, size_t row, struct cell c, struct str text)
{
	struct table *t = w->t;
	const struct column_type *type = &t->columns[column].type;
	if (c.n & CELL_ERROR) {
		work_reject(w, row, (uint32_t)column, text, error_reason(c, text));
		return;
	}
	if (type->rounded) {
		work_reject(
			w, row, (uint32_t)column, text,
			"digits were lost when the file was made: keep the column as text there, and export it again");
		return;
	}
	w->stats[column].misfits++;
	if (!t->fixed_types && value_contradicts(type, text))
		atomic_store(&t->contradicted, true);
	work_reject(w, row, (uint32_t)column, text, value_misfit_reason(type, text));
}

static void set_invalid(struct column_out *out, size_t i)
{
	out->valid[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

static void put_string(struct column_out *out, size_t i, struct str s)
{
	struct ingest_string *to = (struct ingest_string *)out->data + i;
	to->n = (uint32_t)s.n;
	if (s.n <= sizeof to->inlined) {
		memset(to->inlined, 0, sizeof to->inlined);
		memcpy(to->inlined, s.p, s.n);
	} else {
		memcpy(to->far.prefix, s.p, sizeof to->far.prefix);
		to->far.p = s.p;
	}
}

static size_t row_of(const struct work *w, size_t i)
{
	return w->at + (w->picked ? w->picked[i] : i);
}

/* "н/д", "-" and the like, where the column takes them for no value. */
static bool is_missing(struct column_stats *stats, uint8_t kinds, struct str s)
{
	size_t word;
	if (!value_may_be_missing(s))
		return false;
	enum missing kind = value_missing_kind(s, &word);
	if (kind == MISSING_NO || !(kinds & 1u << kind))
		return false;
	stats->missing++;
	stats->missing_words |= UINT64_C(1) << word;
	return true;
}

/* What stands in place of a value: an error of a formula, written out as text. */
bool work_is_error(const struct column_type *t, struct str s)
{
	return s.n && s.p[0] == '#' && (t->missing || t->type != TYPE_VARCHAR) && value_is_error(s);
}

static void convert_text(struct work *w, size_t column, size_t n, struct column_out *out)
{
	struct column_stats *stats = &w->stats[column];
	size_t cell_at = w->t->columns[column].cell;
	const struct column_type type = w->t->columns[column].type;
	uint8_t missing = type.missing;
	for (size_t i = 0; i < n; i++) {
		size_t row = row_of(w, i);
		struct cell c = rows_cell(&w->rows, row, cell_at);
		struct str s = rows_text(&w->block, c, &w->scratch);
		stats->filled += (c.n & CELL_FILLED) != 0;
		if (missing && !(c.n & CELL_ERROR) && is_missing(stats, missing, s)) {
			set_invalid(out, i);
			continue;
		}
		c.n |= work_is_error(&type, s) ? CELL_ERROR : 0;
		if (type.marked)
			s = value_unmarked(s);
		if (type.rounded && value_is_rounded(s)) {
			set_invalid(out, i);
			work_misfit(w, column, row, c, s);
			continue;
		}
		if (!s.n || c.n & CELL_ERROR) {
			set_invalid(out, i);
			if (c.n & CELL_ERROR)
				work_misfit(w, column, row, c, s);
			continue;
		}
		put_string(out, i, s);
		stats->non_null++;
		stats_add_text(stats, s);
	}
}

static void store(const struct column_type *t, struct column_out *out, size_t i, union value v)
{
	switch (t->type) {
	case TYPE_BOOLEAN:
		((bool *)out->data)[i] = v.boolean;
		break;
	case TYPE_BIGINT:
	case TYPE_DECIMAL:
	case TYPE_TIMESTAMP:
	case TYPE_TIME:
		((int64_t *)out->data)[i] = v.bigint;
		break;
	case TYPE_WIDE: /* DuckDB's vectors need not lie on 16 bytes */
		memcpy((char *)out->data + i * sizeof v.wide, &v.wide, sizeof v.wide);
		break;
	case TYPE_DOUBLE:
		((double *)out->data)[i] = v.real;
		break;
	case TYPE_DATE:
		((int32_t *)out->data)[i] = v.days;
		break;
	case TYPE_VARCHAR:
		break;
	}
}

static void convert_values(struct work *w, size_t column, size_t n, struct column_out *out)
{
	const struct column_type type = w->t->columns[column].type;
	struct column_stats *stats = &w->stats[column];
	size_t cell_at = w->t->columns[column].cell;
	for (size_t i = 0; i < n; i++) {
		size_t row = row_of(w, i);
		struct cell c = rows_cell(&w->rows, row, cell_at);
		union value v = { 0 };
		struct str s = rows_text(&w->block, c, &w->scratch);
		c.n |= work_is_error(&type, s) ? CELL_ERROR : 0;
		enum value_result r = c.n & CELL_ERROR ? VALUE_MISFIT : value_read(&type, s, &v);
		stats->filled += (c.n & CELL_FILLED) != 0;
		if (r == VALUE_OK) {
			store(&type, out, i, v);
			stats->non_null++;
			stats_add_value(stats, type.type, v);
			continue;
		}
		store(&type, out, i, (union value){ 0 });
		set_invalid(out, i);
		if (r == VALUE_MISFIT)
			work_misfit(w, column, row, c, s);
		else if (s.n)
			is_missing(stats, UINT8_MAX, s);
	}
}

bool work_reject_extra(struct work *w, size_t row)
{
	for (size_t k = w->t->width; k < rows_width(&w->rows, row); k++) {
		struct str s = rows_text(&w->block, rows_cell(&w->rows, row, k), &w->scratch);
		if (s.n) {
			work_reject(w, row, REJECT_ROW, s, "more cells than the table has columns");
			return true;
		}
	}
	return false;
}

void work_convert(struct work *w, size_t n, struct column_out *out)
{
	for (size_t i = 0; i < w->t->n_columns; i++) {
		if (w->t->columns[i].type.type == TYPE_VARCHAR)
			convert_text(w, i, n, &out[i]);
		else
			convert_values(w, i, n, &out[i]);
	}
	for (size_t i = 0; i < n && !w->picked; i++)
		work_reject_extra(w, w->at + i);
}
