#include "learn/softmax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EPOCHS 8
#define EXAMPLES 30000 /* an epoch */
#define RATE 0.3F
#define L2 1e-4F
#define LEVELS 64
#define FEATURES_MOST (1 + LEARN_SOFTMAX_PRODUCTS + LEARN_ATTRIBUTES)

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return x < y ? -1 : x > y;
}

static void find_cuts(struct learn_softmax *x, const struct learn_attributes *a, uint32_t k)
{
	float *sorted = mem_array(a->n_customers ? a->n_customers : 1, sizeof *sorted);
	size_t n = 0;
	for (uint32_t c = 0; c < a->n_customers; c++) {
		float v = a->numeric[(size_t)c * a->n_numeric + k];
		if (!isnan(v))
			sorted[n++] = v;
	}
	qsort(sorted, n, sizeof *sorted, by_value);
	for (size_t q = 1; n && q < LEARN_SOFTMAX_BINS; q++) {
		float cut = sorted[n * q / LEARN_SOFTMAX_BINS];
		if (x->n_cuts[k] == 0 || cut > x->cut[k][x->n_cuts[k] - 1])
			x->cut[k][x->n_cuts[k]++] = cut;
	}
	free(sorted);
}

static void plan(struct learn_softmax *x, const struct learn_attributes *a)
{
	x->n_features = 1 + x->n_products;
	x->n_numeric = a ? a->n_numeric : 0;
	x->n_category = a ? a->n_category : 0;
	x->told_from = a ? a->told_from : 0;
	x->told_n = a ? a->told_n : 0;
	for (uint32_t k = 0; k < x->n_numeric; k++) {
		find_cuts(x, a, k);
		x->n_features += LEARN_SOFTMAX_BINS;
	}
	for (uint32_t k = 0; k < x->n_category; k++) {
		for (uint32_t c = 0; c < a->n_customers; c++) {
			uint32_t v = a->category[(size_t)c * a->n_category + k];
			if (v < LEVELS)
				x->levels[k] = MAX(x->levels[k], v + 1);
		}
		x->n_features += x->levels[k];
	}
}

/* Which features are 1; returns how many. */
static size_t features_of(const struct learn_softmax *x, struct learn_row row, const float *numeric,
			  const uint32_t *category, uint32_t *ret)
{
	size_t n = 0;
	uint32_t at = 1 + x->n_products;
	ret[n++] = 0;
	for (size_t i = 0; i < MIN(row.n, (size_t)LEARN_SOFTMAX_PRODUCTS); i++)
		ret[n++] = 1 + row.product[i];
	for (uint32_t k = 0; k < x->n_numeric; k++, at += LEARN_SOFTMAX_BINS) {
		uint32_t bin = 0;
		bool told = k >= x->told_from && k < x->told_from + x->told_n;
		if (!numeric || told || isnan(numeric[k]))
			continue;
		while (bin < x->n_cuts[k] && numeric[k] >= x->cut[k][bin])
			bin++;
		ret[n++] = at + bin;
	}
	for (uint32_t k = 0; k < x->n_category; at += x->levels[k++]) {
		if (category && category[k] < x->levels[k])
			ret[n++] = at + category[k];
	}
	return n;
}

static void mark(struct learn_row row, bool *had)
{
	memset(had, 0, LEARN_SOFTMAX_PRODUCTS * sizeof *had);
	for (size_t i = 0; i < row.n; i++)
		had[row.product[i]] = true;
}

/* Probabilities of the products that are not had; those that are had get 0. */
static void guess(const struct learn_softmax *x, const uint32_t *features, size_t n, const bool *had, float *ret)
{
	float most = -INFINITY, sum = 0;
	for (uint32_t j = 0; j < x->n_products; j++)
		ret[j] = 0;
	for (size_t f = 0; f < n; f++) {
		const float *w = x->weight + (size_t)features[f] * x->n_products;
		for (uint32_t j = 0; j < x->n_products; j++)
			ret[j] += w[j];
	}
	for (uint32_t j = 0; j < x->n_products; j++)
		most = had[j] ? most : MAX(most, ret[j]);
	for (uint32_t j = 0; j < x->n_products; j++) {
		ret[j] = had[j] ? 0 : expf(ret[j] - most);
		sum += ret[j];
	}
	for (uint32_t j = 0; j < x->n_products && sum > 0; j++)
		ret[j] /= sum;
}

struct training {
	struct learn_softmax *x;
	float *squares; /* sums of squared gradients, features × products */
};

