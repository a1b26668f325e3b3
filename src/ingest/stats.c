#include "ingest/stats.h"

#include "base/util.h"

#include <math.h>
#include <stdlib.h>

void stats_init(struct column_stats *s)
{
	memset(s, 0, sizeof *s);
	s->sketch_bound = UINT64_MAX;
}

/* Finalizer of MurmurHash3: every input bit reaches every output bit. */
static uint64_t mix(uint64_t h)
{
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ (h >> 33);
}

static uint64_t hash_text(struct str s)
{
	uint64_t h = UINT64_C(0x9e3779b97f4a7c15) ^ s.n, word;
	while (s.n >= sizeof word) {
		memcpy(&word, s.p, sizeof word);
		h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
		s = str_n(s.p + sizeof word, s.n - sizeof word);
	}
	word = 0;
	memcpy(&word, s.p, s.n);
	return mix(h ^ word);
}

static int compare_hashes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* Sorted, each once, the smallest STATS_SKETCH. */
static void tidy_sketch(struct column_stats *s)
{
	size_t n = 0;
	qsort(s->sketch, s->n_sketch, sizeof s->sketch[0], compare_hashes);
	for (size_t i = 0; i < s->n_sketch && n < STATS_SKETCH; i++) {
		if (!n || s->sketch[n - 1] != s->sketch[i])
			s->sketch[n++] = s->sketch[i];
	}
	s->n_sketch = n;
	if (n == STATS_SKETCH)
		s->sketch_bound = s->sketch[n - 1];
}

static void add_to_sketch(struct column_stats *s, uint64_t h)
{
	s->sketch[s->n_sketch++] = h;
	if (s->n_sketch == countof(s->sketch))
		tidy_sketch(s);
}

static void add_hash(struct column_stats *s, uint64_t h)
{
	uint64_t *seen = &s->recent[h % STATS_RECENT];
	if (*seen == h)
		return;
	*seen = h;
	uint64_t rest = h >> 11; /* 53 bits below the register's number */
	uint8_t rank = (uint8_t)(rest ? __builtin_ctzll(rest) + 1 : 54);
	uint8_t *reg = &s->registers[h % STATS_REGISTERS];
	if (rank > *reg)
		*reg = rank;
	if (h < s->sketch_bound)
		add_to_sketch(s, h);
}

static void keep_text(char *to, uint16_t *n, struct str text)
{
	*n = (uint16_t)MIN(text.n, (size_t)STATS_TEXT);
	memcpy(to, text.p, *n);
}

void stats_add_text(struct column_stats *s, struct str text)
{
	if (s->non_null == 1 || str_cmp(text, str_n(s->min_text, s->min_n)) < 0)
		keep_text(s->min_text, &s->min_n, text);
	if (s->non_null == 1 || str_cmp(text, str_n(s->max_text, s->max_n)) > 0)
		keep_text(s->max_text, &s->max_n, text);
	add_hash(s, hash_text(text));
}

static bool less(enum value_type type, union value a, union value b)
{
	switch (type) {
	case TYPE_BOOLEAN:
		return a.boolean < b.boolean;
	case TYPE_DOUBLE:
		return a.real < b.real;
	case TYPE_DATE:
		return a.days < b.days;
	case TYPE_WIDE:
		return a.wide < b.wide;
	case TYPE_BIGINT:
	case TYPE_DECIMAL:
	case TYPE_TIMESTAMP:
	case TYPE_TIME:
		return a.bigint < b.bigint;
	case TYPE_VARCHAR:
		break;
	}
	return false;
}

static uint64_t hash_value(enum value_type type, union value v)
{
	uint64_t bits = 0;
	switch (type) {
	case TYPE_BOOLEAN:
		return mix(v.boolean ? 1 : 2);
	case TYPE_DOUBLE:
		memcpy(&bits, &v.real, sizeof bits);
		return mix(bits + 1);
	case TYPE_DATE:
		return mix((uint64_t)v.days + 1);
	case TYPE_WIDE:
		return mix((uint64_t)v.wide + mix((uint64_t)(v.wide >> 64)) + 1);
	case TYPE_BIGINT:
	case TYPE_DECIMAL:
	case TYPE_TIMESTAMP:
	case TYPE_TIME:
		return mix((uint64_t)v.bigint + 1);
	case TYPE_VARCHAR:
		break;
	}
	return bits;
}

void stats_add_value(struct column_stats *s, enum value_type type, union value v)
{
	if (s->non_null == 1 || less(type, v, s->min))
		s->min = v;
	if (s->non_null == 1 || less(type, s->max, v))
		s->max = v;
	add_hash(s, hash_value(type, v));
}

void stats_merge(struct column_stats *into, const struct column_stats *from, enum value_type type)
{
	if (from->non_null) {
		bool first = !into->non_null;
		struct str low = str_n(from->min_text, from->min_n), high = str_n(from->max_text, from->max_n);
		if (first || str_cmp(low, str_n(into->min_text, into->min_n)) < 0)
			keep_text(into->min_text, &into->min_n, low);
		if (first || str_cmp(high, str_n(into->max_text, into->max_n)) > 0)
			keep_text(into->max_text, &into->max_n, high);
		if (first || less(type, from->min, into->min))
			into->min = from->min;
		if (first || less(type, into->max, from->max))
			into->max = from->max;
	}
	into->non_null += from->non_null;
	into->misfits += from->misfits;
	into->filled += from->filled;
	into->missing += from->missing;
	into->missing_words |= from->missing_words;
	for (size_t i = 0; i < STATS_REGISTERS; i++)
		into->registers[i] = MAX(into->registers[i], from->registers[i]);
	for (size_t i = 0; i < from->n_sketch; i++) {
		if (from->sketch[i] < into->sketch_bound)
			add_to_sketch(into, from->sketch[i]);
	}
}

uint64_t stats_distinct(const struct column_stats *s)
{
	const double m = STATS_REGISTERS, alpha = 0.7213 / (1 + 1.079 / m);
	double sum = 0;
	size_t zeros = 0;
	/* Few enough values are all in the sketch: then it is exact. */
	struct column_stats copy = *s;
	tidy_sketch(&copy);
	if (copy.sketch_bound == UINT64_MAX)
		return copy.n_sketch;
	for (size_t i = 0; i < STATS_REGISTERS; i++) {
		sum += ldexp(1, -s->registers[i]);
		zeros += s->registers[i] == 0;
	}
	double estimate = alpha * m * m / sum;
	if (estimate <= 2.5 * m && zeros)
		estimate = m * log(m / (double)zeros);
	return MIN((uint64_t)(estimate + 0.5), s->non_null);
}

const uint64_t *stats_sketch(struct column_stats *s, size_t *ret_n)
{
	tidy_sketch(s);
	*ret_n = s->n_sketch;
	return s->sketch;
}
