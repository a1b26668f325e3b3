/* Randomness: from the kernel for secrets, seeded and repeatable for generated data. */
#pragma once

#include "base/util.h"

/* Cryptographic; aborts when the kernel cannot give it. */
void rand_bytes(void *p, size_t n);
uint64_t rand_u64(void);

/* xoshiro256** (Blackman, Vigna 2018), seeded by splitmix64. Never for secrets. */
struct rand_seeded {
	uint64_t s[4];
};
void rand_seed(struct rand_seeded *r, uint64_t seed);
uint64_t rand_next(struct rand_seeded *r);
uint64_t rand_below(struct rand_seeded *r, uint64_t n); /* 0 .. n-1, unbiased; n > 0 */
double rand_unit(struct rand_seeded *r);                /* [0, 1) */
double rand_normal(struct rand_seeded *r);              /* mean 0, deviation 1 */
