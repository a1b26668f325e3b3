/*
 * The bytes of a text file in the order of the file, as much as is asked for at a time. UTF-16 becomes UTF-8 here;
 * every other encoding stays as it is, so that lines and quotation marks are where they were. The encoding of a file
 * without a mark is settled by the first bytes beyond ASCII.
 */
#pragma once

#include "ingest/encoding.h"
#include "ingest/source.h"

struct feed {
	struct source *source;
	enum encoding encoding;
	bool encoding_fixed; /* by a mark, UTF-16, or the first bytes over 0x7f */
	bool started;
	size_t mark;        /* bytes of the mark before the text */
	struct buf pending; /* text not used yet; BLOCK_PAD readable bytes follow it */
	struct buf utf16;   /* raw bytes of an unfinished unit */
};

/* head: the first bytes of the file. */
void feed_open(struct feed *f, struct source *s, struct str head);
void feed_free(struct feed *f);
/* To the first byte of the text, also before the first time. */
bool feed_rewind(struct feed *f, struct err *e);
/* More bytes at the end of pending, until it has `want`; *ret_last when the file has no more. */
bool feed_fill(struct feed *f, size_t want, bool *ret_last, struct err *e);
/* Looks at s, when the encoding is not settled yet. */
void feed_settle(struct feed *f, struct str s);
