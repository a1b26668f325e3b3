/*
 * Excel workbooks, from inside: the parts of the reader.
 *
 * xlsx_zip.c opens the archive under its limits; xlsx_parts.c reads the workbook, its relations and its styles;
 * xlsx_strings.c the shared strings; xlsx_sheet.c streams one sheet after another into packed blocks; xlsx_value.c
 * turns numbers into the text that a person sees. No part but the shared strings is ever whole in memory. A document
 * type declaration is refused, so there are no entities to expand.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <expat.h>
#include <stdbool.h>
#include <stdint.h>
#include <zip.h>

/* One entry being read. Counts what comes out, whatever the archive's directory promised. */
struct xlsx_stream {
	zip_file_t *file;
	uint64_t packed, size, inflated; /* size: unpacked, as the directory says */
};

/* bytes belong to the caller and outlive the archive. */
bool xlsx_zip_open(char *bytes, size_t n, zip_t **ret, struct err *e);
bool xlsx_zip_has(zip_t *z, const char *name);
/* Refuses entries that are encrypted or grow too much. ERR_VALUE when there is no such entry. */
bool xlsx_stream_open(zip_t *z, const char *name, struct xlsx_stream *ret, struct err *e);
bool xlsx_stream_open_at(zip_t *z, zip_uint64_t entry, const char *name, struct xlsx_stream *ret, struct err *e);
bool xlsx_stream_read(struct xlsx_stream *s, char *p, size_t n, size_t *ret_got, struct err *e);
void xlsx_stream_close(struct xlsx_stream *s);

/* A parser that refuses doctypes and depth, with a place for the error of a handler. */
struct xlsx_xml {
	XML_Parser parser;
	int depth;
	struct err *e; /* filled by a handler that stopped the parser; e->kind tells */
};
bool xlsx_xml_begin(struct xlsx_xml *x, void *user, struct err *e);
void xlsx_xml_end(struct xlsx_xml *x);
/* To be called by every element handler. False: the parser was stopped. */
bool xlsx_xml_enter(struct xlsx_xml *x);
void xlsx_xml_leave(struct xlsx_xml *x);
/* Stops the parser with what e says. */
void xlsx_xml_fail(struct xlsx_xml *x);
/* The error of a parse that did not succeed: a handler's own, or what expat found wrong in `part`. */
bool xlsx_xml_error(struct xlsx_xml *x, const char *part, struct err *e);
/* A whole part through the handlers already set on x->parser. */
bool xlsx_xml_run(struct xlsx_xml *x, zip_t *z, const char *part, struct err *e);
/* "x:row" → "row" */
const char *xlsx_local(const char *name);
/* NULL when there is no such attribute; the prefix of its name does not count. */
const char *xlsx_attribute(const char **attributes, const char *local);

struct xlsx_sheet_part {
	char *name, *path;
	bool hidden;
};

enum xlsx_kind { XLSX_NUMBER, XLSX_DATE, XLSX_TIME, XLSX_ELAPSED };

struct xlsx_book {
	struct xlsx_sheet_part *sheets;
	size_t n_sheets;
	bool from_1904;
	uint8_t *styles; /* enum xlsx_kind of each cell format */
	size_t n_styles;
	char *strings_path, *styles_path; /* NULL: the workbook has none */
};
bool xlsx_book_read(zip_t *z, struct xlsx_book *ret, struct err *e);
void xlsx_book_free(struct xlsx_book *b);

struct xlsx_strings {
	char *bytes;
	uint64_t *ends; /* string i is bytes[ends[i - 1], ends[i]) */
	size_t n, cap;
	size_t n_bytes, cap_bytes;
};
bool xlsx_strings_read(zip_t *z, const char *path, struct xlsx_strings *ret, struct err *e);
void xlsx_strings_free(struct xlsx_strings *s);

/* A number of the file as Excel shows it: at most 15 significant digits, no exponent where digits will do. */
void xlsx_number_text(struct str value, struct buf *ret);
/* A serial number of days as "2010-12-01 08:26:00", or as the number itself when it is no date. */
void xlsx_date_text(struct str value, enum xlsx_kind kind, bool from_1904, struct buf *ret);
/* Whether a number format shows dates, times or numbers. */
enum xlsx_kind xlsx_format_kind(struct str code);
enum xlsx_kind xlsx_builtin_kind(long id);
/* "_x000D_" and its like, decoded in place; returns the new length. */
size_t xlsx_unescape(char *p, size_t n);
