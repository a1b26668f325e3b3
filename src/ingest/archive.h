/* What a zip archive is: a workbook, a spreadsheet, or several files that make one data set. */
#pragma once

#include "ingest/reader.h"

bool archive_open(struct source *s, const char *file_name, struct reader **ret, struct err *e);
