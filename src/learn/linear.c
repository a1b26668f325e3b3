#include "learn/blocks.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Below this reciprocal condition the normal equations have no digits left to trust. */
#define CONDITION_LEAST 1e-11

/* What one stripe gathers. Matrices of p columns, row-major; of the Gram matrix the upper triangle. */
struct stripe {
	double *sum;    /* p, and at last y */
	double *gram;   /* p × p */
	double *cross;  /* p: centred x · centred y */
	double *block;  /* LEARN_BLOCK × (p + 1): centred, with y as the last column */
	double *r;      /* (p + 1 + LEARN_BLOCK) × (p + 1): the triangle so far, and a block below it */
	double squares; /* of the residuals */
};

struct linear {
	const struct learn_design *d;
	const double *y;
	size_t p;
	double *mean; /* p, and at last that of y */
	double *w;
	double intercept;
	struct stripe stripes[LEARN_STRIPES];
};

static void add_sums(void *ctx, const struct learn_block *b)
{
	struct linear *l = ctx;
	double *sum = l->stripes[b->stripe].sum;
	for (size_t i = 0; i < b->n; i++) {
		for (size_t j = 0; j < l->p; j++)
			sum[j] += b->x[i * l->p + j];
		sum[l->p] += l->y[b->from + i];
	}
}

/* Centred, p + 1 columns wide. */
static const double *centre(struct linear *l, const struct learn_block *b)
{
	double *to = l->stripes[b->stripe].block;
	size_t wide = l->p + 1;
	for (size_t i = 0; i < b->n; i++) {
		for (size_t j = 0; j < l->p; j++)
			to[i * wide + j] = b->x[i * l->p + j] - l->mean[j];
		to[i * wide + l->p] = l->y[b->from + i] - l->mean[l->p];
	}
	return to;
}

static void add_gram(void *ctx, const struct learn_block *b)
{
	struct linear *l = ctx;
	struct stripe *s = &l->stripes[b->stripe];
	const double *x = centre(l, b);
	int p = (int)l->p, wide = p + 1, n = (int)b->n;
	cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, p, n, 1, x, wide, 1, s->gram, p);
	cblas_dgemv(CblasRowMajor, CblasTrans, n, p, 1, x, wide, x + p, wide, 1, s->cross, 1);
}

static void add_triangle(void *ctx, const struct learn_block *b)
{
	struct linear *l = ctx;
	struct stripe *s = &l->stripes[b->stripe];
	size_t wide = l->p + 1;
	double *tau = mem_array(wide, sizeof *tau);
	memcpy(s->r + wide * wide, centre(l, b), b->n * wide * sizeof *s->r);
	LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, (int)(wide + b->n), (int)wide, s->r, (int)wide, tau);
	for (size_t i = 1; i < wide; i++) /* below the diagonal dgeqrf leaves its reflectors */
		memset(s->r + i * wide, 0, i * sizeof *s->r);
	free(tau);
}

static void add_residuals(void *ctx, const struct learn_block *b)
{
	struct linear *l = ctx;
	double sum = 0;
	for (size_t i = 0; i < b->n; i++) {
		double score = l->intercept + cblas_ddot((int)l->p, b->x + i * l->p, 1, l->w, 1);
		sum += (l->y[b->from + i] - score) * (l->y[b->from + i] - score);
	}
	l->stripes[b->stripe].squares += sum;
}

static void stripes_make(struct linear *l, bool triangles)
{
	size_t p = MAX(l->p, (size_t)1), wide = l->p + 1;
	for (size_t i = 0; i < LEARN_STRIPES; i++) {
		struct stripe *s = &l->stripes[i];
		if (!triangles) {
			s->sum = mem_zalloc(wide * sizeof(double));
			s->gram = mem_zalloc(p * p * sizeof(double));
			s->cross = mem_zalloc(p * sizeof(double));
			s->block = mem_array(LEARN_BLOCK * wide, sizeof(double));
		} else {
			s->r = mem_zalloc((wide + LEARN_BLOCK) * wide * sizeof(double));
		}
	}
}

