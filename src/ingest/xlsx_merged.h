/*
 * The merged cells of a sheet. They stand behind its rows, so the sheet is unpacked once more to find them, unless it
 * has more than LIMIT_MERGED_SHEET_BYTES: what is that long comes from a program, which hardly merges
 * anything. Where it does, they are found behind the rows when it is too late to fill them, and the person is told.
 */
#pragma once

#include "ingest/merged.h"
#include "ingest/xlsx.h"

/* *ret_skipped: the sheet has too many bytes. */
bool xlsx_merged_read(zip_t *z, const char *path, struct merged *ret, bool *ret_skipped, struct err *e);
/* The mergeCell tags in a piece of XML; returns how many bytes of its end may be the beginning of one. */
size_t xlsx_merged_look(struct str text, struct merged *ret);
/* "A2:B5" and what follows it. */
void xlsx_merged_add(struct str ref, struct merged *ret);
