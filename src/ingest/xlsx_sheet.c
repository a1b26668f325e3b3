/*
 * The rows of a sheet as expat meets them. When a block is full the parser is suspended at the end of a row, so that a
 * few bytes of XML that stand for many (shared strings) cannot run ahead of the reader.
 */
#include "ingest/xlsx_sheet.h"

#include "base/limits.h"

#include <stdlib.h>

#define STEP_BYTES (64 * (int)KIB)

enum cell_kind { CELL_KIND_NUMBER, CELL_KIND_SHARED, CELL_KIND_TEXT, CELL_KIND_TRUTH, CELL_KIND_WRONG };

struct xlsx_sheet {
	struct xlsx_xml *xml; /* first: see xlsx_xml_begin */
	struct xlsx_xml x;
	const struct xlsx_book *book;
	const struct xlsx_strings *strings;
	const struct xlsx_sheet_part *part;
	struct xlsx_stream stream;
	struct err error;
	bool suspended, final, ended;
	struct packer packer;
	bool in_data, in_row, in_value, in_phonetic;
	uint32_t row;       /* number of the open or last row */
	size_t next_column; /* of the open row */
	size_t packed;      /* cells put into it */
	enum cell_kind kind;
	uint8_t style;       /* enum xlsx_kind */
	size_t column;       /* of the open cell */
	struct buf text;     /* of the open cell */
	struct buf rendered; /* what it reads as */
};

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

static void begin_row(struct xlsx_sheet *s, const char **a)
{
	const char *number = xlsx_attribute(a, "r");
	uint64_t row;
	bool said = number && str_to_u64(str_of(number), &row) && row > 0 && row < UINT32_MAX;
	s->row = said ? (uint32_t)row : s->row + 1;
	s->next_column = s->packed = 0;
	s->in_row = true;
	pack_row(&s->packer, s->row);
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

static void begin_cell(struct xlsx_sheet *s, const char **a)
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
	uint64_t number;
	bool styled = style && str_to_u64(str_of(style), &number) && number < s->book->n_styles;
	s->style = styled ? s->book->styles[number] : XLSX_NUMBER;
	buf_clear(&s->text);
}

enum element { ELEMENT_OTHER, ELEMENT_CELL, ELEMENT_VALUE, ELEMENT_ROW, ELEMENT_PHONETIC, ELEMENT_DATA };

/* Names are met by the million, and nearly all are c and v. */
static enum element element_of(const char *name)
{
	static const struct {
		const char *name;
		enum element element;
	} elements[] = {
		{ "c", ELEMENT_CELL },  { "v", ELEMENT_VALUE },      { "t", ELEMENT_VALUE },
		{ "row", ELEMENT_ROW }, { "rPh", ELEMENT_PHONETIC }, { "sheetData", ELEMENT_DATA },
	};
	if (name[0] && !name[1])
		return name[0] == 'c' ? ELEMENT_CELL : name[0] == 'v' || name[0] == 't' ? ELEMENT_VALUE : ELEMENT_OTHER;
	const char *local = xlsx_local(name);
	for (size_t i = 0; i < countof(elements); i++) {
		if (strcmp(local, elements[i].name) == 0)
			return elements[i].element;
	}
	return ELEMENT_OTHER;
}

static void on_start(void *user, const char *name, const char **a)
{
	struct xlsx_sheet *s = user;
	if (!xlsx_xml_enter(s->xml))
		return;
	switch (element_of(name)) {
	case ELEMENT_CELL:
		if (s->in_row)
			begin_cell(s, a);
		break;
	case ELEMENT_VALUE:
		s->in_value = s->in_row && !s->in_phonetic;
		break;
	case ELEMENT_ROW:
		if (s->in_data)
			begin_row(s, a);
		break;
	case ELEMENT_PHONETIC:
		s->in_phonetic = true;
		break;
	case ELEMENT_DATA:
		s->in_data = true;
		break;
	case ELEMENT_OTHER:
		break;
	}
}

static struct str shared_string(const struct xlsx_sheet *s, struct str number)
{
	uint64_t i;
	if (!str_to_u64(str_trim(number), &i) || i >= s->strings->n)
		return STR("");
	uint64_t from = i ? s->strings->ends[i - 1] : 0;
	return str_n(s->strings->bytes + from, (size_t)(s->strings->ends[i] - from));
}

/* What the open cell reads as. */
static struct str cell_value(struct xlsx_sheet *s, uint32_t *flags)
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

