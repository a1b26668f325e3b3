/* learn/: regressions and their figures, on data whose answer is known or can be found in another way. */
#include "base/rand.h"
#include "learn/fit.h"
#include "learn/metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N 3000

static void near(double a, double b, double error)
{
	if (!(fabs(a - b) <= error * MAX(1.0, fabs(b))))
		fail_msg("%.12g is not %.12g", a, b);
}

/* Two numbers, one of them with holes, a text of three levels, and columns that say nothing. */
struct data {
	double a[N], b[N], same[N], twice[N], y[N];
	uint32_t group[N], id[N], rows[N];
	struct learn_column columns[6];
	struct learn_table table;
	const char *names[N];
};

static struct data *make(void)
{
	static const char *const levels[] = { "x", "y", "z" };
	struct data *d = mem_zalloc(sizeof *d);
	struct rand_seeded r;
	rand_seed(&r, 5);
	for (size_t i = 0; i < N; i++) {
		d->rows[i] = (uint32_t)i;
		d->a[i] = 100 + 20 * rand_normal(&r);
		d->b[i] = rand_below(&r, 10) == 0 ? NAN : rand_normal(&r);
		d->same[i] = 7;
		d->twice[i] = 2 * d->a[i] - 3;
		d->group[i] = (uint32_t)rand_below(&r, 3);
		d->id[i] = (uint32_t)i;
		d->names[i] = "n";
		d->y[i] =
			5 + 0.5 * d->a[i] + (isnan(d->b[i]) ? 4 : -2 * d->b[i]) + (double)d->group[i] + rand_normal(&r);
	}
	d->columns[0] = (struct learn_column){ .name = "a", .number = d->a };
	d->columns[1] = (struct learn_column){ .name = "b", .number = d->b };
	d->columns[2] =
		(struct learn_column){ .name = "group", .level = d->group, .level_name = levels, .n_levels = 3 };
	d->columns[3] = (struct learn_column){ .name = "same", .number = d->same };
	d->columns[4] = (struct learn_column){ .name = "id", .level = d->id, .level_name = d->names, .n_levels = N };
	d->columns[5] = (struct learn_column){ .name = "twice", .number = d->twice };
	d->table = (struct learn_table){ d->columns, 5, N };
	return d;
}

static const struct learn_fit_options one = { .l2 = 1, .threads = 1 };

static void test_design(void **state)
{
	struct data *d = make();
	struct learn_design x;
	assert_true(learn_design_make(&x, &d->table, d->rows, N, LEARN_PLAIN));
	/* a, b, b missing, group x, y, z */
	assert_int_equal(x.n, 6);
	assert_int_equal(x.why[3], LEARN_CONSTANT);
	assert_int_equal(x.why[4], LEARN_MANY);
	assert_int_equal(x.features[2].kind, LEARN_MISSING);
	double *all = mem_array((size_t)N * x.n, sizeof *all), mean = 0, squares = 0;
	learn_design_block(&x, d->rows, N, all);
	for (size_t i = 0; i < N; i++) {
		mean += all[i] / N;
		squares += all[i] * all[i] / N;
		assert_true(all[(3 + d->group[i]) * N + i] == 1);
		assert_true(all[2 * N + i] == (isnan(d->b[i]) ? 1 : 0));
		assert_true(!isnan(d->b[i]) || all[N + i] == 0);
	}
	near(mean, 0, 1e-12);
	near(squares, 1, 1e-12);
	free(all);
	learn_design_free(&x);
	free(d);
}

static void test_empty_column(void **state)
{
	struct data *d = make();
	for (size_t i = 0; i < N; i++)
		d->b[i] = i % 2 ? NAN : INFINITY;
	struct learn_design x;
	assert_true(learn_design_make(&x, &d->table, d->rows, N, LEARN_LOG));
	assert_int_equal(x.why[1], LEARN_EMPTY);
	assert_int_equal(x.n, 4);
	near(learn_transformed(LEARN_LOG, -(M_E - 1)), -1, 1e-12);
	learn_design_free(&x);
	free(d);
}

