/*
 * Streaming JSON writer into a buf: no tree is built. Commas are the writer's business.
 *
 *	struct json_writer w = json_writer(&b);
 *	jw_open(&w, '{');
 *	jw_key(&w, "rows");
 *	jw_i64(&w, 7);
 *	jw_close(&w, '}');
 *
 * Strings must be UTF-8; invalid bytes become U+FFFD, so the output is always valid JSON.
 */
#pragma once

#include "base/buf.h"

struct json_writer {
	struct buf *b;
	bool comma; /* a value came before on this level */
};

static inline struct json_writer json_writer(struct buf *b)
{
	return (struct json_writer){ b, false };
}

void jw_open(struct json_writer *w, char bracket);  /* '{' or '[' */
void jw_close(struct json_writer *w, char bracket); /* '}' or ']' */
void jw_key(struct json_writer *w, const char *key);
void jw_key_str(struct json_writer *w, struct str key);
void jw_str(struct json_writer *w, struct str s);
void jw_cstr(struct json_writer *w, const char *s); /* NULL → null */
void jw_i64(struct json_writer *w, int64_t v);
void jw_id(struct json_writer *w, int64_t id); /* "123": ids are strings in JSON */
void jw_f64(struct json_writer *w, double v);  /* shortest exact form; not finite → null */
void jw_bool(struct json_writer *w, bool v);
void jw_null(struct json_writer *w);
void jw_time(struct json_writer *w, int64_t usec);   /* RFC 3339 UTC; INT64_MIN → null */
void jw_raw(struct json_writer *w, struct str json); /* JSON text made elsewhere */

/* key and value in one call */
void jw_kv_str(struct json_writer *w, const char *key, struct str s);
void jw_kv_cstr(struct json_writer *w, const char *key, const char *s);
void jw_kv_i64(struct json_writer *w, const char *key, int64_t v);
void jw_kv_id(struct json_writer *w, const char *key, int64_t id);
void jw_kv_f64(struct json_writer *w, const char *key, double v);
void jw_kv_bool(struct json_writer *w, const char *key, bool v);
void jw_kv_null(struct json_writer *w, const char *key);
void jw_kv_time(struct json_writer *w, const char *key, int64_t usec);

/* The escaped text of s between quotes, for those who write JSON by other means. */
void json_quote(struct buf *b, struct str s);
