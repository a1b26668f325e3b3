/*
 * Streaming reader of multipart/form-data (RFC 7578): the bytes of a part are handed out as they come, so an upload is
 * never whole in memory. Reads through a callback, so that it runs over a request, a buffer or a fuzzer's bytes.
 *
 *	struct multipart *m;
 *	if (!multipart_open(q, &m, e)) return false;
 *	for (bool end = false;;) {
 *		struct multipart_part part;
 *		if (!multipart_next(m, &part, &end, e)) return false;
 *		if (end) break;
 *		while ((n = multipart_read(m, chunk, sizeof chunk, e)) > 0) …
 *	}
 *
 * Strict: a missing last boundary, a part without a name, folded or overlong part headers, more than
 * LIMIT_MULTIPART_PARTS parts are ERR_MALFORMED.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <sys/types.h>

struct request;
struct multipart;

struct multipart_part {
	struct str name;         /* of the form's field */
	struct str filename;     /* without any folder; p NULL when it is no file */
	struct str content_type; /* "text/plain" when not said */
};

/* Over the body of q; freed with it. ERR_TYPE when the body is of another type. */
bool multipart_open(struct request *q, struct multipart **ret, struct err *e);
/* Over any source: read like request_read(). Lives in a. content_type is the header's whole value. */
typedef ssize_t multipart_source(void *ctx, void *p, size_t n, struct err *e);
bool multipart_open_source(struct arena *a, struct str content_type, multipart_source *read, void *ctx,
			   struct multipart **ret, struct err *e);

/* The next part; what is left of the one before is skipped. Its text lives as long as the reader. */
bool multipart_next(struct multipart *m, struct multipart_part *ret, bool *ret_end, struct err *e);
/* Bytes of the part; 0 = its end, -1 = error. */
ssize_t multipart_read(struct multipart *m, void *p, size_t n, struct err *e);
/* The whole rest of the part as text in the arena; ERR_TOO_LARGE above max. */
bool multipart_read_text(struct multipart *m, size_t max, struct str *ret, struct err *e);