/* At the minimum of Σ(y − ŷ)² + l2‖w‖² each feature's residuals sum to l2·w, and all to nothing. */
static void check_linear(const struct learn_design *x, const struct data *d, const struct learn_model *m, double l2)
{
	double *all = mem_array((size_t)N * x->n, sizeof *all), *score = mem_array(N, sizeof *score);
	double sum = 0, objective = 0;
	learn_design_block(x, d->rows, N, all);
	learn_scores(x, m, d->rows, N, score);
	for (size_t j = 0; j < x->n; j++) {
		double dot = 0;
		for (size_t i = 0; i < N; i++)
			dot += all[j * N + i] * (d->y[i] - score[i]);
		near(dot, l2 * m->w[j], 1e-7);
		objective += l2 * m->w[j] * m->w[j];
	}
	for (size_t i = 0; i < N; i++) {
		sum += d->y[i] - score[i];
		objective += (d->y[i] - score[i]) * (d->y[i] - score[i]);
	}
	near(sum, 0, 1e-7);
	near(m->objective, objective, 1e-10);
	free(all);
	free(score);
}

static void test_linear(void **state)
{
	struct data *d = make();
	struct learn_design x;
	struct learn_model m;
	struct err e;
	assert_true(learn_design_make(&x, &d->table, d->rows, N, LEARN_PLAIN));
	assert_true(learn_linear(&x, d->rows, d->y, N, &one, &m, &e));
	assert_int_equal(m.solver, LEARN_CHOLESKY);
	check_linear(&x, d, &m, 1);
	near(m.w[0] / x.features[0].scale, 0.5, 0.01);
	near(m.w[1] / x.features[1].scale, -2, 0.03);
	near(m.w[5] - m.w[4], 1, 0.1);
	/* The noise has deviation 1: the error of a standardised number is 1/√n. */
	near(m.std_error[0], 1 / sqrt(N), 0.05 / sqrt(N));
	learn_model_free(&m);
	learn_design_free(&x);
	free(d);
}

/* Every level of a text with an intercept, and a column that is another one doubled: no penalty, no unique answer. */
static void test_collinear(void **state)
{
	struct data *d = make();
	struct learn_design x;
	struct learn_model m;
	struct err e;
	d->columns[3] = d->columns[5];
	assert_true(learn_design_make(&x, &d->table, d->rows, N, LEARN_PLAIN));
	assert_true(learn_linear(&x, d->rows, d->y, N, &(struct learn_fit_options){ .threads = 2 }, &m, &e));
	assert_int_equal(m.solver, LEARN_QR);
	check_linear(&x, d, &m, 0);
	near(m.w[0], m.w[6], 1e-6); /* least norm: shared evenly */
	assert_true(isnan(m.std_error[0]));
	learn_model_free(&m);
	learn_design_free(&x);
	free(d);
}

static void test_more_columns_than_rows(void **state)
{
	struct data *d = make();
	struct learn_design x;
	struct learn_model m;
	struct err e;
	assert_true(learn_design_make(&x, &d->table, d->rows, 4, LEARN_PLAIN));
	assert_true(learn_linear(&x, d->rows, d->y, 4, &(struct learn_fit_options){ .threads = 1 }, &m, &e));
	double score[4];
	learn_scores(&x, &m, d->rows, 4, score);
	for (size_t i = 0; i < 4; i++)
		near(score[i], d->y[i], 1e-8);
	learn_model_free(&m);
	learn_design_free(&x);
	free(d);
}

static void threshold_y(struct data *d)
{
	struct rand_seeded r;
	rand_seed(&r, 9);
	for (size_t i = 0; i < N; i++)
		d->y[i] = rand_unit(&r) < learn_sigmoid((d->y[i] - 55) / 5);
}

