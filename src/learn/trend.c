#include "learn/trend.h"

#include <math.h>
#include <string.h>

#define GRID 6
static const double grid[GRID] = { 0.05, 0.2, 0.4, 0.6, 0.8, 0.95 };
#define DAMPING 0.9 /* of the trend, a month */

const char *trend_method_name(enum trend_method m)
{
	static const char *const names[TREND_METHODS] = { "last_value", "year_ago", "level", "damped_trend",
							  "seasonal" };
	return names[m];
}

struct smoothing {
	double alpha, beta, gamma; /* beta and gamma are 0 where there is no trend, no season */
	bool seasonal;
};

struct state {
	double level, slope, season[TREND_SEASON];
	double squares; /* of the errors one month ahead */
	size_t errors;
};

/* The first year's shape around its mean, and the mean step from the first year to the second. */
static void begin(const double *y, const struct smoothing *s, struct state *z)
{
	*z = (struct state){ .level = y[0] };
	if (!s->seasonal)
		return;
	double mean = 0, later = 0;
	for (size_t i = 0; i < TREND_SEASON; i++) {
		mean += y[i] / TREND_SEASON;
		later += y[i + TREND_SEASON] / TREND_SEASON;
	}
	z->level = mean;
	z->slope = s->beta > 0 ? (later - mean) / TREND_SEASON : 0;
	for (size_t i = 0; i < TREND_SEASON; i++)
		z->season[i] = y[i] - mean;
}

static void step(double y, size_t month, const struct smoothing *s, struct state *z)
{
	double *season = &z->season[month % TREND_SEASON];
	double error = y - (z->level + DAMPING * z->slope + (s->seasonal ? *season : 0));
	z->level += DAMPING * z->slope + s->alpha * error;
	z->slope = DAMPING * z->slope + s->alpha * s->beta * error;
	if (s->seasonal)
		*season += s->gamma * error;
	z->squares += error * error;
	z->errors++;
}

static void run(const double *y, size_t n, const struct smoothing *s, struct state *z)
{
	begin(y, s, z);
	for (size_t i = s->seasonal ? 0 : 1; i < n; i++)
		step(y[i], i, s, z);
}

static double ahead_of(const struct smoothing *s, const struct state *z, size_t n, size_t h)
{
	double value = z->level, damp = 1;
	for (size_t i = 0; i < h; i++) {
		damp *= DAMPING;
		value += damp * z->slope;
	}
	return value + (s->seasonal ? z->season[(n + h - 1) % TREND_SEASON] : 0);
}

/* The parameters with the least squared errors one month ahead. */
static struct smoothing fitted(const double *y, size_t n, enum trend_method m)
{
	struct smoothing best = { 0 };
	double least = INFINITY;
	size_t betas = m == TREND_LEVEL ? 1 : GRID, gammas = m == TREND_SEASONAL ? GRID : 1;
	for (size_t a = 0; a < GRID; a++) {
		for (size_t b = 0; b < betas; b++) {
			for (size_t g = 0; g < gammas; g++) {
				struct smoothing s = { grid[a], m == TREND_LEVEL ? 0 : grid[b],
						       m == TREND_SEASONAL ? grid[g] * (1 - grid[a]) : 0,
						       m == TREND_SEASONAL };
				struct state z;
				run(y, n, &s, &z);
				if (z.squares < least) {
					least = z.squares;
					best = s;
				}
			}
		}
	}
	return best;
}

static size_t needs(enum trend_method m)
{
	static const size_t least[TREND_METHODS] = { 1, TREND_SEASON + 1, 3, 4, 2 * TREND_SEASON + 1 };
	return least[m];
}

static double one_ahead(const double *y, size_t n, enum trend_method m)
{
	struct state z;
	if (m == TREND_LAST)
		return y[n - 1];
	if (m == TREND_YEAR_AGO)
		return y[n - TREND_SEASON];
	struct smoothing s = fitted(y, n, m);
	run(y, n, &s, &z);
	return ahead_of(&s, &z, n, 1);
}

static double validated(const double *y, size_t n, enum trend_method m)
{
	size_t held = MIN(n / 3, (size_t)TREND_SEASON), from = n - MAX(held, (size_t)1);
	double error = 0;
	if (from < needs(m))
		return NAN;
	for (size_t i = from; i < n; i++)
		error += fabs(y[i] - one_ahead(y, i, m)) / (double)(n - from);
	return error;
}

/* Repeating what was: errors of a month (a year) ahead, and they add up. */
static void repeat(const double *y, size_t n, enum trend_method m, size_t ahead, struct trend *ret)
{
	size_t lag = m == TREND_LAST ? 1 : TREND_SEASON;
	double squares = 0;
	for (size_t i = lag; i < n; i++)
		squares += (y[i] - y[i - lag]) * (y[i] - y[i - lag]);
	double variance = n > lag ? squares / (double)(n - lag) : 0;
	for (size_t h = 0; h < ahead; h++) {
		size_t times = h / lag + 1; /* the same value is repeated */
		double value = y[n - lag + h % lag], wide = TREND_Z * sqrt(variance * (double)times);
		ret->next[h] = (struct trend_value){ value, value - wide, value + wide };
	}
}

static void smooth(const double *y, size_t n, enum trend_method m, size_t ahead, struct trend *ret)
{
	struct smoothing s = fitted(y, n, m);
	struct state z;
	run(y, n, &s, &z);
	double variance = z.errors ? z.squares / (double)z.errors : 0, sum = 1, damp = 0, power = 1;
	for (size_t h = 1; h <= ahead; h++) {
		double value = ahead_of(&s, &z, n, h), wide = TREND_Z * sqrt(variance * sum);
		ret->next[h - 1] = (struct trend_value){ value, value - wide, value + wide };
		power *= DAMPING;
		damp += power;
		double c = s.alpha * (1 + s.beta * damp) + (s.seasonal && h % TREND_SEASON == 0 ? s.gamma : 0);
		sum += c * c;
	}
}

bool trend_forecast(const double *y, size_t n, size_t ahead, struct trend *ret)
{
	*ret = (struct trend){ 0 };
	ret->n = MIN(ahead, (size_t)TREND_AHEAD);
	for (enum trend_method m = 0; m < TREND_METHODS; m++) {
		ret->error[m] = n >= TREND_LEAST ? validated(y, n, m) : NAN;
		if (ret->error[m] < ret->error[ret->method])
			ret->method = m;
	}
	if (n < TREND_LEAST)
		return false;
	if (ret->method == TREND_LAST || ret->method == TREND_YEAR_AGO)
		repeat(y, n, ret->method, ret->n, ret);
	else
		smooth(y, n, ret->method, ret->n, ret);
	return true;
}
