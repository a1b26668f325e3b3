#include "ingest/other_file.h"

#include "base/util.h"

#include <strings.h>

static const struct {
	const char *code, *advice;
} kinds[] = {
	[OTHER_DOCUMENT] = { "file_document",
			     "export the data as .xlsx or CSV from the program they come from, and load that" },
	[OTHER_PICTURE] = { "file_picture", "it has no cells to read, so ask for the data as .xlsx or CSV" },
	[OTHER_PACKED] = { "file_packed", "unpack it and load the files, or pack them as .zip" },
	[OTHER_BINARY_EXCEL] = { "file_xlsb", "open it in Excel or LibreOffice, save it as .xlsx, and load that" },
	[OTHER_OLD_EXCEL] = { "file_excel95", "open it in Excel or LibreOffice, save it as .xlsx, and load that" },
	[OTHER_NUMBERS] = { "file_numbers", "in Numbers choose File, Export To, Excel, and load the .xlsx" },
	[OTHER_DATABASE] = { "file_database", "export its tables as .xlsx or CSV, and load those" },
	[OTHER_WEB] = { "file_web", "open it in Excel or LibreOffice, save it as .xlsx, and load that" },
	[OTHER_MAIL] = { "file_mail", "save the file that is attached to it, and load that" },
	[OTHER_CONTACTS] = { "file_contacts", "export the contacts as CSV, and load that" },
	[OTHER_BANK] = { "file_bank", "download the statement as Excel or CSV, and load that" },
	[OTHER_XML] = { "file_xml", "export the data as .xlsx or CSV, and load that" },
	[OTHER_PROGRAM] = { "file_program", "choose the file with the data" },
	[OTHER_TEXT] = { "file_text", "load the table that it speaks of, as .xlsx or CSV" },
	[OTHER_CODE] = { "file_code", "choose the file with the data" },
	[OTHER_LOG] = { "file_log", "export what is to be counted from it as .xlsx or CSV, and load that" },
	[OTHER_SQL] = { "file_sql", "make the dump with its tables and rows, or export them as CSV, and load that" },
	[OTHER_JSON_COLUMNS] = { "file_json_columns",
				 "save it as a list of records (in pandas: orient=\"records\"), and load that" },
	[OTHER_UNKNOWN] = { "unknown_format",
			    "files taken are CSV or TSV text, JSON, workbooks (.xlsx, .xls, .ods), HTML tables, "
			    "Parquet, SQLite databases and SQL dumps, each also gzipped, or several in a zip" },
};

bool other_file(struct err *e, enum other_file kind, const char *what)
{
	return err_set(e, ERR_VALUE, kinds[kind].code, "This is %s: %s.", what, kinds[kind].advice);
}

bool other_file_error(const struct err *e)
{
	for (size_t i = 0; i < countof(kinds); i++) {
		if (strcmp(e->code, kinds[i].code) == 0)
			return true;
	}
	return strcmp(e->code, "file_page") == 0 || strcmp(e->code, "dump_without_rows") == 0;
}

/* Known by what stands at a place near the beginning. */
static const struct {
	size_t at;
	struct str magic;
	enum other_file kind;
	const char *what;
} magics[] = {
	{ 0, STR("PK\x05\x06"), OTHER_PACKED, "an empty zip archive" },
	{ 0, STR("%PDF"), OTHER_DOCUMENT, "a PDF document" },
	{ 0, STR("{\\rtf"), OTHER_DOCUMENT, "a rich text document" },
	{ 0, STR("AT&TFORM"), OTHER_DOCUMENT, "a DjVu document" },
	{ 0, STR("\x89PNG\r\n"), OTHER_PICTURE, "a PNG picture" },
	{ 0, STR("\xff\xd8\xff"), OTHER_PICTURE, "a JPEG picture" },
	{ 0, STR("GIF8"), OTHER_PICTURE, "a GIF picture" },
	{ 0, STR("II*\0"), OTHER_PICTURE, "a TIFF picture" },
	{ 0, STR("MM\0*"), OTHER_PICTURE, "a TIFF picture" },
	{ 8, STR("WEBP"), OTHER_PICTURE, "a WebP picture" },
	{ 4, STR("ftypheic"), OTHER_PICTURE, "a picture of a phone (HEIC)" },
	{ 4, STR("ftypmif1"), OTHER_PICTURE, "a picture of a phone (HEIC)" },
	{ 4, STR("ftypavif"), OTHER_PICTURE, "an AVIF picture" },
	{ 0, STR("Rar!\x1a"), OTHER_PACKED, "a RAR archive" },
	{ 0, STR("7z\xbc\xaf\x27\x1c"), OTHER_PACKED, "a 7-Zip archive" },
	{ 0, STR("BZh"), OTHER_PACKED, "a bzip2 archive" },
	{ 0,
	  STR("\xfd"
	      "7zXZ"),
	  OTHER_PACKED, "an xz archive" },
	{ 0, STR("\x28\xb5\x2f\xfd"), OTHER_PACKED, "a zstd archive" },
	{ 0, STR("\x1f\x8b"), OTHER_PACKED, "a gzip file inside a gzip file" },
	{ 257, STR("ustar"), OTHER_PACKED, "a tar archive" },
	{ 4, STR("Standard Jet DB"), OTHER_DATABASE, "an Access database" },
	{ 4, STR("Standard ACE DB"), OTHER_DATABASE, "an Access database" },
	{ 0, STR("1CDBMSV8"), OTHER_DATABASE, "a database of 1C" },
	{ 0, STR("PARE"), OTHER_UNKNOWN, "a Parquet file with encrypted contents" },
	{ 0, STR("PGDMP"), OTHER_UNKNOWN,
	  "a PostgreSQL dump in its own format, where one made with pg_dump --format=plain is read" },
	{ 0,
	  STR("\x7f"
	      "ELF"),
	  OTHER_PROGRAM, "a program" },
	{ 0, STR("MZ\x90"), OTHER_PROGRAM, "a program" },
};

