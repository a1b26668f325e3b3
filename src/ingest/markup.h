/*
 * Tables that are written with tags and called .xls: HTML, as 1C, web shops and banks export it, and the XML
 * spreadsheets of Excel 2003. Excel opens both without a word, so people do not know.
 *
 * Two parsers (html.c over libxml2, sheet_xml.c over expat) say where tables, rows and cells begin and end; markup.c is
 * the reader: it keeps the place, spans and limits, and packs the rows. The file lies in memory whole, as UTF-8.
 * Nothing it names is ever fetched, and no entity of its own is expanded.
 */
#pragma once

#include "ingest/merged.h"
#include "ingest/pack.h"

struct markup;

/* A parser of one kind. It is fed the bytes from the beginning, and calls the functions below. */
struct markup_ops {
	const char *format;
	void *(*open)(struct markup *m, struct err *e);
	bool (*feed)(void *parser, const char *p, size_t n, bool last, struct err *e);
	void (*close)(void *parser);
};
extern const struct markup_ops markup_html, markup_sheet_xml;

/* Tables may stand in tables; rows and cells belong to the innermost. name may be empty. */
void markup_begin_table(struct markup *m, struct str name, bool hidden);
void markup_name_table(struct markup *m, struct str name);
void markup_end_table(struct markup *m);
/* number: of the row, from 1; 0 = the next. */
void markup_begin_row(struct markup *m, uint32_t number, bool hidden);
void markup_end_row(struct markup *m);
/* column: from 1; 0 = the next that is free. across, down: columns and rows that it spans, at least 1. */
void markup_cell(struct markup *m, uint32_t column, uint32_t across, uint32_t down, struct str text, uint32_t flags);
/* Whether text is worth keeping: a cell of the table that is read, or looked for. */
bool markup_listens(const struct markup *m);
/* The bytes as UTF-8, whatever they say of themselves: in *ret when they had to be changed, else as they are. */
struct str markup_text(struct str bytes, struct buf *ret);

bool html_open(struct source *s, const char *file_name, struct reader **ret, struct err *e);
bool sheet_xml_open(struct source *s, struct reader **ret, struct err *e);
