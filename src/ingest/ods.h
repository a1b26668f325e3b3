/*
 * OpenDocument spreadsheets, from inside. All sheets are one XML part, so it is read once to list them, and for a sheet
 * from its start up to the sheet's end.
 *
 * ods.c is the reader; ods_content.c streams the rows of one sheet. What LibreOffice repeats by number (a cell, a row)
 * is repeated here too, within LIMIT_COLUMNS, LIMIT_SHEET_ROWS and LIMIT_REPEATED_BYTES. The archive and the XML are
 * held to the limits of xlsx.h.
 */
#pragma once

#include "ingest/merged.h"
#include "ingest/pack.h"
#include "ingest/xlsx.h"

#define ODS_CONTENT "content.xml"

struct ods_sheets {
	struct ods_sheet {
		char *name;
		bool hidden;
		uint64_t end; /* bytes of the part up to its end */
	} * list;
	size_t n;
};
bool ods_sheets_read(zip_t *z, struct ods_sheets *ret, struct err *e);
void ods_sheets_free(struct ods_sheets *s);

struct ods_content;
/* The rows of one sheet. z and name outlive it. */
bool ods_content_open(zip_t *z, size_t sheet, const char *name, struct ods_content **ret, struct err *e);
bool ods_content_next(struct ods_content *c, struct block *ret, bool *ret_end, struct err *e);
/* Unpacked bytes so far. */
uint64_t ods_content_read(const struct ods_content *c);
void ods_content_close(struct ods_content *c);

/* A duration "PT30H05M09S" as "30:05:09", a moment "2026-12-31T10:05:00" as "2026-12-31 10:05:00"; other text as it is.
 */
void ods_time_text(struct str value, struct buf *ret);
void ods_date_text(struct str value, struct buf *ret);
