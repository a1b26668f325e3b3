#include "learn/history.h"

#include <stdlib.h>
#include <string.h>

void learn_history_init(struct learn_history *h, uint32_t n_customers, uint32_t n_products, uint64_t n_entries)
{
	size_t n = n_entries ? n_entries : 1;
	*h = (struct learn_history){ .n_customers = n_customers, .n_products = n_products };
	h->offset = mem_zalloc(((size_t)n_customers + 1) * sizeof *h->offset);
	h->product = mem_array(n, sizeof *h->product);
	h->times = mem_array(n, sizeof *h->times);
	h->first = mem_array(n, sizeof *h->first);
	h->last = mem_array(n, sizeof *h->last);
}

void learn_history_free(struct learn_history *h)
{
	free(h->offset);
	free(h->product);
	free(h->times);
	free(h->first);
	free(h->last);
	*h = (struct learn_history){ 0 };
}

struct learn_row learn_history_row(const struct learn_history *h, uint32_t customer)
{
	uint64_t from = h->offset[customer];
	return (struct learn_row){ h->product + from, h->times + from, h->first + from, h->last + from,
				   (size_t)(h->offset[customer + 1] - from) };
}

uint64_t learn_history_entries(const struct learn_history *h)
{
	return h->offset ? h->offset[h->n_customers] : 0;
}

size_t learn_history_bytes(const struct learn_history *h)
{
	return (size_t)learn_history_entries(h) * 16 + ((size_t)h->n_customers + 1) * 8;
}

void learn_columns_make(const struct learn_history *h, struct learn_columns *ret)
{
	uint64_t n = learn_history_entries(h);
	*ret = (struct learn_columns){ .n_products = h->n_products };
	ret->offset = mem_zalloc(((size_t)h->n_products + 2) * sizeof *ret->offset);
	ret->customer = mem_array(n ? n : 1, sizeof *ret->customer);
	ret->entry = mem_array(n ? n : 1, sizeof *ret->entry);
	uint64_t *at = ret->offset + 1; /* one ahead, so that filling leaves the starts in place */
	for (uint64_t i = 0; i < n; i++)
		at[h->product[i] + 1]++;
	for (uint32_t p = 0; p < h->n_products; p++)
		at[p + 1] += at[p];
	for (uint32_t c = 0; c < h->n_customers; c++) {
		for (uint64_t i = h->offset[c]; i < h->offset[c + 1]; i++) {
			uint64_t to = at[h->product[i]]++;
			ret->customer[to] = c;
			ret->entry[to] = i;
		}
	}
}

void learn_columns_free(struct learn_columns *c)
{
	free(c->offset);
	free(c->customer);
	free(c->entry);
	*c = (struct learn_columns){ 0 };
}

void learn_scores_init(struct learn_scores *s, uint32_t n_products)
{
	size_t n = n_products ? n_products : 1;
	s->score = mem_zalloc(n * sizeof *s->score);
	s->touched = mem_array(n + 1, sizeof *s->touched); /* one more, for learn_scores_list */
	s->n = 0;
	s->n_products = n_products;
}

void learn_scores_free(struct learn_scores *s)
{
	free(s->score);
	free(s->touched);
	*s = (struct learn_scores){ 0 };
}

void learn_scores_list(struct learn_scores *s)
{
	size_t n = 0;
	for (uint32_t j = 0; j < s->n_products; j++) {
		s->touched[n] = j;
		n += s->score[j] != 0;
	}
	s->n = n;
}

void learn_scores_clear(struct learn_scores *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->score[s->touched[i]] = 0;
	s->n = 0;
}
