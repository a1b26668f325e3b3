/*
 * The files of the page, embedded in the program by tools/embed: {path, type, bytes, gzip bytes, ETag}.
 *
 * Answers GET and HEAD only, from memory, on the loop thread: gzip by Accept-Encoding with its weights, 304 by
 * If-None-Match, one Range with If-Range of the plain form. A path that is no file and no route gets index.html when a
 * browser asks for a page, so that addresses inside the page can be opened and reloaded.
 */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct static_file {
	const char *path; /* "/index.html" */
	const char *type;
	const unsigned char *bytes;
	size_t n;
	const unsigned char *gzip; /* NULL when it would not be smaller */
	size_t n_gzip;
	const char *etag; /* quoted */
	bool immutable;   /* its name holds a hash: cached for a year */
};

struct static_table {
	const struct static_file *files; /* sorted by path */
	size_t n;
};

struct request;
struct response;

const struct static_file *static_find(const struct static_table *t, struct str path);
/* Answers q with the file that fits it; false when there is none (nothing was written). */
bool static_answer(const struct static_table *t, struct request *q, struct response *r);
/* The weight of coding in an Accept-Encoding value: 0 … 1000. Not said: 1 for identity, 0 for others. */
int static_accepts(struct str accept_encoding, struct str coding);

/* What tools/embed made of web/dist, or of web/static where that was not built. */
extern const struct static_table page_files;
