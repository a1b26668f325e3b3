#include "ingest/sniff.h"

#include "base/util.h"
#include "ingest/encoding.h"
#include "ingest/other_file.h"
#include "ingest/sql_dump.h"

#include <ctype.h>
#include <strings.h>

#define WIDE_LOOKED_AT ((size_t)256 * KIB)

/* Files that are read, known by their first bytes. */
static const struct {
	struct str magic;
	enum file_format format;
} magics[] = {
	{ STR("PK\x03\x04"), FORMAT_ZIP },
	{ STR("SQLite format 3\0"), FORMAT_SQLITE },
	{ STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), FORMAT_COMPOUND },
	{ STR("PAR1"), FORMAT_PARQUET },
};

static bool icontains(struct str s, const char *lower)
{
	size_t n = strlen(lower);
	for (size_t i = 0; i + n <= s.n; i++) {
		if (strncasecmp(s.p + i, lower, n) == 0)
			return true;
	}
	return false;
}

/* A page, an XML spreadsheet, or some other XML. */
static bool tell_markup(struct str text, enum file_format *ret, struct err *e)
{
	static const char *const page[] = { "<html", "<table", "<!doctype html", "<head", "<body", "<meta" };
	struct str start = str_n(text.p, MIN(text.n, (size_t)4096));
	if (icontains(start, "urn:schemas-microsoft-com:office:spreadsheet") && icontains(start, "<workbook")) {
		*ret = FORMAT_SHEET_XML;
		return true;
	}
	for (size_t i = 0; i < countof(page); i++) {
		if (!icontains(start, page[i]))
			continue;
		*ret = FORMAT_HTML;
		return true;
	}
	return other_file(e, OTHER_XML, "an XML document");
}

static bool is_markup(struct str s)
{
	return s.n > 1 && s.p[0] == '<' && (isalpha((unsigned char)s.p[1]) || strchr("?!", s.p[1]));
}

static bool looks_json(struct str text)
{
	if (text.n < 2 || (text.p[0] != '{' && text.p[0] != '['))
		return false;
	struct str rest = str_trim(str_n(text.p + 1, text.n - 1));
	return rest.n && (text.p[0] == '{' ? rest.p[0] == '"' || rest.p[0] == '}'
					   : rest.p[0] == '{' || rest.p[0] == '[' || rest.p[0] == ']');
}

/* Control characters that no text has; but one of those that part cells in files of Hive may be in each line. */
static bool looks_binary(struct str head)
{
	size_t n = MIN(head.n, (size_t)65536), odd = 0, zeros = 0, lines = 0, parts[2] = { 0, 0 };
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)head.p[i];
		zeros += c == 0;
		lines += c == '\n';
		parts[0] += c == 0x01;
		parts[1] += c == 0x1f;
		odd += c < 32 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1a && c != 0x1b;
	}
	size_t most = MAX(parts[0], parts[1]);
	if (most >= lines && lines)
		odd -= most;
	return zeros || odd * 50 > n;
}

bool sniff_format(struct str head, enum file_format *ret, struct err *e)
{
	enum encoding marked;
	enum other_file other;
	const char *what;
	if (!head.n)
		return err_set(e, ERR_VALUE, "empty_file", "The file is empty.");
	for (size_t i = 0; i < countof(magics); i++) {
		if (!str_starts(head, magics[i].magic))
			continue;
		*ret = magics[i].format;
		return true;
	}
	if (other_file_known(head, &other, &what))
		return other_file(e, other, what);
	size_t mark = encoding_mark(head, &marked);
	bool utf16 = mark ? marked != ENC_UTF8 : encoding_utf16(head, &marked);
	struct str text = str_n(head.p + mark, head.n - mark);
	if (utf16) {
		CLEANUP(buf_free) struct buf narrow = BUF_INIT(2 * WIDE_LOOKED_AT);
		encoding_decode_utf16(marked, str_n(text.p, MIN(text.n, WIDE_LOOKED_AT)), &narrow);
		if (is_markup(str_trim(buf_str(&narrow))))
			return tell_markup(buf_str(&narrow), ret, e);
		*ret = sql_sniff(buf_str(&narrow)) ? FORMAT_SQL : FORMAT_TEXT;
		return true;
	}
	if (sql_sniff(text)) { /* before what is binary: a dump holds pictures as they are */
		*ret = FORMAT_SQL;
		return true;
	}
	if (looks_binary(text))
		return other_file(e, OTHER_UNKNOWN, "binary data of a kind not known here");
	struct str trimmed = str_trim(text);
	if (!trimmed.n)
		return err_set(e, ERR_VALUE, "empty_file", "The file holds nothing but blanks.");
	if (is_markup(trimmed))
		return tell_markup(trimmed, ret, e);
	if (other_text_known(trimmed, &other, &what))
		return other_file(e, other, what);
	*ret = looks_json(trimmed) ? FORMAT_JSON : FORMAT_TEXT;
	return true;
}