/* dBase: the kind, a date, and a header of fields of 32 bytes that ends with 0x0d. */
static bool is_dbase(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	if (s.n < 65 || !memchr("\x02\x03\x30\x31\x83\x8b\xf5", p[0], 7) || !p[2] || p[2] > 12 || !p[3] || p[3] > 31)
		return false;
	size_t header = (size_t)p[8] | (size_t)p[9] << 8;
	return header >= 65 && header <= s.n && (p[header - 1] == '\r' || p[0] == 0x30);
}

bool other_file_known(struct str head, enum other_file *ret, const char **ret_what)
{
	for (size_t i = 0; i < countof(magics); i++) {
		size_t at = magics[i].at;
		if (head.n < at + magics[i].magic.n || memcmp(head.p + at, magics[i].magic.p, magics[i].magic.n) != 0)
			continue;
		*ret = magics[i].kind;
		*ret_what = magics[i].what;
		return true;
	}
	*ret = OTHER_DATABASE;
	*ret_what = "a dBase table";
	return is_dbase(head);
}

static bool begins(struct str text, const char *with)
{
	size_t n = strlen(with);
	return text.n >= n && strncasecmp(text.p, with, n) == 0;
}

static bool has_line(struct str text, const char *with)
{
	struct str rest = str_n(text.p, MIN(text.n, (size_t)4096)), line;
	while (str_split(&rest, '\n', &line)) {
		if (begins(line, with))
			return true;
	}
	return false;
}

bool other_text_known(struct str text, enum other_file *ret, const char **ret_what)
{
	static const struct {
		const char *begins, *has;
		enum other_file kind;
		const char *what;
	} texts[] = {
		{ "BEGIN:VCARD", "VERSION:", OTHER_CONTACTS, "a file of contact cards (.vcf)" },
		{ "BEGIN:VCALENDAR", "VERSION:", OTHER_DOCUMENT, "a calendar" },
		{ "MIME-Version:", "Content-Type: multipart/related", OTHER_WEB,
		  "a web archive (.mht), whatever its name says" },
		{ "From:", "Subject:", OTHER_MAIL, "an e-mail" },
		{ "Return-Path:", "Subject:", OTHER_MAIL, "an e-mail" },
		{ "Received:", "Subject:", OTHER_MAIL, "an e-mail" },
		{ "Delivered-To:", "Subject:", OTHER_MAIL, "an e-mail" },
		{ "1CClientBankExchange", "1CClientBankExchange", OTHER_BANK, "a bank statement for 1C" },
		{ "OFXHEADER:", "DATA:", OTHER_BANK, "a bank statement for accounting programs (OFX)" },
		{ ":20:", ":60F:", OTHER_BANK, "a bank statement for accounting programs (MT940)" },
		{ "{1:", ":60F:", OTHER_BANK, "a bank statement for accounting programs (MT940)" },
	};
	for (size_t i = 0; i < countof(texts); i++) {
		if (!begins(text, texts[i].begins) || !has_line(text, texts[i].has))
			continue;
		*ret = texts[i].kind;
		*ret_what = texts[i].what;
		return true;
	}
	return false;
}
