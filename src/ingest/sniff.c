#include "ingest/sniff.h"

#include "base/util.h"
#include "ingest/encoding.h"
#include "ingest/sql_dump.h"

#include <ctype.h>
#include <strings.h>

#define WIDE_LOOKED_AT ((size_t)256 * KIB)

/* Files known by their first bytes. What is NULL is read; the rest is refused with what it is. */
static const struct {
	struct str magic;
	enum file_format format;
	const char *found;
} magics[] = {
	{ STR("PK\x03\x04"), FORMAT_ZIP, NULL },
	{ STR("PK\x05\x06"), 0, "an empty zip archive" },
	{ STR("SQLite format 3\0"), FORMAT_SQLITE, NULL },
	{ STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), FORMAT_COMPOUND, NULL },
	{ STR("%PDF"), 0, "a PDF document" },
	{ STR("\x89PNG\r\n"), 0, "a PNG picture" },
	{ STR("\xff\xd8\xff"), 0, "a JPEG picture" },
	{ STR("GIF8"), 0, "a GIF picture" },
	{ STR("Rar!\x1a"), 0, "a RAR archive" },
	{ STR("7z\xbc\xaf\x27\x1c"), 0, "a 7-Zip archive" },
	{ STR("BZh"), 0, "a bzip2 archive" },
	{ STR("\xfd"
	      "7zXZ"),
	  0, "an xz archive" },
	{ STR("\x28\xb5\x2f\xfd"), 0, "a zstd archive" },
	{ STR("\x1f\x8b"), 0, "a gzip file inside a gzip file" },
	{ STR("PAR1"), FORMAT_PARQUET, NULL },
	{ STR("PARE"), 0, "a Parquet file with encrypted contents" },
	{ STR("\x7f"
	      "ELF"),
	  0, "a program" },
	{ STR("MZ\x90"), 0, "a program" },
	{ STR("{\\rtf"), 0, "a rich text document" },
	{ STR("PGDMP"), 0, "a PostgreSQL dump in its own format: make one with pg_dump --format=plain" },
};

static bool refuse(struct err *e, const char *found)
{
	return err_set(e, ERR_VALUE, "unknown_format",
		       "This is %s. Files taken: CSV or TSV text, JSON, workbooks (.xlsx, .xls, .ods), Parquet, SQLite "
		       "databases and SQL dumps, each also gzipped, or several in a zip.",
		       found);
}

static bool icontains(struct str s, const char *lower)
{
	size_t n = strlen(lower);
	for (size_t i = 0; i + n <= s.n; i++) {
		if (strncasecmp(s.p + i, lower, n) == 0)
			return true;
	}
	return false;
}

static bool refuse_markup(struct str text, struct err *e)
{
	struct str start = str_n(text.p, MIN(text.n, (size_t)4096));
	if (icontains(start, "<html") || icontains(start, "<table") || icontains(start, "<!doctype html"))
		return refuse(e, "an HTML page, whatever its name says");
	if (icontains(start, "urn:schemas-microsoft-com:office:spreadsheet"))
		return refuse(e, "an XML spreadsheet of Excel 2003: save it as .xlsx");
	return refuse(e, "an XML document");
}

static bool looks_json(struct str text)
{
	if (text.n < 2 || (text.p[0] != '{' && text.p[0] != '['))
		return false;
	struct str rest = str_trim(str_n(text.p + 1, text.n - 1));
	return rest.n && (text.p[0] == '{' ? rest.p[0] == '"' || rest.p[0] == '}'
					   : rest.p[0] == '{' || rest.p[0] == '[' || rest.p[0] == ']');
}

/* Control characters that no text has. */
static bool looks_binary(struct str head)
{
	size_t n = MIN(head.n, (size_t)65536), odd = 0, zeros = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)head.p[i];
		zeros += c == 0;
		odd += c < 32 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1a && c != 0x1b;
	}
	return zeros || odd * 50 > n;
}

bool sniff_format(struct str head, enum file_format *ret, struct err *e)
{
	enum encoding marked;
	if (!head.n)
		return err_set(e, ERR_VALUE, "empty_file", "The file is empty.");
	for (size_t i = 0; i < countof(magics); i++) {
		if (!str_starts(head, magics[i].magic))
			continue;
		if (magics[i].found)
			return refuse(e, magics[i].found);
		*ret = magics[i].format;
		return true;
	}
	size_t mark = encoding_mark(head, &marked);
	bool utf16 = mark ? marked != ENC_UTF8 : encoding_utf16(head, &marked);
	struct str text = str_n(head.p + mark, head.n - mark);
	if (utf16) {
		CLEANUP(buf_free) struct buf narrow = BUF_INIT(2 * WIDE_LOOKED_AT);
		encoding_decode_utf16(marked, str_n(text.p, MIN(text.n, WIDE_LOOKED_AT)), &narrow);
		*ret = sql_sniff(buf_str(&narrow)) ? FORMAT_SQL : FORMAT_TEXT;
		return true;
	}
	if (sql_sniff(text)) { /* before what is binary: a dump holds pictures as they are */
		*ret = FORMAT_SQL;
		return true;
	}
	if (looks_binary(text))
		return refuse(e, "binary data of a kind not known here");
	struct str trimmed = str_trim(text);
	if (!trimmed.n)
		return err_set(e, ERR_VALUE, "empty_file", "The file holds nothing but blanks.");
	if (trimmed.p[0] == '<' && trimmed.n > 1 &&
	    (isalpha((unsigned char)trimmed.p[1]) || strchr("?!", trimmed.p[1])))
		return refuse_markup(trimmed, e);
	*ret = looks_json(trimmed) ? FORMAT_JSON : FORMAT_TEXT;
	return true;
}
