/*
 * The merged cells of a sheet. They stand behind its rows, so the sheet is unpacked once more to find them, unless it
 * has more than LIMIT_MERGED_SHEET_BYTES: what is that long comes from a program, which merges nothing.
 */
#pragma once

#include "ingest/merged.h"
#include "ingest/xlsx.h"

bool xlsx_merged_read(zip_t *z, const char *path, struct merged *ret, struct err *e);