static void test_logistic(void **state)
{
	struct data *d = make();
	struct learn_design x;
	struct learn_model m;
	struct err e;
	threshold_y(d);
	assert_true(learn_design_make(&x, &d->table, d->rows, N, LEARN_PLAIN));
	assert_true(learn_logistic(&x, d->rows, d->y, N, &one, &m, &e));
	double *all = mem_array((size_t)N * x.n, sizeof *all), *score = mem_array(N, sizeof *score);
	double loss = 0, sum = 0;
	learn_design_block(&x, d->rows, N, all);
	learn_scores(&x, &m, d->rows, N, score);
	for (size_t j = 0; j < x.n; j++) {
		double slope = m.w[j];
		for (size_t i = 0; i < N; i++)
			slope += all[j * N + i] * (learn_sigmoid(score[i]) - d->y[i]);
		near(slope, 0, 1e-8);
		loss += m.w[j] * m.w[j] / 2;
	}
	for (size_t i = 0; i < N; i++) {
		sum += learn_sigmoid(score[i]) - d->y[i];
		loss -= log(d->y[i] > 0.5 ? learn_sigmoid(score[i]) : learn_sigmoid(-score[i]));
	}
	near(sum, 0, 1e-8);
	near(m.objective, loss, 1e-10);
	assert_true(m.iterations < 12 && !m.separable && m.std_error[0] > 0);
	free(all);
	free(score);
	learn_model_free(&m);
	learn_design_free(&x);
	free(d);
}

static void test_same_on_any_number_of_threads(void **state)
{
	struct data *d = make();
	struct learn_design x;
	struct learn_model alone, many;
	struct err e;
	assert_true(learn_design_make(&x, &d->table, d->rows, N, LEARN_PLAIN));
	struct learn_fit_options o = { .l2 = 1, .threads = 7 };
	assert_true(learn_linear(&x, d->rows, d->y, N, &one, &alone, &e));
	assert_true(learn_linear(&x, d->rows, d->y, N, &o, &many, &e));
	assert_memory_equal(alone.w, many.w, x.n * sizeof *many.w);
	learn_model_free(&alone);
	learn_model_free(&many);
	threshold_y(d);
	assert_true(learn_logistic(&x, d->rows, d->y, N, &one, &alone, &e));
	assert_true(learn_logistic(&x, d->rows, d->y, N, &o, &many, &e));
	assert_memory_equal(alone.w, many.w, x.n * sizeof *many.w);
	learn_model_free(&alone);
	learn_model_free(&many);
	learn_design_free(&x);
	free(d);
}

/* The mean score of the training rows is what stays when no feature says anything: numbers at their means, the rest at
 * their shares. What moved a forecast is told from there. */
static void test_average(void **state)
{
	struct data *d = make();
	struct learn_design x;
	struct learn_model m;
	struct err e;
	assert_true(learn_design_make(&x, &d->table, d->rows, N, LEARN_PLAIN));
	assert_true(learn_linear(&x, d->rows, d->y, N, &one, &m, &e));
	double *score = mem_array(N, sizeof *score), mean = 0, average = m.intercept;
	learn_scores(&x, &m, d->rows, N, score);
	for (size_t i = 0; i < N; i++)
		mean += score[i] / N;
	for (size_t j = 0; j < x.n; j++)
		average += m.w[j] * x.features[j].share;
	near(mean, average, 1e-10);
	free(score);
	learn_model_free(&m);
	learn_design_free(&x);
	free(d);
}

/* Next to nothing is left of y: the objective is not the difference of two large numbers. */
static void test_nearly_exact(void **state)
{
	struct data *d = make();
	struct learn_design x;
	struct learn_model m;
	struct err e;
	for (size_t i = 0; i < N; i++)
		d->y[i] = 1e6 + 3 * d->a[i] + (i % 2 ? 1e-6 : -1e-6);
	d->table.n_columns = 1;
	assert_true(learn_design_make(&x, &d->table, d->rows, N, LEARN_PLAIN));
	assert_true(learn_linear(&x, d->rows, d->y, N, &(struct learn_fit_options){ .threads = 1 }, &m, &e));
	near(m.objective * 1e12 / N, 1, 0.01);
	near(m.w[0] / x.features[0].scale, 3, 1e-9);
	learn_model_free(&m);
	learn_design_free(&x);
	free(d);
}

