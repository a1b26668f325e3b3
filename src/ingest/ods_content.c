#include "ingest/ods.h"

#include "base/limits.h"

#include <stdlib.h>

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define STEP_BYTES 64
#else
#define STEP_BYTES (64 * (int)KIB)
#endif
#define MAX_SPACES 1000 /* of one <text:s/> */

struct ods_content {
	struct xlsx_xml *xml; /* first: see xlsx_xml_begin */
	struct xlsx_xml x;
	struct xlsx_stream stream;
	const char *name; /* of the sheet */
	size_t wanted;    /* number of the sheet */
	size_t met;       /* sheets that began */
	bool suspended, final, ended;
	struct packer packer;
	struct err error; /* why a handler stopped the parser */
	/* depths of the open elements; 0 = none */
	int book, sheet, row, cell, paragraph, aside;
	unsigned level; /* groups of rows that are open */
	uint32_t line, row_repeat;
	size_t packed, gap; /* cells of the row: packed, and empty ones after them */
	uint32_t cell_repeat;
	bool covered, wrong;    /* under a merged cell; an error value */
	struct buf text, value; /* of the cell: its paragraphs, and what it reads as */
	bool text_given;        /* paragraphs are not wanted: the value says it */
	struct buf again_bytes; /* a row to be repeated */
	uint32_t again_left;
	uint64_t repeated; /* bytes of repeated cells and rows */
	struct merged merged;
	uint32_t spanned; /* rows that the cell spans */
};

static void stop(struct ods_content *c)
{
	xlsx_xml_fail(c->xml);
}

static uint32_t count_of(const char **a, const char *name)
{
	const char *v = xlsx_attribute(a, name);
	uint64_t n;
	if (!v || !str_to_u64(str_of(v), &n) || !n)
		return 1;
	return (uint32_t)MIN(n, (uint64_t)UINT32_MAX);
}

static void begin_row(struct ods_content *c, const char **a)
{
	c->row = c->x.depth;
	c->row_repeat = count_of(a, "number-rows-repeated");
	c->packed = c->gap = 0;
	pack_row(&c->packer, ++c->line);
	merged_row(&c->merged, c->line);
	const char *shown = xlsx_attribute(a, "visibility");
	if (shown && strcmp(shown, "visible") != 0)
		c->packer.flags = ROW_HIDDEN;
	c->packer.flags |= ROW_LEVEL(c->level);
}

static void add_text(struct str value, struct buf *ret)
{
	buf_add_str(ret, value);
}

static void boolean_text(struct str value, struct buf *ret)
{
	buf_adds(ret, str_is(value, "true") ? "TRUE" : "FALSE");
}

/* A value of a type stands in an attribute of its own; without it the cell's text is taken. */
static void begin_value(struct ods_content *c, const char *type, const char **a)
{
	static const struct {
		const char *type, *attribute;
		void (*render)(struct str value, struct buf *ret);
	} types[] = {
		{ "float", "value", xlsx_number_text },    { "percentage", "value", xlsx_number_text },
		{ "currency", "value", xlsx_number_text }, { "date", "date-value", ods_date_text },
		{ "time", "time-value", ods_time_text },   { "boolean", "boolean-value", boolean_text },
		{ "string", "string-value", add_text },
	};
	for (size_t i = 0; i < countof(types); i++) {
		const char *v = strcmp(type, types[i].type) == 0 ? xlsx_attribute(a, types[i].attribute) : NULL;
		if (!v)
			continue;
		c->text_given = true;
		types[i].render(str_of(v), &c->value);
	}
}

static void begin_cell(struct ods_content *c, const char **a, bool covered)
{
	const char *type = NULL, *calc = NULL;
	for (const char **at = a; *at; at += 2) {
		if (strcmp(xlsx_local(at[0]), "value-type") != 0)
			continue;
		if (strncmp(at[0], "calcext:", 8) == 0)
			calc = at[1];
		else
			type = at[1];
	}
	c->cell = c->x.depth;
	c->cell_repeat = count_of(a, "number-columns-repeated");
	c->spanned = covered ? 1 : count_of(a, "number-rows-spanned");
	buf_clear(&c->text);
	buf_clear(&c->value);
	c->text_given = false;
	c->covered = covered;
	c->wrong = calc && strcmp(calc, "error") == 0;
	if (type && !c->wrong)
		begin_value(c, type, a);
}

