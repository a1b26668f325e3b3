/*
 * A scanner for the XML that spreadsheet programs write for sheets: several times as fast as a parser, because it knows
 * a dozen tags and is never unsure. Whatever else comes (a prefix, a comment, CDATA, a declaration, an entity that is
 * not one of XML's own, another encoding, tags that do not pair) it reports as XLSX_SCAN_UNSURE, and expat is asked
 * instead. Where both accept a sheet they give the same rows: tests/fuzz/fuzz_xlsx.c compares them.
 */
#pragma once

#include "ingest/xlsx_cells.h"

enum xlsx_scan_result {
	XLSX_SCAN_ON,   /* to be called again */
	XLSX_SCAN_FULL, /* a block is full, at the end of a row */
	XLSX_SCAN_END,
	XLSX_SCAN_UNSURE,
	XLSX_SCAN_FAILED
};

struct xlsx_scan;

/* Both outlive the scanner. */
struct xlsx_scan *xlsx_scan_new(struct xlsx_stream *stream, struct xlsx_cells *cells);
/* Reads on until a block is full or the bytes at hand are used up. On XLSX_SCAN_FAILED e is filled. */
enum xlsx_scan_result xlsx_scan_step(struct xlsx_scan *s, struct err *e);
/* Takes NULL. */
void xlsx_scan_free(struct xlsx_scan *s);