#define MANY 250000

/* So many rows that the way begins at a sample's answer: it ends where the gradient is nothing all the same. */
static void test_many_rows(void **state)
{
	double *a = mem_array(MANY, sizeof *a), *b = mem_array(MANY, sizeof *b), *y = mem_array(MANY, sizeof *y);
	uint32_t *rows = mem_array(MANY, sizeof *rows);
	double *score = mem_array(MANY, sizeof *score), slope[3] = { 0 };
	struct learn_column columns[] = { { .name = "a", .number = a }, { .name = "b", .number = b } };
	struct learn_table table = { columns, 2, MANY };
	struct learn_design x;
	struct learn_model m;
	struct rand_seeded r;
	struct err e;
	rand_seed(&r, 12);
	for (size_t i = 0; i < MANY; i++) {
		rows[i] = (uint32_t)i;
		a[i] = 50 + 9 * rand_normal(&r) + (i > MANY / 2 ? 5 : 0); /* the sample is not quite like the rest */
		b[i] = rand_normal(&r);
		y[i] = rand_unit(&r) < learn_sigmoid((a[i] - 50) / 9 - b[i] - 2);
	}
	assert_true(learn_design_make(&x, &table, rows, MANY, LEARN_PLAIN));
	assert_true(learn_logistic(&x, rows, y, MANY, &one, &m, &e));
	assert_true(m.iterations <= 4);
	learn_scores(&x, &m, rows, MANY, score);
	for (size_t i = 0; i < MANY; i++) {
		double error = learn_sigmoid(score[i]) - y[i];
		slope[0] += error * (a[i] - x.features[0].mean) / x.features[0].scale;
		slope[1] += error * (b[i] - x.features[1].mean) / x.features[1].scale;
		slope[2] += error;
	}
	near(slope[0] + m.w[0], 0, 1e-5);
	near(slope[1] + m.w[1], 0, 1e-5);
	near(slope[2], 0, 1e-5);
	learn_model_free(&m);
	learn_design_free(&x);
	free(a);
	free(b);
	free(y);
	free(rows);
	free(score);
}

static void test_separable(void **state)
{
	struct data *d = make();
	struct learn_design x;
	struct learn_model m;
	struct err e = { 0 };
	for (size_t i = 0; i < N; i++) {
		d->y[i] = d->a[i] > 100;
		d->a[i] += d->y[i] > 0.5 ? 5 : -5;
	}
	assert_true(learn_design_make(&x, &d->table, d->rows, N, LEARN_PLAIN));
	assert_false(learn_logistic(&x, d->rows, d->y, N, &(struct learn_fit_options){ .threads = 1 }, &m, &e));
	assert_string_equal(e.code, "separable");
	assert_true(
		learn_logistic(&x, d->rows, d->y, N, &(struct learn_fit_options){ .l2 = 1e-4, .threads = 1 }, &m, &e));
	assert_true(m.separable);
	learn_model_free(&m);
	learn_design_free(&x);
	free(d);
}

