/*
 * Files that are no table. What a file is, is told in one sentence that says what to do instead, under a stable code:
 * the page has a text of its own for each (web/src/lib/texts/codes.*.ts).
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum other_file {
	OTHER_DOCUMENT,     /* file_document */
	OTHER_PICTURE,      /* file_picture */
	OTHER_PACKED,       /* file_packed */
	OTHER_BINARY_EXCEL, /* file_xlsb */
	OTHER_OLD_EXCEL,    /* file_excel95 */
	OTHER_NUMBERS,      /* file_numbers */
	OTHER_DATABASE,     /* file_database */
	OTHER_WEB,          /* file_web */
	OTHER_MAIL,         /* file_mail */
	OTHER_CONTACTS,     /* file_contacts */
	OTHER_BANK,         /* file_bank */
	OTHER_XML,          /* file_xml */
	OTHER_PROGRAM,      /* file_program */
	OTHER_TEXT,         /* file_text */
	OTHER_CODE,         /* file_code */
	OTHER_LOG,          /* file_log */
	OTHER_SQL,          /* file_sql */
	OTHER_JSON_COLUMNS, /* file_json_columns */
	OTHER_UNKNOWN       /* unknown_format */
};

/* what: "a PDF document". Returns false. */
bool other_file(struct err *e, enum other_file kind, const char *what);
/* Whether an error is one of these: a file of an archive is then left out. */
bool other_file_error(const struct err *e);
/* The first bytes of what is none of ours, told by them alone. */
bool other_file_known(struct str head, enum other_file *ret, const char **ret_what);
/* Text that is no table: mail, contacts, statements for accounting programs. */
bool other_text_known(struct str text, enum other_file *ret, const char **ret_what);
/* other_words.c: a letter, source code, a log, SQL without rows. text: the beginning, as UTF-8; `table`: most of its
 * lines have several cells, and as many as each other; `aligned`: their words stand below each other. */
bool other_words_known(struct str text, bool table, bool aligned, enum other_file *ret, const char **ret_what);
