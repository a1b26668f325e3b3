#include "learn/repeat.h"

#include <math.h>

void learn_repeat_score(struct learn_row row, float min_times, struct learn_scores *s)
{
	int32_t latest = LEARN_DAY_NONE;
	for (size_t i = 0; i < row.n; i++)
		latest = MAX(latest, row.last[i]);
	for (size_t i = 0; i < row.n; i++) {
		if (row.times[i] < min_times)
			continue;
		/* Without days: the place in the row, newest first. */
		double age = row.last[i] == LEARN_DAY_NONE ? (double)i : (double)latest - row.last[i];
		double recent = LEARN_REPEAT_RECENT * exp2(-age / LEARN_REPEAT_HALF_LIFE);
		learn_scores_max(s, row.product[i], (float)((double)row.times[i] + recent));
	}
}

double learn_repeat_gap(struct learn_row row, size_t i)
{
	if (row.times[i] < 2 || row.first[i] == LEARN_DAY_NONE || row.last[i] <= row.first[i])
		return -1;
	return ((double)row.last[i] - row.first[i]) / ((double)row.times[i] - 1);
}