static void test_nothing_to_learn(void **state)
{
	struct data *d = make();
	struct learn_design x;
	struct learn_model m;
	struct err e = { 0 };
	_Atomic bool cancel = true;
	assert_true(learn_design_make(&x, &d->table, d->rows, N, LEARN_PLAIN));
	assert_false(learn_linear(&x, d->rows, d->y, 0, &one, &m, &e));
	assert_string_equal(e.code, "no_rows");
	memset(d->y, 0, sizeof d->y);
	assert_false(learn_logistic(&x, d->rows, d->y, N, &one, &m, &e));
	assert_string_equal(e.code, "one_class");
	struct learn_fit_options o = { .l2 = 1, .threads = 2, .cancel = &cancel };
	assert_false(learn_linear(&x, d->rows, d->y, N, &o, &m, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	d->y[0] = 1;
	assert_false(learn_logistic(&x, d->rows, d->y, N, &o, &m, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	learn_design_free(&x);
	/* No columns at all: the intercept is the mean. */
	d->table.n_columns = 0;
	d->y[1] = 1;
	assert_true(learn_design_make(&x, &d->table, d->rows, N, LEARN_PLAIN));
	assert_true(learn_linear(&x, d->rows, d->y, N, &one, &m, &e));
	near(m.intercept, 2.0 / N, 1e-12);
	learn_model_free(&m);
	assert_true(learn_logistic(&x, d->rows, d->y, N, &one, &m, &e));
	near(learn_sigmoid(m.intercept), 2.0 / N, 1e-9);
	learn_model_free(&m);
	learn_design_free(&x);
	free(d);
}

/* Figures by scikit-learn 1.2.1. */
static void test_metrics(void **state)
{
	static const double y[] = { 0, 0, 1, 1, 0, 1, 0, 1 };
	static const double p[] = { 0.1, 0.4, 0.35, 0.8, 0.4, 0.9, 0.05, 0.4 };
	struct learn_classification c;
	learn_classification_metrics(y, p, countof(y), 0.4, &c);
	near(c.roc_auc, 0.8125, 1e-12);
	near(c.log_loss, 0.4341152476152784, 1e-12);
	near(c.accuracy, 5.0 / 8, 1e-12);
	near(c.precision, 3.0 / 5, 1e-12);
	near(c.recall, 3.0 / 4, 1e-12);
	near(c.f1, 2.0 / 3, 1e-12);
	assert_int_equal(c.confusion[0][0], 2);
	assert_int_equal(c.confusion[0][1], 2);
	assert_int_equal(c.confusion[1][0], 1);
	assert_int_equal(c.calibration[4].rows, 3);
	assert_int_equal(c.calibration[9].rows, 1);
	assert_int_equal(c.at[0].positive, 8);
	assert_int_equal(c.at[90].positive, 1);
	near(c.at[40].recall, 0.75, 1e-12);
	near(c.roc[c.n_roc - 1].x, 1, 0);
	near(c.roc[c.n_roc - 1].y, 1, 0);
	struct learn_regression r;
	static const double want[] = { 3, -0.5, 2, 7 }, got[] = { 2.5, 0.0, 2, 8 };
	learn_regression_metrics(want, got, 4, &r);
	near(r.r2, 0.9486081370449679, 1e-12);
	near(r.mse, 0.375, 1e-12);
	near(r.mae, 0.5, 1e-12);
	learn_classification_metrics(y, p, 2, 0.5, &c);
	assert_true(isnan(c.roc_auc));
	learn_regression_metrics(want, got, 1, &r);
	assert_true(isnan(r.r2));
}

/* Twelve rows in tenths: the two highest hold two each; equal forecasts keep their order. */
static void test_tenths(void **state)
{
	static const double forecast[] = { 5, 12, 12, 3, 1, 0, 0, 0, 7, 9, 2, 4 };
	static const double actual[] = { 50, 120, 121, 30, 10, 1, 2, 3, 70, 90, 20, 40 };
	static const double want[LEARN_TENTHS] = { 241, 160, 50, 40, 30, 20, 10, 1, 2, 3 };
	struct learn_tenth got[LEARN_TENTHS];
	learn_tenths(actual, forecast, 12, got);
	for (size_t i = 0; i < LEARN_TENTHS; i++) {
		assert_int_equal(got[i].rows, i < 2 ? 2 : 1);
		near(got[i].actual, want[i], 0);
	}
	near(got[0].forecast, 24, 0);
	learn_tenths(actual, forecast, 3, got);
	assert_int_equal(got[2].rows, 1);
	assert_int_equal(got[3].rows, 0);
	near(got[9].actual, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_design),
		cmocka_unit_test(test_empty_column),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_collinear),
		cmocka_unit_test(test_more_columns_than_rows),
		cmocka_unit_test(test_logistic),
		cmocka_unit_test(test_same_on_any_number_of_threads),
		cmocka_unit_test(test_average),
		cmocka_unit_test(test_nearly_exact),
		cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_separable),
		cmocka_unit_test(test_nothing_to_learn),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_tenths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
