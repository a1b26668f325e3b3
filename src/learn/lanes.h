/* Eight numbers at once, and sums by eight sums side by side: one alone waits for itself. Only for learn/. */
#pragma once

#include <stddef.h>

#define LANES 8
/* Read and written in place, wherever a double may stand: *(lanes *)(p + i). */
typedef double lanes __attribute__((vector_size(LANES * sizeof(double)), aligned(sizeof(double)), may_alias));

static inline double lanes_sum(const lanes *v)
{
	return (((*v)[0] + (*v)[1]) + ((*v)[2] + (*v)[3])) + (((*v)[4] + (*v)[5]) + ((*v)[6] + (*v)[7]));
}

static inline double lanes_sum_of(const double *v, size_t n)
{
	lanes all = { 0 };
	size_t i = 0;
	for (; i + LANES <= n; i += LANES)
		all += *(const lanes *)(v + i);
	double sum = lanes_sum(&all);
	for (; i < n; i++)
		sum += v[i];
	return sum;
}
