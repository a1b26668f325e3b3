/*
 * Which bytes mean which letters.
 *
 * UTF-8 is taken on sight when it is valid. What is not valid UTF-8 is one of the single-byte code pages that offices
 * of Central and Eastern Europe still write: uchardet proposes, and the alphabet of the outcome decides. UTF-16 is
 * known by its mark or by its zero bytes. The tables are in the program, because iconv loads its modules from files and
 * the import worker has none.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

/* encoding_guess looks at this many bytes. */
#define ENCODING_GUESS_BYTES (1 << 18)

enum encoding {
	ENC_UTF8,
	ENC_UTF16LE,
	ENC_UTF16BE,
	ENC_CP1250,
	ENC_CP1251,
	ENC_CP1252,
	ENC_CP866,
	ENC_KOI8R,
	ENCODINGS
};

const char *encoding_name(enum encoding c);
bool encoding_parse(struct str name, enum encoding *ret);
/* Bytes of the byte order mark at the start of head; 0 = none. */
size_t encoding_mark(struct str head, enum encoding *ret);
/* UTF-16 without a mark: half of the bytes are zero, all on one side. */
bool encoding_utf16(struct str head, enum encoding *ret);
/* For bytes that are not valid UTF-8: the likeliest code page. Never a UTF. */
enum encoding encoding_guess(struct str bytes);
/* Appends text from a single-byte code page as UTF-8. Bytes without a letter become U+FFFD. */
void encoding_decode(enum encoding page, struct str bytes, struct buf *ret);
/* Appends UTF-16 as UTF-8; takes whole units only and returns how many bytes it took. Lone surrogates become U+FFFD. */
size_t encoding_decode_utf16(enum encoding c, struct str bytes, struct buf *ret);
/* Appends text with what is not valid UTF-8, and NUL, replaced by U+FFFD; returns how many bytes were replaced. */
size_t encoding_repair(struct str text, struct buf *ret);

/* encoding_lines.c: bytes that are not valid UTF-8, and characters beyond ASCII that are. */
void encoding_count(struct str s, size_t *ret_bad, size_t *ret_good);
/* Whether more of its lines with anything beyond ASCII are valid UTF-8 than are not. */
bool encoding_mostly_utf8(struct str s);
/* encoding_guess by those lines only that are not valid UTF-8. */
enum encoding encoding_guess_lines(struct str s);
/* Lines that are of another encoding than the file. */
struct encoding_others {
	size_t lines;
	size_t first, from; /* of the first: its number in the text, from 0; where it begins in what was appended to */
};
/* encoding_repair, but a line that is of a code page is read as that; returns how many bytes were replaced. */
size_t encoding_mend(struct str text, char line_end, struct buf *ret, struct encoding_others *others);
/* encoding_decode, but a line that is UTF-8 for sure is read as that. */
void encoding_decode_lines(enum encoding page, struct str text, char line_end, struct buf *ret,
			   struct encoding_others *others);

/* encoding_tables.c: Unicode of the bytes 0x80 … 0xff, 0 where there is none. */
extern const uint16_t encoding_pages[ENCODINGS][128];
