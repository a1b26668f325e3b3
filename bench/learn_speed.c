/*
 * Regressions over columns in memory, as src/learn takes them: `learn_speed linear|logistic ROWS COLUMNS L2 FILE` reads
 * COLUMNS columns of ROWS doubles and then the target from FILE, trains three times, and prints JSON: CPU and wall
 * seconds of the best training (features, scaling and standard errors included), the same of forecasts of all rows,
 * most memory before and after, the objective, the intercept, and of each feature mean, scale and coefficient.
 */
#include "base/clock.h"
#include "learn/fit.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define ROUNDS 3

struct problem {
	bool logistic;
	size_t rows, columns;
	double l2, *values;
	struct learn_column *column;
	uint32_t *row;
};

struct spent {
	double cpu, wall;
};

static double cpu_now(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Of this program alone: what getrusage says begins with the memory of who started it. */
static double most_mib(void)
{
	char line[200];
	double kib = 0;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof line, f)) {
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtod(line + 6, NULL);
	}
	if (f)
		fclose(f);
	return kib / 1024;
}

static struct spent now(void)
{
	return (struct spent){ cpu_now(), (double)clock_monotonic() / USEC_PER_SEC };
}

static void keep_best(struct spent *best, struct spent begun)
{
	struct spent s = now();
	best->cpu = MIN(best->cpu, s.cpu - begun.cpu);
	best->wall = MIN(best->wall, s.wall - begun.wall);
}

static void read_problem(struct problem *p, const char *const *arg)
{
	p->logistic = strcmp(arg[0], "logistic") == 0;
	p->rows = strtoul(arg[1], NULL, 10);
	p->columns = strtoul(arg[2], NULL, 10);
	p->l2 = strtod(arg[3], NULL);
	size_t all = p->rows * (p->columns + 1);
	FILE *f = fopen(arg[4], "rb");
	p->values = mem_array(all, sizeof *p->values);
	mem_large_pages(p->values, all * sizeof *p->values); /* as numpy does with its arrays */
	if (!f || fread(p->values, sizeof *p->values, all, f) != all)
		errx(1, "cannot read %s", arg[4]);
	fclose(f);
	p->column = mem_zalloc((p->columns + 1) * sizeof *p->column);
	p->row = mem_array(p->rows, sizeof *p->row);
	for (size_t c = 0; c < p->columns; c++)
		p->column[c] = (struct learn_column){ .name = "x", .number = p->values + c * p->rows };
	for (size_t i = 0; i < p->rows; i++)
		p->row[i] = (uint32_t)i;
}

static void train(const struct problem *p, struct learn_design *d, struct learn_model *m)
{
	const struct learn_table t = { p->column, p->columns, p->rows };
	struct learn_fit_options o = { .l2 = p->l2, .threads = (int)sysconf(_SC_NPROCESSORS_ONLN) };
	const double *y = p->values + p->columns * p->rows;
	struct err e;
	if (!learn_design_make(d, &t, p->row, p->rows, LEARN_PLAIN))
		errx(1, "too many features");
	if (!(p->logistic ? learn_logistic : learn_linear)(d, p->row, y, p->rows, &o, m, &e))
		errx(1, "%s", e.message);
}

int main(int argc, char **argv)
{
	struct problem p;
	struct learn_design d = { 0 };
	struct learn_model m = { 0 };
	struct spent trained = { 1e9, 1e9 }, forecast = { 1e9, 1e9 };
	if (argc != 6)
		errx(2, "learn_speed linear|logistic ROWS COLUMNS L2 FILE");
	read_problem(&p, (const char *const *)argv + 1);
	double before = most_mib(), *score = mem_array(p.rows, sizeof *score);
	for (int round = 0; round < ROUNDS; round++) {
		learn_model_free(&m);
		learn_design_free(&d);
		struct spent begun = now();
		train(&p, &d, &m);
		keep_best(&trained, begun);
	}
	double after = most_mib();
	for (int round = 0; round < ROUNDS; round++) {
		struct spent begun = now();
		learn_scores(&d, &m, p.row, p.rows, score);
		for (size_t i = 0; p.logistic && i < p.rows; i++)
			score[i] = learn_sigmoid(score[i]);
		keep_best(&forecast, begun);
	}
	printf("{\"train\":{\"cpu\":%.6f,\"wall\":%.6f},\"forecast\":{\"cpu\":%.6f,\"wall\":%.6f},\"mib\":[%.1f,%.1f],"
	       "\"objective\":%.17g,\"intercept\":%.17g,\"iterations\":%d,\"features\":[",
	       trained.cpu, trained.wall, forecast.cpu, forecast.wall, before, after, m.objective, m.intercept,
	       m.iterations);
	for (size_t j = 0; j < d.n; j++)
		printf("%s[%.17g,%.17g,%.17g]", j ? "," : "", d.features[j].mean, d.features[j].scale, m.w[j]);
	printf("]}\n");
	learn_model_free(&m);
	learn_design_free(&d);
	free(score);
	free(p.column);
	free(p.row);
	free(p.values);
	return 0;
}
