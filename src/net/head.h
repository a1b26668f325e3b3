/*
 * The header of one HTTP/1 request: found, checked and taken apart. Pure: bytes in, slices out.
 *
 * llhttp is lenient where two parsers may disagree about where a request ends, so this check runs over the same bytes
 * first and refuses what is not exactly the grammar of RFC 9112: blanks before a colon, folded lines, bare CR or LF,
 * control characters, other than one Host, repeated Content-Length, Content-Length with Transfer-Encoding, a coding
 * other than chunked. Bytes of a target above 0x7f are let through (people type them into curl) and checked as UTF-8
 * after decoding.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_header {
	struct str name, value;
};

struct head_limits {
	size_t header_bytes, header_count, url_bytes;
};

/* Why a request is refused: the status and a stable code. */
struct head_fault {
	int status;
	const char *code, *message;
};

struct head {
	struct str method, path, query; /* query without "?", p NULL when there is none */
	struct str fields;              /* the header lines with the empty one, for llhttp */
	struct net_header *headers;     /* in the arena */
	size_t n_headers;
	int minor;              /* HTTP/1.minor */
	int64_t content_length; /* -1 = not said */
	bool chunked;
	bool keep_alive;
	bool expects;    /* 100-continue */
	bool upgrade;    /* Connection: upgrade with Upgrade: websocket */
	struct str host; /* as sent */
};

/*
 * Where the header ends: the offset behind the empty line, or 0 when it is not complete. *scanned remembers between
 * calls (start it at 0) so that trickling bytes cost no rescan. A fault as soon as it is certain.
 */
size_t head_end(const char *p, size_t n, size_t *scanned, const struct head_limits *limits, struct head_fault *ret);

/* Takes text (whole, up to its end) apart; every slice points into it. False: *fault says why. */
bool head_parse(struct str text, const struct head_limits *limits, struct arena *a, struct head *ret,
		struct head_fault *fault);

/* A token of RFC 9110 (a method, the name of a header)? */
bool head_is_token(struct str s);
/* Is token one of the comma-separated words of list? */
bool head_list_has(struct str list, const char *token);
