#include "analysis/numbering.h"

#include "base/util.h"

#include <stdlib.h>
#include <string.h>

void numbering_init(struct numbering *x, size_t max_bytes)
{
	*x = (struct numbering){ .text = BUF_INIT(max_bytes), .secret = hash_secret() };
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

/* A text in one piece (rest is NULL), or a, a zero byte and *rest. */
static bool is_text(struct str text, struct str a, const struct str *rest)
{
	if (!rest)
		return str_eq(text, a);
	return text.n == a.n + 1 + rest->n && memcmp(text.p, a.p ? a.p : "", a.n) == 0 && !text.p[a.n] &&
	       memcmp(text.p + a.n + 1, rest->p ? rest->p : "", rest->n) == 0;
}

/* The slot that holds the text, or the empty one where it belongs. Hashes first: the texts lie elsewhere. */
static uint32_t slot_of(const struct numbering *x, struct str a, const struct str *rest, uint32_t h)
{
	uint32_t at = h & (x->n_slots - 1);
	while (x->slots[at].number &&
	       (x->slots[at].hash != h || !is_text(numbering_text(x, x->slots[at].number - 1), a, rest)))
		at = (at + 1) & (x->n_slots - 1);
	return at;
}

static uint32_t add(struct numbering *x, struct str a, const struct str *rest)
{
	if (x->n >= x->n_slots / 2)
		grow(x);
	uint64_t h = hash_bytes(a, x->secret);
	if (rest)
		h = hash_bytes(*rest, h);
	uint32_t slot = slot_of(x, a, rest, (uint32_t)h);
	if (x->slots[slot].number)
		return x->slots[slot].number - 1;
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 1024;
		x->at = mem_realloc(x->at, (size_t)x->cap * sizeof *x->at);
	}
	x->at[x->n] = x->text.n;
	buf_add_str(&x->text, a);
	if (rest) {
		buf_addc(&x->text, 0);
		buf_add_str(&x->text, *rest);
	}
	x->slots[slot] = (struct numbering_slot){ (uint32_t)h, ++x->n };
	return x->n - 1;
}

uint32_t numbering_add(struct numbering *x, struct str s)
{
	return add(x, s, NULL);
}

uint32_t numbering_add_pair(struct numbering *x, struct str a, struct str b)
{
	return add(x, a, &b);
}

uint32_t numbering_find(const struct numbering *x, struct str s)
{
	if (!x->n_slots)
		return NUMBERING_NONE;
	return x->slots[slot_of(x, s, NULL, (uint32_t)hash_bytes(s, x->secret))].number - 1;
}

void numbering_whole_init(struct numbering_whole *x)
{
	*x = (struct numbering_whole){ .secret = hash_secret() };
}

void numbering_whole_free(struct numbering_whole *x)
{
	free(x->small);
	free(x->slots);
	*x = (struct numbering_whole){ 0 };
}

static struct numbering_whole_slot *whole_slot(const struct numbering_whole *x, int64_t value)
{
	uint64_t at = hash_u64((uint64_t)value, x->secret) & (x->n_slots - 1);
	while (x->slots[at].number && x->slots[at].value != value)
		at = (at + 1) & (x->n_slots - 1);
	return &x->slots[at];
}

static void whole_grow(struct numbering_whole *x)
{
	struct numbering_whole old = *x;
	x->n_slots = old.n_slots ? old.n_slots * 2 : 1024;
	x->slots = mem_zalloc((size_t)x->n_slots * sizeof *x->slots);
	for (uint32_t i = 0; i < old.n_slots; i++) {
		if (old.slots[i].number)
			*whole_slot(x, old.slots[i].value) = old.slots[i];
	}
	free(old.slots);
}

static bool is_small(int64_t value)
{
	return value >= 0 && value < NUMBERING_SMALL;
}

uint32_t numbering_whole_add(struct numbering_whole *x, int64_t value)
{
	if (is_small(value)) {
		if (!x->small)
			x->small = mem_zalloc(NUMBERING_SMALL * sizeof *x->small);
		if (!x->small[value])
			x->small[value] = ++x->n;
		return x->small[value] - 1;
	}
	if (x->n_hashed >= x->n_slots / 2)
		whole_grow(x);
	struct numbering_whole_slot *slot = whole_slot(x, value);
	if (!slot->number) {
		*slot = (struct numbering_whole_slot){ value, ++x->n };
		x->n_hashed++;
	}
	return (uint32_t)slot->number - 1;
}

uint32_t numbering_whole_find(const struct numbering_whole *x, int64_t value)
{
	if (is_small(value))
		return x->small ? x->small[value] - 1 : NUMBERING_NONE;
	return x->n_slots ? (uint32_t)whole_slot(x, value)->number - 1 : NUMBERING_NONE;
}