static void linear_free(struct linear *l)
{
	for (size_t i = 0; i < LEARN_STRIPES; i++) {
		free(l->stripes[i].sum);
		free(l->stripes[i].gram);
		free(l->stripes[i].cross);
		free(l->stripes[i].block);
		free(l->stripes[i].r);
	}
	free(l->mean);
}

static void add_all(double *to, const double *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += from[i];
}

static void mirror(double *a, size_t p)
{
	for (size_t i = 0; i < p; i++) {
		for (size_t j = 0; j < i; j++)
			a[i * p + j] = a[j * p + i];
	}
}

/* Standard errors of ridge: s² (G + l2)⁻¹ G (G + l2)⁻¹, s² over n − tr(G (G + l2)⁻¹) − 1. */
static void standard_errors(const double *gram, const double *inverse, size_t p, size_t n, double squares, double *ret)
{
	double *both = mem_array(MAX(p * p, (size_t)1), sizeof *both), used = 0;
	cblas_dsymm(CblasRowMajor, CblasLeft, CblasUpper, (int)p, (int)p, 1, inverse, (int)p, gram, (int)p, 0, both,
		    (int)p);
	for (size_t j = 0; j < p; j++)
		used += both[j * p + j];
	double freedom = (double)n - used - 1, variance = freedom > 0 ? squares / freedom : NAN;
	for (size_t j = 0; j < p; j++) {
		double v = cblas_ddot((int)p, both + j * p, 1, inverse + j, (int)p);
		ret[j] = sqrt(variance * MAX(v, 0.0));
	}
	free(both);
}

/* w by Cholesky, and the inverse whole in *inverse; false when it cannot be trusted. */
static bool solve(const double *gram, const double *cross, size_t p, double l2, double *inverse, double *w)
{
	double norm = 0, condition = 0;
	memcpy(inverse, gram, p * p * sizeof *inverse);
	for (size_t j = 0; j < p; j++)
		inverse[j * p + j] += l2;
	for (size_t j = 0; j < p; j++)
		norm = MAX(norm, cblas_dasum((int)p, inverse + j * p, 1));
	memcpy(w, cross, p * sizeof *w);
	if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'U', (int)p, inverse, (int)p) != 0 ||
	    LAPACKE_dpocon(LAPACK_ROW_MAJOR, 'U', (int)p, inverse, (int)p, norm, &condition) != 0 ||
	    condition < CONDITION_LEAST ||
	    LAPACKE_dpotrs(LAPACK_ROW_MAJOR, 'U', (int)p, 1, inverse, (int)p, w, 1) != 0 ||
	    LAPACKE_dpotri(LAPACK_ROW_MAJOR, 'U', (int)p, inverse, (int)p) != 0)
		return false;
	mirror(inverse, p);
	return true;
}

/* The triangles of all stripes as one, the penalty below, and the solution of least norm. */
static bool solve_by_qr(struct linear *l, double l2, double *w, struct err *e)
{
	size_t p = l->p, wide = p + 1, rows = LEARN_STRIPES * wide + p;
	double *a = mem_zalloc(rows * wide * sizeof *a), *tau = mem_array(wide, sizeof *tau);
	double *square = mem_zalloc(p * p * sizeof *square), *singular = mem_array(p, sizeof *singular);
	for (size_t s = 0; s < LEARN_STRIPES; s++)
		memcpy(a + s * wide * wide, l->stripes[s].r, wide * wide * sizeof *a);
	for (size_t j = 0; j < p; j++)
		a[(LEARN_STRIPES * wide + j) * wide + j] = sqrt(l2);
	int rank = 0, failed = LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, (int)rows, (int)wide, a, (int)wide, tau);
	for (size_t i = 0; i < p; i++) {
		memcpy(square + i * p + i, a + i * wide + i, (p - i) * sizeof *square);
		w[i] = a[i * wide + p];
	}
	/* Collinear columns leave singular values that are rounding alone. */
	if (!failed)
		failed = LAPACKE_dgelsd(LAPACK_ROW_MAJOR, (int)p, (int)p, 1, square, (int)p, w, 1, singular, 1e-12,
					&rank);
	free(a);
	free(tau);
	free(square);
	free(singular);
	return !failed || err_set(e, ERR_INTERNAL, NULL, "the least squares of the regression did not converge");
}

