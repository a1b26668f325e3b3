/*
 * The rows of a sheet. The quick scanner of xlsx_scan.c reads what the usual programs write; at the first thing it is
 * not sure of, expat reads the sheet again from its start, and rows that were handed out before are passed over. With
 * expat, when a block is full the parser is suspended at the end of a row, so that a few bytes of XML that stand for
 * many (shared strings) cannot run ahead of the reader.
 */
#include "ingest/xlsx_sheet.h"

#include "base/limits.h"
#include "ingest/header_grid.h"
#include "ingest/xlsx_cells.h"
#include "ingest/xlsx_merged.h"
#include "ingest/xlsx_scan.h"

#include <stdlib.h>

#define STEP_BYTES (64 * (int)KIB)

struct xlsx_sheet {
	struct xlsx_xml *xml; /* first: see xlsx_xml_begin */
	struct xlsx_xml x;
	zip_t *zip;
	const char *path;
	struct xlsx_stream stream;
	struct xlsx_scan *scan; /* NULL: expat reads */
	bool suspended, final, ended;
	bool in_data, in_row, in_value, in_phonetic;
	struct xlsx_cells cells;
	struct merged merged, unfilled;
};

static void begin_row(struct xlsx_sheet *s, const char **a)
{
	s->in_row = true;
	cells_begin_row(&s->cells, a);
}

static void end_row(struct xlsx_sheet *s)
{
	s->in_row = false;
	if (!cells_end_row(&s->cells))
		xlsx_xml_fail(s->xml);
	else if (pack_full(&s->cells.packer))
		XML_StopParser(s->x.parser, XML_TRUE);
}

enum element {
	ELEMENT_OTHER,
	ELEMENT_CELL,
	ELEMENT_VALUE,
	ELEMENT_ROW,
	ELEMENT_PHONETIC,
	ELEMENT_DATA,
	ELEMENT_FORMULA,
	ELEMENT_MERGED
};

/* Names are met by the million, and nearly all are c and v. */
static enum element element_of(const char *name)
{
	static const struct {
		const char *name;
		enum element element;
	} elements[] = {
		{ "c", ELEMENT_CELL },    { "v", ELEMENT_VALUE },          { "t", ELEMENT_VALUE },
		{ "row", ELEMENT_ROW },   { "rPh", ELEMENT_PHONETIC },     { "sheetData", ELEMENT_DATA },
		{ "f", ELEMENT_FORMULA }, { "mergeCell", ELEMENT_MERGED },
	};
	if (name[0] && !name[1])
		return name[0] == 'c'                     ? ELEMENT_CELL
		       : name[0] == 'v' || name[0] == 't' ? ELEMENT_VALUE
		       : name[0] == 'f'                   ? ELEMENT_FORMULA
							  : ELEMENT_OTHER;
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
			cells_begin(&s->cells, a);
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
	case ELEMENT_FORMULA:
		if (s->in_row)
			cells_formula(&s->cells);
		break;
	case ELEMENT_MERGED:
		if (s->cells.unfilled && xlsx_attribute(a, "ref"))
			xlsx_merged_add(str_of(xlsx_attribute(a, "ref")), s->cells.unfilled);
		break;
	case ELEMENT_OTHER:
		break;
	}
}

static void on_end(void *user, const char *name)
{
	struct xlsx_sheet *s = user;
	xlsx_xml_leave(s->xml);
	switch (element_of(name)) {
	case ELEMENT_CELL:
		if (s->in_row && !cells_end(&s->cells))
			xlsx_xml_fail(s->xml);
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
	case ELEMENT_FORMULA:
	case ELEMENT_MERGED:
	case ELEMENT_OTHER:
		break;
	}
}

static void on_text(void *user, const char *p, int n)
{
	struct xlsx_sheet *s = user;
	if (s->in_value)
		cells_text(&s->cells, p, (size_t)n);
}

static bool begin_expat(struct xlsx_sheet *s, struct err *e)
{
	if (!xlsx_xml_begin(&s->x, s, &s->cells.error)) {
		*e = s->cells.error;
		return false;
	}
	XML_SetElementHandler(s->x.parser, on_start, on_end);
	XML_SetCharacterDataHandler(s->x.parser, on_text);
	return true;
}

