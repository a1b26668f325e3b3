/*
 * What a customer takes again: own counts, nearer purchases weighing more, and the usual gap between them.
 *
 * The score is the number of times, each product raised by how recently it was taken compared with the customer's own
 * latest purchase (half-life LEARN_REPEAT_HALF_LIFE days); by how much is chosen by measurement. Counts alone are the
 * strong plain baseline for repeats (Hu et al. 2020, "Modeling personalized item frequency"). Without days only the
 * counts and the order remain.
 */
#pragma once

#include "learn/history.h"

#define LEARN_REPEAT_HALF_LIFE 120.0 /* days */

/* Products with at least min_times. recent: how much a purchase of the latest day adds, in times; below 1 only equal
 * counts are told apart. */
void learn_repeat_score(struct learn_row row, float min_times, float recent, struct learn_scores *s);
/* The same of entry i alone. */
float learn_repeat_score_one(struct learn_row row, size_t i, float recent);
/* Mean days between purchases of entry i, or -1 when it was taken once or days are unknown. */
double learn_repeat_gap(struct learn_row row, size_t i);
