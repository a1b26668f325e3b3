#include "learn/blocks.h"
#include "learn/lanes.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ITERATIONS_MOST 100
#define HALVINGS_MOST 40
/* Newton's decrement, beside the objective, from which the next step is the last: each one squares the error. */
#define ENOUGH 1e-9
/* A training log-loss a row below this: every row is told right, and surely. */
#define SEPARATED 1e-3
/* The same for a step that is taken without looking what it brings: nothing of it would be seen. */
#define SURE 1e-13
/* From so many rows on, the way begins where that of every SAMPLE-th block of them ended; so does the way of these. */
#define SAMPLE 8
#define SAMPLED_FROM 50000

/* The intercept is the last of q = p + 1 coefficients. */
struct stripe {
	double loss;
	double *gradient; /* q */
	double *hessian;  /* q × q, the upper triangle, column after column */
	bool wrong;       /* a row stands on the wrong side */
};

struct logistic {
	const struct learn_design *d;
	const double *y;
	size_t p, q;
	const double *w;
	bool bent; /* the Hessian is there already, nearly: only loss and gradient are looked for */
	struct stripe stripes[LEARN_STRIPES];
	double loss;
	double *gradient, *hessian; /* of all */
	bool wrong;
};

double learn_sigmoid(double score)
{
	return score >= 0 ? 1 / (1 + exp(-score)) : exp(score) / (1 + exp(score));
}

/* What a block of scores says: the loss, each row's error, and the root of its weight. */
static void judge(const double *score, const double *y, size_t n, struct stripe *s, double *error, double *root)
{
	double product = 1, behind = 0; /* n factors of 1 to 2: no more than 2^LEARN_BLOCK, one logarithm for all */
	for (size_t i = 0; i < n; i++) {
		double t = y[i] > 0.5 ? score[i] : -score[i], small = exp(-fabs(score[i]));
		double share = score[i] >= 0 ? 1 / (1 + small) : small / (1 + small);
		product *= 1 + small;
		behind += t < 0 ? -t : 0;
		s->wrong |= t <= 0;
		error[i] = share - y[i];
		root[i] = sqrt(small) / (1 + small); /* √(share (1 − share)), without cancelling */
	}
	s->loss += log(product) + behind;
}

static void multiply(double *to, const double *by, size_t n)
{
	size_t i = 0;
	for (; i + LANES <= n; i += LANES)
		*(lanes *)(to + i) *= *(const lanes *)(by + i);
	for (; i < n; i++)
		to[i] *= by[i];
}

/* Loss, gradient and Hessian in one pass over the block. */
static void add_block(void *ctx, const struct learn_block *b)
{
	struct logistic *l = ctx;
	struct stripe *s = &l->stripes[b->stripe];
	size_t p = l->p, q = l->q, n = b->n;
	double score[LEARN_BLOCK], error[LEARN_BLOCK], *root = b->x + p * n;
	for (size_t i = 0; i < n; i++)
		score[i] = l->w[p];
	if (p)
		cblas_dgemv(CblasColMajor, CblasNoTrans, (int)n, (int)p, 1, b->x, (int)n, l->w, 1, 1, score, 1);
	judge(score, l->y + b->from, n, s, error, root);
	for (size_t i = 0; i < n; i++)
		s->gradient[p] += error[i];
	if (p)
		cblas_dgemv(CblasColMajor, CblasTrans, (int)n, (int)p, 1, b->x, (int)n, error, 1, 1, s->gradient, 1);
	if (l->bent)
		return;
	for (size_t j = 0; j < p; j++)
		multiply(b->x + j * n, root, n);
	cblas_dsyrk(CblasColMajor, CblasUpper, CblasTrans, (int)q, (int)n, 1, b->x, (int)n, 1, s->hessian, (int)q);
}

