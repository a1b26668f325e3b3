/*
 * The words of a database dump: what mysqldump, pg_dump and the tools beside them write.
 *
 * Every function looks at text[at, n) and returns where what it takes ends; SQL_MORE when the text ends before it does
 * and more bytes may follow, SQL_NONE when something else stands there. Nothing is run: statements other than CREATE
 * TABLE, INSERT, REPLACE and COPY are skipped to their ends.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define SQL_MORE SIZE_MAX
#define SQL_NONE (SIZE_MAX - 1)
#define SQL_NAME_BYTES 400

struct sql_text {
	const char *p;
	size_t n;
	bool last;  /* the file ends with these bytes */
	bool mysql; /* \ escapes in 'text', "text" is text, # begins a comment; else the standard's rules */
};

/* Ends well: a place in the text. */
static inline bool sql_ok(size_t at)
{
	return at < SQL_NONE;
}

/* Blanks, line ends and comments. */
size_t sql_blank(const struct sql_text *t, size_t at);
/* A text in quotes that begins at `at` with ', " or `; with \ escapes when they are the dialect's or `escapes`. */
size_t sql_quoted(const struct sql_text *t, size_t at, bool escapes);
/* $tag$ … $tag$; SQL_NONE when the $ begins none. */
size_t sql_dollar(const struct sql_text *t, size_t at);
/* This keyword, in any case, and blanks after it. */
size_t sql_keyword(const struct sql_text *t, size_t at, const char *word);
/* A name, perhaps quoted, perhaps behind others and points; ret (which may be NULL) gets all of it, or the last part.
 */
size_t sql_name(const struct sql_text *t, size_t at, struct buf *ret_schema, struct buf *ret);
/* One quoted or plain name without points. */
size_t sql_identifier(const struct sql_text *t, size_t at, struct buf *ret);
/* From an opening bracket to past the one that closes it. */
size_t sql_brackets(const struct sql_text *t, size_t at);
/* Past the end of the statement, whatever it is; delimiter is ";" unless DELIMITER has said otherwise. */
size_t sql_statement(const struct sql_text *t, size_t at, struct str delimiter);
/* Letters, digits, _ and everything beyond ASCII. */
bool sql_is_word(char c);