static bool too_much(struct ods_content *c, size_t bytes)
{
	c->repeated += bytes;
	if (c->repeated <= LIMIT_REPEATED_BYTES)
		return false;
	err_set(&c->error, ERR_LIMIT, "inflate_ratio",
		"Sheet \"%.200s\" repeats its cells too often: it is refused as a trap.", c->name);
	stop(c);
	return true;
}

/* Empty cells up to a column, or those of merged ones. */
static bool pad(struct ods_content *c, size_t column)
{
	if (merged_pad(&c->merged, &c->packer, &c->packed, column))
		return true;
	return !too_much(c, LIMIT_REPEATED_BYTES + 1);
}

static void end_cell(struct ods_content *c)
{
	struct str value = c->text_given ? buf_str(&c->value) : buf_str(&c->text);
	c->cell = c->paragraph = c->aside = 0;
	if (!value.n || c->covered) {
		c->gap += c->cell_repeat;
		return;
	}
	if (c->packed + c->gap + c->cell_repeat > LIMIT_COLUMNS) {
		err_set(&c->error, ERR_LIMIT, "too_many_columns",
			"Row %u of sheet \"%.200s\" has more than %d columns.", c->line, c->name, LIMIT_COLUMNS);
		stop(c);
		return;
	}
	if (c->cell_repeat > 1 && too_much(c, (size_t)c->cell_repeat * value.n))
		return;
	if (!pad(c, c->packed + c->gap))
		return;
	c->gap = 0;
	if (c->spanned > 1 && !c->wrong) {
		uint32_t last = c->line + MIN(c->spanned - 1, UINT32_MAX - 1 - c->line);
		merged_open(&c->merged, c->line, last, (uint32_t)c->packed);
		merged_take(&c->merged, (uint32_t)c->packed, value);
	}
	for (; c->cell_repeat; c->cell_repeat--, c->packed++)
		pack_cell(&c->packer, value, c->wrong ? CELL_ERROR : 0);
}

/* A row that stands for many empty ones moves the numbers only. */
static void end_row(struct ods_content *c)
{
	size_t before = c->packer.row_at;
	uint32_t more = c->row_repeat - 1;
	c->row = 0;
	if (merged_any(&c->merged) && !pad(c, c->merged.end))
		return;
	if (!pack_row_end(&c->packer, &c->error)) {
		stop(c);
		return;
	}
	size_t bytes = c->packer.bytes.n - before;
	if (!bytes || !more) {
		c->line += MIN(more, UINT32_MAX - 1 - c->line);
	} else if (more >= LIMIT_SHEET_ROWS || c->line + more > LIMIT_SHEET_ROWS) {
		err_set(&c->error, ERR_LIMIT, "too_many_sheet_rows", "Sheet \"%.200s\" has more than %d rows.", c->name,
			LIMIT_SHEET_ROWS);
		stop(c);
		return;
	} else if (!too_much(c, bytes * more)) {
		buf_clear(&c->again_bytes);
		buf_add(&c->again_bytes, c->packer.bytes.p + before, bytes);
		c->again_left = more;
	} else {
		return;
	}
	if (c->again_left || pack_full(&c->packer))
		XML_StopParser(c->x.parser, XML_TRUE);
}

static void in_cell(struct ods_content *c, const char *local, const char **a)
{
	if (c->aside)
		return;
	if (strcmp(local, "annotation") == 0 || strcmp(local, "frame") == 0 || strcmp(local, "ruby-text") == 0 ||
	    strcmp(local, "table") == 0 || strcmp(local, "note") == 0) {
		c->aside = c->x.depth;
	} else if (strcmp(local, "p") == 0 && c->x.depth == c->cell + 1) {
		c->paragraph = c->x.depth;
		if (c->text.n)
			buf_addc(&c->text, '\n');
	} else if (c->paragraph && strcmp(local, "s") == 0) {
		for (uint32_t n = MIN(count_of(a, "c"), (uint32_t)MAX_SPACES); n; n--)
			buf_addc(&c->text, ' ');
	} else if (c->paragraph && strcmp(local, "tab") == 0) {
		buf_addc(&c->text, '\t');
	} else if (c->paragraph && strcmp(local, "line-break") == 0) {
		buf_addc(&c->text, '\n');
	}
}

