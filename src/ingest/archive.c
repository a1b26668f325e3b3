#include "ingest/archive.h"

#include "ingest/xlsx.h"

bool archive_open(struct source *s, const char *file_name, struct reader **ret, struct err *e)
{
	char *bytes;
	size_t n;
	zip_t *z = NULL;
	if (!source_whole(s, &bytes, &n, e) || !xlsx_zip_open(bytes, n, &z, e))
		return false;
	bool ods = xlsx_zip_has(z, "content.xml") && !xlsx_zip_has(z, "xl/workbook.xml");
	zip_discard(z);
	return ods ? ods_open(s, ret, e) : xlsx_open(s, ret, e);
}
