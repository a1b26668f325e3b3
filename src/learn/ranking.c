#include "learn/ranking.h"

#include <math.h>
#include <stdlib.h>

static bool row_has(struct learn_row row, uint32_t product)
{
	for (size_t i = 0; i < row.n; i++) {
		if (row.product[i] == product)
			return true;
	}
	return false;
}

/* a before b */
static bool better(const struct learn_popularity *p, struct learn_ranked a, struct learn_ranked b)
{
	if (a.score != b.score)
		return a.score > b.score;
	if (p->customers[a.product] != p->customers[b.product])
		return p->customers[a.product] > p->customers[b.product];
	return a.product < b.product;
}

/* A heap with the worst of the kept ones on top. */
static void sift_down(const struct learn_popularity *p, struct learn_ranked *heap, size_t n, size_t i)
{
	for (;;) {
		size_t worst = i, l = 2 * i + 1, r = l + 1;
		if (l < n && better(p, heap[worst], heap[l]))
			worst = l;
		if (r < n && better(p, heap[worst], heap[r]))
			worst = r;
		if (worst == i)
			return;
		struct learn_ranked t = heap[i];
		heap[i] = heap[worst];
		heap[worst] = t;
		i = worst;
	}
}

static void heap_make(const struct learn_popularity *p, struct learn_ranked *heap, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sift_down(p, heap, n, i);
}

size_t learn_rank(const struct learn_scores *s, const struct learn_popularity *p, struct learn_row skip, size_t limit,
		  struct learn_ranked *ret)
{
	size_t n = 0;
	if (!limit)
		return 0;
	for (size_t t = 0; t < s->n; t++) {
		struct learn_ranked x = { s->touched[t], s->score[s->touched[t]] };
		if (n == limit && !better(p, x, ret[0]))
			continue;
		if (row_has(skip, x.product))
			continue;
		if (n < limit) {
			ret[n++] = x;
			if (n == limit)
				heap_make(p, ret, n);
			continue;
		}
		ret[0] = x;
		sift_down(p, ret, n, 0);
	}
	heap_make(p, ret, n);
	for (size_t left = n; left > 1; left--) { /* the worst goes to the end each time */
		struct learn_ranked t = ret[0];
		ret[0] = ret[left - 1];
		ret[left - 1] = t;
		sift_down(p, ret, left - 1, 0);
	}
	return n;
}

size_t learn_rank_fill(const struct learn_popularity *p, struct learn_row skip, size_t limit, struct learn_ranked *ret,
		       size_t n)
{
	for (uint32_t i = 0; i < p->n_products && n < limit; i++) {
		uint32_t j = p->order[i];
		bool there = !p->customers[j] || row_has(skip, j);
		for (size_t k = 0; k < n && !there; k++)
			there = ret[k].product == j;
		if (!there)
			ret[n++] = (struct learn_ranked){ j, 0 };
	}
	return n;
}

void learn_figures_add(struct learn_figures *f, const struct learn_ranked *list, size_t n, const uint32_t *hidden,
		       size_t n_hidden)
{
	double hit = 0, ap = 0, found = 0;
	for (size_t i = 0; i < n && i < LEARN_HIT_AT; i++) {
		bool is_hit = false;
		for (size_t k = 0; k < n_hidden && !is_hit; k++)
			is_hit = hidden[k] == list[i].product;
		if (!is_hit)
			continue;
		if (i < LEARN_HIT_AT)
			hit = 1;
		if (i < LEARN_MAP_AT)
			ap += ++found / (double)(i + 1);
	}
	if (n_hidden)
		ap /= (double)MIN(n_hidden, (size_t)LEARN_MAP_AT);
	f->users++;
	f->hits += hit;
	f->hits2 += hit * hit;
	f->ap += ap;
	f->ap2 += ap * ap;
}

static double mean(double sum, size_t n)
{
	return n ? sum / (double)n : 0;
}

static double error_of_mean(double sum, double squares, size_t n)
{
	if (n < 2)
		return 0;
	double m = sum / (double)n, variance = (squares - (double)n * m * m) / (double)(n - 1);
	return variance > 0 ? sqrt(variance / (double)n) : 0;
}

double learn_hit_rate(const struct learn_figures *f)
{
	return mean(f->hits, f->users);
}

double learn_map(const struct learn_figures *f)
{
	return mean(f->ap, f->users);
}

double learn_hit_rate_error(const struct learn_figures *f)
{
	return error_of_mean(f->hits, f->hits2, f->users);
}

double learn_map_error(const struct learn_figures *f)
{
	return error_of_mean(f->ap, f->ap2, f->users);
}
