#include "analysis/numbering.h"

#include <stdlib.h>

static uint32_t hash(struct str s)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
	return (uint32_t)(h ^ (h >> 32));
}

void numbering_init(struct numbering *x, size_t max_bytes)
{
	*x = (struct numbering){ .text = BUF_INIT(max_bytes) };
}

void numbering_free(struct numbering *x)
{
	buf_free(&x->text);
	free(x->at);
	free(x->slots);
	*x = (struct numbering){ 0 };
}

struct str numbering_text(const struct numbering *x, uint32_t number)
{
	size_t end = number + 1 < x->n ? x->at[number + 1] : x->text.n;
	return str_n(x->text.p + x->at[number], end - x->at[number]);
}

/* The slot that holds s, or the empty one where it belongs. Hashes are compared before texts, which lie elsewhere. */
static uint32_t slot_of(const struct numbering *x, struct str s, uint32_t h)
{
	uint32_t at = h & (x->n_slots - 1);
	while (x->slots[at].number &&
	       (x->slots[at].hash != h || !str_eq(numbering_text(x, x->slots[at].number - 1), s)))
		at = (at + 1) & (x->n_slots - 1);
	return at;
}

static void grow(struct numbering *x)
{
	struct numbering_slot *old = x->slots;
	uint32_t n_old = x->n_slots;
	x->n_slots = n_old ? n_old * 2 : 1024;
	x->slots = mem_zalloc((size_t)x->n_slots * sizeof *x->slots);
	for (uint32_t i = 0; i < n_old; i++) {
		uint32_t at = old[i].hash & (x->n_slots - 1);
		if (!old[i].number)
			continue;
		while (x->slots[at].number)
			at = (at + 1) & (x->n_slots - 1);
		x->slots[at] = old[i];
	}
	free(old);
}

uint32_t numbering_add(struct numbering *x, struct str s)
{
	if (x->n >= x->n_slots / 2)
		grow(x);
	uint32_t h = hash(s), slot = slot_of(x, s, h);
	if (x->slots[slot].number)
		return x->slots[slot].number - 1;
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 1024;
		x->at = mem_realloc(x->at, (size_t)x->cap * sizeof *x->at);
	}
	x->at[x->n] = x->text.n;
	buf_add_str(&x->text, s);
	x->slots[slot] = (struct numbering_slot){ h, ++x->n };
	return x->n - 1;
}

bool numbering_find(const struct numbering *x, struct str s, uint32_t *ret)
{
	if (!x->n_slots)
		return false;
	uint32_t slot = slot_of(x, s, hash(s));
	if (!x->slots[slot].number)
		return false;
	*ret = x->slots[slot].number - 1;
	return true;
}
