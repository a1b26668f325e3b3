/*
 * JSON text as a run of tokens, from a source of any size: what is in memory is one buffer and one token.
 *
 * Several values after one another are taken too (NDJSON); what stands between them is blanks, or a comma. NaN and
 * Infinity, which some writers put for numbers, are words; control characters inside texts are taken as they are.
 * Everything else is held to RFC 8259, nesting to LIMIT_JSON_DEPTH, one text to LIMIT_ROW_BYTES.
 */
#pragma once

#include "base/buf.h"
#include "ingest/source.h"

enum json_token {
	JSON_TOKEN_OBJECT,
	JSON_TOKEN_OBJECT_END,
	JSON_TOKEN_ARRAY,
	JSON_TOKEN_ARRAY_END,
	JSON_TOKEN_KEY,
	JSON_TOKEN_TEXT,
	JSON_TOKEN_NUMBER, /* as it is written; NaN and Infinity too */
	JSON_TOKEN_TRUE,
	JSON_TOKEN_FALSE,
	JSON_TOKEN_NULL,
	JSON_TOKEN_END /* of the file */
};

struct json_scan {
	struct source *source;
	char *p; /* bytes read: p[at, n) are to come */
	size_t at, n, cap;
	uint64_t passed; /* bytes of the text before p */
	bool ended;
	uint64_t line;   /* of the last token, from 1 */
	unsigned depth;  /* open objects and arrays */
	uint64_t object; /* bit i: level i is an object */
	uint8_t state;
	struct str text; /* of a key, text or number; until the next token */
	/* The one object is a map of records (json_map.h): it is given as a list of them, and the name of each as the
	 * value of its first member, which is called map. NULL: it is none. */
	const char *map;
	struct buf name;  /* of the record that begins */
	uint8_t put_name; /* 1: the member's name is next, 2: its value */
};

/* Begins at the source's first byte that was not read. */
void json_scan_begin(struct json_scan *s, struct source *source);
void json_scan_free(struct json_scan *s);
bool json_scan_next(struct json_scan *s, enum json_token *ret, struct err *e);
/* Bytes of the text before what is to come. */
static inline uint64_t json_scan_offset(const struct json_scan *s)
{
	return s->passed + s->at;
}
/* The text of a value that is no object or array; p NULL: null. */
static inline struct str json_scan_scalar(const struct json_scan *s, enum json_token token)
{
	if (token == JSON_TOKEN_TEXT || token == JSON_TOKEN_NUMBER)
		return s->text;
	if (token == JSON_TOKEN_TRUE)
		return STR("true");
	return token == JSON_TOKEN_FALSE ? STR("false") : str_n(NULL, 0);
}
/* To the end of the object or array whose first token was the last one. */
bool json_scan_skip(struct json_scan *s, struct err *e);