static void add_hessians(struct logistic *l, double l2)
{
	size_t q = l->q;
	memset(l->hessian, 0, q * q * sizeof(double));
	for (size_t s = 0; s < LEARN_STRIPES; s++)
		cblas_daxpy((int)(q * q), 1, l->stripes[s].hessian, 1, l->hessian, 1);
	for (size_t j = 0; j < l->p; j++)
		l->hessian[j * q + j] += l2;
}

/* Everything at w, penalty included. False: cancelled. */
static bool look(struct logistic *l, const double *w, const uint32_t *rows, size_t n, const struct learn_fit_options *o)
{
	size_t q = l->q;
	l->w = w;
	for (size_t s = 0; s < LEARN_STRIPES; s++) {
		l->stripes[s].loss = 0;
		l->stripes[s].wrong = false;
		memset(l->stripes[s].gradient, 0, q * sizeof(double));
		memset(l->stripes[s].hessian, 0, q * q * sizeof(double));
	}
	if (!learn_blocks(l->d, rows, n, o, add_block, l))
		return false;
	l->loss = 0;
	l->wrong = false;
	memset(l->gradient, 0, q * sizeof(double));
	for (size_t s = 0; s < LEARN_STRIPES; s++) {
		l->loss += l->stripes[s].loss;
		l->wrong |= l->stripes[s].wrong;
		for (size_t j = 0; j < q; j++)
			l->gradient[j] += l->stripes[s].gradient[j];
	}
	for (size_t j = 0; j < l->p; j++) {
		l->loss += 0.5 * o->l2 * w[j] * w[j];
		l->gradient[j] += o->l2 * w[j];
	}
	if (!l->bent)
		add_hessians(l, o->l2);
	return true;
}

/*
 * The Newton step into ret, and its decrement. A hair is added to the diagonal when collinear columns without a
 * penalty leave the matrix singular: the step then takes the least of equally good ways.
 */
static bool newton(const struct logistic *l, double *factor, double *ret, double *decrement)
{
	size_t q = l->q;
	double most = 0;
	for (size_t j = 0; j < q; j++)
		most = MAX(most, l->hessian[j * q + j]);
	for (double hair = 0; hair<1e-3; hair = hair> 0 ? hair * 100 : 1e-13) {
		memcpy(factor, l->hessian, q * q * sizeof *factor);
		for (size_t j = 0; j < q; j++)
			factor[j * q + j] += hair * most;
		memcpy(ret, l->gradient, q * sizeof *ret);
		if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', (int)q, factor, (int)q) == 0 &&
		    LAPACKE_dpotrs(LAPACK_COL_MAJOR, 'U', (int)q, 1, factor, (int)q, ret, (int)q) == 0) {
			*decrement = cblas_ddot((int)q, ret, 1, l->gradient, 1);
			return isfinite(*decrement);
		}
	}
	return false;
}

struct descent {
	double *at, *step, *next, *factor;
};

/* One step, halved until it does not make things worse; *moved is false when no step does. */
static bool descend(struct logistic *l, struct descent *t, const uint32_t *rows, size_t n,
		    const struct learn_fit_options *o, bool *moved)
{
	double before = l->loss, size = 1;
	for (int halved = 0; halved < HALVINGS_MOST; halved++, size /= 2) {
		for (size_t j = 0; j < l->q; j++)
			t->next[j] = t->at[j] - size * t->step[j];
		if (!look(l, t->next, rows, n, o))
			return false;
		if (l->loss <= before + 1e-13 * fabs(before)) {
			memcpy(t->at, t->next, l->q * sizeof *t->at);
			*moved = true;
			return true;
		}
	}
	*moved = false;
	return look(l, t->at, rows, n, o);
}