static void report(const struct learn_fit_options *o, double fraction)
{
	if (o->progress)
		o->progress(o->progress_ctx, fraction);
}

static bool gather(struct linear *l, const uint32_t *rows, size_t n, const struct learn_fit_options *o)
{
	if (!learn_blocks(l->d, rows, n, o, add_sums, l))
		return false;
	for (size_t s = 0; s < LEARN_STRIPES; s++)
		add_all(l->mean, l->stripes[s].sum, l->p + 1);
	for (size_t j = 0; j <= l->p; j++)
		l->mean[j] /= (double)n;
	report(o, 0.2);
	if (!learn_blocks(l->d, rows, n, o, add_gram, l))
		return false;
	for (size_t s = 1; s < LEARN_STRIPES; s++) {
		add_all(l->stripes[0].gram, l->stripes[s].gram, l->p * l->p);
		add_all(l->stripes[0].cross, l->stripes[s].cross, l->p);
	}
	mirror(l->stripes[0].gram, l->p);
	report(o, 0.6);
	return true;
}

static bool cancelled(struct err *e)
{
	return err_set(e, ERR_CANCELLED, NULL, "cancelled");
}

/* The coefficients, by whichever way holds. */
static bool find(struct linear *l, const uint32_t *rows, size_t n, const struct learn_fit_options *o, double *inverse,
		 struct learn_model *m, struct err *e)
{
	if (!gather(l, rows, n, o))
		return cancelled(e);
	if (l->p == 0 || solve(l->stripes[0].gram, l->stripes[0].cross, l->p, o->l2, inverse, m->w))
		return true;
	m->solver = LEARN_QR;
	stripes_make(l, true);
	return learn_blocks(l->d, rows, n, o, add_triangle, l) ? solve_by_qr(l, o->l2, m->w, e) : cancelled(e);
}

static bool fit(struct linear *l, const uint32_t *rows, size_t n, const struct learn_fit_options *o,
		struct learn_model *m, struct err *e)
{
	size_t p = l->p;
	double *inverse = mem_array(MAX(p * p, (size_t)1), sizeof *inverse), squares = 0;
	bool done = find(l, rows, n, o, inverse, m, e);
	if (done) {
		m->intercept = l->intercept = l->mean[p] - cblas_ddot((int)p, l->mean, 1, m->w, 1);
		l->w = m->w;
		done = learn_blocks(l->d, rows, n, o, add_residuals, l) || cancelled(e);
	}
	for (size_t s = 0; s < LEARN_STRIPES; s++)
		squares += l->stripes[s].squares;
	if (done && m->solver == LEARN_CHOLESKY && p)
		standard_errors(l->stripes[0].gram, inverse, p, n, squares, m->std_error);
	m->objective = squares + o->l2 * cblas_ddot((int)p, m->w, 1, m->w, 1);
	free(inverse);
	report(o, 1);
	return done;
}

bool learn_linear(const struct learn_design *d, const uint32_t *rows, const double *y, size_t n,
		  const struct learn_fit_options *o, struct learn_model *ret, struct err *e)
{
	*ret = (struct learn_model){ .n = d->n, .iterations = 1 };
	if (n == 0)
		return err_set(e, ERR_VALUE, "no_rows", "there are no rows to learn from");
	struct linear l = { .d = d, .y = y, .p = d->n, .mean = mem_zalloc((d->n + 1) * sizeof(double)) };
	ret->w = mem_zalloc((d->n + 1) * sizeof *ret->w);
	ret->std_error = mem_array(d->n + 1, sizeof *ret->std_error);
	for (size_t j = 0; j <= d->n; j++)
		ret->std_error[j] = NAN;
	openblas_set_num_threads(1); /* the stripes are the threads */
	stripes_make(&l, false);
	bool done = fit(&l, rows, n, o, ret, e);
	linear_free(&l);
	if (!done)
		learn_model_free(ret);
	return done;
}
