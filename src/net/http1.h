/*
 * Where one request ends: its body, of a stated length or in chunks. Pure: bytes in, body bytes out through a callback.
 *
 * Two readers go over the same bytes and must agree: a small strict one that knows only the framing (chunk sizes,
 * line ends, trailers), and llhttp, which decodes. What either refuses is refused, and so is a request about whose end
 * they differ: that is how requests are smuggled.
 */
#pragma once

#include "net/head.h"

#include <llhttp.h>

enum http1_chunk_state {
	CHUNK_SIZE_FIRST,
	CHUNK_SIZE,
	CHUNK_EXTENSION,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	CHUNK_TRAILER_FIRST,
	CHUNK_TRAILER_NAME,
	CHUNK_TRAILER_VALUE,
	CHUNK_TRAILER_LF,
	CHUNK_LAST_LF,
	CHUNK_DONE,
};

struct http1 {
	llhttp_t parser;
	enum http1_chunk_state state;
	bool chunked;
	bool headers_complete, complete; /* as llhttp sees it */
	uint64_t left;                   /* bytes of the chunk, or of the body, still to come */
	size_t line;                     /* bytes of extensions and trailers so far */
	void (*on_body)(void *ctx, const char *p, size_t n);
	void *ctx;
};

/* Begins the request whose header is h. False when llhttp refuses it. Then http1_ended() may be true at once. */
bool http1_begin(struct http1 *m, const struct head *h, void (*on_body)(void *ctx, const char *p, size_t n), void *ctx,
		 struct head_fault *fault);
bool http1_ended(const struct http1 *m);
/* Takes bytes of the body, at most up to the request's end; *ret_used says how many. */
bool http1_feed(struct http1 *m, const char *p, size_t n, size_t *ret_used, struct head_fault *fault);