static void learn_one(struct training *t, struct learn_row known, const float *numeric, const uint32_t *category,
		      uint32_t answer)
{
	struct learn_softmax *x = t->x;
	uint32_t features[FEATURES_MOST];
	float p[LEARN_SOFTMAX_PRODUCTS];
	bool had[LEARN_SOFTMAX_PRODUCTS];
	size_t n = features_of(x, known, numeric, category, features);
	mark(known, had);
	guess(x, features, n, had, p);
	p[answer] -= 1;
	for (size_t f = 0; f < n; f++) {
		float *w = x->weight + (size_t)features[f] * x->n_products;
		float *sum = t->squares + (size_t)features[f] * x->n_products;
		for (uint32_t j = 0; j < x->n_products; j++) {
			float g = had[j] ? 0 : p[j] + L2 * w[j];
			sum[j] += g * g;
			w[j] -= RATE * g / (sqrtf(sum[j]) + 1e-4F);
		}
	}
}

/* The row's entries from `from` on, but for entry i. scratch has LEARN_SOFTMAX_PRODUCTS places. */
static struct learn_row without(struct learn_row row, size_t i, size_t from, uint32_t *scratch)
{
	struct learn_row known = { .product = scratch };
	for (size_t k = from; k < row.n; k++) {
		if (k != i)
			scratch[known.n++] = row.product[k];
	}
	return known;
}

/* Returns how many examples the customer gave. */
static uint64_t learn_customer(struct training *t, const struct learn_history *h, const struct learn_attributes *a,
			       uint32_t c, enum learn_pairs_order order)
{
	struct learn_row row = learn_history_row(h, c);
	uint32_t scratch[LEARN_SOFTMAX_PRODUCTS];
	const float *numeric = a ? a->numeric + (size_t)c * a->n_numeric : NULL;
	const uint32_t *category = a ? a->category + (size_t)c * a->n_category : NULL;
	uint64_t n = 0;
	for (size_t i = 0; i < row.n; i++) {
		/* In time: whatever is older may be all that is known, from the next older one on to nothing. */
		size_t first = order == LEARN_PAIRS_TOGETHER ? 0 : i + 1,
		       last = order == LEARN_PAIRS_TOGETHER ? 0 : row.n;
		for (size_t from = first; from <= last; from++, n++)
			learn_one(t, without(row, i, from, scratch), numeric, category, row.product[i]);
	}
	return n;
}

void learn_softmax_train(const struct learn_history *h, const struct learn_attributes *attributes,
			 enum learn_pairs_order order, struct learn_softmax *ret)
{
	*ret = (struct learn_softmax){ .n_products = h->n_products };
	uint64_t entries = learn_history_entries(h);
	if (h->n_products < 2 || h->n_products > LEARN_SOFTMAX_PRODUCTS || !entries)
		return;
	plan(ret, attributes);
	size_t n = (size_t)ret->n_features * ret->n_products;
	struct training t = { ret, mem_zalloc(n * sizeof *t.squares) };
	ret->weight = mem_zalloc(n * sizeof *ret->weight);
	/* Customers in steps of a number that shares no divisor with their count: each once, neighbours far apart. */
	uint64_t step = UINT64_C(2654435761) /* a prime */, all = h->n_customers, used = 0;
	uint64_t most = (uint64_t)EXAMPLES * EPOCHS;
	for (uint64_t k = 0; used < most && k < all * EPOCHS; k++) {
		uint32_t c = (uint32_t)(k % all * (step % all) % all);
		used += learn_customer(&t, h, attributes, c, order);
	}
	free(t.squares);
}

void learn_softmax_free(struct learn_softmax *x)
{
	free(x->weight);
	*x = (struct learn_softmax){ 0 };
}

size_t learn_softmax_bytes(const struct learn_softmax *x)
{
	return (size_t)x->n_features * x->n_products * sizeof *x->weight;
}

void learn_softmax_score(const struct learn_softmax *x, struct learn_row row, const float *numeric,
			 const uint32_t *category, struct learn_scores *s)
{
	uint32_t features[FEATURES_MOST];
	float p[LEARN_SOFTMAX_PRODUCTS];
	bool had[LEARN_SOFTMAX_PRODUCTS];
	if (!x->n_features)
		return;
	mark(row, had);
	guess(x, features, features_of(x, row, numeric, category, features), had, p);
	for (uint32_t j = 0; j < x->n_products; j++) {
		if (!had[j])
			learn_scores_add(s, j, p[j]);
	}
}
