#include "learn/ease.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 64

/* The inverse, its lower triangle by columns. */
struct inverse {
	const float *p;
	double *share; /* −1 / P[j][j] */
	size_t n;
};

static float weight_of(const struct inverse *v, size_t i, size_t j)
{
	float at = i > j ? v->p[j * v->n + i] : v->p[i * v->n + j];
	return i == j ? 0 : (float)((double)at * v->share[j]);
}

/* The k-th greatest of v (k ≥ 1), which is put in another order (Hoare's quickselect, as Wirth wrote it). */
static float greatest(float *v, size_t n, size_t k)
{
	ptrdiff_t left = 0, right = (ptrdiff_t)n - 1, want = (ptrdiff_t)k - 1;
	while (left < right) {
		float pivot = v[want];
		ptrdiff_t i = left, j = right;
		while (i <= j) {
			while (v[i] > pivot)
				i++;
			while (v[j] < pivot)
				j--;
			if (i > j)
				break;
			float t = v[i];
			v[i++] = v[j];
			v[j--] = t;
		}
		if (j < want)
			left = i;
		if (want < i)
			right = j;
	}
	return v[want];
}

/* The lower half is read as it lies and both are written in its place, a block that the caches hold at a time. */
static void keep_all(float *g, const struct inverse *v)
{
	size_t n = v->n;
	for (size_t jb = 0; jb < n; jb += BLOCK) {
		for (size_t ib = jb; ib < n; ib += BLOCK) {
			for (size_t j = jb; j < MIN(n, jb + BLOCK); j++) {
				for (size_t i = MAX(ib, j); i < MIN(n, ib + BLOCK); i++) {
					double at = (double)g[j * n + i];
					g[i * n + j] = i == j ? 0 : (float)(at * v->share[j]);
					g[j * n + i] = i == j ? 0 : (float)(at * v->share[i]);
				}
			}
		}
	}
}

/* Of equal strength the earlier ones. */
static void keep_row(const struct learn_ease *x, const struct inverse *v, size_t i, float *scratch,
		     struct learn_weight *ret)
{
	size_t n = x->n, kept = 0, room;
	for (size_t j = 0; j < n; j++)
		scratch[j] = fabsf(weight_of(v, i, j));
	float least = greatest(scratch, n, x->row_kept);
	for (size_t j = 0; j < n; j++) {
		float w = weight_of(v, i, j);
		if (fabsf(w) > least)
			ret[kept++] = (struct learn_weight){ (uint32_t)j, w };
	}
	room = x->row_kept - kept;
	for (size_t j = 0; j < n && room; j++) {
		float w = weight_of(v, i, j);
		if (fabsf(w) == least) {
			ret[kept++] = (struct learn_weight){ (uint32_t)j, w };
			room--;
		}
	}
}

static void keep_strongest(struct learn_ease *x, const struct inverse *v)
{
	size_t n = x->n;
	float *scratch = mem_array(n, sizeof *scratch);
	x->row_kept = MAX(1U, x->options.kept / 2 / x->n); /* a place and a weight each */
	x->strongest = mem_array(n * x->row_kept, sizeof *x->strongest);
	for (size_t i = 0; i < n; i++)
		keep_row(x, v, i, scratch, x->strongest + i * x->row_kept);
	free(scratch);
}

/* Takes the inverse. */
static void keep(struct learn_ease *x, float *p)
{
	struct inverse v = { p, mem_array(x->n ? x->n : 1, sizeof *v.share), x->n };
	for (size_t j = 0; j < v.n; j++)
		v.share[j] = -1 / (double)p[j * v.n + j];
	if (v.n * v.n <= x->options.kept) {
		keep_all(p, &v);
		float *less = realloc(p, (v.n * v.n + 1) * sizeof *p); /* doubles may have needed more */
		x->weight = less ? less : p;
	} else {
		keep_strongest(x, &v);
		free(p);
	}
	free(v.share);
}

static void train(struct learn_gram *gram, const struct learn_ease_options *o, struct learn_ease *ret)
{
	struct learn_ease x = { .options = *o,
				.n_products = gram->n_products,
				.n = gram->n,
				.place = gram->place,
				.product = gram->product };
	/* λ > 0 makes it positive definite, so it cannot fail but for numbers that are none. */
	if (!gram->g || !learn_gram_invert(gram, o->lambda)) {
		x.n = 0;
		for (uint32_t i = 0; i < x.n_products; i++)
			x.place[i] = LEARN_EASE_NONE;
	}
	if (!gram->g)
		gram->g = mem_array(1, sizeof *gram->g);
	keep(&x, gram->g);
	*gram = (struct learn_gram){ 0 };
	*ret = x;
}