bool xlsx_sheet_open(zip_t *z, const struct xlsx_book *book, const struct xlsx_strings *strings, size_t index,
		     bool quick, struct xlsx_sheet **ret, struct err *e)
{
	struct xlsx_sheet *s = mem_zalloc(sizeof *s);
	s->zip = z;
	s->path = book->sheets[index].path;
	s->cells.book = book;
	s->cells.strings = strings;
	s->cells.sheet = book->sheets[index].name;
	s->cells.packer = PACKER_INIT;
	s->cells.text = BUF_INIT(LIMIT_CELL_BYTES + 1);
	s->cells.rendered = BUF_INIT(LIMIT_CELL_BYTES + 1);
	s->cells.merged = &s->merged;
	bool skipped;
	if (!xlsx_merged_read(z, s->path, &s->merged, &skipped, e)) {
		xlsx_sheet_close(s);
		return false;
	}
	s->cells.unfilled = skipped ? &s->unfilled : NULL;
	merged_rewind(&s->merged);
	if (!xlsx_stream_open(z, s->path, &s->stream, e) || (!quick && !begin_expat(s, e))) {
		xlsx_sheet_close(s);
		return false;
	}
	s->scan = quick ? xlsx_scan_new(&s->stream, &s->cells) : NULL;
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
		xlsx_xml_error(&s->x, s->path, &s->cells.error);
		*e = s->cells.error;
		return false;
	}
	return true;
}

/* Expat takes over: from the start of the sheet, up to and without what was handed out. */
static bool change_over(struct xlsx_sheet *s, uint64_t handed_out, struct err *e)
{
	xlsx_scan_free(s->scan);
	s->scan = NULL;
	xlsx_stream_close(&s->stream);
	buf_clear(&s->cells.packer.bytes);
	s->cells.rows = s->cells.row = 0;
	s->cells.skip = handed_out;
	merged_rewind(&s->merged);
	return xlsx_stream_open(s->zip, s->path, &s->stream, e) && begin_expat(s, e);
}

bool xlsx_sheet_next(struct xlsx_sheet *s, struct block *ret, bool *ret_end, struct err *e)
{
	uint64_t handed_out = s->cells.rows;
	bool full = false;
	while (s->scan && !s->ended && !full) {
		switch (xlsx_scan_step(s->scan, e)) {
		case XLSX_SCAN_ON:
			break;
		case XLSX_SCAN_FULL:
			full = true;
			break;
		case XLSX_SCAN_END:
			s->ended = true;
			break;
		case XLSX_SCAN_UNSURE:
			if (!change_over(s, handed_out, e))
				return false;
			break;
		case XLSX_SCAN_FAILED:
			return false;
		}
	}
	while (!s->scan && !s->ended && (s->in_row || !pack_full(&s->cells.packer))) {
		if (!step(s, e))
			return false;
	}
	*ret_end = s->cells.packer.bytes.n == 0;
	if (!*ret_end)
		pack_take(&s->cells.packer, ret);
	return true;
}

uint64_t xlsx_sheet_read(const struct xlsx_sheet *s)
{
	return s->stream.inflated;
}

bool xlsx_sheet_unfilled(const struct xlsx_sheet *s)
{
	for (size_t i = 0; s->ended && i < s->unfilled.n; i++) {
		if (s->unfilled.list[i].first > HEADER_LOOKED_AT) /* above may stand a letterhead and a header */
			return true;
	}
	return false;
}

void xlsx_sheet_close(struct xlsx_sheet *s)
{
	if (!s)
		return;
	xlsx_scan_free(s->scan);
	xlsx_xml_end(&s->x);
	xlsx_stream_close(&s->stream);
	buf_free(&s->cells.packer.bytes);
	buf_free(&s->cells.text);
	buf_free(&s->cells.rendered);
	merged_free(&s->merged);
	merged_free(&s->unfilled);
	free(s);
}
