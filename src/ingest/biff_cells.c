#include "ingest/biff.h"

#include "base/limits.h"
#include "ingest/types.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_CELLS ((size_t)65536 * 256)

static bool add_cell(struct biff_cells *c, uint32_t row, uint32_t column, size_t record, struct err *e)
{
	if (c->n == MAX_CELLS)
		return err_set(e, ERR_VALUE, "damaged",
			       "The workbook is damaged: a sheet has more cells than it can hold.");
	if (c->n == c->cap) {
		c->cap = MAX(c->cap * 2, (size_t)4096);
		c->list = mem_realloc(c->list, c->cap * sizeof *c->list);
	}
	c->list[c->n++] = (struct biff_cell){ row << 16 | column, (uint32_t)record };
	return true;
}

static bool add_record(struct biff_cells *c, const struct biff_record *r, struct err *e)
{
	static const struct {
		enum biff_type type;
		size_t n; /* bytes it must have */
	} types[] = {
		{ BIFF_LABELSST, 10 }, { BIFF_NUMBER, 14 }, { BIFF_RK, 10 },     { BIFF_FORMULA, 14 },
		{ BIFF_BOOLERR, 8 },   { BIFF_LABEL, 9 },   { BIFF_RSTRING, 9 },
	};
	if (r->type == BIFF_MULRK && r->n >= 12) {
		uint32_t row = bytes_u16(r->p), column = bytes_u16(r->p + 2);
		for (size_t at = 4; at + 8 <= r->n && column <= UINT16_MAX; at += 6) {
			if (!add_cell(c, row, column++, r->at, e))
				return false;
		}
		return true;
	}
	if (r->type == BIFF_ROW && r->n >= 16) {
		uint32_t row = bytes_u16(r->p);
		c->levels[row] = r->p[12] & ROW_LEVEL_MAX;
		if (r->p[12] & 0x20)
			c->hidden_rows[row / 64] |= UINT64_C(1) << (row % 64);
		return true;
	}
	if (r->type == BIFF_MERGED) {
		for (size_t at = 2; at + 8 <= r->n; at += 8)
			merged_add(&c->merged, bytes_u16(r->p + at) + 1, bytes_u16(r->p + at + 2) + 1,
				   bytes_u16(r->p + at + 4));
		return true;
	}
	for (size_t i = 0; i < countof(types); i++) {
		if (r->type == types[i].type && r->n >= types[i].n)
			return add_cell(c, bytes_u16(r->p), bytes_u16(r->p + 2), r->at, e);
	}
	return true;
}

static int by_place(const void *x, const void *y)
{
	const struct biff_cell *a = x, *b = y;
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return a->record < b->record ? -1 : a->record > b->record;
}

/* Excel writes row by row; other programs write as their caller did. Of two cells in one place the later counts. */
static void put_in_order(struct biff_cells *c)
{
	bool sorted = true;
	for (size_t i = 1; i < c->n && sorted; i++)
		sorted = c->list[i - 1].place < c->list[i].place;
	if (sorted)
		return;
	qsort(c->list, c->n, sizeof *c->list, by_place);
	size_t kept = 0;
	for (size_t i = 0; i < c->n; i++) {
		if (i + 1 == c->n || c->list[i].place != c->list[i + 1].place)
			c->list[kept++] = c->list[i];
	}
	c->n = kept;
}

bool biff_cells_find(struct str stream, const struct biff_sheet *sheet, struct biff_cells *ret, struct err *e)
{
	struct biff_record r;
	size_t at = sheet->at, depth = 0;
	biff_cells_free(ret);
	if (at >= stream.n || !biff_next(stream, &at, &r) || r.type != BIFF_BOF)
		return err_set(e, ERR_VALUE, "damaged",
			       "The workbook is damaged: sheet \"%.200s\" is not where it should be.", sheet->name);
	while (biff_next(stream, &at, &r)) {
		if (r.type == BIFF_BOF) { /* a chart inside the sheet */
			depth++;
		} else if (r.type == BIFF_EOF && depth-- == 0) {
			put_in_order(ret);
			merged_rewind(&ret->merged);
			return true;
		} else if (depth == 0 && !add_record(ret, &r, e)) {
			return false;
		}
	}
	return err_set(e, ERR_VALUE, "truncated", "The workbook is cut short in sheet \"%.200s\".", sheet->name);
}

void biff_cells_free(struct biff_cells *c)
{
	free(c->list);
	merged_free(&c->merged);
	*c = (struct biff_cells){ 0 };
}

