/* How many customers have each product: the plain list that every method has to beat, and the last tie-break. */
#pragma once

#include "learn/history.h"

struct learn_popularity {
	uint32_t n_products, n_customers; /* customers with at least one product */
	uint32_t *customers;              /* of each product */
	uint32_t *order;                  /* products, most customers first; equal ones by number */
};

void learn_popularity_train(const struct learn_history *h, struct learn_popularity *ret);
void learn_popularity_free(struct learn_popularity *p);
/* Share of customers, for the `most` most popular products that the row does not have (all products when keep_owned).
 */
void learn_popularity_score(const struct learn_popularity *p, struct learn_row row, bool keep_owned, size_t most,
			    struct learn_scores *s);
