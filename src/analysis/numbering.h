/*
 * Texts, or whole numbers, to numbers 0, 1, 2 … in order of first sight, and back: hash tables that belong to one
 * thread.
 */
#pragma once

#include "base/buf.h"
#include "base/hash.h"

#include <stdint.h>

#define NUMBERING_NONE UINT32_MAX

struct numbering_slot {
	uint32_t hash, number; /* number + 1; 0 = empty */
};

/* Texts, over one blob. */
struct numbering {
	struct buf text; /* max is set by numbering_init */
	size_t *at;      /* where each text begins */
	uint32_t n, cap;
	struct numbering_slot *slots; /* by hash */
	uint32_t n_slots;
	uint64_t secret;
};

void numbering_init(struct numbering *x, size_t max_bytes);
void numbering_free(struct numbering *x);
/* The number of s, a new one when it was not seen before. text.failed tells that the maximum was passed. */
uint32_t numbering_add(struct numbering *x, struct str s);
/* The number of the text a, a zero byte, b. */
uint32_t numbering_add_pair(struct numbering *x, struct str a, struct str b);
/* NUMBERING_NONE when s was never added. */
uint32_t numbering_find(const struct numbering *x, struct str s);
struct str numbering_text(const struct numbering *x, uint32_t number);

struct numbering_whole_slot {
	int64_t value;
	uint64_t number; /* number + 1; 0 = empty */
};

/*
 * Whole numbers; as the texts above, but a look-up touches one line of memory. Small ones, as most customers have, are
 * looked up in a list of their own: a quarter of the memory, so that it stays near the processor.
 */
#define NUMBERING_SMALL (1 << 22)

struct numbering_whole {
	uint32_t *small; /* number + 1 of 0 .. NUMBERING_SMALL - 1; made with the first of them */
	struct numbering_whole_slot *slots;
	uint32_t n, n_hashed, n_slots;
	uint64_t secret;
};

void numbering_whole_init(struct numbering_whole *x);
void numbering_whole_free(struct numbering_whole *x);
uint32_t numbering_whole_add(struct numbering_whole *x, int64_t value);
uint32_t numbering_whole_find(const struct numbering_whole *x, int64_t value);

/* Asks the memory for the place of a value that will be looked up soon. */
static inline void numbering_whole_soon(const struct numbering_whole *x, int64_t value)
{
	if (value >= 0 && value < NUMBERING_SMALL && x->small)
		__builtin_prefetch(&x->small[value]);
	else if (x->n_slots)
		__builtin_prefetch(&x->slots[hash_u64((uint64_t)value, x->secret) & (x->n_slots - 1)]);
}
