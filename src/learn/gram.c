#include "learn/gram.h"

#include <cblas.h>
#include <lapacke.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST 16 /* products; for fewer there is always memory */

static void choose_products(struct learn_gram *x, const struct learn_popularity *p)
{
	for (uint32_t i = 0; i < x->n_products; i++)
		x->place[i] = LEARN_GRAM_NONE;
	for (uint32_t i = 0; i < x->n; i++) {
		x->product[i] = p->order[i];
		x->place[p->order[i]] = i;
	}
}

/* The places of a customer's products among those that take part; returns how many. */
static size_t places_of(const struct learn_gram *x, struct learn_row row, uint32_t *ret)
{
	size_t k = 0;
	for (size_t i = 0; i < MIN(row.n, (size_t)LEARN_GRAM_ROW); i++) {
		if (x->place[row.product[i]] != LEARN_GRAM_NONE)
			ret[k++] = x->place[row.product[i]];
	}
	return k;
}

static double norm_of(const struct learn_gram *x, const struct learn_history *h, uint32_t *places)
{
	double *sum = mem_zalloc((x->n ? x->n : 1) * sizeof *sum), most = 0;
	for (uint32_t c = 0; c < h->n_customers; c++) {
		size_t k = places_of(x, learn_history_row(h, c), places);
		for (size_t a = 0; a < k; a++)
			sum[places[a]] += (double)k;
	}
	for (uint32_t i = 0; i < x->n; i++)
		most = MAX(most, sum[i]);
	free(sum);
	return most;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static void count(struct learn_gram *x, const struct learn_history *h, uint32_t *places)
{
	size_t n = x->n;
	for (uint32_t c = 0; c < h->n_customers; c++) {
		size_t k = places_of(x, learn_history_row(h, c), places);
		qsort(places, k, sizeof *places, by_number);
		for (size_t a = 0; a < k; a++) {
			float *column = x->g + places[a] * n;
			for (size_t b = a; b < k; b++)
				column[places[b]] += 1;
		}
	}
}

static size_t entry_bytes(const struct learn_gram *x)
{
	return x->wide ? sizeof(double) : sizeof(float);
}

void learn_gram_make(const struct learn_history *h, const struct learn_popularity *p, uint32_t most, double lambda,
		     struct learn_gram *ret)
{
	struct learn_gram x = { .n_products = h->n_products };
	uint32_t *places = mem_array(LEARN_GRAM_ROW, sizeof *places);
	most = MIN(most, (uint32_t)LEARN_GRAM_MOST);
	x.n = MIN(h->n_products, most);
	while (x.n && p->customers[p->order[x.n - 1]] < (x.n > LEARN_GRAM_ANY ? LEARN_GRAM_LEAST : 1U))
		x.n--; /* hardly anybody has it: little can be learnt, and each one costs a row and a column */
	x.place = mem_array(h->n_products ? h->n_products : 1, sizeof *x.place);
	x.product = mem_array(x.n ? x.n : 1, sizeof *x.product);
	for (;;) {
		choose_products(&x, p);
		x.norm = norm_of(&x, h, places);
		x.wide = x.norm > LEARN_GRAM_SINGLE * lambda;
		x.g = calloc((size_t)x.n * x.n + 1, entry_bytes(&x));
		if (x.g || !x.n)
			break;
		x.n = x.n > SMALLEST ? x.n / 2 : 0;
	}
	if (x.g)
		count(&x, h, places);
	free(places);
	*ret = x;
}

void learn_gram_free(struct learn_gram *x)
{
	free(x->place);
	free(x->product);
	free(x->g);
	*x = (struct learn_gram){ 0 };
}

void learn_gram_copy(const struct learn_gram *x, struct learn_gram *ret)
{
	size_t n = x->n;
	*ret = *x;
	ret->g = x->g ? malloc((n * n + 1) * entry_bytes(x)) : NULL;
	if (ret->g)
		memcpy(ret->g, x->g, n * n * sizeof *ret->g);
	ret->place = mem_array(x->n_products ? x->n_products : 1, sizeof *ret->place);
	ret->product = mem_array(n ? n : 1, sizeof *ret->product);
	memcpy(ret->place, x->place, x->n_products * sizeof *ret->place);
	memcpy(ret->product, x->product, n * sizeof *ret->product);
}

/* From the end, since a double takes the place of two floats; bytes, since the memory changes its type. */
static void widen(void *g, size_t n)
{
	for (size_t i = n; i-- > 0;) {
		float narrow;
		memcpy(&narrow, (char *)g + i * sizeof narrow, sizeof narrow);
		double wide = (double)narrow;
		memcpy((char *)g + i * sizeof wide, &wide, sizeof wide);
	}
}

static void narrow(void *g, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double wide;
		memcpy(&wide, (char *)g + i * sizeof wide, sizeof wide);
		float narrow = (float)wide;
		memcpy((char *)g + i * sizeof narrow, &narrow, sizeof narrow);
	}
}

static bool invert_doubles(void *g, lapack_int n)
{
	return LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', n, g, n) == 0 &&
	       LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', n, g, n) == 0;
}

static bool invert_floats(float *g, lapack_int n)
{
	return LAPACKE_spotrf(LAPACK_COL_MAJOR, 'L', n, g, n) == 0 &&
	       LAPACKE_spotri(LAPACK_COL_MAJOR, 'L', n, g, n) == 0;
}

bool learn_gram_invert(struct learn_gram *x, double lambda)
{
	size_t n = x->n;
	openblas_set_num_threads(1); /* other work goes on beside a training */
	for (size_t i = 0; i < n; i++)
		x->g[i * n + i] += (float)lambda;
	if (!n)
		return true;
	if (!x->wide)
		return invert_floats(x->g, (lapack_int)n);
	widen(x->g, n * n);
	bool good = invert_doubles(x->g, (lapack_int)n);
	narrow(x->g, n * n);
	return good;
}
