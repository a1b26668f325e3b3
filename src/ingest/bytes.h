/* Little-endian numbers at any address. */
#pragma once

#include <stdint.h>
#include <string.h>

static inline uint32_t bytes_u16(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t bytes_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline double bytes_f64(const unsigned char *p)
{
	uint64_t bits = bytes_u32(p) | (uint64_t)bytes_u32(p + 4) << 32;
	double v;
	memcpy(&v, &bits, sizeof v);
	return v;
}
