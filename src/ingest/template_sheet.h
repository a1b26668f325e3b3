/* The sheet of a workbook that says which data set it was made for (analysis/template.h); never a table. */
#pragma once

#include "base/buf.h"

#define TEMPLATE_SHEET "_vitrina"
#define TEMPLATE_KEY_BYTES (1 * MIB)

struct source;

/* Its first two columns, as "a\tb\n" a row. False when the file is no workbook or has no such sheet. */
bool xlsx_template_key(struct source *s, struct buf *ret);