static void end_cell(struct xlsx_sheet *s)
{
	uint32_t flags = 0;
	if (!s->text.n)
		return;
	struct str value = cell_value(s, &flags);
	if (!value.n)
		return;
	if (s->column >= LIMIT_COLUMNS) {
		err_set(&s->error, ERR_LIMIT, "too_many_columns",
			"Row %u of sheet \"%.200s\" has more than %d columns.", s->row, s->part->name, LIMIT_COLUMNS);
		xlsx_xml_fail(s->xml);
		return;
	}
	for (; s->packed < s->column; s->packed++)
		pack_cell(&s->packer, STR(""), 0);
	pack_cell(&s->packer, value, flags);
	s->packed++;
}

static void end_row(struct xlsx_sheet *s)
{
	s->in_row = false;
	if (!pack_row_end(&s->packer, &s->error))
		xlsx_xml_fail(s->xml);
	else if (pack_full(&s->packer))
		XML_StopParser(s->x.parser, XML_TRUE);
}

static void on_end(void *user, const char *name)
{
	struct xlsx_sheet *s = user;
	xlsx_xml_leave(s->xml);
	switch (element_of(name)) {
	case ELEMENT_CELL:
		if (s->in_row)
			end_cell(s);
		break;
	case ELEMENT_VALUE:
		s->in_value = false;
		break;
	case ELEMENT_ROW:
		if (s->in_row)
			end_row(s);
		break;
	case ELEMENT_PHONETIC:
		s->in_phonetic = false;
		break;
	case ELEMENT_DATA:
		s->in_data = false;
		break;
	case ELEMENT_OTHER:
		break;
	}
}

static void on_text(void *user, const char *p, int n)
{
	struct xlsx_sheet *s = user;
	if (s->in_value)
		buf_add(&s->text, p, (size_t)n);
}

bool xlsx_sheet_open(zip_t *z, const struct xlsx_book *book, const struct xlsx_strings *strings, size_t index,
		     struct xlsx_sheet **ret, struct err *e)
{
	struct xlsx_sheet *s = mem_zalloc(sizeof *s);
	s->book = book;
	s->strings = strings;
	s->part = &book->sheets[index];
	s->packer = PACKER_INIT;
	s->text = BUF_INIT(LIMIT_CELL_BYTES + 1);
	s->rendered = BUF_INIT(LIMIT_CELL_BYTES + 1);
	if (!xlsx_stream_open(z, s->part->path, &s->stream, e) || !xlsx_xml_begin(&s->x, s, &s->error)) {
		if (s->error.kind)
			*e = s->error;
		xlsx_sheet_close(s);
		return false;
	}
	XML_SetElementHandler(s->x.parser, on_start, on_end);
	XML_SetCharacterDataHandler(s->x.parser, on_text);
	*ret = s;
	return true;
}

/* One step of the parser: what was left when it was suspended, or more of the file. */
static bool step(struct xlsx_sheet *s, struct err *e)
{
	enum XML_Status status;
	if (s->suspended) {
		status = XML_ResumeParser(s->x.parser);
	} else {
		size_t got;
		void *room = XML_GetBuffer(s->x.parser, STEP_BYTES);
		if (!room)
			return err_set(e, ERR_INTERNAL, NULL, "no memory for the XML parser");
		if (!xlsx_stream_read(&s->stream, room, STEP_BYTES, &got, e))
			return false;
		s->final = got == 0;
		status = XML_ParseBuffer(s->x.parser, (int)got, s->final);
	}
	s->suspended = status == XML_STATUS_SUSPENDED;
	s->ended = status == XML_STATUS_OK && s->final;
	if (status == XML_STATUS_ERROR) {
		xlsx_xml_error(&s->x, s->part->path, &s->error);
		*e = s->error;
		return false;
	}
	return true;
}

bool xlsx_sheet_next(struct xlsx_sheet *s, struct block *ret, bool *ret_end, struct err *e)
{
	while (!s->ended && !pack_full(&s->packer)) {
		if (!step(s, e))
			return false;
	}
	*ret_end = s->packer.bytes.n == 0;
	if (!*ret_end)
		pack_take(&s->packer, ret);
	return true;
}

uint64_t xlsx_sheet_read(const struct xlsx_sheet *s)
{
	return s->stream.inflated;
}

void xlsx_sheet_close(struct xlsx_sheet *s)
{
	if (!s)
		return;
	xlsx_xml_end(&s->x);
	xlsx_stream_close(&s->stream);
	buf_free(&s->packer.bytes);
	buf_free(&s->text);
	buf_free(&s->rendered);
	free(s);
}
