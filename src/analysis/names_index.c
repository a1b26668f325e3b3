#include "analysis/names_index.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

static size_t words_of(uint32_t n)
{
	return ((size_t)n + 63) / 64;
}

static inline void set_bit(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static bool bytes_occur(const bool *in, struct str part)
{
	for (size_t i = 0; i < part.n; i++) {
		if (!in[(unsigned char)part.p[i]])
			return false;
	}
	return true;
}

/* The piece of a blob that holds byte `at`; pieces only go forward, so the search begins at *from. */
static uint32_t piece_of(const uint32_t *starts, uint32_t n, uint32_t from, size_t at)
{
	uint32_t step = 1;
	while (from + step < n && starts[from + step] <= at) /* gallop, then halve */
		step *= 2;
	uint32_t lo = from + step / 2, hi = MIN(from + step, n);
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (starts[mid] <= at)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static void match_ids(const struct name_index *x, struct str part, uint64_t *bits)
{
	size_t n = x->id_at[x->n];
	uint32_t id = 0;
	if (!bytes_occur(x->in_ids, part))
		return;
	for (size_t at = names_scan(x->ids, n, 0, part); at < n; at = names_scan(x->ids, n, x->id_at[id + 1], part)) {
		id = piece_of(x->id_at, x->n, id, at);
		set_bit(bits, id);
	}
}

static void match_words(const struct name_index *x, struct str part, uint64_t *bits)
{
	size_t n = x->word_at[x->n_words];
	uint32_t w = 0;
	if (!bytes_occur(x->in_words, part))
		return;
	for (size_t at = names_scan(x->words, n, 0, part); at < n;
	     at = names_scan(x->words, n, x->word_at[w + 1], part)) {
		w = piece_of(x->word_at, x->n_words, w, at);
		for (uint32_t i = x->customer_at[w]; i < x->customer_at[w + 1]; i++)
			set_bit(bits, x->customer[i]);
	}
}

static uint64_t count_bits(const uint64_t *bits, size_t n)
{
	uint64_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += (uint64_t)__builtin_popcountll(bits[i]);
	return count;
}

static bool recall(struct name_index *x, struct str part, uint64_t *bits, size_t n)
{
	bool found = false;
	pthread_mutex_lock(&x->once);
	for (size_t i = 0; i < NAMES_REMEMBERED && !found; i++) {
		found = x->common[i].bits && str_is(part, x->common[i].part);
		if (found)
			memcpy(bits, x->common[i].bits, n * sizeof *bits);
	}
	pthread_mutex_unlock(&x->once);
	return found;
}

static void remember(struct name_index *x, struct str part, const uint64_t *bits, size_t n)
{
	pthread_mutex_lock(&x->once);
	struct name_common *c = &x->common[x->next_common++ % NAMES_REMEMBERED];
	if (!c->bits)
		c->bits = mem_array(n ? n : 1, sizeof *c->bits);
	memcpy(c->bits, bits, n * sizeof *bits);
	memcpy(c->part, part.p, part.n);
	c->part[part.n] = 0;
	pthread_mutex_unlock(&x->once);
}

static void match_part(struct name_index *x, struct str part, uint64_t *bits)
{
	size_t n = words_of(x->n);
	memset(bits, 0, n * sizeof *bits);
	if (part.n < NAMES_PART_BYTES && recall(x, part, bits, n))
		return;
	match_ids(x, part, bits);
	match_words(x, part, bits);
	if (part.n < NAMES_PART_BYTES && count_bits(bits, n) > x->n / 64)
		remember(x, part, bits, n);
}

static bool entry_matches(const struct name_entry *o, struct str folded)
{
	struct str part;
	while (str_split(&folded, ' ', &part)) {
		if (part.n && !memmem(o->text, strlen(o->text), part.p, part.n))
			return false;
	}
	return true;
}

uint64_t *name_index_match(struct name_index *x, struct str folded, uint32_t *ret_n)
{
	uint32_t n = x->n;
	for (size_t i = 0; i < x->n_overlay; i++)
		n = MAX(n, x->overlay[i].no + 1);
	size_t words = words_of(n);
	uint64_t *bits = mem_zalloc((words ? words : 1) * sizeof *bits);
	uint64_t *one = mem_zalloc((words ? words : 1) * sizeof *one);
	struct str rest = folded, part;
	memset(bits, 0xff, x->n / 64 * sizeof *bits);
	if (x->n % 64)
		bits[x->n / 64] = (UINT64_C(1) << (x->n % 64)) - 1;
	while (str_split(&rest, ' ', &part)) {
		if (!part.n)
			continue;
		match_part(x, part, one);
		for (size_t i = 0; i < words_of(x->n); i++)
			bits[i] &= one[i];
	}
	for (size_t i = 0; i < x->n_overlay; i++) {
		const struct name_entry *o = &x->overlay[i];
		bits[o->no / 64] &= ~(UINT64_C(1) << (o->no % 64));
		if (entry_matches(o, folded))
			set_bit(bits, o->no);
	}
	free(one);
	*ret_n = n;
	return bits;
}

static bool within(int64_t v, int64_t min, int64_t max)
{
	return v >= min && v <= max;
}

static bool unbounded(int64_t min, int64_t max)
{
	return min == INT64_MIN && max == INT64_MAX;
}

static bool passes(const struct name_filter *f, int64_t spend, int64_t purchases, int64_t age, int64_t last_day)
{
	return within(spend, f->min_spend, f->max_spend) && within(purchases, f->min_purchases, f->max_purchases) &&
	       (unbounded(f->min_age, f->max_age) || (age >= 0 && within(age, f->min_age, f->max_age))) &&
	       (unbounded(f->min_last_day, f->max_last_day) ||
		(last_day != DAY_NONE && within(last_day, f->min_last_day, f->max_last_day)));
}

void name_index_filter(const struct name_index *x, const struct name_filter *f, uint64_t *bits)
{
	for (size_t w = 0; w < words_of(x->n); w++) {
		for (uint64_t left = bits[w]; left; left &= left - 1) {
			size_t i = w * 64 + (size_t)__builtin_ctzll(left);
			if (i < x->n && !passes(f, x->spend[i], x->purchases[i], x->age[i], x->last_day[i]))
				bits[w] &= ~(left & -left);
		}
	}
	for (size_t i = 0; i < x->n_overlay; i++) {
		const struct name_entry *o = &x->overlay[i];
		if (!passes(f, o->spend, o->purchases, o->age, o->last_day))
			bits[o->no / 64] &= ~(UINT64_C(1) << (o->no % 64));
	}
}

struct sorted {
	int64_t key, second;
	uint32_t no;
};

static int by_key(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->second != y->second)
		return x->second < y->second ? -1 : 1;
	return x->no < y->no ? -1 : x->no > y->no;
}

/* The ranks of a name's first four words: two numbers that order names as their texts do. */
static int64_t ranks(const struct name_index *x, uint32_t c, uint32_t from)
{
	uint32_t n = x->name_at[c + 1] - x->name_at[c];
	const uint32_t *name = x->name + x->name_at[c];
	int64_t high = from < n ? (int64_t)name[from] + 1 : 0, low = from + 1 < n ? (int64_t)name[from + 1] + 1 : 0;
	return (high << 31) | (low & INT32_MAX);
}

static struct sorted key_of(const struct name_index *x, enum name_sort sort, uint32_t c)
{
	struct sorted s = { 0, 0, c };
	switch (sort) {
	case NAME_SORT_NAME:
		s.key = ranks(x, c, 0);
		s.second = ranks(x, c, 2);
		break;
	case NAME_SORT_SPEND:
		s.key = x->spend[c];
		break;
	case NAME_SORT_PURCHASES:
		s.key = x->purchases[c];
		break;
	case NAME_SORT_LAST:
		s.key = x->last_day[c];
		break;
	case NAME_SORT_AGE:
		s.key = x->age[c];
		break;
	case NAME_SORT_FILE:
	case NAME_SORT_FORECAST: /* in order since they were loaded */
	case NAME_SORT_PROBABILITY:
	case NAME_SORTS:
		break;
	}
	return s;
}

const uint32_t *name_index_order(struct name_index *x, enum name_sort sort)
{
	if (sort == NAME_SORT_FILE)
		return NULL;
	if (sort == NAME_SORT_FORECAST || sort == NAME_SORT_PROBABILITY)
		return x->values[sort == NAME_SORT_FORECAST ? NAME_FORECAST : NAME_PROBABILITY].order;
	pthread_mutex_lock(&x->once);
	if (!x->order[sort]) {
		struct sorted *s = mem_array(x->n ? x->n : 1, sizeof *s);
		uint32_t *order = mem_array(x->n ? x->n : 1, sizeof *order);
		for (uint32_t c = 0; c < x->n; c++)
			s[c] = key_of(x, sort, c);
		qsort(s, x->n, sizeof *s, by_key);
		for (uint32_t c = 0; c < x->n; c++)
			order[c] = s[c].no;
		free(s);
		x->order[sort] = order;
	}
	pthread_mutex_unlock(&x->once);
	return x->order[sort];
}

bool name_index_edit(struct name_index *x, const struct customer *card)
{
	size_t i = 0;
	while (i < x->n_overlay && x->overlay[i].no != (uint32_t)card->no)
		i++;
	if (i == NAMES_OVERLAY)
		return false;
	CLEANUP(buf_free) struct buf text = BUF_INIT(4 * MIB);
	utf8_fold(&text, card->id);
	buf_addc(&text, '\n');
	buf_add_str(&text, card->folded);
	if (i == x->n_overlay)
		x->n_overlay++;
	else
		free(x->overlay[i].text);
	x->overlay[i] = (struct name_entry){
		(uint32_t)card->no, buf_take(&text, NULL),
		card->spend,        card->last_at == TIME_NONE ? DAY_NONE : card->last_at / USEC_PER_DAY,
		card->purchases,    card->age
	};
	return true;
}