void learn_ease_train(const struct learn_history *h, const struct learn_popularity *p,
		      const struct learn_ease_options *o, struct learn_ease *ret)
{
	struct learn_gram gram;
	learn_gram_make(h, p, o->most, o->lambda, &gram);
	train(&gram, o, ret);
}

void learn_ease_train_counted(const struct learn_gram *gram, const struct learn_ease_options *o, struct learn_ease *ret)
{
	struct learn_gram copy;
	learn_gram_copy(gram, &copy);
	train(&copy, o, ret);
}

void learn_ease_free(struct learn_ease *x)
{
	free(x->place);
	free(x->product);
	free(x->weight);
	free(x->strongest);
	*x = (struct learn_ease){ 0 };
}

size_t learn_ease_bytes(const struct learn_ease *x)
{
	size_t n = x->n, weights = x->weight ? n * n * sizeof *x->weight : n * x->row_kept * sizeof *x->strongest;
	return weights + ((size_t)x->n_products + n) * 4;
}

static int newest_first(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return x > y ? -1 : x < y;
}

/* How much each entry of the row counts; ret has row.n places. */
static void decays(const struct learn_ease *x, struct learn_row row, float *ret)
{
	int32_t *days = mem_array(row.n ? row.n : 1, sizeof *days);
	size_t n = 0;
	memcpy(days, row.last, row.n * sizeof *days);
	qsort(days, row.n, sizeof *days, newest_first);
	for (size_t i = 0; i < row.n; i++) {
		if (n == 0 || days[n - 1] != days[i])
			days[n++] = days[i];
	}
	for (size_t i = 0; i < row.n; i++) {
		const int32_t *at = bsearch(&row.last[i], days, n, sizeof *days, newest_first);
		size_t back = x->options.by_place ? i : (size_t)(at - days);
		ret[i] = powf(x->options.decay, (float)back);
	}
	free(days);
}

static struct learn_row newest_of(struct learn_row row)
{
	row.n = MIN(row.n, (size_t)LEARN_GRAM_ROW);
	return row;
}

static void add_row(const struct learn_ease *x, uint32_t place, float by, float *sums)
{
	size_t n = x->n;
	if (x->weight) {
		cblas_saxpy((blasint)n, by, x->weight + place * n, 1, sums, 1);
		return;
	}
	const struct learn_weight *w = x->strongest + (size_t)place * x->row_kept;
	for (uint32_t k = 0; k < x->row_kept; k++)
		sums[w[k].to] += by * w[k].weight;
}

void learn_ease_score(const struct learn_ease *x, struct learn_row all, float *sums, struct learn_scores *s)
{
	struct learn_row row = newest_of(all);
	float *by = mem_array(row.n ? row.n : 1, sizeof *by);
	bool any = false;
	decays(x, row, by);
	memset(sums, 0, x->n * sizeof *sums);
	for (size_t i = 0; i < row.n; i++) {
		uint32_t place = x->place[row.product[i]];
		if (place == LEARN_EASE_NONE)
			continue;
		add_row(x, place, by[i], sums);
		any = true;
	}
	for (uint32_t j = 0; j < x->n && any; j++)
		learn_scores_add(s, x->product[j], sums[j]);
	free(by);
}

float learn_ease_weight(const struct learn_ease *x, uint32_t from, uint32_t to)
{
	if (from >= x->n_products || to >= x->n_products)
		return 0;
	uint32_t i = x->place[from], j = x->place[to];
	if (i == LEARN_EASE_NONE || j == LEARN_EASE_NONE)
		return 0;
	if (x->weight)
		return x->weight[(size_t)i * x->n + j];
	for (uint32_t k = 0; k < x->row_kept; k++) {
		const struct learn_weight *w = &x->strongest[(size_t)i * x->row_kept + k];
		if (w->to == j)
			return w->weight;
	}
	return 0;
}

float learn_ease_score_one(const struct learn_ease *x, struct learn_row all, uint32_t product)
{
	struct learn_row row = newest_of(all);
	float *by = mem_array(row.n ? row.n : 1, sizeof *by), sum = 0;
	decays(x, row, by);
	for (size_t i = 0; i < row.n; i++)
		sum += by[i] * learn_ease_weight(x, row.product[i], product);
	free(by);
	return sum;
}
