#include "learn/popularity.h"

#include <stdlib.h>

static int by_customers(const void *a, const void *b, void *ctx)
{
	const uint32_t *customers = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	if (customers[x] != customers[y])
		return customers[x] > customers[y] ? -1 : 1;
	return x < y ? -1 : x > y;
}

void learn_popularity_train(const struct learn_history *h, struct learn_popularity *ret)
{
	size_t n = h->n_products ? h->n_products : 1;
	*ret = (struct learn_popularity){ .n_products = h->n_products };
	ret->customers = mem_zalloc(n * sizeof *ret->customers);
	ret->order = mem_array(n, sizeof *ret->order);
	for (uint32_t c = 0; c < h->n_customers; c++)
		ret->n_customers += h->offset[c + 1] > h->offset[c];
	uint64_t entries = learn_history_entries(h);
	for (uint64_t i = 0; i < entries; i++)
		ret->customers[h->product[i]]++;
	for (uint32_t p = 0; p < h->n_products; p++)
		ret->order[p] = p;
	qsort_r(ret->order, h->n_products, sizeof *ret->order, by_customers, ret->customers);
}

void learn_popularity_free(struct learn_popularity *p)
{
	free(p->customers);
	free(p->order);
	*p = (struct learn_popularity){ 0 };
}

static bool has(struct learn_row row, uint32_t product)
{
	for (size_t i = 0; i < row.n; i++) {
		if (row.product[i] == product)
			return true;
	}
	return false;
}

void learn_popularity_score(const struct learn_popularity *p, struct learn_row row, bool keep_owned, size_t most,
			    struct learn_scores *s)
{
	if (!p->n_customers)
		return;
	for (size_t i = 0, given = 0; i < p->n_products && given < most; i++) {
		uint32_t j = p->order[i];
		if (!p->customers[j])
			break;
		if (!keep_owned && has(row, j))
			continue;
		learn_scores_max(s, j, (float)p->customers[j] / (float)p->n_customers);
		given++;
	}
}
