/* A measurement while it goes on; only for next_measure.c and next_choose.c. */
#pragma once

#include "learn/next_models.h"
#include "learn/questions.h"

enum half { VALIDATION, TEST, EVERYBODY };

/* What one method answered to every question: its list, longer than any that is shown. */
struct answers {
	struct learn_ranked *list; /* LEARN_CANDIDATES places a question */
	uint8_t *n;
};

struct measuring {
	struct learn_next *x;
	struct learn_questions questions;
	const struct learn_attributes *attributes;
	struct learn_next_work work;
	struct answers by_method[LEARN_METHODS];
	float numeric[LEARN_ATTRIBUTES]; /* of the customer asked now */
	uint32_t *wanted;                /* scratch: ANSWERS_MOST */
	struct learn_outcome *chosen;    /* scratch for calibration */
};

#define LEARN_SINGLES 7
extern const enum learn_method learn_singles[LEARN_SINGLES]; /* every method but blends */

bool learn_half_has(const struct learn_question *q, enum half half);
/* The figures of one list, when the question counts. */
void learn_measure_add(struct measuring *m, enum learn_method method, const struct learn_question *q,
		       const struct learn_ranked *list, size_t n, struct learn_figures *f);
/* One method's MAP on the validation half, for choosing its options. */
double learn_measure_try(struct measuring *m, enum learn_method method);
/* Figures of both halves from the answers that are there. */
void learn_measure_figures(struct measuring *m, enum learn_method method);

/* Options of the methods, on the validation half: before everything is measured. */
void learn_choose_options(struct measuring *m, const struct learn_history *rest);
/* The method that serves, and the blend: after. */
void learn_choose_methods(struct measuring *m);