static const char *error_text(unsigned code)
{
	switch (code) {
	case 0x00:
		return "#NULL!";
	case 0x07:
		return "#DIV/0!";
	case 0x0f:
		return "#VALUE!";
	case 0x17:
		return "#REF!";
	case 0x1d:
		return "#NAME?";
	case 0x24:
		return "#NUM!";
	case 0x2a:
		return "#N/A";
	default:
		return "#ERROR";
	}
}

static struct str render(const struct biff_book *book, uint32_t style, double v, struct buf *scratch)
{
	char text[40];
	uint8_t kind = style < book->n_styles ? book->styles[style] : XLSX_NUMBER;
	if (!isfinite(v))
		return STR("");
	if (floor(v) == v && fabs(v) < 1e15)
		snprintf(text, sizeof text, "%lld", (long long)v);
	else
		snprintf(text, sizeof text, "%.17g", v);
	if (kind == XLSX_NUMBER)
		xlsx_number_text(str_of(text), scratch);
	else
		xlsx_date_text(str_of(text), (enum xlsx_kind)kind, book->from_1904, scratch);
	return buf_str(scratch);
}

/* Four bytes for a number: 30 bits of it are an integer or the front of a double; it may stand for hundredths. */
static struct str render_rk(const struct biff_book *book, uint32_t style, uint32_t rk, struct buf *scratch)
{
	double v;
	if (rk & 2) {
		v = (double)((int32_t)rk >> 2);
	} else {
		uint64_t bits = (uint64_t)(rk & ~3u) << 32;
		memcpy(&v, &bits, sizeof v);
	}
	return render(book, style, rk & 1 ? v / 100 : v, scratch);
}

static struct str truth_or_error(unsigned value, bool error, uint32_t *ret_flags)
{
	if (!error)
		return value ? STR("TRUE") : STR("FALSE");
	*ret_flags = CELL_ERROR;
	return str_of(error_text(value));
}

/* The text a formula came to is in the STRING record that follows, perhaps behind a shared formula. */
static struct str formula_text(struct str stream, const struct biff_record *formula, struct buf *scratch)
{
	struct biff_record r;
	size_t at = formula->at + 4 + formula->n;
	for (int i = 0; i < 4 && biff_next(stream, &at, &r); i++) {
		if (r.type != BIFF_STRING)
			continue;
		struct biff_bytes bytes = biff_bytes(stream, &r);
		uint32_t length = biff_u16(&bytes);
		biff_text(&bytes, length, scratch);
		break;
	}
	return buf_str(scratch);
}

static struct str formula_result(struct str stream, const struct biff_book *book, const struct biff_record *r,
				 struct buf *scratch, uint32_t *ret_flags)
{
	const unsigned char *result = r->p + 6;
	if (bytes_u16(result + 6) != 0xffff)
		return render(book, bytes_u16(r->p + 4), bytes_f64(result), scratch);
	if (result[0] == 0)
		return formula_text(stream, r, scratch);
	return result[0] == 1 || result[0] == 2 ? truth_or_error(result[2], result[0] == 2, ret_flags) : STR("");
}

static struct str shared_text(const struct biff_book *book, uint32_t i)
{
	const struct xlsx_strings *s = &book->strings;
	if (i >= s->n)
		return STR("");
	uint64_t from = i ? s->ends[i - 1] : 0;
	return str_n(s->bytes + from, (size_t)(s->ends[i] - from));
}

struct str biff_cell_text(struct str stream, const struct biff_book *book, struct biff_cell cell, struct buf *scratch,
			  uint32_t *ret_flags)
{
	struct biff_record r;
	size_t at = cell.record;
	*ret_flags = 0;
	buf_clear(scratch);
	if (!biff_next(stream, &at, &r))
		return STR("");
	uint32_t style = bytes_u16(r.p + 4);
	if (r.type == BIFF_LABELSST)
		return shared_text(book, bytes_u32(r.p + 6));
	if (r.type == BIFF_NUMBER)
		return render(book, style, bytes_f64(r.p + 6), scratch);
	if (r.type == BIFF_RK)
		return render_rk(book, style, bytes_u32(r.p + 6), scratch);
	if (r.type == BIFF_BOOLERR)
		return truth_or_error(r.p[6], r.p[7] != 0, ret_flags);
	if (r.type == BIFF_FORMULA)
		return formula_result(stream, book, &r, scratch, ret_flags);
	if (r.type == BIFF_MULRK) {
		const unsigned char *p = r.p + 4 + (size_t)((cell.place & 0xffff) - bytes_u16(r.p + 2)) * 6;
		return render_rk(book, bytes_u16(p), bytes_u32(p + 2), scratch);
	}
	struct biff_bytes bytes = biff_bytes(stream, &r); /* LABEL, RSTRING */
	bytes.used = 6;
	uint32_t length = biff_u16(&bytes);
	biff_text(&bytes, length, scratch);
	return buf_str(scratch);
}
