/*
 * Charts as PNG pictures, for messages: drawn by cairo, without a browser. Pure functions: figures in, bytes out; any
 * thread. The text needs a font with the letters of the languages (Debian's fonts-dejavu-core); without any font the
 * picture has its bars and lines all the same.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

enum chart_kind {
	CHART_BAR,  /* one bar a label */
	CHART_ROWS, /* the same lying, for long labels */
	CHART_LINE, /* labels in order of time */
};

#define CHART_POINTS_MOST 240
#define CHART_PNG_BYTES (4 * MIB)

struct chart {
	enum chart_kind kind;
	const char *title, *note; /* UTF-8; note (what is measured) may be "" */
	const char *const *labels;
	const double *values;     /* NAN: there is none */
	const char *const *shown; /* the values as text */
	size_t n;                 /* more than CHART_POINTS_MOST: only the last are drawn */
	char decimal, thousands;  /* of the numbers on the axis */
};

/* The PNG into *ret, which is empty before. ERR_LIMIT when it would be larger than the buffer. */
MUST_CHECK bool chart_png(const struct chart *c, struct buf *ret, struct err *e);