static bool converge(struct logistic *l, struct descent *t, const uint32_t *rows, size_t n,
		     const struct learn_fit_options *o, struct learn_model *m, struct err *e)
{
	double decrement;
	bool moved = true, nearly;
	if (!look(l, t->at, rows, n, o))
		return err_set(e, ERR_CANCELLED, NULL, "cancelled");
	for (m->iterations = 0; m->iterations < ITERATIONS_MOST; m->iterations++) {
		nearly = l->bent;
		l->bent = false;
		if (!newton(l, t->factor, t->step, &decrement))
			return err_set(
				e, ERR_VALUE, "not_solvable",
				"the features leave the regression without a solution: a penalty (l2 above 0) helps");
		if (o->l2 == 0 && !l->wrong && l->loss < SEPARATED * (double)n)
			return err_set(
				e, ERR_VALUE, "separable",
				"the features tell the two classes apart without error, so that coefficients have no "
				"end: a penalty (l2 above 0) is needed");
		if (!nearly && decrement <= SURE * (1 + fabs(l->loss))) {
			cblas_daxpy((int)l->q, -1, t->step, 1, t->at, 1);
			l->loss -= decrement / 2;
			break;
		}
		if (!descend(l, t, rows, n, o, &moved))
			return err_set(e, ERR_CANCELLED, NULL, "cancelled");
		if (o->progress)
			o->progress(o->progress_ctx, 1 - 1 / (1.5 + m->iterations));
		if (!nearly && (decrement <= ENOUGH * (1 + fabs(l->loss)) || !moved))
			break;
	}
	m->separable = !l->wrong;
	return true;
}

static void finish(struct logistic *l, struct descent *t, struct learn_model *m)
{
	size_t q = l->q;
	memcpy(m->w, t->at, l->p * sizeof *m->w);
	m->intercept = t->at[l->p];
	m->objective = l->loss;
	memcpy(t->factor, l->hessian, q * q * sizeof *t->factor);
	bool inverted = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', (int)q, t->factor, (int)q) == 0 &&
			LAPACKE_dpotri(LAPACK_COL_MAJOR, 'U', (int)q, t->factor, (int)q) == 0;
	for (size_t j = 0; j < l->p; j++)
		m->std_error[j] = inverted && t->factor[j * q + j] > 0 ? sqrt(t->factor[j * q + j]) : NAN;
}

static bool check(const double *y, size_t n, struct err *e)
{
	size_t ones = 0;
	if (n == 0)
		return err_set(e, ERR_VALUE, "no_rows", "there are no rows to learn from");
	for (size_t i = 0; i < n; i++)
		ones += y[i] > 0.5;
	if (ones == 0 || ones == n)
		return err_set(e, ERR_VALUE, "one_class", "all rows to learn from have the same outcome: %s",
			       ones ? "all are positive" : "none is positive");
	return true;
}

static void logistic_make(struct logistic *l, size_t q)
{
	l->gradient = mem_array(q, sizeof(double));
	l->hessian = mem_array(q * q, sizeof(double));
	for (size_t s = 0; s < LEARN_STRIPES; s++) {
		l->stripes[s].gradient = mem_array(q, sizeof(double));
		l->stripes[s].hessian = mem_array(q * q, sizeof(double));
	}
}

static void logistic_free(struct logistic *l)
{
	for (size_t s = 0; s < LEARN_STRIPES; s++) {
		free(l->stripes[s].gradient);
		free(l->stripes[s].hessian);
	}
	free(l->gradient);
	free(l->hessian);
}

static bool fit(struct logistic *l, struct descent *t, const uint32_t *rows, size_t n,
		const struct learn_fit_options *o, struct learn_model *m, struct err *e);

/*
 * Where to begin with many rows: the coefficients of every SAMPLE-th block of them, near enough for Newton's method to
 * need a few passes over all instead of seven or so, and their Hessian, good for the first step of these. Only a
 * beginning: when it fails, the way is longer.
 */
