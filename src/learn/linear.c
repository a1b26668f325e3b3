#include "learn/blocks.h"
#include "learn/lanes.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Below this reciprocal condition the normal equations have no digits left to trust. */
#define CONDITION_LEAST 1e-11
/* Of the spread of y: a smaller rest is added up row by row. */
#define RESIDUALS_LEAST 1e-4

/* What one stripe gathers, of p features and at last y: wide = p + 1 columns. */
struct stripe {
	double *sum;    /* wide */
	double *gram;   /* wide × wide; the upper triangle, column after column */
	double *r;      /* (wide + LEARN_BLOCK) × wide, row after row: the triangle so far, and a block below it */
	double squares; /* of the residuals */
};

struct linear {
	const struct learn_design *d;
	const double *y;
	size_t p;
	double mean_y;
	double *mean;         /* p */
	double *gram, *cross; /* of all rows about their means: p × p whole, p of x · y */
	double spread;        /* y · y about its mean */
	double *w;
	double intercept;
	struct stripe stripes[LEARN_STRIPES];
};

/*
 * Sums and Gram matrix in one pass. Numbers come centred and scaled (design.h) and y is centred here; levels are 0 or
 * 1: the squares of the means can be taken off at the end without a digit lost that matters.
 */
static void add_gram(void *ctx, const struct learn_block *b)
{
	struct linear *l = ctx;
	struct stripe *s = &l->stripes[b->stripe];
	size_t wide = l->p + 1, n = b->n;
	double *y = b->x + l->p * n;
	for (size_t i = 0; i < n; i++)
		y[i] = l->y[b->from + i] - l->mean_y;
	for (size_t j = 0; j < wide; j++)
		s->sum[j] += lanes_sum_of(b->x + j * n, n);
	cblas_dsyrk(CblasColMajor, CblasUpper, CblasTrans, (int)wide, (int)n, 1, b->x, (int)n, 1, s->gram, (int)wide);
}

static void add_triangle(void *ctx, const struct learn_block *b)
{
	struct linear *l = ctx;
	struct stripe *s = &l->stripes[b->stripe];
	size_t p = l->p, wide = p + 1;
	double *tau = mem_array(wide, sizeof *tau), *to = s->r + wide * wide;
	for (size_t i = 0; i < b->n; i++) {
		for (size_t j = 0; j < p; j++)
			to[i * wide + j] = b->x[j * b->n + i] - l->mean[j];
		to[i * wide + p] = l->y[b->from + i] - l->mean_y;
	}
	LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, (int)(wide + b->n), (int)wide, s->r, (int)wide, tau);
	for (size_t i = 1; i < wide; i++) /* below the diagonal dgeqrf leaves its reflectors */
		memset(s->r + i * wide, 0, i * sizeof *s->r);
	free(tau);
}

static void add_residuals(void *ctx, const struct learn_block *b)
{
	struct linear *l = ctx;
	double rest[LEARN_BLOCK], sum = 0;
	for (size_t i = 0; i < b->n; i++)
		rest[i] = l->y[b->from + i] - l->intercept;
	if (l->p)
		cblas_dgemv(CblasColMajor, CblasNoTrans, (int)b->n, (int)l->p, -1, b->x, (int)b->n, l->w, 1, 1, rest,
			    1);
	for (size_t i = 0; i < b->n; i++)
		sum += rest[i] * rest[i];
	l->stripes[b->stripe].squares += sum;
}

static void stripes_make(struct linear *l, bool triangles)
{
	size_t wide = l->p + 1;
	for (size_t i = 0; i < LEARN_STRIPES; i++) {
		struct stripe *s = &l->stripes[i];
		if (!triangles) {
			s->sum = mem_zalloc(wide * sizeof(double));
			s->gram = mem_zalloc(wide * wide * sizeof(double));
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
		free(l->stripes[i].r);
	}
	free(l->mean);
	free(l->gram);
	free(l->cross);
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
	size_t p = l->p, wide = p + 1;
	if (!learn_blocks(l->d, rows, n, o, add_gram, l))
		return false;
	struct stripe *all = &l->stripes[0];
	for (size_t s = 1; s < LEARN_STRIPES; s++) {
		cblas_daxpy((int)wide, 1, l->stripes[s].sum, 1, all->sum, 1);
		cblas_daxpy((int)(wide * wide), 1, l->stripes[s].gram, 1, all->gram, 1);
	}
	for (size_t j = 0; j < wide; j++) {
		for (size_t i = 0; i <= j; i++)
			all->gram[j * wide + i] -= all->sum[i] * all->sum[j] / (double)n;
	}
	for (size_t j = 0; j < p; j++) {
		for (size_t i = 0; i <= j; i++)
			l->gram[i * p + j] = all->gram[j * wide + i];
		l->cross[j] = all->gram[p * wide + j];
		l->mean[j] = all->sum[j] / (double)n;
	}
	l->mean_y += all->sum[p] / (double)n; /* what rounding has left */
	l->spread = all->gram[p * wide + p];
	mirror(l->gram, p);
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
	if (l->p == 0 || solve(l->gram, l->cross, l->p, o->l2, inverse, m->w))
		return true;
	m->solver = LEARN_QR;
	stripes_make(l, true);
	return learn_blocks(l->d, rows, n, o, add_triangle, l) ? solve_by_qr(l, o->l2, m->w, e) : cancelled(e);
}

/*
 * The squares of the residuals out of what is known: no pass over the rows. Where next to nothing is left of y, the
 * difference would be rounding: then, and for least-norm solutions, they are added up.
 */
static bool residuals(struct linear *l, const uint32_t *rows, size_t n, const struct learn_fit_options *o,
		      enum learn_solver solver, double *ret)
{
	double *gw = mem_zalloc((l->p + 1) * sizeof *gw);
	int p = (int)l->p;
	if (p)
		cblas_dgemv(CblasRowMajor, CblasNoTrans, p, p, 1, l->gram, p, l->w, 1, 0, gw, 1);
	*ret = l->spread - 2 * cblas_ddot(p, l->cross, 1, l->w, 1) + cblas_ddot(p, gw, 1, l->w, 1);
	free(gw);
	if (solver == LEARN_CHOLESKY && *ret > RESIDUALS_LEAST * l->spread)
		return true;
	if (!learn_blocks(l->d, rows, n, o, add_residuals, l))
		return false;
	*ret = 0;
	for (size_t s = 0; s < LEARN_STRIPES; s++)
		*ret += l->stripes[s].squares;
	return true;
}

static bool fit(struct linear *l, const uint32_t *rows, size_t n, const struct learn_fit_options *o,
		struct learn_model *m, struct err *e)
{
	size_t p = l->p;
	double *inverse = mem_array(MAX(p * p, (size_t)1), sizeof *inverse), squares = 0;
	bool done = find(l, rows, n, o, inverse, m, e);
	if (done) {
		m->intercept = l->intercept = l->mean_y - cblas_ddot((int)p, l->mean, 1, m->w, 1);
		l->w = m->w;
		done = residuals(l, rows, n, o, m->solver, &squares) || cancelled(e);
	}
	if (done && m->solver == LEARN_CHOLESKY && p)
		standard_errors(l->gram, inverse, p, n, squares, m->std_error);
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
	struct linear l = { .d = d, .y = y, .p = d->n };
	l.mean_y = lanes_sum_of(y, n) / (double)n;
	l.mean = mem_zalloc((d->n + 1) * sizeof *l.mean);
	l.gram = mem_zalloc((d->n * d->n + 1) * sizeof *l.gram);
	l.cross = mem_zalloc((d->n + 1) * sizeof *l.cross);
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
