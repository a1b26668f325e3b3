#include "learn/repeat.h"

#include <math.h>

static int32_t latest_of(struct learn_row row)
{
	int32_t latest = LEARN_DAY_NONE;
	for (size_t i = 0; i < row.n; i++)
		latest = MAX(latest, row.last[i]);
	return latest;
}

static float score_of(struct learn_row row, size_t i, int32_t latest, float recent)
{
	/* Without days: the place in the row, newest first. */
	double age = row.last[i] == LEARN_DAY_NONE ? (double)i : (double)latest - row.last[i];
	return (float)((double)row.times[i] + (double)recent * exp2(-age / LEARN_REPEAT_HALF_LIFE));
}

void learn_repeat_score(struct learn_row row, float min_times, float recent, struct learn_scores *s)
{
	int32_t latest = latest_of(row);
	for (size_t i = 0; i < row.n; i++) {
		if (row.times[i] >= min_times)
			learn_scores_max(s, row.product[i], score_of(row, i, latest, recent));
	}
}

float learn_repeat_score_one(struct learn_row row, size_t i, float recent)
{
	return score_of(row, i, latest_of(row), recent);
}

double learn_repeat_gap(struct learn_row row, size_t i)
{
	if (row.times[i] < 2 || row.first[i] == LEARN_DAY_NONE || row.last[i] <= row.first[i])
		return -1;
	return ((double)row.last[i] - row.first[i]) / ((double)row.times[i] - 1);
}
