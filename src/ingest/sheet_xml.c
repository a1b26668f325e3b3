/* XML spreadsheets of Excel 2003 (SpreadsheetML), by expat. A document type declaration is refused. */
#include "base/limits.h"
#include "ingest/markup.h"
#include "ingest/ods.h"
#include "ingest/xlsx.h"

#include <stdlib.h>

struct sheet_xml {
	struct xlsx_xml *xml; /* of x; for its handlers */
	struct markup *m;
	struct xlsx_xml x;
	struct err error;
	int sheet, row, cell, data, aside; /* how deep the open one is; 0 = none */
	uint32_t column, across, down;
	char type;
	struct buf text, value;
};

static uint32_t number_of(const char **a, const char *name)
{
	const char *v = xlsx_attribute(a, name);
	long n = v ? strtol(v, NULL, 10) : 0;
	return n < 0 ? 0 : (uint32_t)MIN(n, (long)LIMIT_SHEET_ROWS + 1);
}

static void begin_cell(struct sheet_xml *s, const char **a)
{
	s->cell = s->x.depth;
	s->column = number_of(a, "Index");
	s->across = MIN(number_of(a, "MergeAcross"), (uint32_t)LIMIT_COLUMNS) + 1;
	s->down = number_of(a, "MergeDown") + 1;
	s->type = 'S';
	buf_clear(&s->text);
}

static void end_cell(struct sheet_xml *s)
{
	struct str text = buf_str(&s->text);
	buf_clear(&s->value);
	if (s->type == 'N')
		xlsx_number_text(text, &s->value);
	else if (s->type == 'D')
		ods_date_text(text, &s->value);
	else if (s->type == 'B')
		buf_adds(&s->value, str_is(text, "1") ? "TRUE" : "FALSE");
	else
		buf_add_str(&s->value, text);
	markup_cell(s->m, s->column, s->across, s->down, text.n ? buf_str(&s->value) : text,
		    s->type == 'E' ? CELL_ERROR : 0);
	s->cell = 0;
}

static void on_start(void *user, const char *name, const char **a)
{
	struct sheet_xml *s = user;
	if (!xlsx_xml_enter(s->xml))
		return;
	const char *local = xlsx_local(name);
	if (s->aside)
		return;
	if (s->cell && !s->data && strcmp(local, "Data") == 0) {
		const char *type = xlsx_attribute(a, "Type");
		s->data = s->x.depth;
		s->type = type && *type ? *type : 'S';
	} else if (s->cell && !s->data) {
		s->aside = s->x.depth; /* a comment */
	} else if (s->row && !s->cell && strcmp(local, "Cell") == 0) {
		begin_cell(s, a);
	} else if (s->sheet && !s->row && strcmp(local, "Row") == 0) {
		s->row = s->x.depth;
		markup_begin_row(s->m, number_of(a, "Index"), number_of(a, "Hidden") > 0);
	} else if (!s->sheet && strcmp(local, "Worksheet") == 0) {
		const char *title = xlsx_attribute(a, "Name");
		s->sheet = s->x.depth;
		markup_begin_table(s->m, str_of(title ? title : ""), false);
	}
}

static void on_end(void *user, const char *name)
{
	struct sheet_xml *s = user;
	int depth = s->x.depth;
	(void)name;
	xlsx_xml_leave(s->xml);
	if (depth == s->aside) {
		s->aside = 0;
	} else if (depth == s->data) {
		s->data = 0;
	} else if (depth == s->cell) {
		end_cell(s);
	} else if (depth == s->row) {
		s->row = 0;
		markup_end_row(s->m);
	} else if (depth == s->sheet) {
		s->sheet = 0;
		markup_end_table(s->m);
	}
}

static void on_text(void *user, const char *p, int n)
{
	struct sheet_xml *s = user;
	if (s->data && markup_listens(s->m) && s->text.n <= LIMIT_CELL_BYTES)
		buf_add(&s->text, p, (size_t)n);
}

static void close_parser(void *parser)
{
	struct sheet_xml *s = parser;
	xlsx_xml_end(&s->x);
	buf_free(&s->text);
	buf_free(&s->value);
	free(s);
}

static void *open_parser(struct markup *m, struct err *e)
{
	struct sheet_xml *s = mem_zalloc(sizeof *s);
	s->m = m;
	s->text = s->value = BUF_INIT(2 * LIMIT_CELL_BYTES);
	if (!xlsx_xml_begin(&s->x, s, &s->error)) {
		*e = s->error;
		close_parser(s);
		return NULL;
	}
	XML_SetEncoding(s->x.parser, "UTF-8");
	XML_SetElementHandler(s->x.parser, on_start, on_end);
	XML_SetCharacterDataHandler(s->x.parser, on_text);
	return s;
}

static bool feed(void *parser, const char *p, size_t n, bool last, struct err *e)
{
	struct sheet_xml *s = parser;
	if (XML_Parse(s->x.parser, p, (int)n, last) != XML_STATUS_ERROR)
		return true;
	xlsx_xml_error(&s->x, "of the spreadsheet", &s->error);
	*e = s->error;
	return false;
}

const struct markup_ops markup_sheet_xml = {
	.format = "xls_xml", .open = open_parser, .feed = feed, .close = close_parser
};
