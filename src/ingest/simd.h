/*
 * Sixty-four bytes at a time: which of them equal a character. SSE2 where there is one (every x86-64), plain C
 * elsewhere with the same answers.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>

struct simd64 {
	__m128i v[4];
};

static inline struct simd64 simd_load(const char *p)
{
	struct simd64 s;
	for (int i = 0; i < 4; i++)
		s.v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
	return s;
}

/* Bit i: byte i equals c. */
static inline uint64_t simd_equal(struct simd64 s, char c)
{
	__m128i want = _mm_set1_epi8(c);
	uint64_t mask = 0;
	for (int i = 0; i < 4; i++)
		mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(s.v[i], want)) << (16 * i);
	return mask;
}

/* Bit i: byte i is over 0x7f. */
static inline uint64_t simd_high(struct simd64 s)
{
	uint64_t mask = 0;
	for (int i = 0; i < 4; i++)
		mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(s.v[i]) << (16 * i);
	return mask;
}
#else
struct simd64 {
	unsigned char v[64];
};

static inline struct simd64 simd_load(const char *p)
{
	struct simd64 s;
	memcpy(s.v, p, sizeof s.v);
	return s;
}

static inline uint64_t simd_equal(struct simd64 s, char c)
{
	uint64_t mask = 0;
	for (int i = 0; i < 64; i++)
		mask |= (uint64_t)(s.v[i] == (unsigned char)c) << i;
	return mask;
}

static inline uint64_t simd_high(struct simd64 s)
{
	uint64_t mask = 0;
	for (int i = 0; i < 64; i++)
		mask |= (uint64_t)(s.v[i] >> 7) << i;
	return mask;
}
#endif

/* Where the first a or b stands; n when there is none. */
static inline size_t simd_find(const char *p, size_t n, char a, char b)
{
	size_t i = 0;
#ifdef __SSE2__
	__m128i want_a = _mm_set1_epi8(a), want_b = _mm_set1_epi8(b);
	for (; n - i >= 16; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		int mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, want_a), _mm_cmpeq_epi8(v, want_b)));
		if (mask)
			return i + (size_t)__builtin_ctz((unsigned)mask);
	}
#endif
	while (i < n && p[i] != a && p[i] != b)
		i++;
	return i;
}

static inline size_t simd_count(const char *p, size_t n, char c)
{
	size_t found = 0, i = 0;
#ifdef __SSE2__
	__m128i want = _mm_set1_epi8(c), zero = _mm_setzero_si128();
	while (n - i >= 16) {
		__m128i sums = zero;
		size_t stop = (n - i) / 16 > 255 ? i + 255 * 16 : i + (n - i) / 16 * 16;
		for (; i < stop; i += 16)
			sums = _mm_sub_epi8(
				sums, _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + i)), want));
		sums = _mm_sad_epu8(sums, zero);
		found += (size_t)_mm_cvtsi128_si64(sums) + (size_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums));
	}
#endif
	for (; i < n; i++)
		found += p[i] == c;
	return found;
}
