/* What a file is, told by its first bytes and never by its name. */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum file_format {
	FORMAT_TEXT,
	FORMAT_ZIP,
	FORMAT_COMPOUND,
	FORMAT_JSON,
	FORMAT_PARQUET,
	FORMAT_SQL,
	FORMAT_SQLITE,
	FORMAT_HTML,
	FORMAT_SHEET_XML
};

/* head: the first bytes, unpacked. ERR_VALUE names what was found when it is nothing we read. */
bool sniff_format(struct str head, enum file_format *ret, struct err *e);
