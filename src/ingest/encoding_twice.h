/*
 * Text that was UTF-8, was read as a code page by some program, and was saved as UTF-8 again: "РџРµС‚СЂ" for "Петр",
 * "JÃ³zef" for "Józef". Told by all of it: every run of characters beyond ASCII is bytes of one code page that are
 * valid UTF-8, and says letters of Europe then. No text in a language does that by chance.
 */
#pragma once

#include "ingest/encoding.h"

/* The code page it was read as; ENC_UTF8: it is as it should be. text: valid UTF-8, the first of a file. */
enum encoding encoding_twice(struct str text);
/* Appends what was meant. Runs that are no such text stay as they are; returns how many these were. */
size_t encoding_undo(enum encoding page, struct str text, struct buf *ret);
