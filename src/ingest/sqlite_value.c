#include "ingest/sqlite_value.h"

#include "base/utf8.h"
#include "ingest/encoding.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Shortest decimal that reads back as v, without an exponent where 15 digits do. */
static void real_text(double v, char *ret, size_t size)
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(ret, size, "%.*g", digits, v);
		if (strtod(ret, NULL) == v)
			break;
	}
	const char *e = strchr(ret, 'e');
	if (e && strtol(e + 1, NULL, 10) < 0 && fabs(v) >= 1e-9) {
		int n = snprintf(ret, size, "%.17f", v);
		while (n > 0 && ret[n - 1] == '0')
			ret[--n] = 0;
	}
}

/* SQLite does not look whether a text is UTF-8. */
static void pack_text(struct packer *p, struct str text)
{
	if (utf8_valid(text) && !memchr(text.p, 0, text.n)) {
		pack_cell(p, text, 0);
		return;
	}
	CLEANUP(buf_free) struct buf repaired = BUF_INIT(text.n * 3 + 1);
	encoding_repair(text, &repaired);
	pack_cell(p, buf_str(&repaired), 0);
}

void sqlite_pack_value(struct packer *p, sqlite3_value *v)
{
	char number[64];
	switch (sqlite3_value_type(v)) {
	case SQLITE_NULL:
		pack_cell(p, STR(""), 0);
		break;
	case SQLITE_INTEGER:
		snprintf(number, sizeof number, "%lld", sqlite3_value_int64(v));
		pack_cell(p, str_of(number), 0);
		break;
	case SQLITE_FLOAT:
		real_text(sqlite3_value_double(v), number, sizeof number);
		pack_cell(p, str_of(number), 0);
		break;
	case SQLITE_BLOB:
		snprintf(number, sizeof number, "%d bytes of binary data", sqlite3_value_bytes(v));
		pack_cell(p, str_of(number), CELL_ERROR);
		break;
	default: {
		const char *text = (const char *)sqlite3_value_text(v);
		pack_text(p, str_n(text ? text : "", text ? (size_t)sqlite3_value_bytes(v) : 0));
		break;
	}
	}
}
