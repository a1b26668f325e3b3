/*
 * What a zip archive is: a workbook, a spreadsheet, or several files that make one data set.
 *
 * Each file of an archive is read as if it came alone, by its own reader, whose tables are put behind one another. One
 * is open at a time, and text is streamed from the archive, so memory does not grow with the number of files. Names are
 * labels, never paths. An archive inside an archive is refused; what holds no table is left out and named.
 */
#pragma once

#include "ingest/reader.h"

bool archive_open(struct source *s, enum import_as as, struct reader **ret, struct err *e);
