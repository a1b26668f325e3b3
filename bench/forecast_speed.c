/*
 * How many customers a saved model forecasts in a second of one processor, their features being there: made-up
 * features, as many as there are, of ROWS customers (1 000 000 unless said). Prints "KIND VARIANT ROWS/S" a line.
 */
#include "analysis/forecast_model.h"
#include "base/rand.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct forecast_model made(enum forecast_preset preset, enum forecast_variant variant)
{
	struct forecast_model m = { .preset = preset, .variant = variant, .intercept = 0.5 };
	for (enum customer_feature f = 0; f < CUSTOMER_FEATURES; f++) {
		m.weights[m.n++] = (struct forecast_weight){
			.feature = f, .log = variant == VARIANT_LOG, .coefficient = 0.1 * f - 0.4, .mean = 3, .scale = 2
		};
		if (f % 4 == 2)
			m.weights[m.n++] = (struct forecast_weight){
				.feature = f, .missing = true, .coefficient = 0.2, .scale = 1
			};
	}
	return m;
}

int main(int argc, char **argv)
{
	size_t rows = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000 * 1000;
	double *x = mem_array(rows * CUSTOMER_FEATURES, sizeof *x), sum = 0;
	struct rand_seeded r;
	rand_seed(&r, 1);
	for (size_t i = 0; i < rows * CUSTOMER_FEATURES; i++)
		x[i] = i % 17 == 5 ? NAN : rand_unit(&r) * 100;
	for (enum forecast_preset p = 0; p < PRESETS; p++) {
		for (enum forecast_variant v = 0; v < VARIANTS; v++) {
			struct forecast_model m = made(p, v);
			double began = cpu_seconds();
			for (size_t i = 0; i < rows; i++)
				sum += forecast_model_ask(&m, x + i * CUSTOMER_FEATURES);
			printf("%s %s %.0f\n", forecast_preset_name(p), forecast_variant_name(v),
			       (double)rows / (cpu_seconds() - began));
		}
	}
	free(x);
	return isfinite(sum) ? 0 : 1;
}
