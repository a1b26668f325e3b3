/*
 * Hashes for tables in memory: fast, and keyed by a secret of the process, so that nobody who writes a file can choose
 * texts that all fall into one slot. Never stored, never compared between processes.
 *
 * Method: 64 × 64 → 128 bit multiplication, its halves folded together, a word of eight bytes at a time.
 */
#pragma once

#include "base/str.h"

#include <stdint.h>

/* Drawn at the first call; the same for the life of the process. */
uint64_t hash_secret(void);
/* secret: hash_secret(), or an earlier hash, to go on from it. */
uint64_t hash_bytes(struct str s, uint64_t secret);

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 wide = (unsigned __int128)a * b;
	return (uint64_t)wide ^ (uint64_t)(wide >> 64);
}

static inline uint64_t hash_u64(uint64_t v, uint64_t secret)
{
	return hash_fold(v ^ secret, UINT64_C(0x9e3779b97f4a7c15) ^ (secret >> 32 | secret << 32));
}