/* NOLINTNEXTLINE(misc-no-recursion): each time an eighth of the rows */
static void begin(struct logistic *l, struct descent *t, const uint32_t *rows, size_t n,
		  const struct learn_fit_options *o)
{
	size_t some = n / SAMPLE / LEARN_BLOCK * LEARN_BLOCK;
	double share = (double)some / (double)n;
	struct learn_fit_options quiet = { .l2 = o->l2 * share, .threads = o->threads, .cancel = o->cancel };
	struct learn_model m = { 0 };
	struct err ignored = { 0 };
	uint32_t *row = mem_array(some, sizeof *row);
	double *y = mem_array(some, sizeof *y);
	for (size_t i = 0; i < some; i++) { /* whole blocks, which are read faster than row by row */
		size_t from = i / LEARN_BLOCK * LEARN_BLOCK * SAMPLE + i % LEARN_BLOCK;
		row[i] = rows[from];
		y[i] = l->y[from];
	}
	struct logistic sample = { .d = l->d, .y = y, .p = l->p, .q = l->q };
	if (check(y, some, &ignored) && fit(&sample, t, row, some, &quiet, &m, &ignored) && !m.separable) {
		memcpy(l->hessian, sample.hessian, l->q * l->q * sizeof *l->hessian);
		cblas_dscal((int)(l->q * l->q), 1 / share, l->hessian, 1);
		l->bent = true;
	} else {
		memset(t->at, 0, l->q * sizeof *t->at);
	}
	logistic_free(&sample);
	free(row);
	free(y);
}

/* From t->at = 0 to the coefficients in t->at, with what was seen there in l, which the caller frees. */
/* NOLINTNEXTLINE(misc-no-recursion): each time an eighth of the rows */
static bool fit(struct logistic *l, struct descent *t, const uint32_t *rows, size_t n,
		const struct learn_fit_options *o, struct learn_model *m, struct err *e)
{
	logistic_make(l, l->q);
	if (n >= SAMPLED_FROM)
		begin(l, t, rows, n, o);
	return converge(l, t, rows, n, o, m, e);
}

bool learn_logistic(const struct learn_design *d, const uint32_t *rows, const double *y, size_t n,
		    const struct learn_fit_options *o, struct learn_model *ret, struct err *e)
{
	*ret = (struct learn_model){ .n = d->n };
	if (!check(y, n, e))
		return false;
	size_t q = d->n + 1;
	struct logistic l = { .d = d, .y = y, .p = d->n, .q = q };
	struct descent t = { mem_zalloc(q * sizeof(double)), mem_array(q, sizeof(double)), mem_array(q, sizeof(double)),
			     mem_array(q * q, sizeof(double)) };
	openblas_set_num_threads(1); /* the stripes are the threads */
	ret->w = mem_zalloc(q * sizeof *ret->w);
	ret->std_error = mem_zalloc(q * sizeof *ret->std_error);
	bool done = fit(&l, &t, rows, n, o, ret, e);
	if (done)
		finish(&l, &t, ret);
	logistic_free(&l);
	free(t.at);
	free(t.step);
	free(t.next);
	free(t.factor);
	if (!done)
		learn_model_free(ret);
	return done;
}

void learn_model_free(struct learn_model *m)
{
	free(m->w);
	free(m->std_error);
	*m = (struct learn_model){ 0 };
}

void learn_scores(const struct learn_design *d, const struct learn_model *m, const uint32_t *rows, size_t n,
		  double *ret)
{
	double *x = mem_array(LEARN_BLOCK * MAX(d->n, (size_t)1), sizeof *x);
	for (size_t from = 0; from < n; from += LEARN_BLOCK) {
		size_t k = MIN((size_t)LEARN_BLOCK, n - from);
		learn_design_block(d, rows + from, k, x);
		for (size_t i = 0; i < k; i++)
			ret[from + i] = m->intercept;
		if (d->n)
			cblas_dgemv(CblasColMajor, CblasNoTrans, (int)k, (int)d->n, 1, x, (int)k, m->w, 1, 1,
				    ret + from, 1);
	}
	free(x);
}