static void on_start(void *user, const char *name, const char **a)
{
	struct ods_content *c = user;
	if (!xlsx_xml_enter(c->xml))
		return;
	const char *local = xlsx_local(name);
	if (c->cell)
		in_cell(c, local, a);
	else if (c->row && strcmp(local, "table-cell") == 0)
		begin_cell(c, a, false);
	else if (c->row && strcmp(local, "covered-table-cell") == 0)
		begin_cell(c, a, true);
	else if (c->sheet && !c->row && strcmp(local, "table-row") == 0)
		begin_row(c, a);
	else if (c->sheet && !c->row && strcmp(local, "table-row-group") == 0)
		c->level++;
	else if (!c->book && strcmp(local, "spreadsheet") == 0)
		c->book = c->x.depth;
	else if (c->book && c->x.depth == c->book + 1 && strcmp(local, "table") == 0 && c->met++ == c->wanted)
		c->sheet = c->x.depth;
}

static void on_end(void *user, const char *name)
{
	struct ods_content *c = user;
	int depth = c->x.depth;
	xlsx_xml_leave(c->xml);
	if (c->level && c->sheet && !c->row && strcmp(xlsx_local(name), "table-row-group") == 0)
		c->level--;
	if (depth == c->aside)
		c->aside = 0;
	else if (depth == c->paragraph)
		c->paragraph = 0;
	else if (depth == c->cell)
		end_cell(c);
	else if (depth == c->row)
		end_row(c);
	else if (depth == c->sheet) {
		c->sheet = 0;
		c->ended = true;
		XML_StopParser(c->x.parser, XML_TRUE);
	}
}

static void on_text(void *user, const char *p, int n)
{
	struct ods_content *c = user;
	if (c->paragraph && !c->aside)
		buf_add(&c->text, p, (size_t)n);
}

bool ods_content_open(zip_t *z, size_t sheet, const char *name, struct ods_content **ret, struct err *e)
{
	struct ods_content *c = mem_zalloc(sizeof *c);
	c->wanted = sheet;
	c->name = name;
	c->packer = PACKER_INIT;
	c->text = BUF_INIT(LIMIT_ROW_BYTES);
	c->value = BUF_INIT(LIMIT_ROW_BYTES);
	c->again_bytes = BUF_INIT(2 * LIMIT_ROW_BYTES);
	if (!xlsx_stream_open(z, ODS_CONTENT, &c->stream, e) || !xlsx_xml_begin(&c->x, c, &c->error)) {
		ods_content_close(c);
		return false;
	}
	XML_SetElementHandler(c->x.parser, on_start, on_end);
	XML_SetCharacterDataHandler(c->x.parser, on_text);
	*ret = c;
	return true;
}

static bool step(struct ods_content *c, struct err *e)
{
	enum XML_Status status;
	if (c->suspended) {
		status = XML_ResumeParser(c->x.parser);
	} else {
		size_t got;
		void *room = XML_GetBuffer(c->x.parser, STEP_BYTES);
		if (!room)
			return err_set(e, ERR_INTERNAL, NULL, "no memory for the XML parser");
		if (!xlsx_stream_read(&c->stream, room, STEP_BYTES, &got, e))
			return false;
		c->final = got == 0;
		status = XML_ParseBuffer(c->x.parser, (int)got, c->final);
	}
	c->suspended = status == XML_STATUS_SUSPENDED;
	c->ended = c->ended || (status == XML_STATUS_OK && c->final);
	if (status == XML_STATUS_ERROR) {
		xlsx_xml_error(&c->x, ODS_CONTENT, &c->error);
		*e = c->error;
		return false;
	}
	return true;
}

bool ods_content_next(struct ods_content *c, struct block *ret, bool *ret_end, struct err *e)
{
	while (c->row || !pack_full(&c->packer)) { /* never a part of a row */
		if (c->again_left) {
			pack_again(&c->packer, buf_str(&c->again_bytes), ++c->line);
			c->again_left--;
		} else if (c->ended) {
			break;
		} else if (!step(c, e)) {
			return false;
		}
	}
	*ret_end = c->packer.bytes.n == 0;
	if (!*ret_end)
		pack_take(&c->packer, ret);
	return true;
}

uint64_t ods_content_read(const struct ods_content *c)
{
	return c->stream.inflated;
}

void ods_content_close(struct ods_content *c)
{
	if (!c)
		return;
	xlsx_xml_end(&c->x);
	xlsx_stream_close(&c->stream);
	merged_free(&c->merged);
	buf_free(&c->packer.bytes);
	buf_free(&c->text);
	buf_free(&c->value);
	buf_free(&c->again_bytes);
	free(c);
}
