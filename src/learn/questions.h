/*
 * What a recommender is asked while it is measured: a row of products, and what the customer took after it.
 *
 * From a holdout each customer is asked once: the rest, then what was hidden. From lists in order of time a customer of
 * n products is asked n + 1 times: knowing none of them, the oldest, the two oldest, … and all, after which nothing
 * came. So the share of customers who stopped is seen too, and a probability says that a product will be taken at
 * all, not that it is the next one. `counts` marks the questions that hit rate and MAP are measured on.
 */
#pragma once

#include "learn/holdout.h"

struct learn_question {
	uint32_t who;
	struct learn_row row;
	const uint32_t *answers; /* products */
	size_t n_answers;
	bool counts;
};

struct learn_questions {
	struct learn_question *items;
	size_t n, n_counting;
};

/* At most about `most`, evenly spread. They point into h and o. */
void learn_questions_make(const struct learn_history *h, const struct learn_holdout *o, size_t most,
			  struct learn_questions *ret);
void learn_questions_free(struct learn_questions *q);
bool learn_question_answered(const struct learn_question *q, uint32_t product);
