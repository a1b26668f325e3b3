/* Texts to numbers 0, 1, 2 … in order of first sight, and back: a hash table over one blob. Belongs to one thread. */
#pragma once

#include "base/buf.h"

#include <stdint.h>

struct numbering_slot {
	uint32_t hash, number; /* number + 1; 0 = empty */
};

struct numbering {
	struct buf text; /* max is set by numbering_init */
	size_t *at;      /* where each text begins */
	uint32_t n, cap;
	struct numbering_slot *slots; /* by hash */
	uint32_t n_slots;
};

void numbering_init(struct numbering *x, size_t max_bytes);
void numbering_free(struct numbering *x);
/* The number of s, a new one when it was not seen before. text.failed tells that the maximum was passed. */
uint32_t numbering_add(struct numbering *x, struct str s);
bool numbering_find(const struct numbering *x, struct str s, uint32_t *ret);
struct str numbering_text(const struct numbering *x, uint32_t number);
