/* UTF-8: validity, and the folding that search and comparison of names use. */
#pragma once

#include "base/buf.h"

/* No overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_valid(struct str s);
/* Length in bytes of the longest valid prefix. */
size_t utf8_valid_prefix(struct str s);
/* Decodes one code point; returns its length in bytes, 0 when the bytes are not valid or s is empty. */
size_t utf8_decode(struct str s, uint32_t *ret);
void utf8_encode(struct buf *b, uint32_t code);
/* Code points in s (valid UTF-8). */
size_t utf8_length(struct str s);

/*
 * The form under which names are found: compatibility decomposition, marks dropped, case folded, ё → е,
 * every run of blanks one space, trimmed. "Иванов  Пётр" → "иванов петр". Invalid bytes are dropped.
 */
void utf8_fold(struct buf *b, struct str s);
