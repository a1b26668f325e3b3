#include "ingest/xlsx_cells.h"

#include "base/limits.h"

/* "AB12" → column 27; SIZE_MAX when it does not begin with letters. */
static size_t column_of(const char *reference)
{
	size_t column = 0, letters = 0;
	for (; *reference && letters < 4; reference++, letters++) {
		char c = *reference;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 32);
		if (c < 'A' || c > 'Z')
			break;
		column = column * 26 + (size_t)(c - 'A') + 1;
	}
	return letters ? column - 1 : SIZE_MAX;
}

void cells_begin_row(struct xlsx_cells *s, const char **a)
{
	const char *number = xlsx_attribute(a, "r");
	uint64_t row;
	bool said = number && str_to_u64(str_of(number), &row) && row > 0 && row < UINT32_MAX;
	s->row = said ? (uint32_t)row : s->row + 1;
	s->next_column = s->packed = 0;
	pack_row(&s->packer, s->row);
	merged_row(s->merged, s->row);
	const char *hidden = xlsx_attribute(a, "hidden"), *outline = xlsx_attribute(a, "outlineLevel");
	uint64_t level;
	if (hidden && (strcmp(hidden, "1") == 0 || strcmp(hidden, "true") == 0))
		s->packer.flags = ROW_HIDDEN;
	if (outline && str_to_u64(str_of(outline), &level))
		s->packer.flags |= ROW_LEVEL(level);
}

static enum cell_kind kind_of(const char *type)
{
	static const struct {
		const char *type;
		enum cell_kind kind;
	} kinds[] = {
		{ "s", CELL_KIND_SHARED }, { "str", CELL_KIND_TEXT }, { "inlineStr", CELL_KIND_TEXT },
		{ "d", CELL_KIND_TEXT },   { "b", CELL_KIND_TRUTH },  { "e", CELL_KIND_WRONG },
	};
	for (size_t i = 0; type && i < countof(kinds); i++) {
		if (strcmp(type, kinds[i].type) == 0)
			return kinds[i].kind;
	}
	return CELL_KIND_NUMBER;
}

void cells_begin(struct xlsx_cells *s, const char **a)
{
	const char *reference = NULL, *type = NULL, *style = NULL;
	for (; *a; a += 2) {
		if (!a[0][0] || a[0][1])
			continue;
		if (a[0][0] == 'r')
			reference = a[1];
		else if (a[0][0] == 't')
			type = a[1];
		else if (a[0][0] == 's')
			style = a[1];
	}
	size_t column = reference ? column_of(reference) : SIZE_MAX;
	/* Cells stand in order; one that says otherwise is taken to follow. */
	s->column = column == SIZE_MAX || column < s->next_column ? s->next_column : column;
	s->next_column = s->column + 1;
	s->kind = kind_of(type);
	s->formula = false;
	uint64_t number;
	bool styled = style && str_to_u64(str_of(style), &number) && number < s->book->n_styles;
	s->style = styled ? s->book->styles[number] : XLSX_NUMBER;
	buf_clear(&s->text);
}

static struct str shared_string(const struct xlsx_cells *s, struct str number)
{
	uint64_t i;
	if (!str_to_u64(str_trim(number), &i) || i >= s->strings->n)
		return STR("");
	uint64_t from = i ? s->strings->ends[i - 1] : 0;
	return str_n(s->strings->bytes + from, (size_t)(s->strings->ends[i] - from));
}

/* What the open cell reads as. */
static struct str cell_value(struct xlsx_cells *s, uint32_t *flags)
{
	struct str text = buf_str(&s->text);
	buf_clear(&s->rendered);
	switch (s->kind) {
	case CELL_KIND_SHARED:
		return shared_string(s, text);
	case CELL_KIND_TEXT:
		s->text.n = xlsx_unescape(s->text.p, s->text.n);
		return buf_str(&s->text);
	case CELL_KIND_TRUTH:
		return str_is(str_trim(text), "0") ? STR("FALSE") : STR("TRUE");
	case CELL_KIND_WRONG:
		/* "Not available" is what its author meant: no value. */
		if (str_is(str_trim(text), "#N/A"))
			return STR("");
		*flags = CELL_ERROR;
		return text;
	case CELL_KIND_NUMBER:
		break;
	}
	text = str_trim(text);
	if (s->style == XLSX_NUMBER)
		xlsx_number_text(text, &s->rendered);
	else
		xlsx_date_text(text, s->style, s->book->from_1904, &s->rendered);
	return buf_str(&s->rendered);
}

void cells_text(struct xlsx_cells *s, const char *p, size_t n)
{
	buf_add(&s->text, p, MIN(n, s->text.max - s->text.n));
}

void cells_formula(struct xlsx_cells *s)
{
	s->formula = true;
}

/* Empty cells up to a column, or those of merged ones. */
static bool pad(struct xlsx_cells *s, size_t column)
{
	if (merged_pad(s->merged, &s->packer, &s->packed, column))
		return true;
	return err_set(&s->error, ERR_LIMIT, "inflate_ratio",
		       "Sheet \"%.200s\" merges its cells too often: it is refused as a trap.", s->sheet);
}

bool cells_end(struct xlsx_cells *s)
{
	uint32_t flags = 0;
	/* The text of an empty result is kept as one: a formula without any was never computed. */
	bool uncomputed = !s->text.n && s->formula && s->kind == CELL_KIND_NUMBER;
	if (!s->text.n && !uncomputed)
		return true;
	struct str value = uncomputed ? STR(CELL_UNCOMPUTED) : cell_value(s, &flags);
	if (uncomputed)
		flags = CELL_ERROR;
	if (!value.n)
		return true;
	if (s->column >= LIMIT_COLUMNS)
		return err_set(&s->error, ERR_LIMIT, "too_many_columns",
			       "Row %u of sheet \"%.200s\" has more than %d columns.", s->row, s->sheet, LIMIT_COLUMNS);
	if (!pad(s, s->column))
		return false;
	pack_cell(&s->packer, value, flags);
	s->packed++;
	if (merged_any(s->merged) && !flags)
		merged_take(s->merged, (uint32_t)s->column, value);
	return true;
}

bool cells_end_row(struct xlsx_cells *s)
{
	size_t before = s->packer.row_at;
	if (merged_any(s->merged) && !pad(s, s->merged->end))
		return false;
	if (!pack_row_end(&s->packer, &s->error))
		return false;
	if (s->packer.bytes.n == before)
		return true;
	s->rows++;
	if (s->skip) {
		s->skip--;
		s->packer.bytes.n = before;
	}
	return true;
}
