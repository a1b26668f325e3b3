#include "analysis/names_index.h"

#include <string.h>

#define WIDTH 16
typedef uint8_t lanes __attribute__((vector_size(WIDTH)));

static inline lanes load(const char *p)
{
	lanes v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline bool any(lanes v)
{
	uint64_t half[2];
	memcpy(half, &v, sizeof half);
	return (half[0] | half[1]) != 0;
}

/*
 * First and last byte of the needle are compared 16 places at a time (Muła, "SIMD-friendly algorithms for substring
 * searching"); only where both agree the rest is looked at.
 */
size_t names_scan(const char *hay, size_t n, size_t from, struct str needle)
{
	if (needle.n > n)
		return n;
	size_t last = needle.n - 1, end = n - last, at = from;
	lanes a, b;
	memset(&a, (unsigned char)needle.p[0], sizeof a);
	memset(&b, (unsigned char)needle.p[last], sizeof b);
	for (; at + WIDTH <= end; at += WIDTH) {
		lanes both = (lanes)(load(hay + at) == a) & (lanes)(load(hay + at + last) == b);
		if (!any(both))
			continue;
		uint8_t hits[WIDTH];
		memcpy(hits, &both, sizeof hits);
		for (size_t i = 0; i < WIDTH; i++) {
			if (hits[i] && memcmp(hay + at + i, needle.p, needle.n) == 0)
				return at + i;
		}
	}
	for (; at < end; at++) {
		if (hay[at] == needle.p[0] && memcmp(hay + at, needle.p, needle.n) == 0)
			return at;
	}
	return n;
}
